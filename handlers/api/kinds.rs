//! The kinds of handlers: one trait for each registry.
//!
//! Handlers of look-ups are plain functions of the look-up and of what is known ([`Facts`]). They do
//! no input or output: a switch asks one REGISTER at a time and waits for each answer. They may panic
//! or take too long and harm nobody but the look-ups they answer. What they are given may grow
//! without a change to any of them. Those that need input or output are [`asynchronous`].
//!
//! | section | key | handler | that asks the outside |
//! |---|---|---|---|
//! | `configuration` | document | [`ConfigurationHandler`] | [`AsyncConfigurationHandler`] |
//! | `directory` | domain | [`DirectoryHandler`] | [`AsyncDirectoryHandler`] |
//! | `dialplan` | context | [`DialplanHandler`] | [`AsyncDialplanHandler`] |
//! | `languages` | language | [`LanguagesHandler`] | [`AsyncLanguagesHandler`] |
//! | `chatplan` | context | [`ChatplanHandler`] | [`AsyncChatplanHandler`] |
//! | any other | section | [`FsapiHandler`] | [`AsyncFsapiHandler`] |
//! | events of hooks | action | [`ChannelEventHandler`] | |
//!
//! [`AsyncConfigurationHandler`]: asynchronous::AsyncConfigurationHandler
//! [`AsyncDirectoryHandler`]: asynchronous::AsyncDirectoryHandler
//! [`AsyncDialplanHandler`]: asynchronous::AsyncDialplanHandler
//! [`AsyncLanguagesHandler`]: asynchronous::AsyncLanguagesHandler
//! [`AsyncChatplanHandler`]: asynchronous::AsyncChatplanHandler
//! [`AsyncFsapiHandler`]: asynchronous::AsyncFsapiHandler

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

/// This PBX, now.
impl<'a> From<&'a Snapshot> for Facts<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        Self::new(snapshot)
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
///
/// ```
/// use jackfield_api::document::Configuration;
/// use jackfield_api::lookup::ConfigurationLookup;
/// use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};
///
/// struct Opus;
///
/// impl ConfigurationHandler for Opus {
///     fn answer(&self, lookup: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
///         Configuration::new(lookup.file()).settings([("use-vbr", true)]).answer()
///     }
/// }
///
/// register!(ConfigurationHandler, "opus", Keys::Fixed(&["opus.conf"]), Opus);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of section `configuration`",
    label = "needs `impl ConfigurationHandler for {Self}`",
    note = "write `fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer` in it",
    note = "one that asks the outside is an `AsyncConfigurationHandler`, and is registered as one"
)]
pub trait ConfigurationHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Answers for domains and their users. Key: the domain; empty where all domains are meant.
///
/// ```
/// use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
/// use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
/// use jackfield_api::{Answer, DirectoryHandler, Facts, Keys, Refusal, register};
///
/// /// Lines that are called and never log in: one for each number from 1 to 9.
/// struct Doors;
///
/// impl DirectoryHandler for Doors {
///     fn answer(&self, lookup: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
///         let domain = DirectoryDomain::new(lookup.domain());
///         match lookup.flow() {
///             DirectoryFlow::User(asked) if matches!(asked.user.as_bytes(), [b'1'..=b'9']) => {
///                 Directory::user(domain, DirectoryUser::new(asked.user, Credential::Closed))
///             }
///             DirectoryFlow::User(_) => Err(Refusal::Denied("no such door")),
///             _ => Directory::domains([domain]),
///         }
///     }
/// }
///
/// register!(DirectoryHandler, "doors", Keys::Fixed(&["doors.example.test"]), Doors);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of section `directory`",
    label = "needs `impl DirectoryHandler for {Self}`",
    note = "write `fn answer(&self, lookup: &DirectoryLookup<'_>, facts: Facts<'_>) -> Answer` in it",
    note = "one that asks the outside is an `AsyncDirectoryHandler`, and is registered as one"
)]
pub trait DirectoryHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &DirectoryLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Routes calls. Key: the context.
///
/// ```
/// use jackfield_api::document::Dialplan;
/// use jackfield_api::lookup::DialplanLookup;
/// use jackfield_api::snapshot::{Condition, Extension};
/// use jackfield_api::{Answer, DialplanHandler, Facts, Keys, register};
///
/// struct Echo;
///
/// impl DialplanHandler for Echo {
///     fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
///         let echo = Condition::default().run("answer", "").run("echo", "");
///         Dialplan::context(lookup.context(), [&Extension::new("echo", echo)])
///     }
/// }
///
/// register!(DialplanHandler, "echo", Keys::Fixed(&["echo"]), Echo);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of section `dialplan`",
    label = "needs `impl DialplanHandler for {Self}`",
    note = "write `fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer` in it",
    note = "one that asks the outside is an `AsyncDialplanHandler`, and is registered as one"
)]
pub trait DialplanHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Answers for phrases. Key: the language.
///
/// ```
/// use jackfield_api::document::Languages;
/// use jackfield_api::lookup::LanguagesLookup;
/// use jackfield_api::snapshot::Language;
/// use jackfield_api::{Answer, Facts, Keys, LanguagesHandler, register};
///
/// /// Numbers are said as in English; there are no phrases.
/// struct Klingon;
///
/// impl LanguagesHandler for Klingon {
///     fn answer(&self, lookup: &LanguagesLookup<'_>, _: Facts<'_>) -> Answer {
///         let klingon = Language::new("tlh").attribute("say-module", "en");
///         Languages::language(lookup, &klingon, [])
///     }
/// }
///
/// register!(LanguagesHandler, "klingon", Keys::Fixed(&["tlh"]), Klingon);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of section `languages`",
    label = "needs `impl LanguagesHandler for {Self}`",
    note = "write `fn answer(&self, lookup: &LanguagesLookup<'_>, facts: Facts<'_>) -> Answer` in it",
    note = "one that asks the outside is an `AsyncLanguagesHandler`, and is registered as one"
)]
pub trait LanguagesHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &LanguagesLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Routes messages. Key: the context.
///
/// ```
/// use jackfield_api::document::Chatplan;
/// use jackfield_api::lookup::ChatplanLookup;
/// use jackfield_api::snapshot::{Condition, Extension};
/// use jackfield_api::{Answer, ChatplanHandler, Facts, Keys, register};
///
/// struct Silence;
///
/// impl ChatplanHandler for Silence {
///     fn answer(&self, lookup: &ChatplanLookup<'_>, _: Facts<'_>) -> Answer {
///         let stop = Condition::default().run("stop", "");
///         Chatplan::context(lookup.context(), [&Extension::new("nobody", stop)])
///     }
/// }
///
/// register!(ChatplanHandler, "silence", Keys::Fixed(&["silence"]), Silence);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of section `chatplan`",
    label = "needs `impl ChatplanHandler for {Self}`",
    note = "write `fn answer(&self, lookup: &ChatplanLookup<'_>, facts: Facts<'_>) -> Answer` in it",
    note = "one that asks the outside is an `AsyncChatplanHandler`, and is registered as one"
)]
pub trait ChatplanHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &ChatplanLookup<'_>, facts: Facts<'_>) -> Answer;
}

/// Answers a whole section that has no registry of its own. Key: the section's name.
///
/// The outer registry: it is asked first, by section, and hands on to the registries above.
///
/// ```
/// use jackfield_api::{Answer, Facts, FsapiHandler, Keys, Lookup, Refusal, register};
///
/// /// No call moves from node to node.
/// struct NoTransfers;
///
/// impl FsapiHandler for NoTransfers {
///     fn answer(&self, _: &Lookup, _: Facts<'_>) -> Answer {
///         Err(Refusal::NotFound("no channel"))
///     }
/// }
///
/// register!(FsapiHandler, "no-transfers", Keys::Fixed(&["channels"]), NoTransfers);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of a section of its own",
    label = "needs `impl FsapiHandler for {Self}`",
    note = "write `fn answer(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer` in it",
    note = "one that asks the outside is an `AsyncFsapiHandler`, and is registered as one"
)]
pub trait FsapiHandler: Send + Sync + 'static {
    /// Answers one look-up.
    fn answer(&self, lookup: &Lookup, facts: Facts<'_>) -> Answer;
}

/// Hears what hook scripts inside a switch post. Key: the `action`.
///
/// ```
/// use jackfield_api::{ChannelEventHandler, Deciding, Event, Keys, Means, Verdict, register};
///
/// struct Doorbell;
///
/// impl ChannelEventHandler for Doorbell {
///     fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a> {
///         Box::pin(async move {
///             let known = event.field("door").and_then(|door| means.snapshot.menu(door));
///             Ok(if known.is_some() { Verdict::Ok } else { Verdict::Punt })
///         })
///     }
/// }
///
/// register!(ChannelEventHandler, "doorbell", Keys::Fixed(&["doorbell"]), Doorbell);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handler of channel events",
    label = "needs `impl ChannelEventHandler for {Self}`",
    note = "write `fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a>` in it"
)]
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
