//! The one way from a handler to storage.
//!
//! Handlers do no input or output. One whose answer depends on a write says which, and what to answer
//! in either case ([`Directory::pin_change`](crate::document::Directory::pin_change)); the service carries it
//! out. One that hears of events asks it itself, and is told what was decided. Each write is one
//! conditional update: made whole by its end, or not at all.

mod client;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use client::{Approval, ClientLeave, ClientLogin, LoginDecision, LoginRefusal};

use crate::lookup::MailboxPin;

/// Storage, as a handler may use it.
///
/// What it writes at once waits for the database, so it is called off the threads that serve sockets;
/// and it never waits longer than whoever asked does.
///
/// The service has the only one; `Kept` of `jackfield_api::testing` stands in for it in tests. New
/// decisions of storage are new methods here, so it is not for others to implement.
///
/// ```
/// use jackfield_api::testing::{Kept, wait};
/// use jackfield_api::{ClientLeave, Store};
///
/// # let name = jackfield_api::snapshot::Uuid::nil();
/// let store = Kept::default();
/// let leave = ClientLeave { name, address: "192.0.2.7:50312".into(), switch: "vm".into() };
/// assert_eq!(wait(store.leave(leave)), Ok(true));
/// assert_eq!(store.leaves().len(), 1);
/// ```
pub trait Store: Send + Sync {
    /// Carries out one write.
    fn write(&self, write: &Write) -> Result<(), NotWritten>;

    /// Decides on the login of a client, and records it where it is approved of. The same once more is
    /// approved of once more.
    fn login(&self, login: ClientLogin) -> Storing<'_, LoginDecision>;

    /// Records that a connection of a client has ended; whether it was the one that is recorded.
    fn leave(&self, leave: ClientLeave) -> Storing<'_, bool>;
}

/// A decision of storage, under way. Whoever drops it may not know what became of it.
pub type Storing<'a, T> = Pin<Box<dyn Future<Output = Result<T, NotWritten>> + Send + 'a>>;

/// What can be written.
///
/// A handler gives it with its answer ([`Directory::pin_change`](crate::document::Directory::pin_change));
/// a test finds it in the [`Document`](crate::Document):
///
/// ```
/// use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
/// use jackfield_api::lookup::MailboxPin;
/// use jackfield_api::{PinChange, Write};
///
/// let domain = DirectoryDomain::new("pbx.example.test");
/// let user = DirectoryUser::new("1000", Credential::Closed).voicemail_hash(None);
/// let change = PinChange {
///     domain: "pbx.example.test".into(),
///     user: "1000".into(),
///     was: None,
///     pin: MailboxPin::typed("2468").expect("digits"),
/// };
/// let failed = Directory::pin_change(&domain, &user, change)?;
/// let (Write::Pin(change), _done) = failed.write_first().expect("a write") else { panic!() };
/// assert_eq!(change.user, "1000");
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// A mailbox gets another PIN.
    Pin(PinChange),
}

/// Another PIN for a mailbox, unless somebody has changed it in the meantime.
#[derive(Clone, PartialEq, Eq)]
pub struct PinChange {
    /// The domain's name, as it is stored.
    pub domain: String,
    /// The user's id, as it is stored.
    pub user: String,
    /// The mailbox's `vm-a1-hash` that this was decided from.
    pub was: Option<String>,
    /// The PIN.
    pub pin: MailboxPin,
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotWritten {
    /// The database is away, read-only, or refused.
    Failed,
    /// The user is gone, or has been changed since the look-up was answered from it.
    Changed,
    /// It could not be done while somebody waited for it.
    Late,
}

impl Write {
    /// What is written: one of the closed set of words that metrics and logs use.
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Pin(_) => "pin",
        }
    }
}

impl NotWritten {
    /// One of the closed set of words that metrics and logs use.
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Changed => "changed",
            Self::Late => "late",
        }
    }
}

/// Shows whose PIN, and no hash.
impl fmt::Debug for PinChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinChange")
            .field("domain", &self.domain)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failed => "the database did not take it",
            Self::Changed => "somebody else has changed it in the meantime",
            Self::Late => "the database was too slow",
        })
    }
}

impl std::error::Error for NotWritten {}
