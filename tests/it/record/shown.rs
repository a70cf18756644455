//! `jackfield lookups`, and `explain --lookup`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{recorded, recording, told, tool};
use crate::support::{Program, body, exchange, jackfield, post, request};

#[test]
fn each_look_up_is_told_with_who_answered_how_and_when() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    let to = service.machine;
    let reply = post(to, body(42).bytes());
    post(to, body(42).set("user", "2222").bytes());
    post(to, body(23).bytes());
    post(to, body(19).bytes());
    let named = String::from_utf8(request(&to, &body(20).bytes())).expect("ASCII");
    let named =
        named.replacen("\r\n", "\r\nX-Request-Id: from-nginx-1\r\nConnection: close\r\n", 1);
    exchange(to, named.as_bytes());
    let shown = recorded(state.path());
    let field = |at: usize, name: &str| shown[at][name].clone();
    let column = |name: &str| -> Vec<_> { (0..5).map(|at| field(at, name)).collect() };
    assert_eq!(column("id"), [1, 2, 3, 4, 5]);
    assert_eq!(
        column("section"),
        ["directory", "directory", "dialplan", "configuration", "configuration"]
    );
    let domain = "pbx.example.test";
    assert_eq!(column("key"), [domain, domain, "default", "event_socket.conf", "acl.conf"]);
    assert_eq!(column("handler"), ["accounts", "accounts", "dialplan", "documents", "acl"]);
    assert_eq!(column("outcome"), ["answered", "denied", "answered", "not_found", "answered"]);
    assert_eq!(field(0, "bytes"), reply.body.len());
    assert_eq!((field(0, "status"), field(0, "fields")), (200.into(), 44.into()));
    assert_eq!(field(4, "request"), "from-nginx-1");
    assert!(field(0, "us").as_u64().is_some_and(|us| us > 0));
    let at = field(0, "at");
    assert!(at.as_str().is_some_and(|at| at.len() == 27 && at.starts_with("20")), "{at}");
    let lines = told(&tool(state.path(), "lookups", &[]));
    let first = lines.lines().next().expect("a line");
    assert!(
        first.contains("accounts") && first.ends_with("sip_auth REGISTER 1000@pbx.example.test"),
        "{first}"
    );
    let chosen = |arguments: &[&str]| {
        let output = tool(state.path(), "lookups", &[arguments, &["--json"]].concat());
        told(&output)
            .lines()
            .map(|line| line.split([':', ',']).nth(1).expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(chosen(&["--section", "dialplan"]), ["3"]);
    assert_eq!(chosen(&["--handler", "acl"]), ["5"]);
    assert_eq!(chosen(&["--outcome", "denied"]), ["2"]);
    assert_eq!(chosen(&["--user", "2222@pbx.example.test"]), ["2"]);
    assert_eq!(chosen(&["--user", "1000", "--section", "directory"]), ["1", "2"]);
    assert_eq!(chosen(&["--slower-than", "60000"]), [""; 0]);
    assert_eq!(chosen(&["--last", "2"]), ["4", "5"]);
    let explained = told(&tool(state.path(), "explain", &["--lookup", "1"]));
    assert!(explained.contains("recorded       answered by accounts"), "{explained}");
    assert!(explained.contains("answers: it has the key"), "{explained}");
    let unknown = tool(state.path(), "explain", &["--lookup", "99"]);
    assert_eq!(unknown.status.code(), Some(1));
    let (code, _) = service.terminate();
    assert_eq!(code, Some(0));
    let after = tool(state.path(), "lookups", &["--json"]);
    assert_eq!(told(&after).lines().count(), 5, "they can be read without a service");
    assert!(String::from_utf8_lossy(&after.stderr).contains("no service runs here"));
}

#[test]
fn look_ups_are_followed_live() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    post(service.machine, body(20).bytes());
    recorded(state.path());
    let mut following = jackfield()
        .args(["lookups", "--follow", "--json", "--section", "directory", "--demo", "--state"])
        .arg(state.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // One of before, so that it is known to listen.
    let mut lines = BufReader::new(following.stdout.take().expect("piped")).lines();
    let asking = {
        let to = service.machine;
        std::thread::spawn(move || {
            for _ in 0..40 {
                post(to, body(23).bytes());
                post(to, body(42).bytes());
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        })
    };
    let mut last = 0;
    for _ in 0..5 {
        let line = lines.next().expect("a line").expect("readable");
        let shown: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(shown["section"], "directory");
        let id = shown["id"].as_u64().expect("an id");
        assert!(id > last, "each once, in order");
        last = id;
    }
    asking.join().expect("no panic");
    let (code, _) = service.terminate();
    assert_eq!(code, Some(0), "somebody who follows holds no stop up");
    assert!(following.wait().expect("a child").success(), "it ends with the service");
}

#[test]
fn where_nothing_is_recorded_that_is_said_with_what_to_do() {
    let state = tempfile::tempdir().expect("a folder");
    let refused = |arguments: &[&str], words: &str| {
        let output = tool(state.path(), "lookups", arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(words), "{said}");
    };
    refused(&[], "no service runs here");
    refused(&["--follow"], "no service runs here");
    let service = Program::demo(state.path(), &[]);
    post(service.machine, body(42).bytes());
    refused(&[], "write `on = true` below `[record]`");
    refused(&["--follow"], "write `on = true` below `[record]`");
    assert!(!state.path().join("record").exists());
}
