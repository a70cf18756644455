//! Asks as a switch asks: one new connection for each look-up, with exactly its headers.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, UdpSocket};

use super::{PATIENCE, tree};

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The request that a switch makes of a body.
pub(crate) fn request(host: &SocketAddr, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /fsapi HTTP/1.1\r\nHost: {host}\r\nUser-Agent: freeswitch-xml/1.0\r\nAccept: */*\r\n\
         Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Posts a body and reads the answer as a switch does; what a switch would not take fails the test.
pub(crate) fn post(to: SocketAddr, body: impl AsRef<[u8]>) -> Reply {
    let mut stream = connect(to);
    stream.write_all(&request(&to, body.as_ref())).expect("the request is taken");
    let reply = read_reply(&mut stream);
    if reply.header("content-type").is_some_and(|kind| kind.starts_with("text/xml")) {
        tree(&reply.body);
    }
    reply
}

/// Gets a path from this machine itself.
pub(crate) fn get(from: SocketAddr, path: &str) -> Reply {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {from}\r\nConnection: close\r\n\r\n");
    parse_reply(&exchange(from, request.as_bytes()))
}

/// Sends bytes and returns everything that comes back until the other side closes. A connection
/// that is cut while bytes are still being sent counts as closed.
pub(crate) fn exchange(with: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(with);
    let mut writer = stream.try_clone().expect("a second handle");
    let bytes = bytes.to_vec();
    let writing = std::thread::spawn(move || writer.write_all(&bytes));
    let mut back = Vec::new();
    let read = stream.read_to_end(&mut back);
    if let Err(error) = read {
        let cut = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        assert!(cut, "neither an answer nor a closed socket: {error}");
    }
    let _ = stream.shutdown(Shutdown::Both);
    let _ = writing.join().expect("the writer does not panic");
    back
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&to, PATIENCE).expect("the service accepts");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.set_nodelay(true).expect("a socket option");
    stream
}

/// Reads one answer, as far as its `Content-Length` goes.
pub(crate) fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        if let Some(reply) = whole(&bytes) {
            return reply;
        }
        match stream.read(&mut part).expect("an answer in time") {
            0 => panic!("closed after {:?}", String::from_utf8_lossy(&bytes)),
            size => bytes.extend_from_slice(&part[..size]),
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let reply = parse_reply(bytes);
    let length: usize = reply.header("content-length")?.parse().expect("a number");
    (bytes.len() >= end + length).then_some(reply)
}

/// Takes an answer apart.
pub(crate) fn parse_reply(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Reply { status: status.expect("a status"), head, body: bytes[end + 4..].to_vec() }
}

/// An address of this machine that others can reach it by.
pub(crate) fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing; it only picks the address that would be sent from.
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}
