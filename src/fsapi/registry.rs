//! The registries of the sections, in one shape: what a look-up's key is, and how to ask a handler.

use std::borrow::Cow;
use std::marker::PhantomData;

use jackfield_api::kinds::linked;
use jackfield_api::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryLookup, LanguagesLookup,
};
use jackfield_api::registry::{
    Conflict, Handler, Keys, Origin, Registration, Routes, StartError, Table,
};
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{
    Answer, ChannelEventHandler, ChatplanHandler, ConfigurationHandler, DialplanHandler,
    DirectoryHandler, Facts, FsapiHandler, LanguagesHandler, Lookup, Section,
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
}

/// What is known of a handler without asking it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is asked by.
    pub keys: Keys,
    /// Where it is written.
    pub origin: Origin,
}

impl<H: ?Sized> From<&Handler<H>> for Entry {
    fn from(handler: &Handler<H>) -> Self {
        Self { name: handler.name, keys: handler.keys, origin: handler.origin }
    }
}

/// Every registry, the outer one first: the order in which a look-up passes them.
pub fn all(settings: &Settings) -> Result<Vec<Box<dyn Registry>>, Vec<StartError>> {
    let mut registries: Vec<Box<dyn Registry>> = Vec::new();
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
    fn names<H: ?Sized>() -> impl Iterator<Item = &'static str>
    where
        Registration<H>: inventory::Collect,
    {
        linked::<H>().map(|registration| registration.name)
    }
    names::<dyn FsapiHandler>()
        .chain(names::<dyn ConfigurationHandler>())
        .chain(names::<dyn DirectoryHandler>())
        .chain(names::<dyn DialplanHandler>())
        .chain(names::<dyn LanguagesHandler>())
        .chain(names::<dyn ChatplanHandler>())
        .chain(names::<dyn ChannelEventHandler>())
        .collect()
}

fn make<K: Kind>(settings: &Settings) -> Result<Box<dyn Registry>, Vec<StartError>>
where
    Registration<K::Handler>: inventory::Collect,
{
    Ok(Box::new(Keyed::<K> { table: table(settings)?, kind: PhantomData }))
}

/// What sets one registry apart from another.
trait Kind: Send + Sync + 'static {
    type Handler: ?Sized + Send + Sync;
    const NAME: &'static str;
    const KEY: &'static str;
    const SECTION: Option<Section>;
    fn key(lookup: &Lookup) -> Cow<'_, str>;
    fn ask(handler: &Self::Handler, lookup: &Lookup, facts: Facts<'_>) -> Answer;
}

struct Keyed<K: Kind> {
    table: Table<K::Handler>,
    kind: PhantomData<K>,
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
        self.table.handlers().iter().map(Entry::from).collect()
    }

    fn routes(&self, snapshot: &Snapshot) -> Result<Routes, Vec<Conflict>> {
        self.table.routes(snapshot)
    }

    fn key<'a>(&self, lookup: &'a Lookup) -> Cow<'a, str> {
        K::key(lookup)
    }

    fn ask(&self, handler: usize, lookup: &Lookup, facts: Facts<'_>) -> Answer {
        K::ask(&*self.table.handlers()[handler].handler, lookup, facts)
    }
}

/// One registry a line: its name, what its keys are compared with, its handlers and their view.
macro_rules! kinds {
    ($($name:ident: $word:literal, $key:literal, $section:expr, dyn $handler:ident,
        $find:expr, $ask:expr;)*) => {$(
        struct $name;
        impl Kind for $name {
            type Handler = dyn $handler;
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
        }
    )*};
}

kinds! {
    Outer: "fsapi", "section", None, dyn FsapiHandler,
        |l| Cow::Borrowed(l.section().as_str()), |h, l, f| h.answer(l, f);
    Configuration: "configuration", "key_value", Some(Section::Configuration), dyn ConfigurationHandler,
        Lookup::key_value, |h, l, f| h.answer(&ConfigurationLookup::new(l), f);
    Directory: "directory", "domain, else key_value", Some(Section::Directory), dyn DirectoryHandler,
        |l| DirectoryLookup::new(l).into_domain(), |h, l, f| h.answer(&DirectoryLookup::new(l), f);
    Dialplan: "dialplan", "Hunt-Context, else Caller-Context", Some(Section::Dialplan), dyn DialplanHandler,
        |l| DialplanLookup::new(l).context(), |h, l, f| h.answer(&DialplanLookup::new(l), f);
    Languages: "languages", "lang", Some(Section::Languages), dyn LanguagesHandler,
        |l| LanguagesLookup::new(l).language(), |h, l, f| h.answer(&LanguagesLookup::new(l), f);
    Chatplan: "chatplan", "context", Some(Section::Chatplan), dyn ChatplanHandler,
        |l| ChatplanLookup::new(l).context(), |h, l, f| h.answer(&ChatplanLookup::new(l), f);
}
