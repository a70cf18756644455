//! The parts of a `gateway-url`.

use std::net::IpAddr;

/// A URL; what it lacks is empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url<'u> {
    pub(super) scheme: &'u str,
    /// Name and password, without the `@`.
    pub(super) credentials: Option<&'u str>,
    pub(super) host: &'u str,
    pub(super) port: &'u str,
    pub(super) path: &'u str,
}

impl<'u> Url<'u> {
    pub(super) fn of(text: &'u str) -> Self {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let Some(rest) = rest.strip_prefix("//") else {
            return Self { scheme, credentials: None, host: "", port: "", path: rest };
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (credentials, socket) = match authority.rsplit_once('@') {
            Some((credentials, socket)) => (Some(credentials), socket),
            None => (None, authority),
        };
        let (host, port) = match socket.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (socket, ""),
        };
        Self { scheme, credentials, host, port, path }
    }

    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    pub(super) fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host.eq_ignore_ascii_case("localhost")
            || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Host and port, without credentials.
    pub(super) fn socket(&self) -> String {
        match self.port {
            "" => self.host.to_owned(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// The same without credentials.
    pub(super) fn bare(&self) -> String {
        format!("{}://{}{}", self.scheme, self.socket(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_without_its_credentials() {
        let url = Url::of("https://a:p@ss@[::1]:8443/fsapi?x");
        assert_eq!((url.credentials, url.host, url.port), (Some("a:p@ss"), "[::1]", "8443"));
        assert_eq!(url.bare(), "https://[::1]:8443/fsapi?x");
        assert!(url.is_loopback() && url.is("HTTPS"));
        assert_eq!(Url::of("http://[::1]/").socket(), "[::1]");
        assert_eq!(Url::of("file:/etc/x").scheme, "file");
        assert_eq!(Url::of("nonsense").path, "nonsense");
        assert!(!Url::of("http://127.0.0.1.example.com/").is_loopback());
    }
}
