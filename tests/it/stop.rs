//! A service is told to stop: what is under way is answered, and nobody holds it up.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support::{
    Base, Body, Held, PATIENCE, Program, body, find, jackfield, on_each, parse_reply, post,
    request, tree,
};

/// A look-up that is answered once the database has taken a write.
fn writing() -> Body {
    body(76).set("VM-User-Password", "4711")
}

/// As long as a section's deadline may be.
const PATIENT: (&str, &str) = ("JACKFIELD_SECTIONS_DIRECTORY_DEADLINE_MS", "60000");

fn patient() -> Command {
    let mut command = jackfield();
    command.envs([PATIENT]);
    command
}

const LOCK: &str = "BEGIN; UPDATE revision SET value = value";

fn is_stored(base: &Base) -> bool {
    base.select("SELECT voicemail_hash AS it FROM users WHERE name = '1000'") != ["7".repeat(32)]
}

fn sent(to: SocketAddr, body: &Body) -> TcpStream {
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.write_all(&request(&to, &body.bytes())).expect("the request is taken");
    stream
}

fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut back = Vec::new();
    stream.read_to_end(&mut back).expect("not reset");
    back
}

#[test]
fn look_ups_and_writes_under_way_are_finished() {
    on_each(|base| {
        let program = Program::serve_with(base, patient());
        let held = base.hold(LOCK);
        let asked = sent(program.machine, &writing());
        // It waits for the lock, and others are answered meanwhile.
        post(program.machine, body(42).bytes());
        program.signal("TERM");
        program.logged("stopping");
        drop(held);
        let reply = parse_reply(&rest(asked));
        let told =
            find(&tree(&reply.body), "section/domain/users/user/result@success=true").is_some();
        assert!(told, "{}", reply.text());
        let (code, log) = program.ended();
        assert_eq!(code, Some(0), "{log}");
        assert!(is_stored(base) && log.contains("stopped"), "{log}");
        assert!(!base.state().join("control.sock").exists());
    });
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let base = Base::sqlite();
    let program = Program::serve_with(&base, patient());
    let _held = base.hold(LOCK);
    let asked = sent(program.machine, &writing());
    post(program.machine, body(42).bytes());
    for (signal, logged) in [("INT", "stopping"), ("TERM", "told twice")] {
        program.signal(signal);
        program.logged(logged);
    }
    let (code, log) = program.ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(!base.state().join("control.sock").exists());
    assert_eq!(rest(asked), b"", "it was cut off");
}

#[test]
fn a_look_up_that_takes_too_long_ends_with_the_service() {
    let base = Base::sqlite();
    let program = Program::serve_with(&base, patient());
    let _held = base.hold(LOCK);
    let _asked = sent(program.machine, &writing());
    post(program.machine, body(42).bytes());
    let started = Instant::now();
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("still under way"), "{log}");
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
}

#[test]
fn connections_that_are_idle_or_slow_do_not_hold_it_up() {
    let base = Base::sqlite();
    let mut command = jackfield();
    command.env("JACKFIELD_CONNECTION_CLOSE", "false");
    let program = Program::serve_with(&base, command);
    let to = program.machine;
    let bytes = request(&to, &body(42).bytes());
    let head = bytes.windows(4).position(|part| part == b"\r\n\r\n").expect("a head") + 4;
    let open: Vec<_> = (0..90)
        .map(|at| {
            let mut stream = TcpStream::connect(to).expect("a connection");
            // Nothing, a part of the head, a part of the body, or one look-up that was answered.
            let part = [0, head / 2, head + 10, bytes.len()][at % 4];
            stream.write_all(&bytes[..part]).expect("taken");
            stream
        })
        .collect();
    let slow = AtomicBool::new(true);
    std::thread::scope(|scope| {
        // A byte now and then keeps no timeout from coming, but is no silence either.
        scope.spawn(|| {
            while slow.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(50));
                for mut stream in open.iter().skip(2).step_by(4) {
                    let _ = stream.write_all(b"x");
                }
            }
        });
        let started = Instant::now();
        let (code, log) = program.terminate();
        slow.store(false, SeqCst);
        assert_eq!(code, Some(0), "{log}");
        assert!(!log.contains("still under way"), "{log}");
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    });
}

/// What switches saw of a service while it was started anew, again and again.
#[derive(Debug, Default)]
struct Seen {
    answered: AtomicUsize,
    refused: AtomicUsize,
    cut: AtomicUsize,
}

impl Seen {
    fn ask(&self, to: SocketAddr, bytes: &[u8]) {
        let counted = match TcpStream::connect_timeout(&to, PATIENCE) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
                std::thread::sleep(Duration::from_millis(5));
                &self.refused
            }
            Ok(mut stream) => {
                stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
                let mut back = Vec::new();
                let done = stream.write_all(bytes).and_then(|()| stream.read_to_end(&mut back));
                let whole = done.is_ok() && back.ends_with(b"</document>\n");
                if whole { &self.answered } else { &self.cut }
            }
        };
        counted.fetch_add(1, SeqCst);
    }

    fn count(&self) -> [usize; 3] {
        [&self.answered, &self.refused, &self.cut].map(|count| count.load(SeqCst))
    }

    /// Asks as fast as it can, while this goes on. The program that it ends with answers the last.
    fn during(to: SocketAddr, go_on: impl FnOnce(&Self) -> Program) -> (Self, Program) {
        let (seen, over) = (Self::default(), AtomicBool::new(false));
        let bytes = request(&to, &body(42).bytes());
        let last = std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !over.load(SeqCst) {
                        seen.ask(to, &bytes);
                    }
                });
            }
            let last = go_on(&seen);
            over.store(true, SeqCst);
            last
        });
        (seen, last)
    }

    /// Waits until many more were answered.
    fn goes_on(&self) {
        let before = self.count()[0];
        let started = Instant::now();
        while self.count()[0] < before + 200 {
            assert!(started.elapsed() < PATIENCE, "{self:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

const RESTARTS: usize = 10;

#[test]
fn no_look_up_is_lost_by_a_restart_where_the_socket_is_held() {
    let base = Base::sqlite();
    let socket = Held::open();
    let (seen, last) = Seen::during(socket.address(), |seen| {
        for _ in 0..RESTARTS {
            let program = Program::serve_with(&base, socket.passed_on("machine"));
            assert_eq!(program.machine, socket.address());
            seen.goes_on();
            assert_eq!(program.terminate().0, Some(0));
        }
        // Those who wait now are answered by the last one.
        let program = Program::serve_with(&base, socket.passed_on("machine"));
        seen.goes_on();
        program
    });
    let [answered, refused, cut] = seen.count();
    assert!(answered > 1000 && refused == 0 && cut == 0, "{seen:?}");
    assert_eq!(last.terminate().0, Some(0));
}

#[test]
fn a_restart_refuses_look_ups_and_cuts_none_off() {
    let base = Base::sqlite();
    // An address that no other test connects from, so that the port stays free in between.
    let id = std::process::id().to_be_bytes();
    let address = format!("127.{}.{}.77:18077", id[2], id[3]);
    let serve = || {
        let mut command = jackfield();
        command.env("JACKFIELD_LISTEN_MACHINE", &address);
        Program::serve_with(&base, command)
    };
    let to = address.parse().expect("an address");
    let first = serve();
    let (seen, last) = Seen::during(to, |seen| {
        let mut program = first;
        for _ in 0..RESTARTS {
            seen.goes_on();
            assert_eq!(program.terminate().0, Some(0));
            program = serve();
        }
        seen.goes_on();
        program
    });
    let [answered, _, cut] = seen.count();
    assert!(answered > 1000 && cut == 0, "{seen:?}");
    assert_eq!(last.terminate().0, Some(0));
}
