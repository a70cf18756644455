//! Handlers that need the outside: a CRM, another database, a web service.
//!
//! They answer the same look-ups as the others, register in the same registries under the same rules,
//! and are written the same way, but their answer is a future. Three things differ:
//!
//! - Nobody asks the outside twice for one thing. Look-ups that are the same question while one is
//!   under way wait for that one answer. So a handler declares what its questions are made of
//!   ([`Field`]); reading anything else fails the look-up, and says what to declare.
//! - An answer is kept as long as the handler says ([`Lifetime`]), a refusal too, and the last good
//!   answer serves for a while when the outside fails.
//! - One that was made with the snapshot is not served any more once the data have changed.
//!
//! ```
//! use jackfield_api::document::Dialplan;
//! use jackfield_api::lookup::{DialplanLookup, Field};
//! use jackfield_api::snapshot::{Condition, Extension};
//! use jackfield_api::{register, Answering, AsyncDialplanHandler, AsyncFacts, Keys, Lifetime};
//! use std::time::Duration;
//!
//! struct Crm;
//!
//! # async fn agent_for(_: &str) -> Result<String, jackfield_api::Refusal> { Ok("1000".into()) }
//! impl AsyncDialplanHandler for Crm {
//!     fn question(&self) -> &[Field] {
//!         &[Field::CallerNumber]
//!     }
//!
//!     fn lifetime(&self) -> Lifetime {
//!         Lifetime::of(Duration::from_secs(60)).after_failures(Duration::from_secs(3600))
//!     }
//!
//!     fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
//!         Box::pin(async move {
//!             let agent = agent_for(&lookup.caller_number().unwrap_or_default()).await?;
//!             let to_agent = Condition::default().transfer(&agent, "default");
//!             Dialplan::context(lookup.context(), [&Extension::new("agent", to_agent)])
//!         })
//!     }
//! }
//!
//! register!(AsyncDialplanHandler, "crm", Keys::Fixed(&["from-customers"]), Crm);
//! ```
//!
//! The future runs off the threads that serve sockets, on one of its own, inside of a tokio runtime
//! that is there for such handlers: clients that need one work, and one that blocks holds up only
//! itself. It has the section's deadline to answer whoever waits, and 30 s to answer those that come
//! later. Nobody who leaves ends it. A look-up that changes a PIN is never asked.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::answer::Answer;
use crate::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryLookup, Field, LanguagesLookup,
    Lookup,
};
use crate::registry::Registration;
use crate::snapshot::Snapshot;

/// An answer, under way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// How long the answers of an asynchronous handler are kept. Nothing is by default.
///
/// ```
/// use jackfield_api::Lifetime;
/// use std::time::Duration;
///
/// let life = Lifetime::of(Duration::from_secs(60)) // asked again after a minute,
///     .after_failures(Duration::from_secs(3600)) // served for an hour more while that fails,
///     .refusals(Duration::from_secs(10)); // and whoever is new is known after ten seconds
/// assert_eq!(life.refused.as_secs(), 10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lifetime {
    /// How long an answer serves without asking again.
    pub fresh: Duration,
    /// How long after that it serves where asking again fails or takes too long.
    pub stale: Duration,
    /// How long a refusal serves, be it [`NotFound`](crate::Refusal::NotFound) or
    /// [`Denied`](crate::Refusal::Denied). A new user is not known before.
    pub refused: Duration,
}

impl Lifetime {
    /// Answers serve this long without asking again.
    pub const fn of(fresh: Duration) -> Self {
        Self { fresh, stale: Duration::ZERO, refused: Duration::ZERO }
    }

    /// And this much longer where asking again fails.
    #[must_use]
    pub const fn after_failures(self, stale: Duration) -> Self {
        Self { stale, ..self }
    }

    /// Refusals serve this long.
    #[must_use]
    pub const fn refusals(self, refused: Duration) -> Self {
        Self { refused, ..self }
    }
}

/// What an asynchronous handler is given besides the look-up.
///
/// ```
/// use jackfield_api::AsyncFacts;
/// use jackfield_api::testing::pbx;
///
/// let pbx = pbx();
/// assert!(AsyncFacts::new(&pbx).snapshot().context("default").is_some());
/// ```
#[derive(Clone, Copy)]
pub struct AsyncFacts<'a> {
    snapshot: &'a Snapshot,
    used: Option<&'a AtomicBool>,
}

impl<'a> AsyncFacts<'a> {
    /// No more than a snapshot, as a test needs it.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, used: None }
    }

    /// Notes whether the snapshot is used.
    #[must_use]
    pub fn noting(self, used: &'a AtomicBool) -> Self {
        Self { used: Some(used), ..self }
    }

    /// The PBX as it is stored. An answer that was made with it serves only until the data change, of
    /// whatever kind the change is: who needs none of it has longer-lived answers.
    pub fn snapshot(&self) -> &'a Snapshot {
        if let Some(used) = self.used {
            used.store(true, Ordering::Relaxed);
        }
        self.snapshot
    }
}

impl fmt::Debug for AsyncFacts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFacts").finish_non_exhaustive()
    }
}

/// One trait for each registry of look-ups.
macro_rules! traits {
    ($($(#[$doc:meta])* $name:ident: $view:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// The [module](self) says what such a handler is.
        pub trait $name: Send + Sync + 'static {
            /// What its questions are made of, besides what all of the section are.
            fn question(&self) -> &[Field] {
                &[]
            }

            /// How long its answers are kept.
            fn lifetime(&self) -> Lifetime {
                Lifetime::default()
            }

            /// Answers one question.
            fn answer<'a>(&'a self, lookup: $view, facts: AsyncFacts<'a>) -> Answering<'a>;
        }

        inventory::collect!(Registration<dyn $name>);
    )*};
}

traits! {
    /// Answers for `*.conf` documents from the outside. Key: the document's name, as in `sofia.conf`.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no asynchronous handler of section `configuration`",
        label = "needs `impl AsyncConfigurationHandler for {Self}`",
        note = "write `fn answer<'a>(&'a self, lookup: ConfigurationLookup<'a>, facts: AsyncFacts<'a>) -> Answering<'a>` in it",
        note = "one that needs nothing but the snapshot is a `ConfigurationHandler`, and is registered as one"
    )]
    AsyncConfigurationHandler: ConfigurationLookup<'a>;
    /// Answers for domains and their users from the outside. Key: the domain; empty where all domains
    /// are meant.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no asynchronous handler of section `directory`",
        label = "needs `impl AsyncDirectoryHandler for {Self}`",
        note = "write `fn answer<'a>(&'a self, lookup: DirectoryLookup<'a>, facts: AsyncFacts<'a>) -> Answering<'a>` in it",
        note = "one that needs nothing but the snapshot is a `DirectoryHandler`, and is registered as one"
    )]
    AsyncDirectoryHandler: DirectoryLookup<'a>;
    /// Routes calls by what the outside says. Key: the context.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no asynchronous handler of section `dialplan`",
        label = "needs `impl AsyncDialplanHandler for {Self}`",
        note = "write `fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, facts: AsyncFacts<'a>) -> Answering<'a>` in it",
        note = "one that needs nothing but the snapshot is a `DialplanHandler`, and is registered as one"
    )]
    AsyncDialplanHandler: DialplanLookup<'a>;
    /// Answers for phrases from the outside. Key: the language.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no asynchronous handler of section `languages`",
        label = "needs `impl AsyncLanguagesHandler for {Self}`",
        note = "write `fn answer<'a>(&'a self, lookup: LanguagesLookup<'a>, facts: AsyncFacts<'a>) -> Answering<'a>` in it",
        note = "one that needs nothing but the snapshot is a `LanguagesHandler`, and is registered as one"
    )]
    AsyncLanguagesHandler: LanguagesLookup<'a>;
    /// Routes messages by what the outside says. Key: the context.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no asynchronous handler of section `chatplan`",
        label = "needs `impl AsyncChatplanHandler for {Self}`",
        note = "write `fn answer<'a>(&'a self, lookup: ChatplanLookup<'a>, facts: AsyncFacts<'a>) -> Answering<'a>` in it",
        note = "one that needs nothing but the snapshot is a `ChatplanHandler`, and is registered as one"
    )]
    AsyncChatplanHandler: ChatplanLookup<'a>;
    /// Answers a whole section that has no registry of its own from the outside. Key: the section's
    /// name.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no asynchronous handler of a section of its own",
        label = "needs `impl AsyncFsapiHandler for {Self}`",
        note = "write `fn answer<'a>(&'a self, lookup: &'a Lookup, facts: AsyncFacts<'a>) -> Answering<'a>` in it",
        note = "one that needs nothing but the snapshot is a `FsapiHandler`, and is registered as one"
    )]
    AsyncFsapiHandler: &'a Lookup;
}
