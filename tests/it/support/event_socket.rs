//! A switch's event socket that does as a test says: lets in or not, answers, hangs, closes, goes
//! away and comes back.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::PATIENCE;

/// The password that it takes.
pub(crate) const PASSWORD: &str = "a-test-password";

/// How it answers a command.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    Text(String),
    /// Never.
    Nothing,
    /// It closes the connection instead.
    Closed,
}

/// How it greets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// As it should.
    Auth,
    /// It lets nobody in.
    Rude,
    /// Not at all.
    Silence,
}

type Answers = Box<dyn FnMut(&str) -> Said + Send>;

struct State {
    greeting: Greeting,
    core: String,
    uptime: u64,
    answers: Answers,
    /// Commands, without the questions of which run it is.
    told: Vec<(Instant, String)>,
    logins: usize,
    open: Vec<TcpStream>,
    is_up: bool,
    /// It writes a byte at a time.
    in_bytes: bool,
}

/// See the module. It ends with this value.
pub(crate) struct FakeSwitch {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl FakeSwitch {
    /// One that lets in, and says `+OK` to everything. It has run for a day.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(Mutex::new(State {
            greeting: Greeting::Auth,
            core: "core-1".into(),
            uptime: 86_400,
            answers: Box::new(|_| Said::Text("+OK\n".into())),
            told: Vec::new(),
            logins: 0,
            open: Vec::new(),
            is_up: true,
            in_bytes: false,
        }));
        accept(listener, Arc::clone(&state));
        Self { address, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("whole")
    }

    pub(crate) fn answering(self, answers: impl FnMut(&str) -> Said + Send + 'static) -> Self {
        self.state().answers = Box::new(answers);
        self
    }

    pub(crate) fn greeting(self, greeting: Greeting) -> Self {
        self.state().greeting = greeting;
        self
    }

    pub(crate) fn in_bytes(self) -> Self {
        self.state().in_bytes = true;
        self
    }

    /// From now on it is another run, which began so long ago.
    pub(crate) fn is_run(&self, core: &str, uptime: u64) {
        let mut state = self.state();
        (state.core, state.uptime) = (core.into(), uptime);
    }

    /// Nobody is there any more.
    pub(crate) fn leave(&self) {
        let mut state = self.state();
        state.is_up = false;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        // Has the listener see that it is to close.
        let _ = TcpStream::connect(self.address);
    }

    /// It is there again, at the same address.
    pub(crate) fn come_back(&self) {
        let started = Instant::now();
        let listener = loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => break listener,
                Err(error) => assert!(started.elapsed() < PATIENCE, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.state().is_up = true;
        accept(listener, Arc::clone(&self.state));
    }

    /// Every command so far.
    pub(crate) fn told(&self) -> Vec<String> {
        self.state().told.iter().map(|(_, line)| line.clone()).collect()
    }

    /// When each command came.
    pub(crate) fn told_when(&self) -> Vec<(Instant, String)> {
        self.state().told.clone()
    }

    pub(crate) fn forget(&self) {
        self.state().told.clear();
    }

    /// How many times somebody tried to log in, or was not let do so.
    pub(crate) fn logins(&self) -> usize {
        self.state().logins
    }

    /// Waits until the commands are as they should be.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let started = Instant::now();
        loop {
            let told = self.told();
            if is_so(&told) {
                return told;
            }
            assert!(started.elapsed() < PATIENCE, "{what}: {told:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until it was told this.
    pub(crate) fn until_told(&self, line: &str) -> Vec<String> {
        self.until(line, |told| told.iter().any(|told| told == line))
    }
}

impl Drop for FakeSwitch {
    fn drop(&mut self) {
        self.leave();
    }
}

fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut held = state.lock().expect("whole");
            if !held.is_up {
                return;
            }
            held.open.push(stream.try_clone().expect("a descriptor"));
            drop(held);
            let state = Arc::clone(&state);
            std::thread::spawn(move || drop(converse(&stream, &state)));
        }
    });
}

fn converse(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let held = || state.lock().expect("whole");
    let say = |text: &str| {
        let mut stream = stream;
        if !held().in_bytes {
            return stream.write_all(text.as_bytes());
        }
        stream.set_nodelay(true)?;
        text.bytes().try_for_each(|byte| stream.write_all(&[byte]))
    };
    let greeting = held().greeting;
    match greeting {
        Greeting::Auth => {}
        Greeting::Silence => {
            held().logins += 1;
            std::thread::sleep(PATIENCE);
            return Ok(());
        }
        Greeting::Rude => {
            held().logins += 1;
            let body = "Access Denied, go away.\n";
            let length = body.len();
            say(&format!("Content-Type: text/rude-rejection\nContent-Length: {length}\n\n{body}"))?;
            return stream.shutdown(Shutdown::Both);
        }
    }
    say("Content-Type: auth/request\n\n")?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut is_in = false;
    while let Some(line) = lines.next().transpose()? {
        if line.is_empty() {
            continue;
        }
        if let Some(password) = line.strip_prefix("auth ") {
            held().logins += 1;
            is_in = password == PASSWORD;
            let reply = if is_in { "+OK accepted" } else { "-ERR invalid" };
            say(&format!("Content-Type: command/reply\nReply-Text: {reply}\n\n"))?;
            if !is_in {
                return stream.shutdown(Shutdown::Both);
            }
        } else if let Some(command) = line.strip_prefix("api ").filter(|_| is_in) {
            let said = answer(&mut held(), command);
            match said {
                Said::Text(body) => {
                    let length = body.len();
                    let kind = "Content-Type: api/response";
                    say(&format!("{kind}\nContent-Length: {length}\n\n{body}"))?;
                }
                Said::Nothing => {}
                Said::Closed => return stream.shutdown(Shutdown::Both),
            }
        }
    }
    Ok(())
}

fn answer(state: &mut State, command: &str) -> Said {
    match command {
        "global_getvar core_uuid" => Said::Text(state.core.clone()),
        "uptime s" => Said::Text(format!("{}\n", state.uptime)),
        // It knows its name whatever becomes of the rest.
        "switchname" => match (state.answers)(command) {
            Said::Text(name) => Said::Text(name),
            Said::Nothing | Said::Closed => Said::Text(String::new()),
        },
        command => {
            state.told.push((Instant::now(), command.to_owned()));
            (state.answers)(command)
        }
    }
}
