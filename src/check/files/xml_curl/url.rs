//! The parts of a `gateway-url`.

use std::net::IpAddr;

/// A URL without its query; what it lacks is empty.
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
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if !scheme.contains('@') => (scheme, rest),
            // Without a scheme it is asked over HTTP.
            _ if text.contains('@') => ("http", text),
            _ => {
                let (scheme, path) = text.split_once(':').unwrap_or(("", text));
                return Self { scheme, credentials: None, host: "", port: "", path };
            }
        };
        // A password may hold any sign, so all before the last `@` may be one.
        let (credentials, rest) = match rest.rsplit_once('@') {
            Some((credentials, rest)) => (Some(credentials), rest),
            None => (None, rest),
        };
        // Nobody needs the query, which may hold a token.
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (socket, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
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
        if self.host.is_empty() {
            return format!("{}:{}", self.scheme, self.path);
        }
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
        assert_eq!(url.bare(), "https://[::1]:8443/fsapi");
        assert!(url.is_loopback() && url.is("HTTPS"));
        assert_eq!(Url::of("http://u:p/s?s#@h/fsapi").bare(), "http://h/fsapi");
        assert_eq!(Url::of("u:p@h/fsapi?token=t").bare(), "http://h/fsapi");
        assert_eq!(Url::of("http://[::1]/").socket(), "[::1]");
        assert_eq!(Url::of("file:/etc/x").scheme, "file");
        assert_eq!(Url::of("nonsense").path, "nonsense");
        assert!(!Url::of("http://127.0.0.1.example.com/").is_loopback());
    }
}
