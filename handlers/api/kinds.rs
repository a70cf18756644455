//! The kinds of handlers: one trait for each registry.
//!
//! Handlers of look-ups are plain functions of the look-up and of what is known ([`Facts`]). They do
//! no input or output: a switch asks one REGISTER at a time and waits for each answer. They may panic
//! or take too long and harm nobody but the look-ups they answer. What they are given may grow
//! without a change to any of them. Those that need input or output are [`asynchronous`].

pub mod asynchronous;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use crate::answer::{Answer, Refusal};
use crate::event::{Event, Verdict};
use crate::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryLookup, LanguagesLookup, Lookup,
};
use crate::registry::Registration;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// What a look-up is answered from.
///
/// ```
/// use jackfield_api::Facts;
/// use jackfield_api::testing::pbx;
///
/// let pbx = pbx();
/// let facts = Facts::new(&pbx).at(1_700_000_000); // A test is not to depend on its day.
/// assert!(facts.snapshot.domain("pbx.example.test").is_some());
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The PBX as it is stored.
    pub snapshot: &'a Snapshot,
    /// When it is asked, in seconds since 1970.
    pub now: i64,
}

/// What a channel event is decided from, and by what means.
///
/// ```
/// use jackfield_api::Means;
/// use jackfield_api::testing::{Kept, pbx};
///
/// let (pbx, store) = (pbx(), Kept::default());
/// let means = Means::new(&pbx, &store);
/// assert_eq!(means.snapshot.revision(), 7);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Means<'a> {
    /// The PBX as it is stored.
    pub snapshot: &'a Snapshot,
    /// The way to change it.
    pub store: &'a dyn Store,
}

impl<'a> Facts<'a> {
    /// A snapshot, and the time that it is.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { snapshot, now: i64::try_from(since.as_secs()).unwrap_or(i64::MAX) }
    }

    /// The same at another time, as a test needs it.
    #[must_use]
    pub fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }
}

impl<'a> Means<'a> {
    /// No more than these, as a test needs it.
    pub fn new(snapshot: &'a Snapshot, store: &'a dyn Store) -> Self {
        Self { snapshot, store }
    }
}

impl fmt::Debug for Means<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").field("snapshot", self.snapshot).finish_non_exhaustive()
    }
}

/// Answers for `*.conf` documents. Key: the document's name, as in `sofia.conf`.
pub trait ConfigurationHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Answers for domains and their users. Key: the domain; empty where all domains are meant.
pub trait DirectoryHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &DirectoryLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Routes calls. Key: the context.
pub trait DialplanHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Answers for phrases. Key: the language.
pub trait LanguagesHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &LanguagesLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Routes messages. Key: the context.
pub trait ChatplanHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &ChatplanLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Answers a whole section that has no registry of its own. Key: the section's name.
///
/// The outer registry: it is asked first, by section, and hands on to the registries above.
pub trait FsapiHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer;
}

/// Hears what hook scripts inside a switch post. Key: the `action`.
pub trait ChannelEventHandler: Send + Sync + 'static {
    /// Decides on one event.
    fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a>;

    /// What the hook is told where this has not decided: it failed, took too long, or was not asked in
    /// time. By default nothing, as where nobody has the action.
    fn undecided(&self) -> Option<Verdict> {
        None
    }
}

/// A decision on a channel event, under way.
pub type Deciding<'a> = Pin<Box<dyn Future<Output = Result<Verdict, Refusal>> + Send + 'a>>;

inventory::collect!(Registration<dyn ConfigurationHandler>);
inventory::collect!(Registration<dyn DirectoryHandler>);
inventory::collect!(Registration<dyn DialplanHandler>);
inventory::collect!(Registration<dyn LanguagesHandler>);
inventory::collect!(Registration<dyn ChatplanHandler>);
inventory::collect!(Registration<dyn FsapiHandler>);
inventory::collect!(Registration<dyn ChannelEventHandler>);

/// Every linked registration of one kind, in no order.
pub fn linked<H: ?Sized>() -> impl Iterator<Item = &'static Registration<H>>
where
    Registration<H>: inventory::Collect,
{
    inventory::iter::<Registration<H>>.into_iter()
}
