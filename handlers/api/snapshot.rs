//! The picture of the PBX that answers are made from: plain data, immutable, in memory.
//!
//! Nothing here knows a database. The service loads a [`Contents`], makes a [`Snapshot`] of it and
//! publishes that as a whole; a handler sees one revision from its first look to its last.

mod callcenter;
mod conference;
mod dialplan;
mod domain;
pub mod global;
mod hosts;
mod language;
mod menu;
mod on_switch;
mod profile;
mod setting;
mod user;
pub mod users;

use std::collections::HashMap;
use std::sync::OnceLock;

pub use callcenter::{Agent, Queue, Tier};
pub use conference::Room;
pub use dialplan::{Action, Condition, Context, Expression, Extension, Regex, Step};
pub use domain::{Domain, Group};
pub use global::{Global, Globals};
pub use hosts::Hosts;
use hosts::{Limited, keep};
pub use language::{Language, Macro, PhraseGroup};
pub use menu::{Menu, MenuEntry};
pub use on_switch::OnSwitch;
use on_switch::limits;
pub use profile::{
    AccessList, AccessNode, AccessTarget, Gateway, Profile, ProfileDomain, ProfileKind,
};
pub use setting::{Level, Setting, SettingRef, StoredSetting};
pub use user::{Algorithm, Secret, StoredSecret, User};
pub use users::{SecretRef, UserRef, Users};

use crate::xml::{Element, Raw, XmlError};

/// Everything a snapshot is made of, as loaded: lists in the order in which they are answered.
#[derive(Debug, Default)]
pub struct Contents {
    /// Counts the changes of the database; a higher one is newer.
    pub revision: i64,
    /// Global variables. They are put into the texts that read them when the snapshot is made.
    pub globals: Vec<Global>,
    /// Directory domains with their users and groups.
    pub domains: Vec<Domain>,
    /// Profiles of sofia, verto, conference, voicemail and fifo.
    pub profiles: Vec<Profile>,
    /// Network lists for `acl.conf`.
    pub access_lists: Vec<AccessList>,
    /// Dialplan contexts.
    pub dialplan: Vec<Context>,
    /// Chatplan contexts.
    pub chatplan: Vec<Context>,
    /// Conference rooms.
    pub rooms: Vec<Room>,
    /// IVR menus.
    pub menus: Vec<Menu>,
    /// Call-centre queues.
    pub queues: Vec<Queue>,
    /// Call-centre agents.
    pub agents: Vec<Agent>,
    /// Which agent serves which queue.
    pub tiers: Vec<Tier>,
    /// Languages with their phrases.
    pub languages: Vec<Language>,
    /// Stored configuration documents.
    pub documents: Vec<StoredDocument>,
}

impl Contents {
    /// The same with only what this switch has of what can be limited to switches. Nothing of it is
    /// limited then.
    #[must_use]
    pub fn on(mut self, host: &str) -> Self {
        keep(&mut self.globals, host);
        keep(&mut self.profiles, host);
        keep(&mut self.access_lists, host);
        keep(&mut self.documents, host);
        self
    }

    /// All switches that anything is limited to, each with what is, as in `profile sofia/internal`.
    pub fn limits(&self) -> Vec<(String, &Hosts)> {
        limits(&self.profiles, &self.access_lists, &self.documents, &self.globals)
    }

    /// A stored document by its file's name, case apart.
    pub fn document(&self, name: &str) -> Option<&StoredDocument> {
        self.documents.iter().find(|document| document.name.eq_ignore_ascii_case(name))
    }
}

/// A whole configuration document as the operator wrote it.
///
/// One that a handler has the tables for, as `sofia.conf`, is the frame around them: its settings
/// and whatever else no table holds, with the lists of the tables put in where they belong.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    /// The file's name as the switch asks for it, as in `timezones.conf`.
    pub name: String,
    /// Its `<configuration>` element.
    pub xml: Raw,
    /// The switches that it is for.
    pub hosts: Hosts,
}

impl Limited for StoredDocument {
    fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    fn hosts_mut(&mut self) -> &mut Hosts {
        &mut self.hosts
    }

    fn is_namesake(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl StoredDocument {
    /// Whether it has this list with this element of this name in it: as in `caller-controls`,
    /// `group`, `default`.
    pub fn lists(&self, list: &str, element: &str, name: &str) -> bool {
        self.list(list).any(|found| {
            found.name() == element
                && found.attribute("name").is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
    }

    /// Whether it has an element of this name directly inside.
    pub fn has(&self, list: &str) -> bool {
        let root = self.xml.elements().first();
        root.is_some_and(|root| root.children().any(|found| found.name() == list))
    }

    /// Attributes of the elements in a list, each by these names; an absent one is empty.
    pub fn attributes<const N: usize>(
        &self,
        list: &str,
        names: [&str; N],
    ) -> impl Iterator<Item = [&str; N]> {
        self.list(list)
            .map(move |found| names.map(|name| found.attribute(name).unwrap_or_default()))
    }

    fn list(&self, list: &str) -> impl Iterator<Item = &Element<'static>> {
        let lists = self.xml.elements().first().into_iter().flat_map(Element::children);
        lists.filter(move |found| found.name() == list).flat_map(Element::children)
    }
}

/// One published picture. Cheap to look into, never changed.
#[derive(Debug, Default)]
pub struct Snapshot {
    contents: Contents,
    domains: Index,
    dialplan: Index,
    chatplan: Index,
    menus: Index,
    languages: Index,
    /// Namesakes are for different switches.
    documents: HashMap<String, Vec<usize>>,
    /// All globals, where any is limited to switches.
    limited_globals: Option<Globals>,
}

/// A part of answers that is the same each time: written when it is first asked for, with the
/// snapshot it belongs to.
type Written = OnceLock<Result<Box<str>, XmlError>>;

/// Names, without regard to ASCII case, to positions.
type Index = HashMap<String, usize>;

impl Snapshot {
    /// Puts the stored globals in and indexes the contents. Of two entries with one name the first
    /// is found; a domain's name goes before another's alias.
    pub fn new(mut contents: Contents) -> Self {
        let limited_globals = global::resolve(&mut contents);
        let mut documents = HashMap::<_, Vec<_>>::new();
        for (at, document) in contents.documents.iter().enumerate() {
            documents.entry(document.name.to_ascii_lowercase()).or_default().push(at);
        }
        let mut domains = index(contents.domains.iter().map(Domain::name));
        for (at, domain) in contents.domains.iter().enumerate() {
            for alias in domain.aliases() {
                domains.entry(alias.to_ascii_lowercase()).or_insert(at);
            }
        }
        Self {
            domains,
            dialplan: index(contents.dialplan.iter().map(Context::name)),
            chatplan: index(contents.chatplan.iter().map(Context::name)),
            menus: index(contents.menus.iter().map(|menu| menu.name.as_str())),
            languages: index(contents.languages.iter().map(|language| language.name.as_str())),
            documents,
            limited_globals,
            contents,
        }
    }

    /// The revision of the database that this is a picture of.
    pub fn revision(&self) -> i64 {
        self.contents.revision
    }

    /// All lists, in the order in which they are answered, for whichever switch. What can be limited
    /// to switches is answered from [`Snapshot::on`].
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// How many users all domains have together.
    pub fn user_count(&self) -> usize {
        self.contents.domains.iter().map(|domain| domain.users().len()).sum()
    }

    /// A domain by its name or one of its aliases, case apart.
    pub fn domain(&self, name: &str) -> Option<&Domain> {
        find(&self.domains, name).map(|at| &self.contents.domains[at])
    }

    /// A dialplan context by its name, case apart.
    pub fn context(&self, name: &str) -> Option<&Context> {
        find(&self.dialplan, name).map(|at| &self.contents.dialplan[at])
    }

    /// A chatplan context by its name, case apart.
    pub fn chat_context(&self, name: &str) -> Option<&Context> {
        find(&self.chatplan, name).map(|at| &self.contents.chatplan[at])
    }

    /// An IVR menu by its name, case apart.
    pub fn menu(&self, name: &str) -> Option<&Menu> {
        find(&self.menus, name).map(|at| &self.contents.menus[at])
    }

    /// A language by its name, as in `en`, case apart.
    pub fn language(&self, name: &str) -> Option<&Language> {
        find(&self.languages, name).map(|at| &self.contents.languages[at])
    }

    /// What can be limited to switches, as this one has it: the one that a look-up is of
    /// ([`Lookup::hostname`](crate::Lookup::hostname)), case apart.
    pub fn on<'a>(&'a self, host: &'a str) -> OnSwitch<'a> {
        OnSwitch { snapshot: self, host }
    }

    fn documents_named(&self, name: &str) -> impl Iterator<Item = &StoredDocument> {
        let found = if name.bytes().any(|b| b.is_ascii_uppercase()) {
            self.documents.get(&name.to_ascii_lowercase())
        } else {
            self.documents.get(name)
        };
        found.into_iter().flatten().map(|at| &self.contents.documents[*at])
    }
}

fn index<'a>(names: impl Iterator<Item = &'a str>) -> Index {
    let mut index = Index::new();
    for (at, name) in names.enumerate() {
        index.entry(name.to_ascii_lowercase()).or_insert(at);
    }
    index
}

/// Looks a name up without allocating where it is in lower case, as names mostly are.
fn find<T: Copy>(index: &HashMap<String, T>, name: &str) -> Option<T> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        index.get(&name.to_ascii_lowercase()).copied()
    } else {
        index.get(name).copied()
    }
}
