//! Protected paths: decided before any handler runs, from the peer and the headers.
//!
//! Behind nginx every peer is loopback, so the peer alone says nothing: a request is this machine's
//! own only if it names a loopback host and nothing has forwarded it.

use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::{ConnectInfo, Request};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use futures_util::future::Either;
use tower::{Layer, Service};

use super::unknown_path;
use crate::app::App;
use crate::logging::{Line, Lines};
use crate::settings::Settings;

/// Headers that a proxy adds.
pub(crate) const FORWARDING: [&str; 8] = [
    "forwarded",
    "via",
    "x-client-ip",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// Headers that a browser adds: a page of somebody else's must not post for its user.
const BROWSING: [&str; 2] = ["origin", "sec-fetch-site"];

/// Why a request may not be this machine's own.
pub(crate) const REFUSED_SOURCES: [&str; 4] = ["peer", "forwarded", "browser", "host"];

/// The middleware: lets a request through that is this machine's own; anything else is an unknown
/// path.
#[derive(Clone)]
pub(super) struct Protect(pub(super) Arc<App>);

/// A service behind it.
#[derive(Clone)]
pub(super) struct Protected<S> {
    app: Arc<App>,
    inner: S,
}

impl<S> Layer<S> for Protect {
    type Service = Protected<S>;

    fn layer(&self, inner: S) -> Protected<S> {
        Protected { app: Arc::clone(&self.0), inner }
    }
}

impl<S: Service<Request, Response = Response>> Service<Request> for Protected<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        match source(peer, request.headers(), request.uri(), &self.app.settings()) {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(reason) => {
                static LINES: Lines = Lines::new();
                self.app.metrics.refused_sources.with_label_values(&[reason]).inc();
                if let Some(Line { left_out }) = LINES.next() {
                    tracing::warn!(left_out, ?peer, reason, "a protected path was asked for");
                }
                Either::Left(ready(Ok(unknown_path())))
            }
        }
    }
}

/// Whether a request is this machine's own or a trusted peer's; if not, why.
fn source(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    uri: &Uri,
    settings: &Settings,
) -> Result<(), &'static str> {
    // An IPv4 peer on an IPv6 socket is unwrapped; an unknown peer is refused.
    let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return Err("peer") };
    let trusted = settings.trusted_peers.iter().any(|network| network.contains(&peer));
    if !peer.is_loopback() && !trusted {
        return Err("peer");
    }
    if FORWARDING.iter().any(|name| headers.contains_key(*name)) {
        return Err("forwarded");
    }
    if BROWSING.iter().any(|name| headers.contains_key(*name)) {
        return Err("browser");
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err("host") };
    // A request line may name another host than the header does; both have to be ours.
    let named = uri.authority().map(Authority::as_str);
    let ours = [host.to_str().ok(), Some(named.unwrap_or("localhost"))]
        .iter()
        .all(|host| host.is_some_and(|host| is_ours(host, trusted, settings)));
    if ours { Ok(()) } else { Err("host") }
}

/// Whether a `Host` is a loopback name or address, or one that trusted peers may use.
fn is_ours(host: &str, trusted: bool, settings: &Settings) -> bool {
    let (name, port) = match host.rfind(':') {
        // In `[::1]` the last colon belongs to the address.
        Some(at) if !host.ends_with(']') => (&host[..at], Some(&host[at + 1..])),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit())) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
    let loopback = name == "localhost"
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    loopback || (trusted && settings.machine_hosts.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        Settings::read(Some(("test".into(), text)), &|_| None).expect("valid")
    }

    fn asked(peer: &str, headers: &[(&'static str, &str)], uri: &str) -> Result<(), &'static str> {
        let settings =
            settings("trusted_peers = ['192.0.2.0/24']\nmachine_hosts = ['pbx.internal']");
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header"));
        }
        source(peer.parse().ok(), &map, &uri.parse().expect("a URI"), &settings)
    }

    #[test]
    fn loopback_peers_and_names_pass() {
        for peer in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:80", "[::1]:8080"] {
                assert_eq!(asked(peer, &[("host", host)], "/fsapi"), Ok(()), "{peer} {host}");
            }
        }
    }

    #[test]
    fn other_peers_are_refused_whatever_they_say() {
        for peer in ["10.0.0.1", "198.51.100.1", "2001:db8::1", "::ffff:10.0.0.1"] {
            assert_eq!(asked(peer, &[("host", "localhost")], "/fsapi"), Err("peer"), "{peer}");
        }
    }

    #[test]
    fn a_host_that_is_missing_doubled_or_not_ours_is_refused() {
        assert_eq!(asked("127.0.0.1", &[], "/"), Err("host"));
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(asked("127.0.0.1", &twice, "/"), Err("host"));
        for host in [
            "pbx.example.test",
            "localhost.example.test",
            "localhost:",
            "localhost:80x",
            "",
            "127.0.0.1.example.test",
            "[::2]",
            "pbx.internal",
        ] {
            assert_eq!(asked("127.0.0.1", &[("host", host)], "/"), Err("host"), "{host}");
        }
        let elsewhere =
            asked("127.0.0.1", &[("host", "localhost")], "http://pbx.example.test/fsapi");
        assert_eq!(elsewhere, Err("host"));
    }

    #[test]
    fn a_forwarded_request_is_refused() {
        for name in FORWARDING {
            let headers = [("host", "localhost"), (name, "127.0.0.1")];
            assert_eq!(asked("127.0.0.1", &headers, "/fsapi"), Err("forwarded"), "{name}");
        }
    }

    #[test]
    fn a_page_in_a_browser_is_refused() {
        for name in BROWSING {
            let headers = [("host", "localhost"), (name, "null")];
            assert_eq!(asked("127.0.0.1", &headers, "/fsapi"), Err("browser"), "{name}");
        }
    }

    #[test]
    fn a_trusted_peer_may_use_the_machine_hosts() {
        assert_eq!(asked("192.0.2.9", &[("host", "pbx.internal:8080")], "/fsapi"), Ok(()));
        assert_eq!(asked("192.0.2.9", &[("host", "pbx.example.test")], "/fsapi"), Err("host"));
    }
}
