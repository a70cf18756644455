//! A service under a service manager: what it tells, when, and the sockets that are held for it.

use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{
    Base, Held, Manager, Program, body, find, get, jackfield, passed_on, post, tree,
};

fn watched(base: &Base, manager: &Manager, variables: &[(&str, &str)]) -> Program {
    let mut command = jackfield();
    manager.watch(&mut command).envs(variables.iter().copied());
    Program::serve_with(base, command)
}

/// What is told last of how it is.
fn status(manager: &Manager) -> String {
    let told = manager.told().join("\n");
    let last = told.lines().rev().find_map(|line| line.strip_prefix("STATUS="));
    last.expect("a status").to_owned()
}

#[test]
fn it_asks_for_time_says_when_it_serves_and_when_it_stops() {
    let base = Base::sqlite();
    let manager = Manager::start();
    let program = watched(&base, &manager, &[]);
    let asked = manager.until(0, "EXTEND_TIMEOUT_USEC=20000000");
    let ready = manager.until(asked, "READY=1");
    assert_eq!(get(program.machine, "/health").status, 200);
    let told = &manager.told()[ready - 1];
    let revision = base.open().revision().expect("readable");
    assert!(told.contains(&format!("users, revision {revision}\n")), "{told}");
    assert!(told.contains("STATUS=ready: "), "{told}");
    program.signal("TERM");
    manager.until(ready, "STOPPING=1");
    let (code, _) = program.ended();
    assert_eq!(code, Some(0));
    assert_eq!(manager.count("READY=1"), 1);
    assert_eq!(manager.count("WATCHDOG=1"), 0, "nobody asked for it");
}

#[test]
fn a_start_that_fails_is_never_told_as_ready() {
    let base = Base::sqlite();
    let manager = Manager::start();
    let mut command = jackfield();
    manager.watch(base.given_to(&mut command)).env("JACKFIELD_STATE_DIR", "/dev/null/state");
    assert_eq!(command.output().expect("it runs").status.code(), Some(1));
    assert_eq!(manager.count("READY=1"), 0, "{:?}", manager.told());
}

#[test]
fn a_reload_is_told_from_its_beginning_to_its_end() {
    let base = Base::sqlite();
    let manager = Manager::start();
    let program = watched(&base, &manager, &[]);
    let ready = manager.until(0, "READY=1");
    program.signal("HUP");
    let begun = manager.until(ready, "RELOADING=1");
    let told = manager.told()[begun - 1].clone();
    let usec = told.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    let up = std::fs::read_to_string("/proc/uptime").expect("Linux");
    let up: f64 = up.split(' ').next().expect("two").parse().expect("seconds");
    let then = usec.expect("a time").parse::<f64>().expect("a number") / 1e6;
    assert!(then < up + 0.1 && then > up - 60.0, "{then} of {up}");
    manager.until(begun, "READY=1");
    assert_eq!(program.terminate().0, Some(0));
}

#[test]
fn the_watchdog_is_fed_while_it_answers_and_not_while_it_hangs() {
    let base = Base::sqlite();
    let manager = Manager::start();
    let program = watched(&base, &manager, &[("WATCHDOG_USEC", "100000")]);
    let first = manager.until(0, "WATCHDOG=1");
    let second = manager.until(first, "WATCHDOG=1");
    program.signal("STOP");
    std::thread::sleep(Duration::from_millis(300));
    let hung = manager.told().len();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(manager.told().len(), hung, "it is told while nothing runs");
    program.signal("CONT");
    manager.until(hung.max(second), "WATCHDOG=1");
}

#[test]
fn a_database_that_is_gone_is_told_and_does_not_keep_the_watchdog_hungry() {
    let base = Base::sqlite();
    let manager = Manager::start();
    let program = watched(&base, &manager, &[("WATCHDOG_USEC", "100000")]);
    let ready = manager.until(0, "READY=1");
    let away = base.folder.path().join("away");
    std::fs::rename(base.data(), &away).expect("moved");
    let told = manager.until(ready, "STATUS=degraded: the database is not at hand");
    let fed = manager.until(told, "WATCHDOG=1");
    manager.until(fed, "WATCHDOG=1");
    post(program.machine, body(42).bytes());
    std::fs::rename(&away, base.data()).expect("moved");
    manager.until(told, "STATUS=ready: ");
    assert!(status(&manager).starts_with("ready: "));
}

#[test]
fn a_watchdog_of_another_process_is_not_fed() {
    let base = Base::sqlite();
    let manager = Manager::start();
    let variables = [("WATCHDOG_USEC", "100000"), ("WATCHDOG_PID", "1")];
    let program = watched(&base, &manager, &variables);
    manager.until(0, "READY=1");
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(manager.count("WATCHDOG=1"), 0);
    assert_eq!(program.terminate().0, Some(0));
}

#[test]
fn a_manager_that_is_gone_harms_nobody() {
    let base = Base::sqlite();
    let mut command = jackfield();
    command.env("NOTIFY_SOCKET", "/nonexistent/notify");
    let program = Program::serve_with(&base, command);
    post(program.machine, body(42).bytes());
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0));
    assert!(log.contains("the service manager cannot be told"), "{log}");
}

#[test]
fn who_connects_before_the_service_starts_is_answered() {
    let base = Base::sqlite();
    let socket = Held::open();
    let to = socket.address();
    let asked = std::thread::spawn(move || post(to, body(42).bytes()));
    std::thread::sleep(Duration::from_millis(100));
    let program = Program::serve_with(&base, socket.passed_on("machine"));
    let reply = asked.join().expect("an answer");
    assert!(find(&tree(&reply.body), "section/domain/users/user[id=1000]").is_some());
    // Its own settings name another port.
    program.logged("it decides");
}

#[test]
fn a_single_socket_needs_no_name_and_one_of_the_public_listener_is_no_other() {
    let base = Base::sqlite();
    for name in ["", "jackfield.socket"] {
        let socket = Held::open();
        let program = Program::serve_with(&base, socket.passed_on(name));
        assert_eq!(program.machine, socket.address(), "{name:?}");
        assert_eq!(get(socket.address(), "/health").status, 200);
    }
    let socket = Held::open();
    let program = Program::serve_with(&base, socket.passed_on("public"));
    assert_ne!(program.machine, socket.address());
    assert_eq!(get(socket.address(), "/health").status, 404);
    assert_eq!(get(program.machine, "/health").status, 200);
}

#[test]
fn a_descriptor_that_is_no_listening_socket_is_refused_by_its_name() {
    let base = Base::sqlite();
    let refused = |mut command: Command| {
        let done = base.given_to(&mut command).output().expect("it runs");
        assert_eq!(done.status.code(), Some(78));
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(told.contains("«machine»") && told.contains("ListenStream="), "{told}");
    };
    refused(passed_on(OwnedFd::from(UdpSocket::bind("127.0.0.1:0").expect("a port")), "machine"));
    refused(passed_on(OwnedFd::from(std::fs::File::open("/").expect("a folder")), "machine"));
    let socket = Held::open();
    let stream = std::net::TcpStream::connect(socket.address()).expect("a connection");
    refused(passed_on(OwnedFd::from(stream), "machine"));
}

#[test]
fn sockets_of_another_process_are_left_alone() {
    let base = Base::sqlite();
    let mut command = jackfield();
    command.env("LISTEN_FDS", "1").env("LISTEN_PID", "1").env("LISTEN_FDNAMES", "machine");
    let program = Program::serve_with(&base, command);
    let started = Instant::now();
    post(program.machine, body(42).bytes());
    assert!(started.elapsed() < Duration::from_secs(5));
}
