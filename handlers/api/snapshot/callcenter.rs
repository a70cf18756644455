//! Call-centre queues, the agents that serve them, and which agent serves which queue.

use serde::{Deserialize, Serialize};

use super::setting::Setting;

/// A queue that callers wait in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Queue {
    /// The name, as in `support@default`.
    pub name: String,
    /// Parameters, in their order.
    pub params: Vec<Setting>,
}

/// Somebody who serves queues.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Agent {
    /// The name, as in `1000@default`.
    pub name: String,
    /// Attributes besides the name, in their order, as in `type`, `contact` or `status`.
    pub attributes: Vec<Setting>,
}

/// An agent's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
