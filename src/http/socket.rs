//! The sockets that are listened on: opened here, or held by the service manager.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};

/// Connections that wait to be accepted; the kernel's own limit may be lower.
const QUEUE: u32 = 4096;

/// A classic BPF program over the TCP header: what opens a connection is dropped, everything else
/// passes.
const NOBODY_NEW: [SockFilter; 4] = [
    // Load the flags; if SYN is among them go on, else skip one; drop; pass all of it.
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x45, 0, 1, 0x02),
    SockFilter::new(0x06, 0, 0, 0),
    SockFilter::new(0x06, 0, 0, u32::MAX),
];
/// How long somebody may be half connected.
const HANDSHAKE: Duration = Duration::from_millis(50);

/// A socket that is listened on.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: TcpListener,
    /// Whether somebody else holds it as well: who connects once this service stops waits for the
    /// next one.
    held: bool,
}

impl Socket {
    /// Opens one. Its queue holds a burst of look-ups: a switch that finds it full tries again after
    /// a second, and gives up after two.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self { listener: socket.listen(QUEUE)?, held: false })
    }

    /// Takes one that the service manager listens on.
    pub fn held(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { listener: TcpListener::from_std(listener)?, held: true })
    }

    /// Its address.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Closes it, once everybody who has connected is taken. Who connects from now on is refused, or
    /// waits for the next service where the socket is held.
    pub(super) async fn close(self, take: impl Fn(TcpStream, SocketAddr)) {
        // What a held one queues is the next service's; a filter would be, too.
        if self.held {
            return;
        }
        // Closing resets whoever is in the queue or about to get into it. So first nobody new gets
        // there. Where the kernel does not do that, the gap is some microseconds.
        if let Err(error) = SockRef::from(&self.listener).attach_filter(&NOBODY_NEW) {
            tracing::debug!(%error, "the queue stays open while it is emptied");
        }
        let end = Instant::now() + HANDSHAKE;
        while let Ok(Ok((stream, peer))) = timeout_at(end, self.listener.accept()).await {
            take(stream, peer);
        }
    }
}
