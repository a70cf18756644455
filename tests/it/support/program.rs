//! The built program: run to its end, or serving.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jackfield::app::read_snapshot;
use jackfield_api::snapshot::Snapshot;
use serde::Deserialize;

use super::{Base, PATIENCE};

/// The program, shielded from the settings of whoever runs the tests.
pub(crate) fn jackfield() -> Command {
    shielded(Command::new(env!("CARGO_BIN_EXE_jackfield")))
}

/// The program as a shell starts it that has run this command before.
pub(crate) fn jackfield_after(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    let script = format!("{command} && exec \"$0\" \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_jackfield")]);
    shielded(shell)
}

pub(super) fn shielded(mut command: Command) -> Command {
    command
        .env_clear()
        .env("JACKFIELD_CONFIG", "/dev/null")
        .env("JACKFIELD_LISTEN_MACHINE", "127.0.0.1:0")
        .env("JACKFIELD_DATABASE_URL", "sqlite:/nonexistent/jackfield.db")
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    jackfield().args(arguments).output().expect("the program runs")
}

/// A user of the demo and what it logs in with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) pin: String,
}

/// The demo's users, from the file of its state folder.
pub(crate) fn logins(state: &Path) -> Vec<Login> {
    let text = std::fs::read(state.join("demo-passwords.json")).expect("the passwords are kept");
    serde_json::from_slice(&text).expect("a list of users")
}

/// Makes the demo in a state folder, and reads it as the service does.
pub(crate) fn demo(state: &Path) -> Snapshot {
    let folder = state.to_str().expect("UTF-8");
    let made = run(&["migrate", "--demo", "--state", folder]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let url = format!("sqlite:{folder}/demo.db").parse().expect("a database");
    read_snapshot(&url).expect("the demo can be read")
}

/// The program while it serves. It is killed with this value.
pub(crate) struct Program {
    child: Child,
    pub(crate) machine: SocketAddr,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Program {
    /// Starts the demo of a state folder, with these environment variables.
    pub(crate) fn demo(state: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = jackfield();
        command.args(["serve", "--demo", "--state"]).arg(state);
        command.envs(variables.iter().copied());
        Self::start(command)
    }

    /// Starts the demo of a state folder, with its log on a pipe that nobody reads.
    pub(crate) fn with_unread_log(state: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = jackfield()
            .args(["serve", "--demo", "--state"])
            .arg(state)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (out, out_reader) = collect(child.stdout.take().expect("piped"));
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let err = Arc::default();
        let mut program = Self { child, machine: nowhere, out, err, readers: vec![out_reader] };
        let welcome = program.told("Ctrl-C");
        let address = welcome.split_once("at http://").and_then(|(_, rest)| rest.split_once('/'));
        program.machine = address.expect("the welcome names the socket").0.parse().expect("one");
        program
    }

    /// Starts over a database of a test.
    pub(crate) fn serve(base: &Base) -> Self {
        Self::serve_at(base, &base.url)
    }

    /// Starts a second one over the same database.
    pub(crate) fn serve_beside(base: &Base) -> Self {
        let mut command = jackfield();
        command.arg("serve").env("JACKFIELD_DATABASE_URL", &base.url);
        command.env("JACKFIELD_STATE_DIR", base.folder.path().join("beside"));
        Self::start(command)
    }

    /// Starts over a database of a test that is reached by another URL.
    pub(crate) fn serve_at(base: &Base, url: &str) -> Self {
        let mut command = jackfield();
        base.given_to(&mut command).env("JACKFIELD_DATABASE_URL", url);
        Self::start(command)
    }

    /// Starts over a database of a test with this command, which runs the program.
    pub(crate) fn serve_with(base: &Base, mut command: Command) -> Self {
        base.given_to(&mut command);
        Self::start(command)
    }

    /// Starts a command that serves, and waits until it is ready.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (out, out_reader) = collect(child.stdout.take().expect("piped"));
        let (err, err_reader) = collect(child.stderr.take().expect("piped"));
        let readers = vec![out_reader, err_reader];
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut program = Self { child, machine: nowhere, out, err, readers };
        let started = Instant::now();
        program.machine = loop {
            if let Some(address) = program.announced("machine") {
                break address;
            }
            let ended = program.child.try_wait().expect("a child");
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "not ready: {ended:?}\n{}",
                program.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        program
    }

    /// The socket of the public listener, where it has one.
    pub(crate) fn public(&self) -> SocketAddr {
        self.announced("public").expect("it is ready")
    }

    /// The address of a listener in the log's line that says that the service is ready.
    fn announced(&self, listener: &str) -> Option<SocketAddr> {
        let log = self.log();
        let line = log.split_inclusive('\n').find(|line| {
            line.ends_with('\n') && (line.contains(": ready ") || line.contains("\"ready\""))
        })?;
        let word = line.split_once(listener).expect("the line names the socket").1;
        let word = word.trim_start_matches(['=', '"', ':', ' ']);
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
        Some(word[..end.unwrap_or(word.len())].parse().expect("an address"))
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.err.lock().expect("whole").clone()
    }

    /// What it has told the person who started it, once that contains these words.
    pub(crate) fn told(&self, words: &str) -> String {
        let started = Instant::now();
        loop {
            let told = self.out.lock().expect("whole").clone();
            if told.contains(words) {
                return told;
            }
            assert!(started.elapsed() < PATIENCE, "{words:?} is not in {told:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The time that processors have spent on it.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("it runs");
        // Its name may hold blanks; it ends with the last parenthesis.
        let fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
        // Linux counts 100 ticks in a second, whatever its clock does.
        Duration::from_millis(ticks * 10)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let signal = format!("-{name}");
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until it has logged these words.
    #[track_caller]
    pub(crate) fn logged(&self, words: &str) {
        let started = Instant::now();
        while !self.log().contains(words) {
            assert!(started.elapsed() < PATIENCE, "{words:?} is not in {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to stop; its exit code and its whole log.
    pub(crate) fn terminate(self) -> (Option<i32>, String) {
        self.signal("TERM");
        self.ended()
    }

    /// Waits until it has ended; its exit code and its whole log.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not stop\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader does not panic");
        }
        (status.code(), self.log())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let all = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&all);
    let reader = std::thread::spawn(move || {
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|size| size > 0) {
            into.lock().expect("whole").push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
    (all, reader)
}
