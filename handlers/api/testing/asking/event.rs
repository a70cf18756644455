//! What hook scripts post.

use super::SWITCH;
use crate::event::Event;
use crate::testing::Body;

/// The post of a hook script. Its form is encoded whole, its base fields too.
#[derive(Debug, Clone)]
pub struct Post(Vec<(String, String)>);

/// A hook script of the switch `vm` posts this action, and nothing more yet.
///
/// ```
/// use jackfield_api::testing::asking;
///
/// let post = asking::event("queue_member_left").with("queue", "support@default");
/// assert_eq!(post.body().text(), "hostname=vm&action=queue_member_left&queue=support%40default");
/// assert_eq!(post.event().field("queue"), Some("support@default"));
/// ```
pub fn event(action: &str) -> Post {
    Post(Vec::new()).with("hostname", SWITCH).with("action", action)
}

/// The hook of logins posts that a client has logged in over verto, from 192.0.2.7.
pub fn login(client: &str, session: &str) -> Post {
    event("verto_client_login")
        .with("client_id", client)
        .with("session_id", session)
        .with("client_address", "192.0.2.7:50312")
        .with("profile", "web")
}

impl Post {
    /// With this field; one that is there already gets this value instead.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(found, _)| found == name) {
            Some(pair) => value.clone_into(&mut pair.1),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// What a handler is given.
    pub fn event(&self) -> Event {
        Event::new(self.0.clone())
    }

    /// The body that is posted.
    pub fn body(&self) -> Body {
        let pairs: Vec<_> =
            self.0.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        Body::parse(&pairs.join("&"))
    }
}

impl From<Post> for Vec<u8> {
    fn from(post: Post) -> Self {
        post.body().bytes()
    }
}

/// As the scripts do it: every byte but those that mean nothing to anybody.
fn encoded(value: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    value
        .bytes()
        .map(|b| if is_plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
