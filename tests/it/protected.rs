//! Protected paths: from anywhere else they are unknown paths, byte for byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use jackfield_api::testing::pbx;

use crate::support::{
    Metrics, Server, body, exchange, get, outer_address, parse_reply, post, shared,
};

const METHODS: [&str; 6] = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"];
const PROTECTED: [&str; 3] = ["/fsapi", "/metrics", "/health"];

/// Sends a request whose line and headers are given; what comes back, but for its date.
fn asked(to: SocketAddr, line: &str, headers: &str) -> String {
    let body = if line.starts_with("POST") { body(43).text() } else { String::new() };
    let length = if body.is_empty() {
        String::new()
    } else {
        format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        )
    };
    let request = format!("{line}\r\n{headers}{length}Connection: close\r\n\r\n{body}");
    let back = exchange(to, request.as_bytes());
    let back = String::from_utf8(back).expect("UTF-8");
    let (date, rest): (Vec<_>, Vec<_>) = back
        .split_inclusive("\r\n")
        .partition(|line| line.to_ascii_lowercase().starts_with("date:"));
    assert_eq!(date.len(), 1, "{line}: {back}");
    rest.concat()
}

/// The 404 of a path that nobody has ever registered, asked in the same way.
fn unknown(to: SocketAddr, method: &str, headers: &str, version: &str) -> String {
    asked(to, &format!("{method} /no/such/path {version}"), headers)
}

#[track_caller]
fn is_unknown(to: SocketAddr, path: &str, headers: &str) {
    for method in METHODS {
        let expected = unknown(to, method, headers, "HTTP/1.1");
        assert!(expected.starts_with("HTTP/1.1 404 "), "{expected}");
        let answer = asked(to, &format!("{method} {path} HTTP/1.1"), headers);
        assert_eq!(answer, expected, "{method} {path} with {headers:?}");
    }
}

/// That no handler was asked and nothing was read.
#[track_caller]
fn nothing_ran(server: &Server) {
    let metrics = Metrics::of(server.machine);
    for family in [
        "jackfield_lookups_total",
        "jackfield_channel_events_total",
        "jackfield_bad_requests_total",
    ] {
        let counted = metrics.sum(family, &[]);
        assert!(counted.abs() < 0.5, "{family}: {counted}");
    }
}

#[test]
fn this_machine_itself_is_answered() {
    for host in ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.2:1", "[::1]", "[::1]:80"] {
        let headers = format!("Host: {host}\r\n");
        let to = shared().machine;
        let answer = asked(to, "POST /fsapi HTTP/1.1", &headers);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
        let answer = asked(to, "GET /fsapi HTTP/1.1", &headers);
        assert!(answer.starts_with("HTTP/1.1 405 "), "{host}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("\r\nallow: post\r\n"), "{answer}");
        for path in ["/metrics", "/health"] {
            let answer = asked(to, &format!("GET {path} HTTP/1.1"), &headers);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{host}{path}: {answer}");
        }
    }
}

#[test]
fn the_public_listener_does_not_know_the_protected_paths() {
    let server = Server::start("");
    for path in PROTECTED {
        for headers in ["Host: localhost\r\n", "Host: pbx.example.test\r\n"] {
            is_unknown(server.public, path, headers);
        }
    }
    nothing_ran(&server);
}

#[test]
fn a_host_that_is_missing_or_not_this_machine_makes_the_path_unknown() {
    let server = Server::start("");
    for path in PROTECTED {
        for headers in [
            "",
            "Host:\r\n",
            "Host: pbx.example.test\r\n",
            "Host: localhost.example.test\r\n",
            "Host: 127.0.0.1.example.test\r\n",
            "Host: 192.0.2.1\r\n",
            "Host: [::2]\r\n",
            "Host: 0.0.0.0\r\n",
            "Host: localhost:x\r\n",
            "Host: user@localhost\r\n",
            "Host: localhost, pbx.example.test\r\n",
            "Host: localhost\r\nHost: localhost\r\n",
            "Host: localhost\r\nHost: pbx.example.test\r\n",
        ] {
            is_unknown(server.machine, path, headers);
        }
    }
    nothing_ran(&server);
}

#[test]
fn a_forwarded_request_makes_the_path_unknown_whatever_it_says_of_itself() {
    let server = Server::start("");
    for path in PROTECTED {
        for header in [
            "X-Forwarded-For: 127.0.0.1",
            "x-forwarded-for: ::1",
            "X-Forwarded-For:",
            "X-Real-IP: 127.0.0.1",
            "Forwarded: for=127.0.0.1;host=localhost",
            "X-Forwarded-Host: localhost",
            "X-Forwarded-Proto: http",
            "X-Forwarded-Server: localhost",
            "X-Client-IP: 127.0.0.1",
            "Via: 1.1 localhost",
        ] {
            is_unknown(server.machine, path, &format!("Host: localhost\r\n{header}\r\n"));
        }
    }
    nothing_ran(&server);
}

#[test]
fn a_page_in_a_browser_finds_no_protected_path() {
    let server = Server::start("");
    for path in PROTECTED {
        for header in [
            "Origin: http://localhost",
            "Origin: null",
            "origin:",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-origin",
            "sec-fetch-site: none",
        ] {
            is_unknown(server.machine, path, &format!("Host: localhost\r\n{header}\r\n"));
        }
    }
    nothing_ran(&server);
    let refused = Metrics::of(server.machine);
    assert!(refused.sum("jackfield_refused_sources_total", &[("reason", "browser")]) > 0.5);
}

static OPENED: AtomicUsize = AtomicUsize::new(0);

async fn opened() -> &'static str {
    OPENED.fetch_add(1, Ordering::Relaxed);
    "opened"
}

// Nothing says that this one is protected.
jackfield::route!("test-open", "/test-open", Machine, axum::routing::get(opened));

#[test]
fn a_route_of_the_machine_listener_is_this_machine_s_own_though_nobody_protects_it() {
    let server = Server::start("");
    for headers in [
        "Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n",
        "Host: localhost\r\nVia: 1.1 proxy\r\n",
        "Host: localhost\r\nOrigin: null\r\n",
        "Host: pbx.example.test\r\n",
    ] {
        is_unknown(server.machine, "/test-open", headers);
    }
    is_unknown(server.public, "/test-open", "Host: localhost\r\n");
    assert_eq!(OPENED.load(Ordering::Relaxed), 0);
    let own = get(server.machine, "/test-open");
    assert_eq!((own.status, own.text()), (200, "opened"));
    assert_eq!(OPENED.load(Ordering::Relaxed), 1);
    jackfield::plug::check().expect("it contradicts nothing");
}

#[test]
fn no_other_spelling_leads_to_a_protected_path() {
    let server = Server::start("");
    for path in [
        "//fsapi",
        "/%66sapi",
        "/fsapi/",
        "/fsapi//",
        "/./fsapi",
        "/x/../fsapi",
        "/FSAPI",
        "/fsapi%20",
        "/fsapi%00",
        "/fsapi;x",
        "/fsapi%3Fx",
        "/metrics/",
        "//metrics",
        "/%6detrics",
        "/health/",
        "/Health",
    ] {
        for listener in [server.machine, server.public] {
            is_unknown(listener, path, "Host: localhost\r\n");
        }
    }
    nothing_ran(&server);
}

#[test]
fn an_old_client_that_names_no_host_finds_no_protected_path() {
    let server = Server::start("");
    for method in METHODS {
        for path in PROTECTED {
            let answer = asked(server.machine, &format!("{method} {path} HTTP/1.0"), "");
            let expected = unknown(server.machine, method, "", "HTTP/1.0");
            assert!(expected.contains(" 404 "), "{expected}");
            assert_eq!(answer, expected, "{method} {path}");
        }
    }
    nothing_ran(&server);
    let named = asked(server.machine, "POST /fsapi HTTP/1.0", "Host: localhost\r\n");
    assert!(named.contains(" 200 "), "{named}");
}

#[test]
fn a_request_line_that_names_another_host_makes_the_path_unknown() {
    let server = Server::start("");
    for method in METHODS {
        for (authority, host) in [
            ("pbx.example.test", "localhost"),
            ("pbx.example.test", "pbx.example.test"),
            ("localhost", "pbx.example.test"),
        ] {
            let headers = format!("Host: {host}\r\n");
            let line = |path| format!("{method} http://{authority}{path} HTTP/1.1");
            let answer = asked(server.machine, &line("/fsapi"), &headers);
            assert_eq!(answer, asked(server.machine, &line("/no/such/path"), &headers));
            assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
        }
    }
    nothing_ran(&server);
}

#[test]
fn refused_sources_are_counted_by_why() {
    let server = Server::start("");
    asked(server.machine, "POST /fsapi HTTP/1.1", "Host: pbx.example.test\r\n");
    asked(server.machine, "GET /metrics HTTP/1.1", "Host: localhost\r\nX-Real-IP: x\r\n");
    let metrics = Metrics::of(server.machine);
    for reason in ["host", "forwarded"] {
        let counted = metrics.sum("jackfield_refused_sources_total", &[("reason", reason)]);
        assert!((counted - 1.0).abs() < 0.1, "{reason}: {counted}");
    }
}

#[test]
fn loopback_of_the_other_protocol_is_this_machine_too() {
    let Ok(server) = Server::at("[::1]:0", "", pbx()) else {
        eprintln!("skipped: this machine has no ::1");
        return;
    };
    let reply = post(server.machine, body(43).bytes());
    assert_eq!(reply.status, 200);
    is_unknown(server.machine, "/fsapi", "Host: pbx.example.test\r\n");

    // An IPv4 peer of an IPv6 socket is ::ffff:127.0.0.1.
    let Ok(server) = Server::at("[::]:0", "", pbx()) else { return };
    let mapped = SocketAddr::from(([127, 0, 0, 1], server.machine.port()));
    assert_eq!(post(mapped, body(43).bytes()).status, 200);
    assert_eq!(get(mapped, "/health").status, 200);
}

#[test]
fn another_machine_finds_no_protected_path_unless_it_is_trusted_and_names_a_machine_host() {
    let Some(address) = outer_address() else {
        eprintln!("skipped: this machine has no address but loopback");
        return;
    };
    let elsewhere = |server: &Server| SocketAddr::from((address, server.machine.port()));
    let server = Server::at("0.0.0.0:0", "", pbx()).expect("any address");
    for path in PROTECTED {
        is_unknown(elsewhere(&server), path, "Host: localhost\r\n");
    }
    let loopback = SocketAddr::from(([127, 0, 0, 1], server.machine.port()));
    let refused =
        Metrics::of(loopback).sum("jackfield_refused_sources_total", &[("reason", "peer")]);
    assert!(refused > 0.5, "{refused}");

    let trusting =
        format!("trusted_peers = ['{address}/32']\nmachine_hosts = ['jackfield.internal']");
    let server = Server::at("0.0.0.0:0", &trusting, pbx()).expect("any address");
    let to = elsewhere(&server);
    let answer = asked(to, "POST /fsapi HTTP/1.1", "Host: Jackfield.internal:8080\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    is_unknown(to, "/fsapi", "Host: pbx.example.test\r\n");
    is_unknown(to, "/fsapi", "Host: jackfield.internal\r\nX-Forwarded-For: 127.0.0.1\r\n");
    let from_here = asked(
        SocketAddr::from(([127, 0, 0, 1], server.machine.port())),
        "POST /fsapi HTTP/1.1",
        "Host: jackfield.internal\r\n",
    );
    assert!(from_here.starts_with("HTTP/1.1 404 "), "{from_here}");
}

#[test]
fn an_unknown_path_is_answered_alike_on_both_listeners() {
    for method in METHODS {
        let [machine, public] = [shared().machine, shared().public]
            .map(|listener| unknown(listener, method, "Host: localhost\r\n", "HTTP/1.1"));
        assert_eq!(machine, public, "{method}");
    }
    let reply = asked(shared().machine, "GET /no/such/path HTTP/1.1", "Host: localhost\r\n");
    assert_eq!(parse_reply(reply.as_bytes()).body, b"not found\n");
}
