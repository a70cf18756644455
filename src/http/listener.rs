//! Accepts connections and serves them within limits.
//!
//! A switch opens a new connection for each look-up, so accepting is the hot path. A connection
//! that sends nothing, sends too slowly or does not read its answer is closed; it holds up nobody else.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::IntGauge;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;
use tracing::Instrument;

use super::drain::{Stage, Stop};
use super::request_id;
use super::socket::Socket;

/// How long a request may take to arrive: its head, and then its body.
pub(super) const SEND_TIME: Duration = Duration::from_secs(2);
/// The longest head.
const MAX_HEAD: usize = 16 * 1024;
/// How long a peer may take to read any part of an answer.
const READ_TIME: Duration = Duration::from_secs(5);
/// How often it is logged that connections cannot be accepted.
const COMPLAINT_EVERY: Duration = Duration::from_secs(10);

/// What a listener serves, and how much of it at once.
pub struct Serving {
    /// Its routes.
    pub router: Router,
    /// Counts its connections.
    pub connections: IntGauge,
    /// As many connections are served; more wait in the kernel until others end.
    pub places: usize,
}

/// Serves a socket until it is told to stop. Connections that are open then go on, see [`Stop`].
pub async fn serve(socket: Socket, serving: Serving, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(serving.places));
    let mut trouble = Trouble::default();
    let held = stop.clone();
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("never closed");
            (socket.listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accept => accepted,
            () = stop.begins() => break,
        };
        match accepted {
            Ok((stream, peer)) => serving.spawn(stream, peer, held.clone(), place),
            // Out of file descriptors, or the peer is gone already: neither ends the service.
            Err(error) => {
                trouble.tell(&error);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    // These are served whether there is a place or not: there will not be more.
    socket.close(|stream, peer| serving.spawn(stream, peer, held.clone(), ())).await;
}

impl Serving {
    /// Serves a connection; what it holds is given back with its end.
    fn spawn(&self, stream: TcpStream, peer: SocketAddr, stop: Stop, place: impl Send + 'static) {
        let served = connection(stream, peer, self.router.clone(), stop);
        let counted = Counted::new(&self.connections);
        tokio::spawn(async move {
            let _held = (place, counted);
            served.await;
        });
    }
}

/// Counts a connection for as long as it is there, however it ends.
struct Counted(IntGauge);

impl Counted {
    fn new(connections: &IntGauge) -> Self {
        connections.inc();
        Self(connections.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stop: Stop,
) -> impl Future<Output = ()> + use<> {
    // Answers are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let answering = Arc::new(AtomicBool::new(false));
    let (told, asked) = (stop.clone(), Arc::clone(&answering));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(|body| Body::new(Arriving::new(body, &asked)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let span = request_id::span(request.headers());
        let answering = router.clone().oneshot(request).instrument(span);
        let (told, asked) = (told.clone(), Arc::clone(&asked));
        async move {
            let mut answer = answering.await.unwrap_or_else(|never| match never {});
            asked.store(false, Relaxed);
            if told.has_begun() {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(READ_TIME));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SEND_TIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    async move {
        let mut connection = pin!(connection);
        loop {
            let stage = tokio::select! {
                // First, so that an answer that is ready is sent.
                biased;
                ended = connection.as_mut() => {
                    // A peer that breaks off or breaks the protocol is told so by a closed socket.
                    if let Err(error) = ended {
                        tracing::debug!(%error, %peer, "a connection ended early");
                    }
                    return;
                }
                stage = stop.next() => stage,
            };
            match stage {
                Some(Stage::Idle) => connection.as_mut().graceful_shutdown(),
                Some(Stage::Slow) if !answering.load(Relaxed) => return,
                None => return,
                Some(_) => {}
            }
        }
    }
}

/// The body of a request, which tells when all of it is there: from then on it is being answered.
struct Arriving {
    body: Incoming,
    answering: Arc<AtomicBool>,
}

impl Arriving {
    fn new(body: Incoming, answering: &Arc<AtomicBool>) -> Self {
        let arriving = Self { body, answering: Arc::clone(answering) };
        arriving.look();
        arriving
    }

    fn look(&self) {
        if hyper::body::Body::is_end_stream(&self.body) {
            self.answering.store(true, Relaxed);
        }
    }
}

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match frame {
            Poll::Ready(None) => self.answering.store(true, Relaxed),
            _ => self.look(),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Says that connections cannot be accepted, at once and then now and again: without descriptors
/// that is so fifty times a second.
#[derive(Default)]
struct Trouble {
    told: Option<Instant>,
    since: u32,
}

impl Trouble {
    fn tell(&mut self, error: &io::Error) {
        self.since += 1;
        if self.told.is_none_or(|told| told.elapsed() > COMPLAINT_EVERY) {
            let times = std::mem::take(&mut self.since);
            tracing::warn!(%error, times, "connections could not be accepted");
            self.told = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::drain::Drain;
    use super::*;

    #[tokio::test]
    async fn a_connection_that_ends_by_a_panic_is_not_counted_any_more() {
        async fn panics() {
            panic!("on purpose")
        }
        let socket = Socket::open(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = socket.address().expect("bound");
        let connections = IntGauge::new("connections", "Open.").expect("a valid name");
        let router = Router::new().route("/", get(panics));
        let serving = Serving { router, connections: connections.clone(), places: 1 };
        let (_drain, stop) = Drain::new();
        tokio::spawn(serve(socket, serving, stop));
        // The second is served on the place of the first.
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.expect("it accepts");
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("it reads");
            let _ = stream.read(&mut [0]).await;
        }
        assert_eq!(connections.get(), 0);
    }
}
