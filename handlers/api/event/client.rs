//! What a hook script tells of a login over verto, or of its end.
//!
//! ```text
//! hostname=vm&action=verto_client_login&client_id=0b7e...%40verto&session_id=51c2...
//!     &client_address=192.0.2.7%3A50312&profile=web
//! ```

use super::Event;
use crate::snapshot::SessionId;

/// A view of such an event.
///
/// ```
/// use jackfield_api::{ClientEvent, Event};
///
/// let pairs = [("client_id", "a@verto"), ("session_id", "51c2"), ("client_address", "192.0.2.7:50312")];
/// let event = Event::new(pairs.map(|(name, value)| (name.into(), value.into())).to_vec());
/// let client = ClientEvent::new(&event);
/// assert_eq!((client.login(), client.address()), (Some("a@verto"), "192.0.2.7:50312"));
/// assert!(client.session().is_some());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ClientEvent<'a>(&'a Event);

/// Longer than any address with its port, or any name of a host.
const LONGEST: usize = 255;

impl<'a> ClientEvent<'a> {
    /// Of this event.
    pub fn new(event: &'a Event) -> Self {
        Self(event)
    }

    /// What the client logged in as, in its own words: a name, or a name, `@` and a domain. None where
    /// it went without, which scripts tell as `nil`.
    pub fn login(&self) -> Option<&'a str> {
        self.0.field("client_id").filter(|login| *login != "nil")
    }

    /// The session id that it logged in with, where that is one.
    pub fn session(&self) -> Option<SessionId> {
        self.0.field("session_id").and_then(SessionId::parse)
    }

    /// The browser's address and port; empty where the script does not tell them.
    pub fn address(&self) -> &'a str {
        self.plain("client_address")
    }

    /// The switch, by its host name.
    pub fn switch(&self) -> &'a str {
        self.plain("hostname")
    }

    /// The verto profile that it came through; empty where the script does not tell it.
    pub fn profile(&self) -> &'a str {
        self.plain("profile")
    }

    /// What is stored and compared; anything that no switch writes counts as nothing.
    fn plain(self, name: &str) -> &'a str {
        let plain = |text: &&str| text.len() <= LONGEST && !text.chars().any(char::is_control);
        self.0.field(name).filter(plain).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_as_it_is_counts_as_nothing() {
        let pairs = |pairs: &[(&str, &str)]| {
            Event::new(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
        };
        let event = pairs(&[
            ("client_id", "nil"),
            ("session_id", "a b"),
            ("client_address", "a\nb"),
            ("hostname", "vm"),
        ]);
        let view = ClientEvent::new(&event);
        assert_eq!((view.login(), view.session()), (None, None));
        assert_eq!((view.address(), view.switch(), view.profile()), ("", "vm", ""));
        let event = pairs(&[("client_id", "x@verto"), ("session_id", "a"), ("profile", "web")]);
        let view = ClientEvent::new(&event);
        assert_eq!((view.login(), view.profile()), (Some("x@verto"), "web"));
        assert_eq!(view.session().expect("one").as_str(), "a");
    }
}
