//! One POST, as the switch makes it: a connection of its own, closed once the answer is there.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::Why;
use crate::document::MAX_BYTES;

/// Where to post to.
#[derive(Debug, Clone)]
pub(super) struct Url {
    /// Host and port.
    authority: String,
    path: String,
}

/// More than any head of an answer has.
const LONGEST_HEAD: usize = 64 * 1024;

impl Url {
    #[track_caller]
    pub(super) fn parse(url: &str) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or(url);
        assert!(!rest.contains("://"), "{url} is not one of http");
        let (authority, path) = rest.split_once('/').unwrap_or((rest, "fsapi"));
        let port = authority.rsplit_once(':').map(|(_, port)| port.parse::<u16>().is_ok());
        let authority =
            if port == Some(true) { authority.to_owned() } else { format!("{authority}:80") };
        Self { authority, path: format!("/{path}") }
    }
}

/// The body of the answer, if it is one with status 200.
pub(super) fn post(url: &Url, body: &[u8], timeout: Duration) -> Result<Vec<u8>, Why> {
    let mut exchange = Exchange::open(url, Instant::now() + timeout)?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: freeswitch-xml/1.0\r\nAccept: */*\r\n\
         Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        url.path,
        url.authority,
        body.len()
    );
    // Whoever refuses may answer before all is sent, and then close.
    let sent = exchange.send(&[head.as_bytes(), body].concat());
    match exchange.answer() {
        Err(Why::Gone(_)) if sent.is_err() => sent.map(|()| Vec::new()),
        answer => answer,
    }
}

struct Exchange {
    stream: TcpStream,
    end: Instant,
    /// What has come and is not yet taken.
    come: Vec<u8>,
}

impl Exchange {
    fn open(url: &Url, end: Instant) -> Result<Self, Why> {
        let mut refused = io::Error::from(ErrorKind::AddrNotAvailable);
        for address in url.authority.to_socket_addrs().map_err(|error| why(&error))? {
            match TcpStream::connect_timeout(&address, left(end)?) {
                Ok(stream) => return Ok(Self { stream, end, come: Vec::new() }),
                Err(error) => refused = error,
            }
        }
        Err(why(&refused))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Why> {
        let wait = left(self.end)?;
        self.stream.set_nodelay(true).map_err(|error| why(&error))?;
        self.stream.set_write_timeout(Some(wait)).map_err(|error| why(&error))?;
        self.stream.write_all(bytes).map_err(|error| why(&error))
    }

    fn answer(&mut self) -> Result<Vec<u8>, Why> {
        let head = loop {
            let head = self.head()?;
            // 100 and its kind stand in front of the answer.
            if !(100..200).contains(&head.status) {
                break head;
            }
        };
        if head.status != 200 {
            return Err(Why::Status(head.status));
        }
        if head.is_chunked {
            return self.chunks();
        }
        match head.length {
            Some(length) if length > MAX_BYTES => Err(Why::TooLong),
            Some(length) => self.take(length),
            None => self.rest(),
        }
    }

    fn head(&mut self) -> Result<Head, Why> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Head::parse(&lines).ok_or_else(|| Why::Gone("no HTTP".to_owned()));
            }
            lines.push(line);
        }
    }

    /// A line without its end.
    fn line(&mut self) -> Result<String, Why> {
        loop {
            if let Some(end) = self.come.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.come.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.come.len() > LONGEST_HEAD || !self.more()? {
                return Err(Why::Gone("no whole head".to_owned()));
            }
        }
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Why> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16)
                .map_err(|_| Why::Gone(format!("{line:?} is no size of a chunk")))?;
            if size == 0 {
                return Ok(body);
            }
            if size > MAX_BYTES - body.len() {
                return Err(Why::TooLong);
            }
            body.extend(self.take(size)?);
            self.line()?;
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Why> {
        while self.come.len() < length {
            if !self.more()? {
                let (is, length) = (self.come.len(), length);
                return Err(Why::Gone(format!("it ended after {is} of {length} bytes")));
            }
        }
        Ok(self.come.drain(..length).collect())
    }

    /// All that comes until the other side closes.
    fn rest(&mut self) -> Result<Vec<u8>, Why> {
        while self.come.len() <= MAX_BYTES {
            if !self.more()? {
                return Ok(std::mem::take(&mut self.come));
            }
        }
        Err(Why::TooLong)
    }

    /// Reads on; false where there is no more.
    fn more(&mut self) -> Result<bool, Why> {
        let mut part = [0; 16 * 1024];
        let wait = left(self.end)?;
        self.stream.set_read_timeout(Some(wait)).map_err(|error| why(&error))?;
        let size = self.stream.read(&mut part).map_err(|error| why(&error))?;
        self.come.extend_from_slice(&part[..size]);
        Ok(size > 0)
    }
}

struct Head {
    status: u16,
    length: Option<usize>,
    is_chunked: bool,
}

impl Head {
    fn parse(lines: &[String]) -> Option<Self> {
        let (first, fields) = lines.split_first()?;
        let mut words = first.split(' ');
        words.next().filter(|version| version.starts_with("HTTP/1."))?;
        let status = words.next()?.parse().ok()?;
        let field = |name: &str| {
            let fields = fields.iter().filter_map(|line| line.split_once(':'));
            let mut named = fields.filter(|(found, _)| found.eq_ignore_ascii_case(name));
            named.next().map(|(_, value)| value.trim())
        };
        let length = field("Content-Length").and_then(|length| length.parse().ok());
        let coding = field("Transfer-Encoding").unwrap_or_default();
        Some(Self { status, length, is_chunked: coding.eq_ignore_ascii_case("chunked") })
    }
}

fn left(end: Instant) -> Result<Duration, Why> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(Why::Late) } else { Ok(left) }
}

fn why(error: &io::Error) -> Why {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Why::Late,
        _ => Why::Gone(error.to_string()),
    }
}
