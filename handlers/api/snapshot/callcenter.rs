//! Call-centre queues, the agents that serve them, and which agent serves which queue.
//!
//! ```
//! use jackfield_api::document::Configuration;
//! use jackfield_api::snapshot::{Agent, Queue, Tier};
//!
//! let queues = [Queue::new("support@default").param("strategy", "ring-all")];
//! let agents = [Agent::new("1000@default")
//!     .attribute("type", "callback")
//!     .attribute("contact", "user/1000@pbx.example.test")];
//! let tiers = [Tier::new("support@default", "1000@default")];
//! let answer = Configuration::new("callcenter.conf").queues(&queues).agents(&agents).tiers(&tiers);
//! # answer.answer().unwrap();
//! ```

use super::setting::Setting;
use crate::xml::Value;

/// A queue that callers wait in.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Queue {
    /// The name, as in `support@default`.
    pub name: String,
    /// Parameters, in their order.
    pub params: Vec<Setting>,
}

impl Queue {
    /// A queue without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), params: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.params.push(Setting::of(name, value));
        self
    }
}

/// Somebody who serves queues.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Agent {
    /// The name, as in `1000@default`.
    pub name: String,
    /// Attributes besides the name, in their order, as in `type`, `contact` or `status`.
    pub attributes: Vec<Setting>,
}

impl Agent {
    /// An agent without attributes.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new() }
    }

    /// Adds an attribute. The contact is a dial string: plain text in it is never expanded.
    #[must_use]
    pub fn attribute<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.attributes.push(Setting::of(name, value));
        self
    }
}

/// An agent's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Tier {
    /// The queue.
    pub queue: String,
    /// The agent.
    pub agent: String,
    /// Lower levels are rung first.
    pub level: u32,
    /// Order within a level.
    pub position: u32,
}

impl Tier {
    /// The first place of the first level.
    pub fn new(queue: impl Into<String>, agent: impl Into<String>) -> Self {
        Self { queue: queue.into(), agent: agent.into(), level: 1, position: 1 }
    }
}
