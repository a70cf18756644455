//! What a handler returns: a document, or why there is none.

use std::fmt;

use crate::document::Document;
use crate::xml::{RawError, XmlError};

/// The outcome of a look-up.
///
/// `?` makes a refusal of what goes wrong while a document is made.
///
/// ```
/// use jackfield_api::document::Dialplan;
/// use jackfield_api::lookup::DialplanLookup;
/// use jackfield_api::{Answer, Facts, Refusal};
///
/// fn answer(lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
///     let name = lookup.context();
///     let context = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
///     Dialplan::stored(name, context)
/// }
/// ```
pub type Answer = Result<Document, Refusal>;

/// Why there is no document, and so what the switch is told instead.
///
/// | refusal | the switch is told | and then |
/// |---|---|---|
/// | `NotFound` | `<result status="not found"/>` | looks into its next binding, and its files |
/// | `Denied` | the domain without the user; a context that hangs up | stops |
/// | `Internal`, `Overloaded` | what the section's `fail` policy says | as that says |
///
/// A handler returns the first three. The words are for logs: say what was missing, and no secret.
///
/// ```
/// use jackfield_api::Refusal;
///
/// # fn user(_: &str) -> Option<&'static str> { None }
/// let refused = user("1000").ok_or(Refusal::Denied("no such user")).unwrap_err();
/// assert_eq!(refused.to_string(), "denied: no such user");
/// assert!(!refused.is_failure());
/// ```
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
