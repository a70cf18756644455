//! Look-ups of one's own, written as a switch writes them: a function for each flow.
//!
//! What a builder is not told it fills in as a switch called `vm` would that has just asked for the
//! domain of [`pbx`](super::pbx()). The fields stand in the order in which the switch sends them, in its
//! encoding; of a call only those that something may be answered from, where a real one has 180.
//!
//! ```
//! use jackfield_api::lookup::DialplanLookup;
//! use jackfield_api::testing::asking;
//!
//! let call = asking::dialplan("from-customers")
//!     .destination("5551234")
//!     .caller("0301234567")
//!     .variable("sip_h_X-Trunk", "a");
//! let lookup = call.lookup();
//! let asked = DialplanLookup::new(&lookup);
//! assert_eq!((&*asked.context(), &*asked.destination()), ("from-customers", "5551234"));
//! assert_eq!(asked.variable("sip_h_X-Trunk").as_deref(), Some("a"));
//! ```

mod configuration;
mod dialplan;
mod directory;
mod event;
mod spoken;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

pub use configuration::{configuration, controls, join, menu, profile, queue};
pub use dialplan::{Call, Message, chatplan, dialplan};
pub use directory::{
    Gateways, SipAuth, User, domain, event_socket, gateways, group_call, in_group, list_users,
    message_count, network_list, sip_auth, user, user_call, verto_login, voicemail,
};
pub use event::{Post, event, login};
pub use spoken::{language, phrase};

use super::Body;
use super::body::encoded;
use crate::form::Form;
use crate::lookup::Lookup;

/// A look-up under way; `F` is the flow, and says what can be told of it.
#[derive(Debug, Clone)]
pub struct Asking<F = Plain> {
    body: Body,
    flow: PhantomData<F>,
}

/// A flow of which nothing more can be told.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// The name of the switch that asks.
const SWITCH: &str = "vm";
/// What the base fields have room for together; the switch cuts off what is behind.
const BASE: usize = 511;

impl<F> Asking<F> {
    /// The base fields: what is looked for in a section, as tag, attribute and value.
    fn base(section: &str, [tag, key, value]: [&str; 3]) -> Self {
        let mut base = format!(
            "hostname={SWITCH}&section={section}&tag_name={tag}&key_name={key}&key_value={value}"
        );
        base.truncate(base.floor_char_boundary(BASE));
        Self { body: Body::parse(&base), flow: PhantomData }
    }

    /// The same as a domain of the directory.
    fn in_domain(domain: &str) -> Self {
        Self::base("directory", ["domain", "name", domain])
    }

    /// What the core of the switch tells of itself, and which of its functions asks.
    fn by(self, event: &str, file: &str, function: &str) -> Self {
        self.and("Event-Name", event)
            .and("Core-UUID", "11111111-2222-4333-8444-000000000001")
            .and("FreeSWITCH-Hostname", SWITCH)
            .and("FreeSWITCH-Switchname", SWITCH)
            .and("FreeSWITCH-IPv4", "192.0.2.2")
            .and("FreeSWITCH-IPv6", "fd00::2")
            .and("Event-Date-Local", "2026-11-20 21:47:57")
            .and("Event-Date-GMT", "Fri, 20 Nov 2026 21:47:57 GMT")
            .and("Event-Date-Timestamp", "1795211277921091")
            .and("Event-Calling-File", file)
            .and("Event-Calling-Function", function)
            .and("Event-Calling-Line-Number", "1")
            .and("Event-Sequence", "417")
    }

    /// Adds a field at the end, unless it is empty: the switch leaves empty ones out.
    fn and(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.body = self.body.and(name, &encoded(value));
        }
        self
    }

    /// Puts a field in front of another.
    fn before(mut self, other: &str, name: &str, value: &str) -> Self {
        self.body = self.body.before(other, name, &encoded(value));
        self
    }

    /// Sets fields that are there.
    fn set(mut self, names: &[&str], value: &str) -> Self {
        for name in names {
            self.body = self.body.set(name, &encoded(value));
        }
        self
    }

    /// From the switch of this name (`switchname` of its `switch.conf`).
    #[must_use]
    pub fn on(mut self, switch: &str) -> Self {
        self.body = self.body.set("hostname", switch);
        if self.body.has("Core-UUID") {
            self = self.set(&["FreeSWITCH-Hostname", "FreeSWITCH-Switchname"], switch);
        }
        self
    }

    /// With this field at this value, wherever it stands. One that is not there yet is added where the
    /// switch adds what its modules send: before the user that it looks for.
    #[must_use]
    pub fn field(self, name: &str, value: &str) -> Self {
        if self.body.names().skip(5).any(|found| found == name) {
            let value = encoded(value);
            return Self { body: self.body.set_last(name, &value), flow: PhantomData };
        }
        if self.body.has("key") { self.before("key", name, value) } else { self.and(name, value) }
    }

    /// With no more than the base fields and these, as `enable-post-var` has the switch send it.
    #[must_use]
    pub fn reduced_to(mut self, names: &[&str]) -> Self {
        self.body = self.body.reduced_to(names);
        self
    }

    /// The body that is posted.
    pub fn body(self) -> Body {
        self.body
    }

    /// The form that the service makes of it.
    pub fn form(&self) -> Form {
        self.body.form()
    }

    /// The look-up that the service makes of it.
    pub fn lookup(&self) -> Lookup {
        self.body.lookup()
    }
}

impl<F> From<Asking<F>> for Vec<u8> {
    fn from(asking: Asking<F>) -> Self {
        asking.body.bytes()
    }
}
