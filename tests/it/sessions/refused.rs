//! Who is turned away: by token, origin, method, body and pace.

use std::net::SocketAddr;

use super::{PAGE, asked, count, counted, given, open_channel, refused, sent, serve, stored, text};
use crate::support::{Base, on_each, outer_address, parse_reply};

#[test]
fn a_channel_with_a_token_wants_that_one() {
    on_each(|base| {
        let program = serve(base, &[]);
        let added = base.did(&["channel", "add", "desk", "--json"]).json();
        let other = base.did(&["channel", "add", "other", "--json"]).json();
        let (own, other) = (text(&added, "token"), text(&other, "token"));
        let bearer = |token: &str| format!("Authorization: Bearer {token}");
        let wrong = [
            vec![],
            vec![bearer("x")],
            vec![bearer(other)],
            vec![bearer(&own.to_uppercase())],
            vec![bearer(&own[1..])],
            vec![format!("Authorization: Basic {own}")],
            vec![format!("Authorization: {own}")],
            vec![bearer(own), bearer(own)],
        ];
        for head in &wrong {
            let head: Vec<_> = head.iter().map(String::as_str).collect();
            let reply = asked(program.public(), "desk", &head, "");
            refused(&reply, 401, "token");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        }
        assert_eq!(count(base), 0);
        given(&asked(program.public(), "desk", &[&bearer(own)], ""));
        given(&asked(program.public(), "desk", &[&format!("authorization: bearer {own}")], ""));

        let set = base.did(&["channel", "set", "desk", "--new-token", "--json"]).json();
        refused(&asked(program.public(), "desk", &[&bearer(own)], ""), 401, "token");
        given(&asked(program.public(), "desk", &[&bearer(text(&set, "token"))], ""));
        let none = "UPDATE channels SET token_hash = NULL";
        base.sql(none);
        base.did(&["channel", "set", "other", "--limit=1"]);
        refused(&asked(program.public(), "desk", &[], ""), 401, "token");
    });
}

#[test]
fn only_pages_of_listed_origins_may_ask_and_read_the_answer() {
    let base = Base::sqlite();
    let program = serve(&base, &[]);
    open_channel(&base, "desk", &[]);
    let page = format!("Origin: {PAGE}");
    let reply = asked(program.public(), "desk", &[&page], "");
    given(&reply);
    let cors = |reply: &crate::support::Reply| {
        reply.head.to_ascii_lowercase().contains("access-control").then(|| {
            assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE), "{}", reply.head);
        })
    };
    assert!(cors(&reply).is_some(), "{}", reply.head);
    assert_eq!(reply.header("vary"), Some("Origin"));
    // A page can read why it is refused, too.
    let reply = asked(program.public(), "desk", &[&page], "{");
    refused(&reply, 400, "malformed");
    assert!(cors(&reply).is_some(), "{}", reply.head);

    for origin in ["https://elsewhere.test", "null", "", "https://www.example.test:444"] {
        let head = format!("Origin: {origin}");
        let reply = asked(program.public(), "desk", &[&head], "");
        refused(&reply, 403, "origin");
        assert!(cors(&reply).is_none(), "{}", reply.head);
        let reply = preflight(program.public(), &[&head]);
        refused(&reply, 403, "origin");
        assert!(cors(&reply).is_none(), "{}", reply.head);
    }
    assert_eq!(count(&base), 1);
    assert!((counted(program.machine, "origin") - 8.0).abs() < 0.1);
}

fn preflight(to: SocketAddr, head: &[&str]) -> crate::support::Reply {
    let asks =
        ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"];
    parse_reply(&sent(to, "OPTIONS", "/verto/desk/session", &[head, &asks].concat(), ""))
}

#[test]
fn a_browser_that_asks_first_is_told_what_a_page_may_send() {
    let base = Base::sqlite();
    let program = serve(&base, &[("JACKFIELD_VERTO_ASKS_PER_MINUTE", "1")]);
    // It asks without the token: that is what it asks about.
    base.did(&["channel", "add", "desk", &format!("--origin={PAGE}")]);
    let page = format!("Origin: {PAGE}");
    for _ in 0..5 {
        let reply = preflight(program.public(), &[&page]);
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.head);
        for (name, value) in [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-methods", "POST, OPTIONS"),
            ("access-control-allow-headers", "authorization, content-type"),
            ("cache-control", "no-store"),
            ("vary", "Origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{name}: {}", reply.head);
        }
    }
    let reply = preflight(program.public(), &[]);
    assert_eq!((reply.status, reply.header("allow")), (204, Some("POST, OPTIONS")));
    assert!(!reply.head.to_ascii_lowercase().contains("access-control"), "{}", reply.head);
}

#[test]
fn a_session_is_asked_for_by_post_alone() {
    let base = Base::sqlite();
    let program = serve(&base, &[]);
    open_channel(&base, "desk", &[]);
    for method in ["GET", "PUT", "DELETE", "PATCH", "TRACE", "X"] {
        let reply = parse_reply(&sent(program.public(), method, "/verto/desk/session", &[], ""));
        refused(&reply, 405, "method");
        assert_eq!(reply.header("allow"), Some("POST, OPTIONS"));
    }
    let head = parse_reply(&sent(program.public(), "HEAD", "/verto/desk/session", &[], ""));
    assert_eq!((head.status, head.body.len()), (405, 0));
    assert_eq!(count(&base), 0);
}

#[test]
fn a_body_that_is_too_long_or_means_nothing_is_refused() {
    let base = Base::sqlite();
    let program = serve(&base, &[]);
    open_channel(&base, "desk", &[]);
    for body in [
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"session\": 5}",
        "{\"session\": \"x\", \"session\": \"y\"}",
        "{\"sesion\": \"x\"}",
        "{} {}",
        "session=x",
        "\u{0}",
    ] {
        refused(&asked(program.public(), "desk", &[], body), 400, "malformed");
    }
    let deep = "[".repeat(1000);
    refused(&asked(program.public(), "desk", &[], &deep), 400, "malformed");
    for length in [1025, 100_000, 10_000_000] {
        let reply = asked(program.public(), "desk", &[], &" ".repeat(length));
        refused(&reply, 413, "too-large");
    }
    given(&asked(program.public(), "desk", &[], &" ".repeat(1024)));
    // One that does not come whole is waited for no longer than elsewhere.
    let half = "POST /verto/desk/session HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
    let reply = parse_reply(&crate::support::exchange(program.public(), half.as_bytes()));
    refused(&reply, 408, "too-slow");
    assert_eq!(count(&base), 1);
}

#[test]
fn an_address_that_asks_too_often_waits_and_others_do_not() {
    let base = Base::sqlite();
    let program = serve(&base, &[("JACKFIELD_VERTO_ASKS_PER_MINUTE", "3")]);
    base.did(&["channel", "add", "desk"]);
    // Whoever guesses tokens is slowed down, too.
    for _ in 0..3 {
        refused(&asked(program.public(), "desk", &[], ""), 401, "token");
    }
    let reply = asked(program.public(), "desk", &[], "");
    refused(&reply, 429, "too-often");
    let wait: u64 = reply.header("retry-after").expect("a time").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    let other = ["X-Forwarded-For: 203.0.113.9"];
    refused(&asked(program.public(), "desk", &other, ""), 401, "token");
    // What the client itself told nginx stands before what nginx adds.
    let lying = ["X-Forwarded-For: 198.51.100.1, 127.0.0.1"];
    refused(&asked(program.public(), "desk", &lying, ""), 429, "too-often");
}

#[test]
fn a_stranger_s_word_for_its_address_is_not_believed() {
    let Some(address) = outer_address() else {
        eprintln!("skipped: this machine has no address but loopback");
        return;
    };
    let base = Base::sqlite();
    let program = serve(
        &base,
        &[("JACKFIELD_LISTEN_PUBLIC", "0.0.0.0:0"), ("JACKFIELD_VERTO_ASKS_PER_MINUTE", "3")],
    );
    open_channel(&base, "desk", &[]);
    let to = SocketAddr::from((address, program.public().port()));
    for at in 0..3 {
        let lies = [
            format!("X-Forwarded-For: 203.0.113.{at}"),
            format!("X-Real-IP: 203.0.113.{at}"),
            format!("Forwarded: for=203.0.113.{at}"),
        ];
        let told = given(&asked(to, "desk", &lies.each_ref().map(String::as_str), ""));
        assert_eq!(stored(&base, &told, "asked_from"), address.to_string());
    }
    refused(&asked(to, "desk", &["X-Forwarded-For: 203.0.113.77"], ""), 429, "too-often");
    // From this machine it is nginx that says so.
    let loopback = SocketAddr::from(([127, 0, 0, 1], to.port()));
    let told = given(&asked(loopback, "desk", &["X-Forwarded-For: 203.0.113.77"], ""));
    assert_eq!(stored(&base, &told, "asked_from"), "203.0.113.77");
    let told = given(&asked(loopback, "desk", &["X-Forwarded-For: 2001:db8:1:2:3::4"], ""));
    assert_eq!(stored(&base, &told, "asked_from"), "2001:db8:1:2::/64");
}
