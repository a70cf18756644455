//! A program with a module of its own: what it registers, what it contradicts, and what it breaks.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Body, Metrics, PATIENCE, Program, Reply, body, contradictory, find, get, plugged, post, tree,
    until,
};

const RIGHT: &str = "[handlers.acme]\nhotline = '4242'\n";

/// A state folder with the demo's data, and settings.
struct Set(TempDir);

impl Set {
    fn with(settings: &str) -> Self {
        let set = Self(tempfile::tempdir().expect("a folder"));
        fs::write(set.file(), settings).expect("writable");
        set
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("acme.toml")
    }

    fn state(&self) -> &Path {
        self.0.path()
    }

    /// The program with these arguments.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plugged();
        command.args(arguments).args(["--demo", "--state"]).arg(self.state());
        command.env("JACKFIELD_CONFIG", self.file());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    fn serve(&self) -> Program {
        Program::start(self.command(&["serve"]))
    }
}

fn out(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn err(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn call(context: &str, number: &str) -> Body {
    body(23)
        .set("Caller-Context", context)
        .set("Hunt-Context", context)
        .set("Hunt-Destination-Number", number)
        .set("Caller-Destination-Number", number)
}

fn has(reply: &Reply, path: &str) -> bool {
    reply.status == 200 && find(&tree(&reply.body), path).is_some()
}

fn hotline(reply: &Reply) -> bool {
    has(reply, "section/context[name=default]/extension[name=hotline]")
}

fn health(program: &Program) -> Value {
    serde_json::from_slice(&get(program.machine, "/health").body).expect("JSON")
}

fn is(count: f64, expected: u32) -> bool {
    (count - f64::from(expected)).abs() < 0.1
}

#[test]
fn everything_that_a_module_contradicts_is_told_at_once_with_its_places() {
    for arguments in [&["serve"][..], &["--help"], &["handlers"]] {
        let done = contradictory().args(arguments).output().expect("the program runs");
        let told = err(&done);
        assert_eq!(done.status.code(), Some(78), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 7, "{told}");
        for words in [
            ["counter «acme-calls»", "as in `acme_crm_asked_total`"],
            ["counter «acme_calls_total»", "rename one"],
            ["counter «jackfield_calls_total»", "begin with your own word"],
            ["protected path «no-route»", "is no route"],
            ["two background services are named «sync»", "rename one"],
            ["two commands are named «twice»", "rename one"],
            ["two routes have the path /metrics", "src/http/metrics.rs:"],
        ] {
            let line = told.lines().find(|line| words.iter().all(|word| line.contains(word)));
            let line = line.unwrap_or_else(|| panic!("{words:?}: {told}"));
            assert!(line.contains("tests/plugged/contradictory.rs:"), "{line}");
        }
    }
}

#[test]
fn a_start_that_fails_says_what_where_and_what_to_do() {
    let place = "handler «acme» (tests/plugged/program.rs:";
    let left_out = "`disabled_handlers = [\"acme\"]` leaves it out";
    for (settings, disputes, words) in [
        (
            "",
            "",
            vec![
                place,
                "missing field `hotline`",
                "write `[handlers.acme]` and below it `hotline = ...`",
                left_out,
            ],
        ),
        (
            "[handlers.acme]",
            "",
            vec![place, "missing field `hotline`", "write `hotline = ...` below", left_out],
        ),
        ("[handlers.acme]\nhotlin = '1'", "", vec![place, "unknown field `hotlin`", left_out]),
        (
            "[handlers.acme]\nhotline = 77665",
            "",
            vec![place, "hotline", "a string", "put it right", left_out],
        ),
        ("[handlers.acme]\nhotline = ''", "", vec![place, "write a number", left_out]),
        ("[handlers.acme-synk]", "", vec!["acme-synk", "jackfield handlers --all"]),
        // Those of the service have no settings, and those of modules cannot be left out.
        ("[handlers.metrics]", "", vec!["not there: metrics;"]),
        ("disabled_handlers = ['acme-users']", "", vec!["not there: acme-users;"]),
        (
            RIGHT,
            "public",
            vec![
                "key «public»",
                "«dialplan» (handlers/dialplan.rs:",
                "«disputes» (tests/plugged/program.rs:",
                "give one a higher `priority`",
                "`disabled_handlers`",
            ],
        ),
    ] {
        let set = Set::with(settings);
        let mut command = set.command(&["serve"]);
        if !disputes.is_empty() {
            command.env("ACME_DISPUTES", disputes);
        }
        let done = command.output().expect("the program runs");
        let told = err(&done);
        assert_eq!(done.status.code(), Some(78), "{settings}: {told}");
        for word in words {
            assert!(told.contains(word), "{settings}: {word:?} is not in {told}");
        }
        // What a setting holds may be a secret.
        assert!(!told.contains("77665"), "{told}");
        if !told.contains("not there") && disputes.is_empty() {
            assert!(told.contains(&format!("settings: {}", set.file().display())), "{told}");
        }
    }
}

#[test]
fn a_handler_of_a_higher_priority_answers_for_a_built_in_one_which_is_said_not_to_be_asked() {
    let set = Set::with(RIGHT);
    // Two that are outranked are no conflict.
    let mut command = set.command(&["serve"]);
    let program = Program::start({
        command.env("ACME_DISPUTES", "default");
        command
    });
    assert!(hotline(&post(program.machine, call("default", "4242").bytes())));
    let stored = post(program.machine, call("default", "1000").bytes());
    assert!(has(&stored, "section/context[name=default]/extension") && !hotline(&stored));
    assert!(!hotline(&post(program.machine, call("public", "4242").bytes())));
    let asked = |handler: &str| {
        let labels = [("section", "dialplan"), ("handler", handler)];
        Metrics::of(program.machine).sum("jackfield_lookups_total", &labels)
    };
    assert!(is(asked("acme"), 2) && is(asked("dialplan"), 1) && is(asked("disputes"), 0));
    let explained = |asked: &Body, lines: &[(&str, &str)]| {
        let lookup = set.state().join("lookup.form");
        fs::write(&lookup, asked.bytes()).expect("writable");
        let mut command = set.command(&["explain", lookup.to_str().expect("UTF-8")]);
        let told = command.env("ACME_DISPUTES", "default").output().expect("the program runs");
        let told = out(&told);
        for (name, why) in lines {
            let is_its = |line: &&str| line.trim_start().starts_with(&format!("{name} ("));
            let line = told.lines().find(is_its).unwrap_or_else(|| panic!("{name}: {told}"));
            assert!(line.ends_with(&format!("): {why}")), "{why}: {line}");
        }
    };
    let outranked = "not asked: «acme» has priority 10, this one 0";
    explained(
        &call("default", "4242"),
        &[("acme", "answers: it has the key"), ("dialplan", outranked), ("disputes", outranked)],
    );
    // The rest goes by priority, too, and asynchronous handlers count as the others.
    explained(
        &body(30).set("lang", "nobody's"),
        &[
            ("mute-outside", "answers: no other has the key"),
            ("mute", "not asked: «mute-outside» has priority 0, this one -1"),
            ("phrases", "does not have the key"),
        ],
    );
    let another = "not asked: another has the key";
    explained(
        &body(30).set("lang", "en"),
        &[("phrases", "answers: it has the key"), ("mute", another), ("mute-outside", another)],
    );
}

#[test]
fn a_bad_handler_is_named_and_its_look_ups_end_by_the_policy_while_all_others_go_on() {
    let settings = format!("{RIGHT}[sections.dialplan]\ndeadline_ms = 300\n");
    let set = Set::with(&settings);
    let program = set.serve();
    let to = program.machine;
    let closed = "section/context[name=default]/extension/condition/action[application=hangup]";
    for (number, why) in [("panic", "panicked"), ("hang", "deadline")] {
        let began = Instant::now();
        let reply = post(to, call("default", number).bytes());
        assert!(has(&reply, closed), "{number}: {}", reply.text());
        assert!(began.elapsed() < Duration::from_secs(2), "{number}");
        program.logged("look-up failed");
        let log = program.log();
        let told = |line: &str| line.contains("handler=\"acme\"") && line.contains(why);
        assert!(log.lines().any(|line| line.contains("ERROR") && told(line)), "{number}: {log}");
        assert!(hotline(&post(to, call("default", "4242").bytes())), "{number}");
    }
    let asked = body(43).set("key_value", "elsewhere.test").set("domain", "elsewhere.test");
    let reply = post(to, asked.bytes());
    assert!(has(&reply, "section/domain[name=elsewhere.test]"), "{}", reply.text());
    assert!(!reply.text().contains("other.test"), "{}", reply.text());
    program.logged("handler=\"elsewhere\"");
    program.logged("not of the name that was asked for");
    let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
    assert!(has(&post(to, body(43).bytes()), user));
}

#[test]
fn counters_of_a_module_are_at_metrics_from_the_start() {
    let program = Set::with(RIGHT);
    let program = program.serve();
    let text = get(program.machine, "/metrics").text().to_owned();
    for line in [
        "# HELP acme_calls_total Calls by what was done.",
        "# TYPE acme_calls_total counter",
        "acme_calls_total{what=\"hotline\"} 0",
        "acme_calls_total{what=\"stored\"} 0",
        "acme_calls_total{what=\"other\"} 0",
        "# TYPE acme_rounds_total counter",
    ] {
        assert!(text.lines().any(|written| written == line), "{line}: {text}");
    }
    post(program.machine, call("default", "4242").bytes());
    let calls = [("what", "hotline")];
    assert!(is(Metrics::of(program.machine).sum("acme_calls_total", &calls), 1));
}

#[test]
fn a_route_that_blocks_or_panics_holds_up_no_look_up() {
    let set = Set::with(RIGHT);
    let program = set.serve();
    let to = program.machine;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let waiting: Vec<_> =
        (0..threads).map(|_| std::thread::spawn(move || get(to, "/acme/waits"))).collect();
    program.logged("acme waits for a call");
    let call = post(to, call("default", "waiting").bytes());
    assert!(has(&call, "section/context[name=default]/extension"), "{}", call.text());
    for one in waiting {
        assert_eq!(one.join().expect("it is answered").text(), "called");
    }
    let reply = get(to, "/acme/panics");
    assert_eq!((reply.status, reply.text()), (500, ""));
    program.logged("a route panicked route=\"acme-panics\"");
}

#[test]
fn a_background_service_that_fails_is_named_and_begins_anew_while_look_ups_go_on() {
    let forged = "no answer ERROR forged ";
    let forged = format!("{forged}{}…", "x".repeat(300 - forged.len()));
    for (how, why) in [
        ("fails-once", "the CRM does not answer"),
        ("fails-beside", "the CRM does not answer"),
        ("panics-once", "it panicked"),
        ("unspeakable-once", "it panicked"),
        ("forges-once", &forged),
    ] {
        let set = Set::with(&format!("{RIGHT}sync = '{how}'"));
        let program = set.serve();
        let degraded = || {
            Metrics::of(program.machine).sum("jackfield_degraded", &[("cause", "service")]) > 0.5
        };
        program.logged("background service failed");
        until("it is degraded", PATIENCE, degraded);
        let told = health(&program);
        assert_eq!(
            (&told["status"], &told["reasons"][0]["cause"]),
            (&json!("degraded"), &json!("service"))
        );
        assert_eq!(told["why"], format!("background service acme-sync: {why}"));
        assert!(hotline(&post(program.machine, call("default", "4242").bytes())));
        program.logged("background service runs again");
        assert!(!degraded() && health(&program)["status"] == "ready");
        let failures = Metrics::of(program.machine);
        let failures =
            |service| failures.sum("jackfield_service_failures_total", &[("service", service)]);
        assert!(is(failures("acme-sync"), 1) && is(failures("acme-spawns"), 0));
        assert!(is(Metrics::of(program.machine).sum("acme_rounds_total", &[]), 2));
        let log = program.log();
        let told = |line: &str| line.contains("service=\"acme-sync\"") && line.contains(why);
        assert!(log.lines().any(|line| line.contains("ERROR") && told(line)), "{log}");
    }
}

#[test]
fn a_background_service_is_told_of_the_stop_and_waited_for_but_not_for_long() {
    let program = Set::with(RIGHT);
    let (code, log) = program.serve().terminate();
    assert_eq!(code, Some(0), "{log}");
    let last = log.find("acme has written its last").unwrap_or_else(|| panic!("{log}"));
    assert!(last < log.find("serve: stopped").expect("it has stopped"), "{log}");
    let set = Set::with(&format!("{RIGHT}sync = 'blocks'"));
    let program = set.serve();
    program.logged("background service begins");
    assert!(hotline(&post(program.machine, call("default", "4242").bytes())));
    let began = Instant::now();
    let (code, log) = program.terminate();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("background services had not ended: acme-sync"), "{log}");
    assert!(!log.contains("look-ups were still under way"), "{log}");
}

#[test]
fn a_background_service_may_end_or_be_left_out() {
    let set = Set::with(&format!("{RIGHT}sync = 'ends'"));
    let program = set.serve();
    program.logged("background service has ended");
    assert_eq!(health(&program)["status"], "ready");
    let (_, log) = program.terminate();
    let begins = "background service begins service=\"acme-sync\"";
    assert_eq!(log.matches(begins).count(), 1, "{log}");
    let set = Set::with(&format!("disabled_handlers = ['acme-sync']\n{RIGHT}"));
    let (code, log) = set.serve().terminate();
    assert!(code == Some(0) && !log.contains(begins), "{log}");
}

#[test]
fn a_command_of_a_module_is_one_like_any_other() {
    let set = Set::with(RIGHT);
    let help = out(&plugged().arg("--help").output().expect("the program runs"));
    let line = help.lines().find(|line| line.trim_start().starts_with("acme-test "));
    assert!(line.expect(&help).ends_with("Says what the module makes of a number"), "{help}");
    let help = out(&plugged().args(["acme-test", "--help"]).output().expect("the program runs"));
    assert!(help.starts_with("Says what the module makes of a number"), "{help}");
    assert!(help.contains("<NUMBER>") && help.contains("--config <FILE>"), "{help}");
    let pages = set.state().join("man");
    let made = plugged().args(["man", "--to"]).arg(&pages).output().expect("the program runs");
    assert!(made.status.success() && pages.join("jackfield-acme-test.1").exists(), "{made:?}");
    let completions = plugged().args(["completions", "bash"]).output().expect("the program runs");
    assert!(out(&completions).contains("acme-test"));
    let done = set.run(&["acme-test", "4242"]);
    assert_eq!((done.status.code(), &*out(&done)), (Some(0), "4242: the hotline, 20 users\n"));
    let failed = set.run(&["acme-test", "fail"]);
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(err(&failed), "jackfield: the CRM does not answer\n");
    assert_eq!(set.run(&["acme-test"]).status.code(), Some(64));
    let unset = Set::with("");
    let done = unset.run(&["acme-test", "1"]);
    assert_eq!(done.status.code(), Some(78));
    let told = err(&done);
    assert!(told.contains("below it `hotline = ...`") && told.contains("acme.toml"), "{told}");
}

#[test]
fn the_list_of_handlers_has_what_each_was_asked_where_a_service_runs_and_all_else_if_it_is_wanted()
{
    let set = Set::with(RIGHT);
    let row = |text: &str, name: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.contains(&format!(" {name} ")));
        line.unwrap_or_else(|| panic!("{name}: {text}"))
            .split_whitespace()
            .map(Into::into)
            .collect()
    };
    let shown = out(&set.run(&["handlers"]));
    let acme = row(&shown, "acme");
    assert_eq!(acme[..6], ["dialplan", "acme", "default", "-", "-", "jackfield"], "{shown}");
    assert!(acme[6].starts_with("tests/plugged/program.rs:") && acme[7..] == ["priority", "10"]);
    let program = set.serve();
    for number in ["4242", "1000", "panic"] {
        post(program.machine, call("default", number).bytes());
    }
    let shown = out(&set.run(&["handlers"]));
    assert_eq!(row(&shown, "acme")[3..5], ["3", "1"], "{shown}");
    assert_eq!(row(&shown, "sofia")[3..5], ["0", "0"], "{shown}");
    let rows: Vec<Value> =
        serde_json::from_str(&out(&set.run(&["handlers", "--json"]))).expect("JSON");
    let acme = rows.iter().find(|row| row["id"] == "dialplan/acme").expect("it is there");
    let fields: Vec<_> = acme.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = [
        "id", "kind", "name", "keys", "async", "package", "crate", "place", "priority", "asked",
        "failed",
    ];
    assert_eq!(fields, expected);
    assert_eq!(
        (&acme["priority"], &acme["asked"], &acme["failed"]),
        (&json!(10), &json!(3), &json!(1))
    );
    let shown = out(&set.run(&["handlers", "--all"]));
    for part in
        ["Handlers", "Routes", "Protected paths", "Commands", "Background services", "Counters"]
    {
        assert!(shown.lines().any(|line| line == part), "{part}: {shown}");
    }
    for line in
        ["/acme/users", "Says what the module makes", "acme-sync", "hotline 1, stored 1, other 0"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let all: Value =
        serde_json::from_str(&out(&set.run(&["handlers", "--all", "--json"]))).expect("JSON");
    let counter = &all["counters"][0];
    assert_eq!(
        (&counter["id"], &counter["label"]),
        (&json!("counter/acme_calls_total"), &json!("what"))
    );
    assert_eq!(counter["counted"], json!({ "hotline": 1, "stored": 1, "other": 0 }));
    let users = get(program.machine, "/acme/users");
    assert_eq!((users.status, users.text()), (200, "20"));
}

#[test]
fn a_module_has_its_settings_under_the_name_of_a_route_or_a_command_too() {
    let set =
        Set::with(&format!("{RIGHT}[handlers.acme-users]\na = 1\n[handlers.acme-test]\nb = 2\n"));
    let done = set.run(&["acme-test", "4242"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
}
