//! What can be seen from outside: metrics, health and the log, none of which tells a secret.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jackfield::fsapi::guard::Rule;
use jackfield::fsapi::registry::linked_names;
use jackfield_api::Section;

use crate::support::{
    Body, Login, Metrics, Program, Server, body, demo, encoded, exchange, get, logins, parse_reply,
    post, recorded, request,
};

#[test]
fn every_family_of_metrics_is_there_with_its_help() {
    let server = Server::start("");
    post(server.machine, body(22).bytes());
    let reply = get(server.machine, "/metrics");
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4"));
    for family in [
        "jackfield_lookups_total",
        "jackfield_lookup_duration_seconds",
        "jackfield_guard_rejections_total",
        "jackfield_connections",
        "jackfield_build_info",
        "jackfield_snapshot_revision",
        "jackfield_snapshot_age_seconds",
        "jackfield_snapshot_users",
        "jackfield_snapshot_domains",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_cpu_seconds_total",
    ] {
        assert!(reply.text().contains(&format!("# HELP {family} ")), "{family}");
        assert!(reply.text().contains(&format!("# TYPE {family} ")), "{family}");
    }
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let readme = readme.expect("a readme");
    for (family, help) in jackfield::metrics::TABLE {
        assert!(family.starts_with("jackfield_"), "{family}");
        assert!(
            readme.contains(&format!("| `{family}` | {help} |")),
            "the readme tells of {family}"
        );
    }
}

#[test]
fn metrics_tell_section_handler_outcome_and_duration_of_each_look_up() {
    let server = Server::start("");
    let to = server.machine;
    let asked = [
        (body(22), "directory", "accounts", "answered"),
        (body(22).set("user", "2222"), "directory", "accounts", "denied"),
        (body(1), "configuration", "documents", "answered"),
        (body(19), "configuration", "documents", "not_found"),
        (body(23), "dialplan", "dialplan", "answered"),
        (body(23).set("Hunt-Context", "x"), "dialplan", "none", "not_found"),
        (body(43).set("key_value", "x").set("domain", "x"), "directory", "none", "denied"),
    ];
    for (asked, section, handler, outcome) in asked {
        let labels = [("section", section), ("handler", handler), ("outcome", outcome)];
        let before = Metrics::of(to);
        post(to, asked.bytes());
        let after = Metrics::of(to);
        let grown = |family: &str, labels: &[(&str, &str)]| {
            after.sum(family, labels) - before.sum(family, labels)
        };
        assert!((grown("jackfield_lookups_total", &labels) - 1.0).abs() < 0.1, "{labels:?}");
        assert!((grown("jackfield_lookups_total", &[]) - 1.0).abs() < 0.1, "{labels:?}");
        let timed = grown("jackfield_lookup_duration_seconds_count", &labels[..2]);
        assert!((timed - 1.0).abs() < 0.1, "{labels:?}: {timed}");
    }
    let metrics = Metrics::of(to);
    let pbx = server.app.router.picture();
    for (family, value) in [
        ("jackfield_build_info", 1.0),
        ("jackfield_snapshot_revision", 7.0),
        ("jackfield_snapshot_domains", 1.0),
    ] {
        assert!((metrics.sum(family, &[]) - value).abs() < 0.1, "{family}");
    }
    let users = metrics.sum("jackfield_snapshot_users", &[]);
    assert!((users - 7.0).abs() < 0.1 && pbx.snapshot.user_count() == 7, "{users}");
    let age = metrics.sum("jackfield_snapshot_age_seconds", &[]);
    assert!(age > 0.0 && age < 60.0, "{age}");
}

/// Posts that are no look-ups, and one of each outcome, so that every series is there.
fn warm_up(server: &Server) {
    for (_, body) in recorded() {
        post(server.machine, body);
    }
    exchange(server.machine, &request(&server.machine, b""));
    polluted(server, "x", "y");
}

/// Everything that a stranger chooses, once.
fn polluted(server: &Server, domain: &str, user: &str) {
    let to = server.machine;
    let domain = &encoded(domain);
    let user = &encoded(user);
    for asked in [
        body(42).set("key_value", domain).set("domain", domain).set("user", user),
        body(43).set("user", user),
        body(43).and("key", user),
        body(43).and("Event-Calling-Function", user),
        body(43).set("Event-Calling-Function", user),
        body(44).set("Event-Calling-Function", user).and("key", user),
        body(43).set("action", user),
        body(23).set("Hunt-Context", domain),
        body(52).set("lang", user),
        body(67).set("context", domain),
        body(1).set("key_value", domain),
        body(1).set("section", domain),
        body(54).set("action", user),
    ] {
        post(to, asked.bytes());
    }
    let path = format!("GET /{domain} HTTP/1.1\r\nHost: {user}\r\nConnection: close\r\n\r\n");
    exchange(to, path.as_bytes());
    let elsewhere = format!("GET /fsapi HTTP/1.1\r\nHost: {user}\r\nConnection: close\r\n\r\n");
    exchange(to, elsewhere.as_bytes());
}

#[test]
fn nobody_can_make_the_metrics_grow() {
    let server = Server::start("");
    warm_up(&server);
    let before = Metrics::of(server.machine);
    for n in 0..200 {
        polluted(&server, &format!("domain{n}.example.test"), &format!("user{n}"));
    }
    let after = Metrics::of(server.machine);
    let grown: Vec<_> = after.0.keys().filter(|name| !before.0.contains_key(*name)).collect();
    assert!(grown.is_empty(), "{grown:?}");
    assert!(after.sum("jackfield_lookups_total", &[]) > 2000.0);
}

#[test]
fn the_values_of_labels_come_from_closed_sets() {
    let server = Server::start("");
    warm_up(&server);
    let metrics = Metrics::of(server.machine);
    let handlers: Vec<_> = linked_names().into_iter().chain(["none"]).collect();
    let sections: Vec<_> = Section::ALL.into_iter().map(Section::as_str).chain(["fsapi"]).collect();
    let rules: Vec<_> = Rule::ALL.into_iter().map(Rule::as_str).collect();
    let outcomes = [
        &["answered", "not_found", "denied", "internal", "shed", "abandoned", "ok", "punt"][..],
        &["written", "refused", "failed", "changed", "late"],
        &["created", "resumed", "origin", "method", "too-often", "token", "too-large", "too-slow"],
        &["malformed", "unknown-session", "channel-bound", "address-bound", "unavailable"],
        &["full", "rate"],
    ]
    .concat();
    for (label, allowed) in [
        ("handler", &handlers[..]),
        ("section", &sections),
        ("rule", &rules),
        ("outcome", &outcomes),
        ("what", &["pin", "answers", "refusals", "last_good"]),
        ("source", &["asked", "joined", "kept", "refusal_kept", "last_good"]),
        ("state", &["connected", "expected"]),
        (
            "reason",
            &[
                &["empty", "too_many_fields", "too_large", "too_slow", "cut_short"][..],
                &["peer", "forwarded", "browser", "host"],
            ]
            .concat(),
        ),
        ("policy", &["deny", "not-found", "unavailable", "stale", "document"]),
    ] {
        let values = metrics.values(label);
        assert!(!values.is_empty(), "{label}");
        for value in values {
            assert!(allowed.contains(&value.as_str()), "{label}={value:?}");
        }
    }
    assert!(metrics.values("flow").contains(&"other".to_owned()), "an unknown function is one");
    assert!(metrics.values("flow").iter().all(|flow| flow != "y"));
}

#[test]
fn health_says_what_is_served() {
    let server = Server::start("");
    let reply = get(server.machine, "/health");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let health: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!(health["status"], "ready");
    assert_eq!(health["revision"], 7);
    assert_eq!(health["users"], 7);
    assert_eq!(health["domains"], 1);
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(get(server.public, "/health").status, 404);
}

/// Fields whose values are secrets, or prove one.
const SECRET: [&str; 6] = [
    "sip_auth_response",
    "sip_auth_nonce",
    "sip_auth_cnonce",
    "session_id",
    "user_supplied_pass",
    "VM-User-Password",
];

/// Every secret of the demo: passwords, PINs, and what is stored of them.
fn secrets(logins: &[Login], state: &std::path::Path) -> BTreeSet<String> {
    let snapshot = demo(state);
    let mut secrets = BTreeSet::new();
    for Login { password, pin, .. } in logins {
        secrets.extend([password.clone(), pin.clone()]);
    }
    for user in snapshot.contents().domains.iter().flat_map(|domain| domain.users().iter()) {
        secrets.extend(user.secrets().filter_map(|secret| secret.ha1()));
        secrets.extend(user.voicemail_hash());
    }
    assert!(secrets.len() >= 20 * 7 - 5, "{}", secrets.len());
    secrets
}

/// A log without its times, whose digits could be those of a PIN by chance.
fn without_times(log: &str) -> String {
    let mut text = String::new();
    for line in log.lines() {
        let line = line.split_once(' ').map_or(line, |(_, rest)| rest);
        for word in line.split_inclusive([' ', ',']) {
            if !word.contains("duration_us") {
                text.push_str(word);
            }
        }
        text.push('\n');
    }
    text
}

/// Everything that was recorded, as it is and written into, and posts that are nothing at all.
fn everything() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = recorded().into_iter().map(|(_, body)| body).collect();
    let carrying = body(42).before("key", "user_supplied_pass", "hunter2-supplied").before(
        "key",
        "VM-User-Password",
        "hunter2-pin",
    );
    bodies.push(carrying.bytes());
    bodies.push(carrying.clone().and("key", "x").bytes());
    bodies.push(carrying.clone().set("key_value", "x&action=hacked").bytes());
    bodies.push(carrying.clone().set("section", "weather").bytes());
    bodies.push(carrying.set("key_value", "elsewhere").set("domain", "elsewhere").bytes());
    bodies.push(body(54).set("action", "nobody_knows").bytes());
    bodies
}

#[test]
fn the_log_at_its_loudest_tells_no_secret() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[("JACKFIELD_LOG", "trace")]);
    let mut secrets = secrets(&logins(state.path()), state.path());
    for body in everything() {
        let fields = Body::parse(&String::from_utf8_lossy(&body));
        secrets.extend(SECRET.iter().filter_map(|name| fields.get(name)).map(str::to_owned));
        post(program.machine, &body);
    }
    // Bodies that are refused before they are read as look-ups carry secrets, too.
    let whole = body(42).text();
    for broken in [format!("{whole}{}", "&a=b".repeat(1100)), "x".repeat(300_000) + &whole] {
        let answer = exchange(program.machine, &request(&program.machine, broken.as_bytes()));
        assert!(answer.is_empty() || parse_reply(&answer).status >= 400);
    }
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0));
    assert!(log.matches("section=\"directory\"").count() > 20, "look-ups are logged: {log}");
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "at every level");
    let log = without_times(&log);
    secrets.retain(|secret| secret.len() >= 4 && secret != "nil");
    assert!(secrets.contains("hunter2-supplied") && secrets.len() > 150, "{}", secrets.len());
    for secret in &secrets {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
    }
}

#[test]
fn each_look_up_leaves_a_line_with_section_handler_outcome_duration_switch_and_call() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[("JACKFIELD_LOG", "debug")]);
    let recorded = body(22);
    post(program.machine, recorded.bytes());
    let (_, log) = program.terminate();
    let line = log.lines().find(|line| line.contains("duration_us="));
    let line = line.unwrap_or_else(|| panic!("no duration in {log}"));
    let call = "1-10059@127.0.0.1";
    for part in [
        "section=\"directory\"",
        "handler=\"accounts\"",
        "outcome=\"answered\"",
        recorded.get("Core-UUID").expect("recorded"),
        call,
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[test]
fn a_refused_look_up_names_whom_it_was_for_and_where_it_came_from_but_no_token() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[("JACKFIELD_LOG", "info")]);
    let token = "0123456789abcdef0123456789abcdef";
    for user in ["nobody", token] {
        post(program.machine, body(42).set("user", user).set("ip", "192.0.2.77").bytes());
    }
    let (_, log) = program.terminate();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("look-up refused")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains(r#"user="nobody" ip="#), "{log}");
    assert!(lines.iter().all(|line| line.contains(r#"ip="192.0.2.77""#)), "{log}");
    assert!(!log.contains(token), "{log}");
}

#[test]
fn of_the_lines_that_strangers_cause_there_are_a_few_a_second_and_the_next_one_counts_the_others() {
    let state = tempfile::tempdir().expect("a folder");
    let settings = [("JACKFIELD_LOG", "info"), ("JACKFIELD_CONNECTION_CLOSE", "false")];
    let program = Program::demo(state.path(), &settings);
    let to = program.machine;
    let unknown = request(&to, &body(42).set("user", "nobody").bytes());
    let last = String::from_utf8(unknown.clone()).expect("ASCII");
    let last = last.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let started = Instant::now();
    exchange(to, &[unknown.repeat(999), last.into_bytes()].concat());
    let seconds = usize::try_from(started.elapsed().as_secs()).expect("few") + 2;
    std::thread::sleep(Duration::from_millis(1100));
    post(to, body(42).set("user", "nobody").bytes());
    let (_, log) = program.terminate();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("look-up refused")).collect();
    assert!((10..=seconds * 10 + 1).contains(&lines.len()), "{} in {seconds} s", lines.len());
    let left_out: usize = lines
        .iter()
        .filter_map(|line| line.split_once("left_out=")?.1.split(' ').next()?.parse::<usize>().ok())
        .sum();
    assert_eq!(lines.len() + left_out, 1001, "{lines:?}");
}

#[test]
fn the_log_in_json_is_one_object_a_line() {
    let state = tempfile::tempdir().expect("a folder");
    let json = [("JACKFIELD_LOG", "debug"), ("JACKFIELD_LOG_FORMAT", "json")];
    let program = Program::demo(state.path(), &json);
    post(program.machine, body(22).and("Core-UUID", "a%22%0Ab").bytes());
    post(program.machine, body(43).set("user", "2222").bytes());
    let (_, log) = program.terminate();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let says = |words: &str| lines.iter().any(|line| line["fields"]["message"] == words);
    assert!(says("ready") && says("stopping") && says("look-up answered"), "{log}");
}

#[test]
fn a_call_id_that_a_stranger_chose_breaks_no_line_of_the_log() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[("JACKFIELD_LOG", "debug")]);
    let forged = "x%0A2026-01-01T00%3A00%3A00Z%20ERROR%20forged%0D%1B[31m";
    post(program.machine, body(22).set("sip_call_id", forged).bytes());
    post(program.machine, body(22).set("sip_call_id", forged).and("key", "x").bytes());
    let (_, log) = program.terminate();
    assert!(log.contains("forged"), "the call is named");
    assert!(!log.lines().any(|line| line.starts_with("2026-01-01")), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}
