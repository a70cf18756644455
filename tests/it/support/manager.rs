//! A service manager, as far as a service sees of it: a socket that is told how it is, and sockets
//! that are held for it.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::{PATIENCE, jackfield_after};

/// What it was told, a datagram an entry.
pub(crate) struct Manager {
    told: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
}

impl Manager {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&told);
        std::thread::spawn(move || {
            let mut datagram = [0; 8192];
            while let Ok(size) = socket.recv(&mut datagram) {
                let text = String::from_utf8_lossy(&datagram[..size]).into_owned();
                into.lock().expect("whole").push(text);
            }
        });
        Self { told, folder }
    }

    /// Has a program tell it.
    pub(crate) fn watch<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"))
    }

    /// Everything that it was told so far.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().expect("whole").clone()
    }

    /// How often it was told a line.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.told().iter().flat_map(|text| text.lines()).filter(|told| *told == line).count()
    }

    /// Waits until a datagram with these words has come after the first `after` ones; how many there
    /// are with it.
    #[track_caller]
    pub(crate) fn until(&self, after: usize, words: &str) -> usize {
        let started = Instant::now();
        loop {
            let told = self.told();
            if let Some(at) = told.iter().skip(after).position(|text| text.contains(words)) {
                return after + at + 1;
            }
            assert!(started.elapsed() < PATIENCE, "{words:?} was not told: {told:#?}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// A socket that is listened on for a service, whether one runs or not.
pub(crate) struct Held(TcpListener);

impl Held {
    pub(crate) fn open() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a port"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("bound")
    }

    /// The program with this socket passed on to it, under a name.
    pub(crate) fn passed_on(&self, name: &str) -> Command {
        passed_on(OwnedFd::from(self.0.try_clone().expect("a copy")), name)
    }
}

/// The program with a descriptor passed on to it as systemd does it: as the third.
pub(crate) fn passed_on(descriptor: OwnedFd, name: &str) -> Command {
    let script = "exec 3<&0 </dev/null && export LISTEN_FDS=1 LISTEN_PID=$$";
    let mut command = jackfield_after(script);
    command.stdin(descriptor).env("LISTEN_FDNAMES", name);
    command
}
