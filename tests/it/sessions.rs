//! Pages ask for sessions of channels: what they are given, and what everybody else is told.

mod away;
mod bounds;
mod paths;
mod refused;

use std::net::SocketAddr;
use std::process::Command;

use md5::{Digest, Md5};
use serde_json::Value;

use crate::support::{
    Base, Metrics, Program, Reply, exchange, get, jackfield, on_each, parse_reply,
};

/// Where browsers connect to, as the settings of the services here say.
const URL: &str = "wss://pbx.example.test:8082";
const PAGE: &str = "https://www.example.test";

/// Serves a database of a test, with a public listener and these settings.
fn serve(base: &Base, variables: &[(&str, &str)]) -> Program {
    let mut command: Command = jackfield();
    command.arg("serve").env("JACKFIELD_DATABASE_URL", &base.url);
    command.env("JACKFIELD_STATE_DIR", base.state()).env("JACKFIELD_LISTEN_PUBLIC", "127.0.0.1:0");
    command.env("JACKFIELD_VERTO_URL", URL).envs(variables.iter().copied());
    Program::start(command)
}

/// A request for a session of a channel, with these lines of a head.
fn asked(to: SocketAddr, channel: &str, head: &[&str], body: &str) -> Reply {
    let path = format!("/verto/{channel}/session");
    parse_reply(&sent(to, "POST", &path, head, body))
}

fn sent(to: SocketAddr, method: &str, path: &str, head: &[&str], body: &str) -> Vec<u8> {
    let head = head.iter().fold(String::new(), |head, line| head + line + "\r\n");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: pbx.example.test\r\nContent-Length: {length}\r\n{head}\
         Connection: close\r\n\r\n{body}"
    );
    exchange(to, request.as_bytes())
}

/// Makes a channel that everybody may join from a page.
fn open_channel(base: &Base, name: &str, flags: &[&str]) {
    let origin = format!("--origin={PAGE}");
    base.did(&[&["channel", "add", name, "--access=open", &origin], flags].concat());
}

#[track_caller]
fn given(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}{}", reply.head, reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    serde_json::from_slice(&reply.body).expect("JSON")
}

#[track_caller]
fn refused(reply: &Reply, status: u16, word: &str) {
    assert_eq!(reply.status, status, "{}{}", reply.head, reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let problem: Value = serde_json::from_slice(&reply.body).expect("JSON");
    assert_eq!(problem["type"], format!("urn:jackfield:problem:{word}"));
    assert_eq!(problem["status"], status);
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}"))
}

fn back_to(session: &str) -> String {
    format!("{{\"session\":\"{session}\"}}")
}

/// The hash that a client's password is stored as.
fn hash(given: &Value) -> String {
    let digest = Md5::digest(format!(
        "{}:{}",
        text(given, "login").replace('@', ":"),
        text(given, "password")
    ));
    format!("{:032x}", u128::from_be_bytes(digest.into()))
}

/// A column of a client.
fn stored(base: &Base, given: &Value, column: &str) -> String {
    let name = text(given, "client");
    base.select(&format!("SELECT CAST({column} AS TEXT) AS it FROM clients WHERE name = '{name}'"))
        .remove(0)
}

fn count(base: &Base) -> usize {
    base.select("SELECT name AS it FROM clients").len()
}

fn counted(service: SocketAddr, outcome: &str) -> f64 {
    Metrics::of(service).sum("jackfield_sessions_total", &[("outcome", outcome)])
}

#[track_caller]
fn serves_what_is_stored(base: &Base, service: SocketAddr) {
    let served = Metrics::of(service).sum("jackfield_snapshot_revision", &[]);
    let stored = f64::from(i32::try_from(base.open().revision().expect("readable")).expect("few"));
    assert!((served - stored).abs() < 0.1, "{served} {stored}");
}

#[test]
fn a_page_is_given_what_its_client_logs_in_with_and_that_is_served_by_then() {
    on_each(|base| {
        let program = serve(base, &[]);
        let added = base.did(&["channel", "add", "desk", "--session-life=600", "--json"]).json();
        let token = format!("Authorization: Bearer {}", text(&added, "token"));
        for body in ["", "{}", " {\"session\": null}\n"] {
            let told = given(&asked(program.public(), "desk", &[&token], body));
            serves_what_is_stored(base, program.machine);
            assert_eq!(text(&told, "url"), URL);
            assert_eq!(text(&told, "login"), format!("{}@verto", text(&told, "client")));
            assert!(["password", "session"].iter().all(|it| text(&told, it).len() == 43), "{told}");
            assert_eq!(stored(base, &told, "ha1"), hash(&told));
            assert_eq!(stored(base, &told, "session"), text(&told, "session"));
            assert_eq!(stored(base, &told, "asked_from"), "127.0.0.1");
            let expires = told["expires"].as_i64().expect("a time");
            assert_eq!(stored(base, &told, "expires"), expires.to_string());
            assert_eq!(stored(base, &told, "created"), (expires - 600).to_string());
            let change = base.open().changes(None, 1).expect("readable").remove(0);
            assert_eq!((change.who.as_str(), change.did.as_str()), ("page", "insert"));
            assert_eq!(change.key, text(&told, "client"));
        }
        assert_eq!(count(base), 3);
        assert!((counted(program.machine, "created") - 3.0).abs() < 0.1);
    });
}

#[test]
fn who_comes_back_gets_another_password_for_the_same_client_and_no_more_time() {
    on_each(|base| {
        let program = serve(base, &[]);
        open_channel(base, "desk", &[]);
        open_channel(base, "other", &[]);
        let first = given(&asked(program.public(), "desk", &[], ""));
        let all = |given: &Value| {
            ["id", "channel_id", "session", "created", "expires", "asked_from"]
                .map(|column| stored(base, given, column))
        };
        let before = all(&first);
        let body = back_to(text(&first, "session"));
        let again = given(&asked(program.public(), "DESK", &[], &body));
        serves_what_is_stored(base, program.machine);
        for field in ["client", "login", "session", "expires", "url"] {
            assert_eq!(first[field], again[field], "{field}");
        }
        assert_ne!(first["password"], again["password"]);
        assert_eq!(stored(base, &first, "ha1"), hash(&again));
        assert_eq!((all(&first), count(base)), (before, 1));
        assert!((counted(program.machine, "resumed") - 1.0).abs() < 0.1);

        // It is that of one channel, while its time lasts.
        refused(&asked(program.public(), "other", &[], &body), 404, "unknown-session");
        base.sql("UPDATE clients SET created = 1, expires = 2");
        refused(&asked(program.public(), "desk", &[], &body), 404, "unknown-session");
        for session in ["", "x", "a b", &"x".repeat(129)] {
            let body = back_to(session);
            refused(&asked(program.public(), "desk", &[], &body), 404, "unknown-session");
        }
        assert_eq!(stored(base, &first, "ha1"), hash(&again));
    });
}

#[test]
fn a_session_that_many_come_back_to_at_once_has_the_last_of_their_passwords() {
    on_each(|base| {
        let programs = [serve(base, &[]), beside(base, &[])];
        open_channel(base, "desk", &[]);
        let first = given(&asked(programs[0].public(), "desk", &[], ""));
        for program in &programs {
            knows(program, "desk");
        }
        let body = back_to(text(&first, "session"));
        let hashes: Vec<String> = std::thread::scope(|scope| {
            let ask = |at: usize| {
                let (to, body) = (programs[at % 2].public(), body.as_str());
                scope.spawn(move || hash(&given(&asked(to, "desk", &[], body))))
            };
            let asking: Vec<_> = (0..20).map(ask).collect();
            asking.into_iter().map(|asking| asking.join().expect("an answer")).collect()
        });
        assert_eq!(count(base), 1);
        assert!(hashes.contains(&stored(base, &first, "ha1")));
    });
}

/// A second service over the same database.
fn beside(base: &Base, variables: &[(&str, &str)]) -> Program {
    let state = base.folder.path().join("beside");
    let state = [("JACKFIELD_STATE_DIR", state.to_str().expect("UTF-8"))];
    serve(base, &[variables, &state].concat())
}

/// Waits until a service has a channel that was added beside it.
fn knows(program: &Program, channel: &str) {
    let path = format!("/verto/{channel}/session");
    crate::support::until(channel, std::time::Duration::from_secs(1), || {
        get(program.public(), &path).status == 405
    });
}

#[test]
fn clients_whose_time_is_over_go_with_those_that_come() {
    on_each(|base| {
        let program = serve(base, &[]);
        open_channel(base, "desk", &[]);
        open_channel(base, "other", &[]);
        base.sql(
            "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
             SELECT id, '00000000-0000-0000-0000-00000000000' || id, \
             '00000000000000000000000000000000', 'over' || id, 1, 2 FROM channels",
        );
        for at in 10..70 {
            base.sql(&format!(
                "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
                 SELECT id, '00000000-0000-0000-0000-0000000000{at}', \
                 '00000000000000000000000000000000', 'over', 1, {at} FROM channels \
                 WHERE name = 'desk'"
            ));
        }
        let kept = given(&asked(program.public(), "desk", &[], ""));
        assert_eq!(count(base), 62 + 1 - 50, "as many as one write takes");
        given(&asked(program.public(), "desk", &[], ""));
        serves_what_is_stored(base, program.machine);
        assert_eq!(count(base), 1 + 2, "the one of the other channel, and the new ones");
        assert_eq!(stored(base, &kept, "session"), text(&kept, "session"));
    });
}

#[test]
fn no_token_password_session_or_hash_is_in_a_log_or_metric() {
    on_each(|base| {
        let program = serve(base, &[("JACKFIELD_LOG", "trace")]);
        let added = base.did(&["channel", "add", "desk", "--json"]).json();
        let token = text(&added, "token");
        let bearer = format!("Authorization: Bearer {token}");
        let told = given(&asked(program.public(), "desk", &[&bearer], ""));
        let body = back_to(text(&told, "session"));
        let again = given(&asked(program.public(), "desk", &[&bearer], &body));
        let wrong = "Authorization: Bearer wrong-token-of-a-stranger";
        refused(&asked(program.public(), "desk", &[wrong], &body), 401, "token");
        let typo = back_to("a-session-that-is-not-there");
        refused(&asked(program.public(), "desk", &[&bearer], &typo), 404, "unknown-session");
        let broken = format!("{body}}}");
        refused(&asked(program.public(), "desk", &[&bearer], &broken), 400, "malformed");
        let held = base.hold(lock(base));
        refused(&asked(program.public(), "desk", &[&bearer], &body), 503, "unavailable");
        drop(held);
        let metrics = get(program.machine, "/metrics").text().to_owned();
        let hash_of_token = base.select("SELECT token_hash AS it FROM channels").remove(0);
        let (_, log) = program.terminate();
        assert!(log.contains("no session was given") && log.contains("not written"), "{log}");
        assert!(log.contains("channel=\"desk\" address=\"127.0.0.1\" why=\"token\""), "{log}");
        for secret in [
            token,
            &hash_of_token,
            text(&told, "session"),
            text(&told, "password"),
            text(&again, "password"),
            &hash(&told),
            &hash(&again),
            "wrong-token-of-a-stranger",
            "a-session-that-is-not-there",
        ] {
            assert!(!log.contains(secret) && !metrics.contains(secret), "{secret}: {log}");
        }
    });
}

/// Keeps every other writer waiting.
fn lock(base: &Base) -> &'static str {
    if base.is_postgres() { "BEGIN; SELECT 1 FROM revision FOR UPDATE" } else { "BEGIN IMMEDIATE" }
}
