//! Accepts connections and serves them within limits.
//!
//! A switch opens a new connection for each look-up, so accepting is the hot path. A connection
//! that sends nothing, sends too slowly or does not read its answer is closed; it holds up nobody else.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use prometheus::IntGauge;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// How long a request may take to arrive: its head, and then its body.
pub(super) const SEND_TIME: Duration = Duration::from_secs(2);
/// The longest body. The longest look-up seen is below 16 KiB.
pub(super) const MAX_BODY: usize = 256 * 1024;
/// The longest head.
const MAX_HEAD: usize = 16 * 1024;
/// How long a peer may take to read any part of an answer.
const READ_TIME: Duration = Duration::from_secs(5);
/// Connections that wait to be accepted; the kernel's own limit may be lower.
const QUEUE: u32 = 4096;
/// More connections wait in the kernel until others end.
const MAX_CONNECTIONS: usize = 4096;
/// How long a stop waits for requests under way.
const DRAIN: Duration = Duration::from_secs(5);

/// Opens a listener. Its queue holds a burst of look-ups: a switch that finds it full tries again
/// after a second, and gives up after two.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves a listener until `stop` ends, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: IntGauge,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let served = connection(stream, peer, router.clone(), &graceful);
                connections.inc();
                let connections = connections.clone();
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                    connections.dec();
                });
            }
            // Out of file descriptors, or the peer is gone already: neither ends the service.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way at the end");
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Answers are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = router.clone().oneshot(request);
        async move { Ok::<_, Infallible>(answering.await.unwrap_or_else(|never| match never {})) }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(READ_TIME));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SEND_TIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let connection = graceful.watch(connection);
    async move {
        // A peer that breaks off or breaks the protocol is told so by a closed socket.
        if let Err(error) = connection.await {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }
}
