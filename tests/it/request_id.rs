//! The id that a proxy gives a request: in every line that the log has of it.

use crate::support::{Base, Program, body, exchange, jackfield};

/// Has the service log about a look-up that it refuses and about a path that is not for its caller.
fn asked(program: &Program, header: &str) {
    let unknown_user = body(42).set("user", "nobody").text();
    let head = format!("Host: localhost\r\n{header}Connection: close\r\n");
    let post = format!(
        "POST /fsapi HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{unknown_user}",
        unknown_user.len()
    );
    let forwarded = format!("GET /metrics HTTP/1.1\r\n{head}X-Forwarded-For: 192.0.2.1\r\n\r\n");
    for request in [post, forwarded] {
        assert!(exchange(program.machine, request.as_bytes()).starts_with(b"HTTP/1.1 "));
    }
}

#[test]
fn a_request_that_comes_with_an_id_is_logged_with_it() {
    let base = Base::sqlite();
    for (format, expected) in [("text", "request{id=\"7f3a-b\"}"), ("json", "\"id\":\"7f3a-b\"")] {
        let mut command = jackfield();
        command.env("JACKFIELD_LOG_FORMAT", format).env("JACKFIELD_LOG", "info");
        let program = Program::serve_with(&base, command);
        asked(&program, "X-Request-Id: 7f3a-b\r\n");
        let (_, log) = program.terminate();
        for what in ["look-up refused", "a protected path was asked for"] {
            let line = log.lines().find(|line| line.contains(what));
            assert!(line.is_some_and(|line| line.contains(expected)), "{what}: {log}");
        }
    }
}

#[test]
fn what_cannot_be_an_id_is_not_logged() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    for header in ["", "X-Request-Id: two words\r\n", "X-Request-Id: a\r\nX-Request-Id: b\r\n"] {
        asked(&program, header);
    }
    let (_, log) = program.terminate();
    assert!(log.contains("a protected path was asked for"), "{log}");
    assert!(!log.contains("request{") && !log.contains("two words"), "{log}");
}
