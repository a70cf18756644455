//! A gate before a server: closed, the server is gone.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Passes connections on to a server while it is open.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    closed: Arc<AtomicBool>,
    hung: Arc<AtomicBool>,
    passing: Arc<Mutex<Vec<TcpStream>>>,
}

impl Gate {
    /// An open one.
    pub(crate) fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let closed = Arc::new(AtomicBool::new(false));
        let passing = Arc::new(Mutex::new(Vec::new()));
        let hung = Arc::new(AtomicBool::new(false));
        let gate = Self {
            address,
            closed: Arc::clone(&closed),
            hung: Arc::clone(&hung),
            passing: Arc::clone(&passing),
        };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a connection");
                if hung.load(Ordering::SeqCst) {
                    passing.lock().expect("whole").push(client);
                    continue;
                }
                if closed.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&server).expect("the server accepts");
                let copies = [&client, &server].map(|end| end.try_clone().expect("a copy"));
                passing.lock().expect("whole").extend(copies);
                let (from, to) = (client.try_clone().expect("a copy"), server.try_clone());
                let to = to.expect("a copy");
                std::thread::spawn(move || pass(from, to));
                std::thread::spawn(move || pass(server, client));
            }
        });
        gate
    }

    /// Cuts everything that passes, and lets nothing more pass.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        for end in self.passing.lock().expect("whole").drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Takes what comes, and answers nothing.
    pub(crate) fn hang(&self) {
        self.hung.store(true, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
        if self.hung.swap(false, Ordering::SeqCst) {
            self.passing.lock().expect("whole").clear();
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut part = [0; 16 * 1024];
    while let Ok(size @ 1..) = from.read(&mut part) {
        if to.write_all(&part[..size]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
