//! Channel events: what the hook scripts inside a switch post, and what they are told.

mod client;
mod verdict;

pub use client::ClientEvent;
pub use verdict::{Right, Task, Verdict};

/// A post without a section, as the Lua hooks send it: ordinary URL-encoding, ordered pairs.
///
/// A body of `mod_xml_curl` never becomes one, whatever fields strangers add to it.
///
/// ```
/// use jackfield_api::Event;
///
/// let pairs = [("hostname", "vm"), ("action", "verto_client_login"), ("client_id", "a@verto")];
/// let event = Event::new(pairs.map(|(name, value)| (name.into(), value.into())).to_vec());
/// assert_eq!((event.action(), event.field("client_id")), ("verto_client_login", Some("a@verto")));
/// ```
#[derive(Clone)]
pub struct Event {
    pairs: Vec<(String, String)>,
}

impl Event {
    /// Takes the decoded pairs.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// What happened, as in `verto_client_login`.
    pub fn action(&self) -> &str {
        self.field("action").unwrap_or_default()
    }

    /// The switch it happened on, by its host name.
    pub fn hostname(&self) -> &str {
        self.field("hostname").unwrap_or_default()
    }

    /// The first value of a field, if it is not empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, _)| key == name)?;
        (!found.1.is_empty()).then_some(found.1.as_str())
    }
}

/// Shows names only: values may be session ids.
impl std::fmt::Debug for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.pairs.iter().map(|(name, _)| name)).finish()
    }
}
