//! The id that a proxy gives a request: in every line that the log has of one, whatever thread writes it.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use jackfield_api::lookup::{DialplanLookup, DirectoryLookup, Field};
use jackfield_api::{
    Answer, Answering, AsyncDialplanHandler, AsyncFacts, ChannelEventHandler, Deciding,
    DirectoryHandler, Event, Facts, Keys, Means, Refusal, Verdict, register,
};

use crate::support::{
    Base, Body, PATIENCE, Program, Server, body, exchange, jackfield, log, parse_reply, request,
    until,
};

/// Says in the log that it was asked, on whatever thread that is.
struct Says;

fn says(who: &str) {
    tracing::info!("{who} was asked");
}

impl DirectoryHandler for Says {
    fn answer(&self, _: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
        says("a handler");
        Err(Refusal::NotFound("it only says so"))
    }
}

impl AsyncDialplanHandler for Says {
    fn question(&self) -> &[Field] {
        &[Field::Destination]
    }

    fn answer<'a>(&'a self, _: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            says("an asynchronous handler");
            Err(Refusal::NotFound("it only says so"))
        })
    }
}

impl ChannelEventHandler for Says {
    fn handle<'a>(&'a self, _: &'a Event, _: Means<'a>) -> Deciding<'a> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            says("a handler of events");
            Ok(Verdict::Ok)
        })
    }
}

register!(DirectoryHandler, "test-says", Keys::Fixed(&["says.test"]), Says);
register!(AsyncDialplanHandler, "test-says", Keys::Fixed(&["says.test"]), Says);
register!(ChannelEventHandler, "test-event-says", Keys::Fixed(&["test_event_says"]), Says);

fn in_domain(domain: &str) -> Body {
    body(43).set("key_value", domain).set("domain", domain)
}

/// A switch's request, with one more header.
fn with(header: &str, to: &SocketAddr, body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(request(to, body)).expect("ASCII");
    text.replacen("\r\n", &format!("\r\n{header}\r\n"), 1).into_bytes()
}

/// Asks under this id.
fn ask(to: SocketAddr, id: &str, body: &Body) {
    parse_reply(&exchange(to, &with(&format!("X-Request-Id: {id}"), &to, &body.bytes())));
}

/// That there is a line with these words, and that each has this.
#[track_caller]
fn each_has(log: &str, words: &str, expected: &str) {
    let lines: Vec<_> = log.lines().filter(|line| line.contains(words)).collect();
    assert!(!lines.is_empty(), "{words}: {log}");
    assert!(lines.iter().all(|line| line.contains(expected)), "{expected}: {lines:#?}");
}

/// Has the service log about look-ups that it refuses or finds written into, about an event, about a
/// post that is none, and about a path that is not for its caller.
fn asked(program: &Program, header: &str) {
    let to = program.machine;
    let (unknown_user, written_into) = (body(42).set("user", "nobody"), body(22).and("key", "x"));
    let posts = [unknown_user, written_into, body(54), body(22)].map(|body| body.bytes());
    for post in posts.iter().map(Vec::as_slice).chain([&b""[..]]) {
        assert!(exchange(to, &with(header, &to, post)).starts_with(b"HTTP/1.1 "));
    }
    let forwarded = format!(
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\n{header}\r\nConnection: close\r\n\
         X-Forwarded-For: 192.0.2.1\r\n\r\n"
    );
    assert!(exchange(to, forwarded.as_bytes()).starts_with(b"HTTP/1.1 "));
}

const ABOUT_A_REQUEST: [&str; 5] = [
    "look-up refused",
    "look-up has been written into",
    "channel event",
    "a post could not be read",
    "a protected path was asked for",
];

#[test]
fn a_request_that_comes_with_an_id_is_logged_with_it() {
    let base = Base::sqlite();
    let (in_text, in_json) = ("request{id=\"7f3a-b\"}", "\"id\":\"7f3a-b\"");
    for (format, level, expected) in
        [("text", "info", in_text), ("text", "debug", in_text), ("json", "info", in_json)]
    {
        let mut command = jackfield();
        command.env("JACKFIELD_LOG_FORMAT", format).env("JACKFIELD_LOG", level);
        let program = Program::serve_with(&base, command);
        asked(&program, "X-Request-Id: 7f3a-b");
        let (_, log) = program.terminate();
        for words in ABOUT_A_REQUEST {
            each_has(&log, words, expected);
        }
        if level == "debug" {
            each_has(&log, "look-up answered", expected);
        }
    }
}

#[test]
fn what_cannot_be_an_id_is_not_logged() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let too_long = format!("X-Request-Id: two{}", "o".repeat(64));
    for header in
        ["Accept: */*", "X-Request-Id: two words", "X-Request-Id: a\r\nX-Request-Id: b", &too_long]
    {
        asked(&program, header);
    }
    let (_, log) = program.terminate();
    assert!(log.contains("a protected path was asked for"), "{log}");
    assert!(!log.contains("request{") && !log.contains("two"), "{log}");
}

#[test]
fn what_a_handler_logs_on_a_thread_of_its_own_has_the_id() {
    let server = Server::start("");
    let to = server.machine;
    let call = body(23).set("Caller-Context", "says.test").set("Hunt-Context", "says.test");
    for (id, who, body) in [
        ("on-the-crew", ": a handler was asked", in_domain("says.test")),
        ("outside", ": an asynchronous handler was asked", call),
        ("of-a-hook", ": a handler of events was asked", body(54).set("action", "test_event_says")),
    ] {
        ask(to, id, &body);
        each_has(&log(), who, &format!("request{{id=\"{id}\"}}:"));
    }
}

#[test]
fn a_look_up_that_nobody_waits_for_any_more_is_logged_with_its_id() {
    let server = Server::start("[sections.directory]\ndeadline_ms = 3000");
    let to = server.machine;
    let mut stream = TcpStream::connect(to).expect("a connection");
    let hangs = with("X-Request-Id: left-early", &to, &in_domain("hangs.test").bytes());
    stream.write_all(&hangs).expect("the request is taken");
    std::thread::sleep(Duration::from_millis(200));
    drop(stream);
    until("a line tells of it", PATIENCE, || {
        let log = log();
        let mut lines = log.lines().filter(|line| line.contains("nobody waits for the answer"));
        lines.any(|line| line.contains("request{id=\"left-early\"}:"))
    });
}

#[test]
fn a_login_that_its_own_thread_cannot_write_in_time_is_logged_with_its_id() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let held = base.hold("BEGIN IMMEDIATE");
    let login = body(54).set("client_id", "0b7e1c1e-0000-4000-8000-000000000001");
    ask(program.machine, "late-login", &login);
    drop(held);
    let (_, log) = program.terminate();
    each_has(&log, "not written: ", "request{id=\"late-login\"}:");
}
