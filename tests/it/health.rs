//! How a service says it is: ready, degraded with every reason, or down.

use std::sync::Arc;
use std::time::Instant;

use jackfield::health::Cause;
use jackfield::watch::Watcher;
use jackfield_api::snapshot::Snapshot;
use serde_json::{Value, json};

use crate::support::{
    Base, Metrics, PATIENCE, Program, Server, body, get, jackfield_after, post, request,
};

fn health(server: &Server) -> (u16, Value) {
    let reply = get(server.machine, "/health");
    (reply.status, serde_json::from_slice(&reply.body).expect("JSON"))
}

fn degraded(server: &Server, cause: &str) -> bool {
    Metrics::of(server.machine).sum("jackfield_degraded", &[("cause", cause)]) > 0.5
}

#[test]
fn every_reason_is_told_and_look_ups_are_answered_all_the_same() {
    let server = Server::start("");
    let (code, told) = health(&server);
    assert_eq!((code, &told["status"]), (200, &json!("ready")));
    assert!(told.get("why").is_none() && told.get("reasons").is_none(), "{told}");
    server.app.health.degraded(Cause::Settings, "the first");
    server.app.health.degraded(Cause::Database, "the second");
    let (code, told) = health(&server);
    assert_eq!((code, &told["status"]), (200, &json!("degraded")));
    assert_eq!(told["why"], "the second; the first");
    let causes: Vec<_> =
        told["reasons"].as_array().expect("a list").iter().map(|it| &it["cause"]).collect();
    assert_eq!(causes, ["database", "settings"]);
    assert!(degraded(&server, "database") && degraded(&server, "settings"));
    assert!(!degraded(&server, "data"));
    post(server.machine, body(42).bytes());
    server.app.health.recovered(Cause::Database);
    assert_eq!(health(&server).1["why"], "the first");
    assert!(!degraded(&server, "database"));
}

#[test]
fn one_that_is_stopping_is_down() {
    let server = Server::start("");
    server.app.health.stopping();
    let (code, told) = health(&server);
    assert_eq!((code, &told["status"]), (503, &json!("down")));
    assert_eq!(told["why"], "the service is stopping");
}

#[test]
fn a_handler_that_hangs_is_not_a_service_that_does() {
    let server = Server::start("[sections.directory]\ndeadline_ms = 3000");
    let hangs = body(43).set("key_value", "hangs.test").set("domain", "hangs.test");
    let asked: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(server.machine).expect("a connection");
            let bytes = request(&server.machine, &hangs.bytes());
            std::io::Write::write_all(&mut stream, &bytes).expect("taken");
            stream
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    for _ in 0..5 {
        assert_eq!(runtime.block_on(server.app.self_check()), Ok(()));
        assert_eq!(health(&server).1["status"], "ready");
    }
    drop(asked);
    let counted =
        Metrics::of(server.machine).sum("jackfield_lookups_total", &[("handler", "none")]);
    assert!(counted < 0.5, "its own look-ups are not counted: {counted}");
}

#[test]
fn a_watch_that_has_ended_is_told_and_is_no_life() {
    let base = Base::sqlite();
    let snapshot = Snapshot::new(base.open().load().expect("readable"));
    let server = Server::over(&format!("database_url = '{}'", base.url), snapshot);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let watcher = Watcher::start(Arc::clone(&server.app), None, Vec::new()).expect("a thread");
    runtime.block_on(watcher.reload()).expect("served");
    assert_eq!(runtime.block_on(server.app.self_check()), Ok(()));
    drop(watcher);
    let started = Instant::now();
    while health(&server).1["status"] == "ready" {
        assert!(started.elapsed() < PATIENCE, "it is not told");
    }
    let (code, told) = health(&server);
    assert_eq!((code, &told["reasons"][0]["cause"]), (200, &json!("watch")));
    assert!(runtime.block_on(server.app.self_check()).is_err());
    assert!(degraded(&server, "watch"));
    post(server.machine, body(42).bytes());
}

#[test]
fn it_takes_as_many_descriptors_as_it_may_have() {
    let base = Base::sqlite();
    let program = Program::serve_with(&base, jackfield_after("ulimit -Sn 100 && ulimit -Hn 9000"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.id()));
    let limits = limits.expect("it runs");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    let words: Vec<_> = line.split_whitespace().skip(3).take(2).collect();
    assert_eq!(words, ["9000", "9000"]);
    assert!(!program.log().contains("few files"), "{}", program.log());
}
