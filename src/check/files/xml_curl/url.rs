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
        let of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.chars().all(of_scheme) => (Some(scheme), rest),
            _ => (None, text),
        };
        let (credentials, rest) = split_credentials(rest);
        // Nobody needs the query, which may hold a token.
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        // Without a scheme it is asked over HTTP, if it is told from a scheme alone.
        let Some(scheme) = scheme.or(credentials.map(|_| "http")) else {
            let (scheme, path) = rest.split_once(':').unwrap_or(("", rest));
            return Self { scheme, credentials: None, host: "", port: "", path: shown(path) };
        };
        let (socket, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match socket.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (socket, ""),
        };
        Self { scheme, credentials, host, port, path: shown(path) }
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

/// Name and password before the host, and what is behind their `@`. An `@` in the path or in the query is
/// none of theirs, unless what stands before is no host with a port: then it is a password with a `/`,
/// a `?` or a `#` in it, which nobody has encoded.
fn split_credentials(rest: &str) -> (Option<&str>, &str) {
    let before = |marks: &[char]| &rest[..rest.find(marks).unwrap_or(rest.len())];
    let authority = before(&['/', '?', '#']);
    let is_port = |port: &str| port.ends_with(']') || port.bytes().all(|b| b.is_ascii_digit());
    let is_socket = authority.rsplit_once(':').is_none_or(|(_, port)| is_port(port));
    let at = match (authority.contains('@'), is_socket) {
        // A password may hold any sign, so all before the last one may be one.
        (true, _) => before(&['?', '#']).rfind('@'),
        (false, false) => rest.rfind('@'),
        (false, true) => None,
    };
    at.map_or((None, rest), |at| (Some(&rest[..at]), &rest[at + 1..]))
}

/// A path as it may be shown: what stands before an `@` may be the end of a password.
fn shown(path: &str) -> &str {
    if path.contains('@') { "/..." } else { path }
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
        assert_eq!(Url::of("u:p/s@h/fsapi").bare(), "http://h/fsapi");
        assert_eq!(Url::of("http://u:12/34@h/").bare(), "http://u:12/...");
        assert_eq!(Url::of("h/x?token=t://y").bare(), ":h/x");
        assert!(!Url::of("http://127.0.0.1.example.com/").is_loopback());
    }

    #[test]
    fn an_at_sign_behind_the_host_is_no_end_of_credentials() {
        for text in ["http://h:1/fsapi?as=a@b", "http://h:1/fsapi#a@b", "http://[::1]:1/fsapi?a@b"]
        {
            let url = Url::of(text);
            assert_eq!((url.credentials, url.port, url.path), (None, "1", "/fsapi"), "{text}");
        }
        let url = Url::of("http://u:p@h/fsapi?as=a@b");
        assert_eq!((url.credentials, url.host, url.path), (Some("u:p"), "h", "/fsapi"));
        assert_eq!(Url::of("http://h?a@b").host, "h");
        assert_eq!(Url::of("http://h/a@b").path, "/...");
    }
}
