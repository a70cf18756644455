//! Logins of clients, and their ends: what is asked of storage, and what it decides.

use crate::snapshot::{SessionId, Uuid};

/// A client has logged in to a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLogin {
    /// The client.
    pub name: Uuid,
    /// The session id that it came with.
    pub session: SessionId,
    /// Where from: the browser's address and port.
    pub address: String,
    /// The switch.
    pub switch: String,
}

/// A connection of a client has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLeave {
    /// The client.
    pub name: Uuid,
    /// Where from: the browser's address and port. Of any other connection nothing is changed.
    pub address: String,
    /// The switch.
    pub switch: String,
}

/// What becomes of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginDecision {
    /// It is approved of.
    Approved(Approval),
    /// It has to go.
    Refused(LoginRefusal),
}

/// A login that is approved of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The methods of its channel.
    pub methods: Vec<String>,
    /// The event channels of its channel.
    pub event_channels: Vec<String>,
    /// The sessions whose place it has taken, and which may still be there: they have to go.
    pub instead_of: Vec<SessionId>,
    /// What these may have been granted besides, before the channel was changed.
    pub granted_before: Vec<String>,
}

/// Why a login has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginRefusal {
    /// There is no such client.
    Unknown,
    /// Its time is over.
    Expired,
    /// The channel is disabled.
    Disabled,
    /// It came with another session id than the expected one.
    Second,
    /// As many clients of the channel are connected as may be.
    Full,
}

impl LoginRefusal {
    /// One of the closed set of words that logs use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::Second => "second",
            Self::Full => "full",
        }
    }
}
