//! A CRM that knows one customer.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// The customer, and who looks after it.
pub const CUSTOMER: (&str, &str) = ("0301234567", "1000");

pub struct FakeCrm {
    address: SocketAddr,
    away: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl FakeCrm {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (away, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (is_away, count) = (Arc::clone(&away), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !is_away.load(Ordering::SeqCst) {
                    let count = Arc::clone(&count);
                    thread::spawn(move || answer(stream, &count));
                }
            }
        });
        Self { address, away, asked }
    }

    /// What the settings say of it.
    pub fn settings(&self) -> String {
        format!("[handlers.crm]\nurl = 'http://{}'\n", self.address)
    }

    /// From now on it hangs up on everybody.
    pub fn goes_away(&self) {
        self.away.store(true, Ordering::SeqCst);
    }

    /// How often it was asked about the customer.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// One question on one connection.
fn answer(mut stream: TcpStream, asked: &AtomicUsize) {
    let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
    let line = lines.next().and_then(Result::ok).unwrap_or_default();
    // What stands below the first line says nothing that counts.
    lines.map_while(Result::ok).find(String::is_empty);
    let (number, agent) = CUSTOMER;
    let (status, body) = if line.contains(&format!("number={number} ")) {
        asked.fetch_add(1, Ordering::SeqCst);
        ("200 OK", format!("{{\"agent\": \"{agent}\"}}"))
    } else {
        ("404 Not Found", "{}".to_owned())
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
}
