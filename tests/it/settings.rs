//! The settings are read again while the service runs.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{
    Base, Metrics, PATIENCE, Program, body, find, get, is_not_found, jackfield, post, tree,
};

/// A service with a settings file of its own.
struct Set {
    base: Base,
    program: Program,
    file: PathBuf,
}

impl Set {
    fn start(text: &str) -> Self {
        let base = Base::sqlite();
        let file = base.folder.path().join("jackfield.toml");
        fs::write(&file, text).expect("writable");
        let mut command = jackfield();
        command.env("JACKFIELD_CONFIG", &file);
        let program = Program::serve_with(&base, command);
        Self { base, program, file }
    }

    fn to(&self) -> SocketAddr {
        self.program.machine
    }

    /// Writes another file and has it read, through the control socket.
    fn read(&self, text: &str) -> Value {
        fs::write(&self.file, text).expect("writable");
        self.ask(r#"{"do":"settings"}"#)
    }

    fn ask(&self, line: &str) -> Value {
        let stream = UnixStream::connect(self.base.state().join("control.sock")).expect("it runs");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        writeln!(&stream, "{line}").expect("taken");
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).expect("an answer");
        serde_json::from_str(&answer).expect("JSON")
    }

    fn health(&self) -> Value {
        serde_json::from_slice(&get(self.to(), "/health").body).expect("JSON")
    }

    fn degraded(&self) -> bool {
        Metrics::of(self.to()).sum("jackfield_degraded", &[("cause", "settings")]) > 0.5
    }
}

#[test]
fn what_can_be_followed_is_followed_by_the_next_look_up() {
    let set = Set::start("");
    let stranger = body(42).set("domain", "unknown.test").set("key_value", "unknown.test").bytes();
    let polluted = body(42).and("domain", "unknown.test").bytes();
    let closes = || post(set.to(), body(42).bytes()).header("connection") == Some("close");
    let refused = || {
        let user = post(set.to(), &polluted);
        find(&tree(&user.body), "section/domain/users/user").is_none()
    };
    assert!(!is_not_found(&post(set.to(), &stranger).body) && closes() && refused());
    let told = set.read(
        "unknown_domain = 'not-found'\nguard = 'observe'\nconnection_close = false\n\
         trusted_peers = ['192.0.2.1/32']\nlog = 'debug'\nsections.dialplan.deadline_ms = 900",
    );
    let lines = told["settings"].as_array().expect("a list").clone();
    assert_eq!(lines.len(), 6, "{told}");
    assert!(lines.contains(&"changed: guard: enforce -> observe".into()), "{told}");
    assert!(is_not_found(&post(set.to(), &stranger).body) && !closes() && !refused());
    set.program.logged("look-up answered");
    assert_eq!(set.health()["settings"]["needs_restart"], Value::Array(Vec::new()));
    // The way back, by the signal.
    fs::write(&set.file, "log = 'info'").expect("writable");
    let modified = |set: &Set| set.health()["settings"]["modified_us"].as_u64().expect("a time");
    let before = modified(&set);
    set.program.signal("HUP");
    set.program.logged("changed: guard: observe -> enforce");
    set.program.logged("changed: log: debug -> info");
    set.program.logged("differences=6");
    assert!(modified(&set) > before);
    assert!(!is_not_found(&post(set.to(), &stranger).body) && closes() && refused());
    let lines = set.program.log().matches("look-up answered").count();
    post(set.to(), body(42).bytes());
    assert_eq!(set.program.terminate().1.matches("look-up answered").count(), lines);
}

#[test]
fn a_wrong_file_changes_nothing_and_all_of_it_is_told_until_it_is_right() {
    let set = Set::start("guard = 'observe'");
    assert!(!set.degraded());
    let wrong =
        "guard = 'enforce'\nunknown_domain = 'maybe'\nnonsense = 1\ndisabled_handlers = ['x']";
    let told = set.read(wrong)["error"].as_str().expect("an error").to_owned();
    assert!(told.contains("jackfield.toml:2: ") && told.contains("jackfield.toml:3: "), "{told}");
    let health = set.health();
    assert_eq!(
        (&health["status"], &health["reasons"][0]["cause"]),
        (&"degraded".into(), &"settings".into())
    );
    assert_eq!(get(set.to(), "/health").status, 200, "look-ups are answered");
    assert_eq!(health["settings"]["refused"], true);
    assert!(set.degraded());
    let polluted = body(42).and("domain", "unknown.test").bytes();
    let user = post(set.to(), &polluted);
    assert!(find(&tree(&user.body), "section/domain/users/user").is_some(), "still observed");
    for line in ["jackfield.toml:2: unknown_domain", "jackfield.toml:3: nonsense"] {
        set.program.logged(line);
    }
    // What only a start would find is found, too.
    let told = set.read("disabled_handlers = ['x']")["error"].as_str().expect("one").to_owned();
    assert!(told.contains("handlers that are not there: x"), "{told}");
    assert_eq!(set.read("guard = 'observe'")["settings"], Value::Array(Vec::new()));
    assert_eq!(set.health()["status"], "ready");
    assert!(!set.degraded());
    fs::remove_file(&set.file).expect("removed");
    let told = set.ask(r#"{"do":"settings"}"#)["error"].as_str().expect("one").to_owned();
    assert!(told.contains("cannot be read"), "{told}");
}

#[test]
fn what_takes_a_restart_is_told_without_its_secrets_and_stays_as_it_is() {
    let set = Set::start("");
    // The database and the folder of the tests are set by the environment, which wins.
    let told = set.read("listen_public = '127.0.0.1:0'\nlog_format = 'json'\nguard = 'observe'");
    let lines: Vec<_> = told["settings"].as_array().expect("a list").iter().collect();
    assert_eq!(
        lines,
        [
            "takes a restart: listen_public: off -> 127.0.0.1:0",
            "changed: guard: enforce -> observe",
            "takes a restart: log_format: text -> json",
        ]
    );
    let names = serde_json::json!(["listen_public", "log_format"]);
    assert_eq!(set.health()["settings"]["needs_restart"], names);
    assert_eq!(set.health()["status"], "ready", "it is all that it should be");
    set.program.logged("takes a restart: log_format");
    // Told again, as it still is so.
    assert_eq!(set.ask(r#"{"do":"settings"}"#)["settings"].as_array().expect("a list").len(), 2);
    set.read("guard = 'observe'");
    assert_eq!(set.health()["settings"]["needs_restart"], Value::Array(Vec::new()));
}

#[test]
fn the_document_of_a_fail_policy_is_read_again_and_a_broken_one_changes_nothing() {
    let set = Set::start("");
    let file = set.base.folder.path().join("closed.xml");
    let policy = format!("sections.directory.fail = 'document {}'", file.display());
    let write = |password: &str| {
        let text = format!(
            "<document type=\"freeswitch/xml\">\n<section name=\"directory\">\n\
             <domain name=\"x.test\"><users>\n<user id=\"1000\"><params>\
             <param name=\"password\" value=\"{password}\"/>\
             <param name=\"vm-password\" value=\"4711\"/></params></user>\n\
             </users></domain>\n</section>\n</document>\n"
        );
        fs::write(&file, text).expect("writable");
    };
    write("hush-one");
    let told = set.read(&policy);
    let line = format!("changed: sections.directory.fail: deny -> document {}", file.display());
    assert_eq!(told["settings"], serde_json::json!([line]));
    // The same settings over another document.
    write("hush-two");
    let told = set.read(&policy);
    let line =
        format!("changed: sections.directory.fail: the file {} was read anew", file.display());
    assert_eq!(told["settings"], serde_json::json!([line]));
    write("");
    let told = set.read(&policy).to_string();
    assert!(told.contains(&format!("{}:4: ", file.display())) && set.degraded(), "{told}");
    let log = set.program.terminate().1;
    assert!(log.contains("changed: sections.directory") && !log.contains("hush"), "{log}");
}
