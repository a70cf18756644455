//! What a handler returns: a document, or why there is none.

use std::fmt;

use crate::document::Document;
use crate::xml::{RawError, XmlError};

/// The outcome of a look-up.
pub type Answer = Result<Document, Refusal>;

/// Why there is no document, and so what the switch is told instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Nobody has this: the switch goes on to its next binding and its files on disk.
    NotFound(&'static str),
    /// There is no such user or call, and no other source shall be asked: the switch gets the
    /// domain without the user, or a context that hangs up.
    Denied(&'static str),
    /// The handler could not make its answer; the section's fail policy decides what is sent.
    Internal(String),
    /// There is more to do than can be done in time, so nobody was asked; the section's fail policy
    /// decides what is sent.
    Overloaded(&'static str),
}

impl Refusal {
    /// One of the closed set of words that metrics and logs use.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::Denied(_) => "denied",
            Self::Internal(_) => "internal",
            Self::Overloaded(_) => "shed",
        }
    }

    /// Whether there may be an answer, and it could not be had.
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Internal(_) | Self::Overloaded(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) => write!(f, "not found: {what}"),
            Self::Denied(why) => write!(f, "denied: {why}"),
            Self::Internal(why) => write!(f, "internal: {why}"),
            Self::Overloaded(why) => write!(f, "overloaded: {why}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<RawError> for Refusal {
    fn from(error: RawError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<XmlError> for Refusal {
    fn from(error: XmlError) -> Self {
        Self::Internal(error.to_string())
    }
}
