//! Until there is an enabled channel of its name, a session's path is an unknown one, byte for byte.

use std::net::SocketAddr;

use super::{PAGE, asked, back_to, given, open_channel, sent, serve, text};
use crate::support::{Metrics, Program, get, on_each};

const METHODS: [&str; 8] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "X"];

/// Everything that comes back, but for its date.
fn back(to: SocketAddr, method: &str, path: &str, head: &[&str], body: &str) -> String {
    let back = String::from_utf8(sent(to, method, path, head, body)).expect("UTF-8");
    let lines = back.split_inclusive("\r\n");
    lines.filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect()
}

#[track_caller]
fn is_unknown(program: &Program, path: &str) {
    let page = format!("Origin: {PAGE}");
    let preflight = "Access-Control-Request-Method: POST";
    let long = " ".repeat(100_000);
    for method in METHODS {
        for head in [
            &[][..],
            &["Authorization: Bearer x"],
            &[&page],
            &[&page, preflight],
            &["X-Forwarded-For: 203.0.113.1"],
            &["Expect: 100-continue"],
        ] {
            for body in ["", "{}", "{", "{\"session\":\"x\"}", &long] {
                let expected = back(program.public(), method, "/no/such/path", head, body);
                assert!(expected.starts_with("HTTP/1.1 404 "), "{expected}");
                let answer = back(program.public(), method, path, head, body);
                assert_eq!(answer, expected, "{method} {path} {head:?}");
            }
        }
    }
}

#[test]
fn without_a_channel_of_the_name_that_is_enabled_the_path_is_an_unknown_one() {
    on_each(|base| {
        let program = serve(base, &[("JACKFIELD_VERTO_ASKS_PER_MINUTE", "1")]);
        is_unknown(&program, "/verto/desk/session");
        base.did(&["channel", "add", "desk", "--enabled=false", "--access=open"]);
        for name in ["desk", "nobody", "%ff", "%", "%2e%2e", "a%2fb", ""] {
            is_unknown(&program, &format!("/verto/{name}/session"));
        }
        let counted = Metrics::of(program.machine).sum("jackfield_sessions_total", &[]);
        assert!(counted.abs() < 0.1, "{counted}");
        assert!(!program.log().contains("no session was given"), "{}", program.log());
    });
}

#[test]
fn a_channel_that_is_disabled_or_removed_is_unknown_from_then_on() {
    on_each(|base| {
        let program = serve(base, &[]);
        open_channel(base, "desk", &[]);
        let told = given(&asked(program.public(), "desk", &[], ""));
        let body = back_to(text(&told, "session"));
        let unknown = || back(program.public(), "POST", "/no/such/path", &[], &body);
        let answer = || back(program.public(), "POST", "/verto/desk/session", &[], &body);
        base.did(&["channel", "set", "desk", "--enabled=false"]);
        assert_eq!(answer(), unknown());
        base.did(&["channel", "set", "desk", "--enabled=true"]);
        given(&asked(program.public(), "desk", &[], &body));
        base.did(&["channel", "remove", "desk", "--with-all"]);
        assert_eq!(answer(), unknown());
    });
}

#[test]
fn a_channel_that_another_has_just_disabled_gives_nothing_more() {
    on_each(|base| {
        let program = serve(base, &[]);
        open_channel(base, "desk", &[]);
        let unknown = back(program.public(), "POST", "/no/such/path", &[], "");
        for _ in 0..10 {
            base.sql("UPDATE channels SET enabled = NOT enabled");
            // Whatever this service has read by now.
            assert_eq!(back(program.public(), "POST", "/verto/desk/session", &[], ""), unknown);
            base.did(&["channel", "set", "desk", "--enabled=true"]);
        }
        assert!(base.select("SELECT name AS it FROM clients").is_empty());
    });
}

#[test]
fn the_machine_listener_has_no_sessions() {
    let base = crate::support::Base::sqlite();
    let program = serve(&base, &[]);
    open_channel(&base, "desk", &[]);
    assert_eq!(get(program.machine, "/verto/desk/session").status, 404);
    for path in ["/verto/desk/session/", "/verto/desk", "/verto//session", "/VERTO/desk/session"] {
        assert_eq!(get(program.public(), path).status, 404, "{path}");
    }
    assert_eq!(get(program.public(), "/verto/Desk/session").status, 405);
}
