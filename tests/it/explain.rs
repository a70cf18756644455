//! `jackfield explain`: who answers a recorded body, why nobody else does, and the answer.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use jackfield_api::snapshot::{
    Contents, Gateway, Level, Menu, Profile, ProfileKind, Setting, Snapshot,
};
use jackfield_api::{ChannelEventHandler, Deciding, Event, Keys, Means, Verdict, register};

use crate::support::{Body, Server, body, demo, jackfield, logins, post, recorded};

fn recorded_file(number: u8) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bodies");
    let prefix = format!("{number:02}-");
    let (name, _) =
        recorded().into_iter().find(|(name, _)| name.starts_with(&prefix)).expect("recorded");
    folder.join(format!("{name}.form"))
}

fn explained(state: &Path, file: &Path, settings: &[(&str, &str)]) -> String {
    let done = jackfield()
        .args(["explain", "--demo", "--state"])
        .arg(state)
        .arg(file)
        .envs(settings.iter().copied())
        .output()
        .expect("the program runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

fn explained_body(state: &Path, body: &[u8], settings: &[(&str, &str)]) -> String {
    let file = state.join("asked.form");
    std::fs::write(&file, body).expect("writable");
    explained(state, &file, settings)
}

#[test]
fn the_handler_is_named_with_its_place_and_so_is_why_each_other_does_not_answer() {
    let state = tempfile::tempdir().expect("a folder");
    let told = explained(state.path(), &recorded_file(11), &[]);
    let line = |name: &str| {
        let start = format!("{name} (");
        told.lines()
            .map(str::trim)
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("{name} is not in {told}"))
    };
    let sofia = line("sofia");
    assert!(sofia.contains("configuration/sofia.rs:"), "{sofia}");
    assert!(sofia.ends_with("answers: it has the key"), "{sofia}");
    assert!(line("acl").ends_with("does not have the key"));
    assert!(line("documents").ends_with("not asked: another has the key"));
    for other in ["directory", "dialplan", "languages", "chatplan"] {
        assert!(
            told.lines().any(|line| {
                line.starts_with(other) && line.ends_with("not asked: another section")
            }),
            "{other}: {told}"
        );
    }
    for words in
        ["a look-up with 19 fields", "«sofia.conf»", "HTTP 200", "<profile name=\"internal\">"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(
        explained(state.path(), &recorded_file(1), &[]).contains("answers: no other has the key")
    );
}

#[test]
fn every_handler_is_accounted_for() {
    let state = tempfile::tempdir().expect("a folder");
    let told = explained(state.path(), &recorded_file(1), &[]);
    let listed = jackfield().args(["handlers", "--json"]).output().expect("the program runs");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&listed.stdout).expect("JSON");
    for row in rows.iter().filter(|row| row["kind"] == "configuration") {
        let name = row["name"].as_str().expect("a name");
        let place = row["place"].as_str().expect("a place");
        assert!(told.contains(&format!("{name} ({place}): ")), "{name}: {told}");
    }
}

#[test]
fn standard_input_is_explained_like_a_file() {
    let state = tempfile::tempdir().expect("a folder");
    let mut child = jackfield()
        .args(["explain", "--demo", "--state"])
        .arg(state.path())
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    child.stdin.take().expect("piped").write_all(&body(43).bytes()).expect("taken");
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).expect("UTF-8");
    assert_eq!(told, explained(state.path(), &recorded_file(43), &[]));
    assert!(told.contains("<user id=\"1000\""), "{told}");
}

#[test]
fn no_secret_is_shown() {
    let state = tempfile::tempdir().expect("a folder");
    let snapshot = demo(state.path());
    let recorded = body(22).before("key", "user_supplied_pass", "hunter2");
    let told = explained_body(state.path(), &recorded.bytes(), &[]);
    assert!(told.contains("<param name=\"a1-hash\" value=\"(not shown)\"/>"), "{told}");
    assert!(told.contains("<param name=\"vm-a1-hash\" value=\"(not shown)\"/>"), "{told}");
    let mut secrets = vec!["hunter2".to_owned()];
    for name in ["sip_auth_nonce", "sip_auth_cnonce", "sip_auth_response"] {
        secrets.push(recorded.get(name).expect("recorded").to_owned());
    }
    for user in snapshot.contents().domains.iter().flat_map(|domain| domain.users().iter()) {
        secrets.extend(user.secrets().filter_map(|secret| secret.ha1()));
        secrets.extend(user.voicemail_hash());
    }
    secrets.extend(logins(state.path()).into_iter().map(|login| login.password));
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} is shown");
    }
}

#[test]
fn a_polluted_look_up_is_told_by_its_rule_and_in_both_modes() {
    let state = tempfile::tempdir().expect("a folder");
    let polluted = body(53).before("action", "purpose", "gateways").bytes();
    let told = explained_body(state.path(), &polluted, &[]);
    assert!(told.contains("breaks rule purpose: rejected"), "{told}");
    assert!(!told.contains("answers:"), "no handler answers: {told}");
    assert!(told.contains("<domain name=\"pbx.example.test\"/>"), "{told}");
    let told = explained_body(state.path(), &polluted, &[("JACKFIELD_GUARD", "observe")]);
    assert!(told.contains("breaks rule purpose; answered all the same"), "{told}");
    assert!(told.contains("answers: it has the key"), "{told}");
}

#[test]
fn what_nobody_answers_and_what_is_no_look_up_is_told_too() {
    let state = tempfile::tempdir().expect("a folder");
    let elsewhere = body(43).set("key_value", "x.test").set("domain", "x.test").bytes();
    let told = explained_body(state.path(), &elsewhere, &[]);
    assert!(told.contains("denied: nobody serves the domain (HTTP 200)"), "{told}");
    let told =
        explained_body(state.path(), &elsewhere, &[("JACKFIELD_UNKNOWN_DOMAIN", "not-found")]);
    assert!(told.contains("not found: ") && told.contains("status=\"not found\""), "{told}");
    let told = explained(state.path(), &recorded_file(54), &[]);
    assert!(told.contains("a channel event"), "{told}");
    assert!(!told.contains("11111111-2222"), "a session id: {told}");
    let told = explained_body(state.path(), b"", &[]);
    assert!(told.contains("the body is empty"), "{told}");
    let unknown = body(1).set("section", "weather").bytes();
    let told = explained_body(state.path(), &unknown, &[]);
    assert!(told.contains("breaks rule section"), "{told}");
}

#[test]
fn control_characters_of_a_body_do_not_reach_the_terminal() {
    let state = tempfile::tempdir().expect("a folder");
    let forged = body(43).set("user", "%1B[31m%0Aforged").set("action", "%07").bytes();
    let told = explained_body(state.path(), &forged, &[]);
    assert!(!told.contains(['\u{1b}', '\u{7}']), "{told:?}");
    assert!(!told.lines().any(|line| line.starts_with("forged")), "{told}");
}

#[test]
fn a_file_that_is_not_there_is_an_error_that_names_it() {
    let state = tempfile::tempdir().expect("a folder");
    let done = jackfield()
        .args(["explain", "--demo", "--state"])
        .arg(state.path())
        .arg("no-such.form")
        .output()
        .expect("the program runs");
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("no-such.form"));
}

/// How often the handler of the next line was run.
static RUN: AtomicUsize = AtomicUsize::new(0);

struct Counts;

impl ChannelEventHandler for Counts {
    fn handle<'a>(&'a self, _: &'a Event, _: Means<'a>) -> Deciding<'a> {
        RUN.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(Verdict::Punt) })
    }
}

register!(ChannelEventHandler, "test-counts", Keys::Fixed(&["test_counted"]), Counts);

fn explained_here(server: &Server, body: &Body) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(server.app.router.explain(body.bytes()))
}

#[test]
fn a_channel_event_is_told_by_its_handler_which_does_not_run() {
    let server = Server::start("");
    let told = explained_here(&server, &body(54));
    let line = told.lines().find(|line| line.starts_with("channel-event "));
    assert!(line.is_some_and(|line| line.ends_with(" client_login")), "{told}");
    let told = explained_here(&server, &body(54).set("action", "x"));
    assert!(told.contains("no handler has its action"), "{told}");
    let counted = body(54).set("action", "test_counted");
    let told = explained_here(&server, &counted);
    let line = told.lines().find(|line| line.starts_with("channel-event "));
    assert!(line.is_some_and(|line| line.ends_with(" test-counts")), "{told}");
    assert!(!told.contains("punt"), "nothing was decided: {told}");
    assert_eq!(RUN.load(Ordering::Relaxed), 0);
    assert_eq!(post(server.machine, counted.bytes()).text(), "punt\n");
    assert_eq!(RUN.load(Ordering::Relaxed), 1, "posted, it runs");
}

#[test]
fn secrets_of_gateways_and_in_attributes_are_blanked_and_what_is_none_is_not() {
    let mut contents = Contents::default();
    let gateway = |name: &str| Gateway {
        name: name.to_owned(),
        params: vec![
            Setting::new("proxy", "carrier.example.test"),
            Setting::new("username", "shown-name"),
            Setting::new("password", "hidden-1"),
            Setting::new("Password", "hidden-2"),
            Setting::new("reg-token", "hidden-3"),
        ],
        ..Gateway::default()
    };
    contents.profiles.push(Profile {
        kind: ProfileKind::Sofia,
        name: "trunks".to_owned(),
        params: vec![Setting::new("odbc-dsn", "hidden-4"), Setting::new("sip-port", "5099")],
        gateways: vec![gateway("upstream-2")],
        ..Profile::default()
    });
    contents.menus.push(Menu {
        name: "guarded".to_owned(),
        attributes: vec![
            Setting::new("pin", "hidden-5").at(Level::Text),
            Setting::new("greet-long", "shown-greeting"),
        ],
        entries: Vec::new(),
    });
    let server = Server::over("", Snapshot::new(contents));
    let profile = explained_here(&server, &body(11).set("profile", "trunks"));
    let menu = explained_here(&server, &body(32).set("Menu-Name", "guarded"));
    let shown = |told: &str, words: &[&str]| {
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert!(!told.contains("hidden-"), "{told}");
    };
    shown(
        &profile,
        &[
            "<gateway name=\"upstream-2\"",
            "<param name=\"proxy\" value=\"carrier.example.test\"",
            "<param name=\"username\" value=\"shown-name\"",
            "<param name=\"password\" value=\"(not shown)\"",
            "<param name=\"Password\" value=\"(not shown)\"",
            "<param name=\"reg-token\" value=\"(not shown)\"",
            "<param name=\"odbc-dsn\" value=\"(not shown)\"",
            "<param name=\"sip-port\" value=\"5099\"",
        ],
    );
    shown(&menu, &["name=\"guarded\"", "pin=\"(not shown)\"", "greet-long=\"shown-greeting\""]);
}
