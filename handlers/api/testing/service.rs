//! A program with handlers of one's own, as it is started.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A program that serves the demo's data on sockets and in a folder of its own. It is killed, and its
/// folder removed, with this value.
///
/// ```no_run
/// # let program = "acme-pbx";
/// use jackfield_api::testing::{Service, Switch, asking};
///
/// // In a test of the crate that has the program: `env!("CARGO_BIN_EXE_acme-pbx")`.
/// let service = Service::demo(program, "[handlers.crm]\nurl = 'http://127.0.0.1:9000'\n");
/// let switch = Switch::at(service.address());
/// let told = switch.asks(asking::dialplan("from-customers").caller("0301234567"));
/// ```
#[derive(Debug)]
pub struct Service {
    child: Child,
    address: SocketAddr,
    log: Log,
    place: Place,
}

/// A program that has not started.
#[derive(Debug, Clone)]
pub struct NotStarted {
    /// The exit code: 78 where the settings or the handlers are wrong. `None` where it was killed, or had
    /// to be because it did not serve in time.
    pub code: Option<i32>,
    /// What it said.
    pub log: String,
}

/// How long a start may take. A machine that builds something else meanwhile is slow.
const PATIENCE: Duration = Duration::from_mins(1);

impl Service {
    /// Starts `PROGRAM serve --demo` with these settings, as a settings file has them.
    ///
    /// # Panics
    /// Where it does not start; what it said is shown.
    #[track_caller]
    pub fn demo(program: impl AsRef<OsStr>, settings: &str) -> Self {
        Self::try_demo(program, settings).unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// The same, for settings that it should not start with.
    ///
    /// # Panics
    /// Where the program cannot be run at all, or a folder for it not be made.
    pub fn try_demo(program: impl AsRef<OsStr>, settings: &str) -> Result<Self, NotStarted> {
        let place = Place::new(program.as_ref(), settings).expect("a folder for the service");
        let mut command = place.command(&["serve"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let mut log = Log::of(child.stderr.take().expect("piped"));
        let told = address(child.stdout.take().expect("piped"));
        match told.recv_timeout(PATIENCE) {
            Ok(address) => Ok(Self { child, address, log, place }),
            Err(why) => {
                if why == RecvTimeoutError::Timeout {
                    let _ = child.kill();
                }
                let code = child.wait().ok().and_then(|status| status.code());
                Err(NotStarted { code, log: log.whole() })
            }
        }
    }

    /// Where it answers switches.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.so_far()
    }

    /// Waits until it has logged these words: the log comes a little after what it tells of.
    ///
    /// # Panics
    /// Where it does not for a minute; its log is shown.
    #[track_caller]
    pub fn logged(&self, words: &str) {
        let started = Instant::now();
        while !self.log().contains(words) {
            assert!(started.elapsed() < PATIENCE, "{words:?} is not in the log:\n{}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its state folder.
    pub fn state(&self) -> &Path {
        &self.place.folder
    }

    /// Runs another command of the program, with the same settings and data: `["handlers"]`.
    ///
    /// # Panics
    /// Where the program cannot be run.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.place.command(arguments).output().expect("the program runs")
    }

    /// Gets one of its paths, as `curl` does on this machine: the status, and the text.
    ///
    /// # Panics
    /// Where no HTTP comes back.
    #[track_caller]
    pub fn get(&self, path: &str) -> (u16, String) {
        self.get_with(path, &[])
    }

    /// The same with further headers, as those of a proxy in front of it.
    ///
    /// # Panics
    /// Where no HTTP comes back.
    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let mut head = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let answer = TcpStream::connect(self.address).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(head.as_bytes())?;
            io::read_to_string(stream)
        });
        let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), body.to_owned())
    }

    /// Tells it to stop, as a service manager does, and waits until it has.
    ///
    /// # Panics
    /// Where it cannot be told.
    pub fn stop(mut self) -> (ExitStatus, String) {
        // The standard library has no signals but the one that kills.
        let told = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "the service is still there");
        let status = self.child.wait().expect("the service ends");
        (status, self.log.whole())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "the service has ended with exit code {code}: {}", self.log),
            None => write!(f, "the service does not serve: {}", self.log),
        }
    }
}

impl std::error::Error for NotStarted {}

/// A program, and the folder with its settings and data.
#[derive(Debug)]
struct Place {
    program: PathBuf,
    folder: PathBuf,
}

impl Place {
    fn new(program: &OsStr, settings: &str) -> io::Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("jackfield-test-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let place = Self { program: program.into(), folder };
        fs::write(place.settings(), settings)?;
        Ok(place)
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("jackfield.toml")
    }

    /// A command with this place's settings and data, and nothing of whoever runs the tests.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("JACKFIELD_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .arg("--config")
            .arg(self.settings())
            .args(["--demo", "--state"])
            .arg(&self.folder)
            .env("JACKFIELD_LISTEN_MACHINE", "127.0.0.1:0")
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What a program writes, read as it comes so that it never waits for us.
#[derive(Debug)]
struct Log {
    text: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Log {
    fn of(from: impl Read + Send + 'static) -> Self {
        let text: Arc<Mutex<String>> = Arc::default();
        let to = Arc::clone(&text);
        let reader = thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                *to.lock().unwrap_or_else(PoisonError::into_inner) += &(line + "\n");
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All of it, once the program has ended.
    fn whole(&mut self) -> String {
        self.reader.take().map(thread::JoinHandle::join);
        self.so_far()
    }
}

/// The address that the program's welcome tells; nothing more comes where it ends before.
fn address(welcome: impl Read + Send + 'static) -> Receiver<SocketAddr> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(welcome).lines().map_while(Result::ok) {
            let address = line.split_once(" at http://").and_then(|(_, rest)| rest.split_once('/'));
            if let Some(address) = address.and_then(|(address, _)| address.parse().ok()) {
                let _ = tell.send(address);
            }
        }
    });
    told
}
