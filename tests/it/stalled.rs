//! Whoever leaves, reads nothing or takes every place there is holds up nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use jackfield::control;

use crate::support::{
    Base, Metrics, PATIENCE, Program, Server, body, exchange, find, get, jackfield_after, post,
    request, tree,
};

/// That the next look-up of a switch is answered; how long that takes.
#[track_caller]
fn serves(to: SocketAddr) -> Duration {
    let started = Instant::now();
    let reply = post(to, body(42).bytes());
    let took = started.elapsed();
    let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
    assert!(find(&tree(&reply.body), user).is_some(), "{}", reply.text());
    assert!(took < Duration::from_secs(2), "{took:?}");
    took
}

/// Waits for what has to happen.
#[track_caller]
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is(count: f64, expected: u32) -> bool {
    (count - f64::from(expected)).abs() < 0.1
}

#[test]
fn switches_that_leave_before_their_answer_hold_nothing_and_are_counted() {
    let server = Server::start("");
    let to = server.machine;
    let register = request(&to, &body(42).bytes());
    for _ in 0..20 {
        // All at once, so that many have left before any is answered.
        let streams: Vec<_> =
            (0..50).map(|_| TcpStream::connect(to).expect("a connection")).collect();
        for mut stream in streams {
            stream.write_all(&register).expect("the request is taken");
        }
    }
    eventually("each connection ends", || is(Metrics::of(to).sum("jackfield_connections", &[]), 1));
    // The fastest, because other tests want the processor too; each of them is answered.
    let fastest = (0..5).map(|_| serves(to)).min().expect("five");
    assert!(fastest < Duration::from_millis(200), "{fastest:?}");
    // Some left so early that nobody was asked for them.
    let metrics = Metrics::of(to);
    let counted = |labels: &[(&str, &str)]| metrics.sum("jackfield_lookups_total", labels);
    let [abandoned, answered] =
        ["abandoned", "answered"].map(|outcome| counted(&[("outcome", outcome)]));
    let all = counted(&[]);
    assert!((all - abandoned - answered).abs() < 0.1, "{all}: {abandoned}, {answered}");
    assert!((4.5..1005.5).contains(&all) && answered > 4.5, "{all}: {answered}");
}

#[test]
fn a_look_up_that_is_left_while_its_handler_runs_is_counted_as_abandoned() {
    let server = Server::start("[sections.directory]\ndeadline_ms = 3000");
    let to = server.machine;
    let hangs = body(43).set("key_value", "hangs.test").set("domain", "hangs.test");
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.write_all(&request(&to, &hangs.bytes())).expect("the request is taken");
    std::thread::sleep(Duration::from_millis(200));
    drop(stream);
    let started = Instant::now();
    eventually("it is counted", || {
        let labels = [("handler", "test-hangs"), ("outcome", "abandoned")];
        is(Metrics::of(to).sum("jackfield_lookups_total", &labels), 1)
    });
    assert!(started.elapsed() < Duration::from_secs(2), "long before its deadline");
}

#[test]
fn a_log_that_nobody_reads_holds_up_nobody_and_its_lost_lines_are_counted() {
    let state = tempfile::tempdir().expect("a folder");
    let settings = [("JACKFIELD_LOG", "trace"), ("JACKFIELD_CONNECTION_CLOSE", "false")];
    let program = Program::with_unread_log(state.path(), &settings);
    let to = program.machine;
    let unknown = String::from_utf8(request(&to, &body(42).set("user", "nobody").bytes()));
    let unknown = unknown.expect("ASCII");
    let last = unknown.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let many = [unknown.repeat(499), last].concat();
    let dropped = || Metrics::of(to).sum("jackfield_log_lines_dropped", &[]);
    let mut asked = 0;
    while asked < 3000 || dropped() < 0.5 {
        assert!(asked < 15_000, "no line was lost");
        let back = exchange(to, many.as_bytes());
        let answers = String::from_utf8_lossy(&back).matches("HTTP/1.1 200 ").count();
        assert_eq!(answers, 500, "after {asked}");
        asked += answers;
        serves(to);
        assert_eq!(get(to, "/health").status, 200);
    }
    let before = dropped();
    exchange(to, many.as_bytes());
    assert!(dropped() > before + 499.5, "{before}, and then {}", dropped());
    let started = Instant::now();
    let (code, _) = program.terminate();
    assert_eq!(code, Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_client_that_reads_no_answer_is_closed_and_holds_up_nobody() {
    let server = Server::start("connection_close = false");
    let to = server.machine;
    let long = body(49).bytes();
    assert!(post(to, &long).body.len() > 10_000);
    let many = request(&to, &long).repeat(100);
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_write_timeout(Some(Duration::from_millis(100))).expect("a socket option");
    let (mut sent, mut others) = (0, 0);
    let mut taken = Instant::now();
    loop {
        match stream.write(&many[sent..]) {
            Ok(size) => {
                sent = (sent + size) % many.len();
                taken = Instant::now();
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                serves(to);
                others += 1;
                let waited = taken.elapsed();
                assert!(waited < Duration::from_secs(10), "still open after {waited:?}");
            }
            Err(_) => break,
        }
    }
    assert!(others > 10, "only {others} others were answered");
    eventually("its connection ends", || is(Metrics::of(to).sum("jackfield_connections", &[]), 1));
}

#[test]
fn a_service_with_few_files_leaves_some_to_the_database_and_the_control_socket() {
    let base = Base::sqlite();
    let program = Program::serve_with(&base, jackfield_after("ulimit -n 64"));
    let to = program.machine;
    let (before, started) = (program.cpu_time(), Instant::now());
    let idle: Vec<_> = (0..100).map(|_| TcpStream::connect(to).expect("a connection")).collect();
    for at in 0..5 {
        base.sql(&format!("INSERT INTO users (domain_id, name) SELECT id, 'u{at}' FROM domains"));
        let served = control::reload(&base.state()).expect("it is told").expect("it runs");
        assert_eq!(served, base.open().revision().expect("readable"));
    }
    for mut stream in idle {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        // Closed, or told to hurry and closed.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    let spent = program.cpu_time().saturating_sub(before);
    assert!(spent < Duration::from_millis(800), "{spent:?} of a processor");
    for _ in 0..20 {
        serves(to);
    }
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0));
    assert!(log.contains("limit=64 connections=32"), "{log}");
    assert!(!log.contains("could not be accepted"), "{log}");
}

#[test]
fn a_service_out_of_files_says_so_now_and_then_and_answers_once_there_are_some() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let to = program.machine;
    serves(to);
    let limit = |files: usize| {
        let soft = format!("--nofile={files}:");
        let set = Command::new("prlimit").args([soft, format!("--pid={}", program.id())]).status();
        assert!(set.expect("prlimit runs").success());
    };
    let open = std::fs::read_dir(format!("/proc/{}/fd", program.id())).expect("it runs").count();
    limit(open + 4);
    let idle: Vec<_> = (0..20).map(|_| TcpStream::connect(to).expect("a connection")).collect();
    program.logged("could not be accepted");
    let (before, started) = (program.cpu_time(), Instant::now());
    std::thread::sleep(Duration::from_secs(1));
    let spent = program.cpu_time().saturating_sub(before);
    assert!(spent < started.elapsed() / 4, "{spent:?} of a processor");
    limit(1024);
    for _ in 0..20 {
        serves(to);
    }
    drop(idle);
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0));
    // Fifty times a second would be far more.
    let told = log.matches("could not be accepted").count();
    assert!((1..4).contains(&told), "{log}");
}
