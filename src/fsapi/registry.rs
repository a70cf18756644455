//! The registries of the sections, in one shape: what a look-up's key is, and how to ask a handler.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use jackfield_api::kinds::linked;
use jackfield_api::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryLookup, Fields, LanguagesLookup,
};
use jackfield_api::registry::{
    BuildError, Claim, Conflict, Handler, Keys, Origin, Registration, Routes, StartError, Table,
};
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{
    Answer, Answering, AsyncChatplanHandler, AsyncConfigurationHandler, AsyncDialplanHandler,
    AsyncDirectoryHandler, AsyncFacts, AsyncFsapiHandler, AsyncLanguagesHandler,
    ChannelEventHandler, ChatplanHandler, ConfigurationHandler, DialplanHandler, DirectoryHandler,
    Facts, FsapiHandler, LanguagesHandler, Lifetime, Lookup, Refusal, Section,
};

use crate::settings::Settings;

/// One registry, whatever its handlers are.
pub trait Registry: Send + Sync {
    /// What it is called on the command line.
    fn kind(&self) -> &'static str;
    /// The field that its keys are compared with, in words.
    fn key_field(&self) -> &'static str;
    /// The section it answers; `None` for the outer registry.
    fn section(&self) -> Option<Section>;
    /// Its handlers, in their fixed order.
    fn handlers(&self) -> Vec<Entry>;
    /// Which handler answers which key.
    fn routes(&self, snapshot: &Snapshot) -> Result<Routes, Vec<Conflict>>;
    /// The key of a look-up.
    fn key<'a>(&self, lookup: &'a Lookup) -> Cow<'a, str>;
    /// Asks one handler.
    fn ask(&self, handler: usize, lookup: &Lookup, facts: Facts<'_>) -> Answer;
    /// What an asynchronous handler declares; none for any other.
    fn declared(&self, handler: usize) -> Option<(Fields, Lifetime)>;
    /// Asks one asynchronous handler.
    fn ask_outside<'a>(
        &'a self,
        handler: usize,
        lookup: &'a Lookup,
        facts: AsyncFacts<'a>,
    ) -> Answering<'a>;
}

/// The registries, in the order in which a look-up passes them.
pub type Registries = [Arc<dyn Registry>];

/// What is known of a handler without asking it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is asked by.
    pub keys: Keys,
    /// Of those that claim a key the highest answers.
    pub priority: i16,
    /// Where it is written.
    pub origin: Origin,
    /// Whether it is an asynchronous handler of look-ups.
    pub is_async: bool,
}

impl<H: ?Sized> From<&Handler<H>> for Entry {
    fn from(handler: &Handler<H>) -> Self {
        let Claim { name, keys, priority, origin } = handler.claim();
        Self { name, keys, priority, origin, is_async: false }
    }
}

/// Every registry, the outer one first: the order in which a look-up passes them.
pub fn all(settings: &Settings) -> Result<Vec<Arc<dyn Registry>>, Vec<StartError>> {
    let mut registries: Vec<Arc<dyn Registry>> = Vec::new();
    let mut errors = Vec::new();
    let made = [
        make::<Outer>(settings),
        make::<Configuration>(settings),
        make::<Directory>(settings),
        make::<Dialplan>(settings),
        make::<Languages>(settings),
        make::<Chatplan>(settings),
    ];
    for registry in made {
        match registry {
            Ok(registry) => registries.push(registry),
            Err(error) => errors.extend(error),
        }
    }
    if errors.is_empty() { Ok(registries) } else { Err(errors) }
}

/// The handlers of one kind that are linked in and not disabled.
pub fn table<H: ?Sized>(settings: &Settings) -> Result<Table<H>, Vec<StartError>>
where
    Registration<H>: inventory::Collect,
{
    let registrations: Vec<_> = linked::<H>().collect();
    Table::build(
        registrations,
        |name| settings.handlers.get(name),
        |name| settings.disabled_handlers.iter().any(|disabled| disabled == name),
    )
}

/// Names of all handlers that are linked in, disabled or not.
pub fn linked_names() -> Vec<&'static str> {
    linked_handlers().into_iter().map(|(name, _)| name).collect()
}

/// These, and where they are written.
pub(crate) fn linked_handlers() -> Vec<(&'static str, Origin)> {
    fn names<H: ?Sized>() -> impl Iterator<Item = (&'static str, Origin)>
    where
        Registration<H>: inventory::Collect,
    {
        linked::<H>().map(|registration| (registration.name, registration.origin))
    }
    names::<dyn FsapiHandler>()
        .chain(names::<dyn ConfigurationHandler>())
        .chain(names::<dyn DirectoryHandler>())
        .chain(names::<dyn DialplanHandler>())
        .chain(names::<dyn LanguagesHandler>())
        .chain(names::<dyn ChatplanHandler>())
        .chain(names::<dyn AsyncFsapiHandler>())
        .chain(names::<dyn AsyncConfigurationHandler>())
        .chain(names::<dyn AsyncDirectoryHandler>())
        .chain(names::<dyn AsyncDialplanHandler>())
        .chain(names::<dyn AsyncLanguagesHandler>())
        .chain(names::<dyn AsyncChatplanHandler>())
        .chain(names::<dyn ChannelEventHandler>())
        .collect()
}

fn make<K: Kind>(settings: &Settings) -> Result<Arc<dyn Registry>, Vec<StartError>>
where
    Registration<K::Handler>: inventory::Collect,
    Registration<K::Async>: inventory::Collect,
{
    let (here, outside) = match (table::<K::Handler>(settings), table::<K::Async>(settings)) {
        (Ok(here), Ok(outside)) => (here, outside),
        (here, outside) => {
            return Err([here.err(), outside.err()].into_iter().flatten().flatten().collect());
        }
    };
    let order = order(&here, &outside)?;
    Ok(Arc::new(Keyed::<K> { here, outside, order, kind: PhantomData }))
}

/// Where a handler of a registry is: its place in one of its tables.
#[derive(Clone, Copy)]
enum Place {
    Here(usize),
    Outside(usize),
}

/// Both tables in one order, by where their handlers are written.
fn order<H: ?Sized, A: ?Sized>(
    here: &Table<H>,
    outside: &Table<A>,
) -> Result<Vec<Place>, Vec<StartError>> {
    let ours = here.handlers().iter().enumerate();
    let ours = ours.map(|(at, handler)| (handler.origin, handler.name, Place::Here(at)));
    let others = outside.handlers().iter().enumerate();
    let others = others.map(|(at, handler)| (handler.origin, handler.name, Place::Outside(at)));
    let mut all: Vec<_> = ours.chain(others).collect();
    all.sort_by_key(|(origin, name, _)| (*origin, *name));
    let twins: Vec<_> = outside
        .handlers()
        .iter()
        .filter_map(|handler| {
            let twin = here.handlers().iter().find(|other| other.name == handler.name)?;
            let error = BuildError::new(format!(
                "{} has the same name; settings and metrics could not tell them apart, so give one \
                 of them another",
                twin.origin
            ));
            Some(StartError { name: handler.name, origin: handler.origin, error })
        })
        .collect();
    if twins.is_empty() {
        Ok(all.into_iter().map(|(.., place)| place).collect())
    } else {
        Err(twins)
    }
}

/// What sets one registry apart from another.
trait Kind: Send + Sync + 'static {
    type Handler: ?Sized + Send + Sync;
    type Async: ?Sized + Send + Sync;
    const NAME: &'static str;
    const KEY: &'static str;
    const SECTION: Option<Section>;
    fn key(lookup: &Lookup) -> Cow<'_, str>;
    fn ask(handler: &Self::Handler, lookup: &Lookup, facts: Facts<'_>) -> Answer;
    fn declared(handler: &Self::Async) -> (Fields, Lifetime);
    fn ask_outside<'a>(
        handler: &'a Self::Async,
        lookup: &'a Lookup,
        facts: AsyncFacts<'a>,
    ) -> Answering<'a>;
}

struct Keyed<K: Kind> {
    here: Table<K::Handler>,
    outside: Table<K::Async>,
    order: Vec<Place>,
    kind: PhantomData<K>,
}

impl<K: Kind> Keyed<K> {
    fn entry(&self, place: Place) -> Entry {
        match place {
            Place::Here(at) => Entry::from(&self.here.handlers()[at]),
            Place::Outside(at) => {
                Entry { is_async: true, ..Entry::from(&self.outside.handlers()[at]) }
            }
        }
    }
}

impl<K: Kind> Registry for Keyed<K> {
    fn kind(&self) -> &'static str {
        K::NAME
    }

    fn key_field(&self) -> &'static str {
        K::KEY
    }

    fn section(&self) -> Option<Section> {
        K::SECTION
    }

    fn handlers(&self) -> Vec<Entry> {
        self.order.iter().map(|place| self.entry(*place)).collect()
    }

    fn routes(&self, snapshot: &Snapshot) -> Result<Routes, Vec<Conflict>> {
        let claims = self.order.iter().map(|place| match *place {
            Place::Here(at) => self.here.handlers()[at].claim(),
            Place::Outside(at) => self.outside.handlers()[at].claim(),
        });
        Routes::new(claims, snapshot)
    }

    fn key<'a>(&self, lookup: &'a Lookup) -> Cow<'a, str> {
        K::key(lookup)
    }

    fn ask(&self, handler: usize, lookup: &Lookup, facts: Facts<'_>) -> Answer {
        match self.order[handler] {
            Place::Here(at) => K::ask(&*self.here.handlers()[at].handler, lookup, facts),
            Place::Outside(_) => Err(Refusal::Internal("the handler is asynchronous".to_owned())),
        }
    }

    fn declared(&self, handler: usize) -> Option<(Fields, Lifetime)> {
        match self.order[handler] {
            Place::Here(_) => None,
            Place::Outside(at) => Some(K::declared(&*self.outside.handlers()[at].handler)),
        }
    }

    fn ask_outside<'a>(
        &'a self,
        handler: usize,
        lookup: &'a Lookup,
        facts: AsyncFacts<'a>,
    ) -> Answering<'a> {
        match self.order[handler] {
            Place::Here(_) => {
                let answer = self.ask(handler, lookup, Facts::new(facts.snapshot()));
                Box::pin(std::future::ready(answer))
            }
            Place::Outside(at) => {
                K::ask_outside(&*self.outside.handlers()[at].handler, lookup, facts)
            }
        }
    }
}

/// One registry a line: its name, what its keys are compared with, its handlers and their view.
macro_rules! kinds {
    ($($name:ident: $word:literal, $key:literal, $section:expr, dyn $handler:ident,
        dyn $outside:ident, $find:expr, $view:expr, $ask:expr;)*) => {$(
        struct $name;
        impl Kind for $name {
            type Handler = dyn $handler;
            type Async = dyn $outside;
            const NAME: &'static str = $word;
            const KEY: &'static str = $key;
            const SECTION: Option<Section> = $section;
            fn key(lookup: &Lookup) -> Cow<'_, str> {
                let find: fn(&Lookup) -> Cow<'_, str> = $find;
                find(lookup)
            }
            fn ask(handler: &dyn $handler, lookup: &Lookup, facts: Facts<'_>) -> Answer {
                let ask: fn(&dyn $handler, &Lookup, Facts<'_>) -> Answer = $ask;
                ask(handler, lookup, facts)
            }
            fn declared(handler: &dyn $outside) -> (Fields, Lifetime) {
                (Fields::declared($section, handler.question()), handler.lifetime())
            }
            fn ask_outside<'a>(
                handler: &'a dyn $outside,
                lookup: &'a Lookup,
                facts: AsyncFacts<'a>,
            ) -> Answering<'a> {
                handler.answer($view(lookup), facts)
            }
        }
    )*};
}

kinds! {
    Outer: "fsapi", "section", None, dyn FsapiHandler, dyn AsyncFsapiHandler,
        |l| Cow::Borrowed(l.section().as_str()), std::convert::identity, |h, l, f| h.answer(l, f);
    Configuration: "configuration", "key_value", Some(Section::Configuration),
        dyn ConfigurationHandler, dyn AsyncConfigurationHandler,
        Lookup::key_value, ConfigurationLookup::new, |h, l, f| h.answer(&ConfigurationLookup::new(l), f);
    Directory: "directory", "domain, else key_value", Some(Section::Directory),
        dyn DirectoryHandler, dyn AsyncDirectoryHandler, |l| DirectoryLookup::new(l).into_domain(),
        DirectoryLookup::new, |h, l, f| h.answer(&DirectoryLookup::new(l), f);
    Dialplan: "dialplan", "Hunt-Context, else Caller-Context", Some(Section::Dialplan),
        dyn DialplanHandler, dyn AsyncDialplanHandler, |l| DialplanLookup::new(l).context(),
        DialplanLookup::new, |h, l, f| h.answer(&DialplanLookup::new(l), f);
    Languages: "languages", "lang", Some(Section::Languages),
        dyn LanguagesHandler, dyn AsyncLanguagesHandler, |l| LanguagesLookup::new(l).language(),
        LanguagesLookup::new, |h, l, f| h.answer(&LanguagesLookup::new(l), f);
    Chatplan: "chatplan", "context", Some(Section::Chatplan),
        dyn ChatplanHandler, dyn AsyncChatplanHandler, |l| ChatplanLookup::new(l).context(),
        ChatplanLookup::new, |h, l, f| h.answer(&ChatplanLookup::new(l), f);
}
