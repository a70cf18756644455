//! The picture of the PBX that answers are made from: plain data, immutable, in memory.
//!
//! Nothing here knows a database. The service loads a [`Contents`], makes a [`Snapshot`] of it and
//! publishes that as a whole; a handler sees one revision from its first look to its last.
//!
//! A handler begins at [`Snapshot`]: by name ([`Snapshot::domain`], [`Snapshot::context`], ...), by
//! list ([`Snapshot::contents`]), and with what can be limited to switches as one switch has it
//! ([`Snapshot::on`]).
//!
//! # How it grows
//!
//! What is stored gets new fields and lists with new versions, and a record that is written as a
//! literal with all of its fields then has one too few. So make one by its constructor and methods
//! (`Gateway::new("a").param(..)`), or by `..Default::default()` where it has one; read fields by
//! name, and end a pattern with `..`. An enum that gets more kinds is `#[non_exhaustive]`; those that
//! are not say how something is written ([`Level`], [`Step`]), and another one of these is a breaking
//! change.

mod callcenter;
mod channel;
mod client;
mod clients;
mod conference;
mod dialplan;
mod domain;
mod edit;
pub mod global;
mod hosts;
#[cfg(feature = "stored")]
pub mod kept;
mod language;
mod list;
mod menu;
mod on_switch;
mod profile;
mod setting;
mod user;
pub mod users;
mod verto;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub use callcenter::{Agent, Queue, Tier};
pub use channel::{Access, Channel, SecondLogin, TokenHash};
pub use client::{Client, ClientSecret, Connection, Replaced, SessionId, holds_punt};
pub use clients::Clients;
pub use conference::Room;
pub use dialplan::{Action, Condition, Context, Expression, Extension, Regex, Step};
pub use domain::{Domain, Group};
pub use edit::Edit;
pub use global::{Global, Globals};
pub use hosts::Hosts;
use hosts::{Limited, keep};
pub use language::{Language, Macro, PhraseGroup};
pub use list::List;
pub use menu::{Menu, MenuEntry};
pub use on_switch::OnSwitch;
use on_switch::limits;
pub use profile::{
    AccessList, AccessNode, AccessTarget, Gateway, Profile, ProfileDomain, ProfileKind,
};
pub use setting::{Level, Setting, SettingRef, StoredSetting};
pub use user::{Algorithm, Secret, StoredSecret, User};
pub use users::{SecretRef, UserRef, Users};
pub use uuid::Uuid;
pub use verto::{Grant, Verto};

use crate::xml::{Element, Raw, XmlError};

/// Everything a snapshot is made of, as loaded: lists in the order in which they are answered.
///
/// ```
/// use jackfield_api::snapshot::{Contents, Domain, Room, Snapshot};
///
/// let snapshot = Snapshot::new(Contents {
///     domains: [Domain::new("pbx.example.test")].into(),
///     rooms: [Room::new("3000", "default")].into(),
///     ..Contents::default()
/// });
/// assert_eq!(snapshot.contents().rooms.len(), 1);
/// ```
#[derive(Debug, Default, Clone)]
pub struct Contents {
    /// Counts the changes of the database; a higher one is newer.
    pub revision: i64,
    /// Global variables. They are put into the texts that read them when the snapshot is made.
    pub globals: List<Global>,
    /// Directory domains with their users and groups.
    pub domains: List<Domain>,
    /// Profiles of sofia, verto, conference, voicemail and fifo.
    pub profiles: List<Profile>,
    /// Network lists for `acl.conf`.
    pub access_lists: List<AccessList>,
    /// Dialplan contexts.
    pub dialplan: List<Context>,
    /// Chatplan contexts.
    pub chatplan: List<Context>,
    /// Conference rooms.
    pub rooms: List<Room>,
    /// IVR menus.
    pub menus: List<Menu>,
    /// Call-centre queues.
    pub queues: List<Queue>,
    /// Call-centre agents.
    pub agents: List<Agent>,
    /// Which agent serves which queue.
    pub tiers: List<Tier>,
    /// Languages with their phrases.
    pub languages: List<Language>,
    /// Stored configuration documents.
    pub documents: List<StoredDocument>,
    /// Channels that browsers may join.
    pub channels: List<Channel>,
    /// The clients of all channels.
    pub clients: Clients,
    /// How clients log in: what the service is set to, not what is stored.
    pub verto: Verto,
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
///
/// ```
/// use jackfield_api::snapshot::StoredDocument;
/// use jackfield_api::xml::Raw;
///
/// let xml = r#"<configuration name="x.conf"><settings><param name="a" value="b"/></settings></configuration>"#;
/// let document = StoredDocument::new("x.conf", Raw::parse(xml)?);
/// assert!(document.lists("settings", "param", "a"));
/// assert_eq!(document.attributes("settings", ["value"]).next(), Some(["b"]));
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
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
    /// A document for every switch. The name is asked for, case apart; the XML is its
    /// `<configuration>`, with the same name.
    pub fn new(name: impl Into<String>, xml: Raw) -> Self {
        Self { name: name.into(), xml, hosts: Hosts::default() }
    }

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

/// One published picture. Cheap to look into, never changed; a copy shares everything with it.
///
/// ```
/// use jackfield_api::snapshot::ProfileKind;
/// use jackfield_api::testing::pbx;
///
/// let snapshot = pbx();
/// let user = snapshot.domain("PBX.example.test").and_then(|domain| domain.user("5551000"));
/// assert_eq!(user.map(|user| user.id), Some("1000"));
/// assert_eq!(snapshot.on("vm").profiles(ProfileKind::Sofia).count(), 2);
/// ```
#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    contents: Contents,
    names: Names,
    /// All globals, as they have been put in.
    globals: Arc<Globals>,
    /// Whether any of them is limited to switches.
    limited_globals: bool,
}

/// The names of each list that is looked into by name.
#[derive(Debug, Default, Clone)]
struct Names {
    domains: Arc<Index>,
    dialplan: Arc<Index>,
    chatplan: Arc<Index>,
    menus: Arc<Index>,
    languages: Arc<Index>,
    channels: Arc<Index>,
    /// Namesakes are for different switches.
    documents: Arc<HashMap<String, Vec<i64>>>,
}

/// A part of answers that is the same each time: written when it is first asked for, with the
/// snapshot it belongs to.
type Written = OnceLock<Result<Box<str>, XmlError>>;

/// Names, without regard to ASCII case, to rows.
type Index = HashMap<String, i64>;

impl Snapshot {
    /// Puts the stored globals in and indexes the contents. Of two entries with one name the first
    /// is found; a domain's name goes before another's alias.
    pub fn new(mut contents: Contents) -> Self {
        let globals = Arc::new(Globals::new(&contents.globals));
        // Where there is none, too: users may come from a snapshot that had some.
        global::resolve(&mut contents, &globals);
        Self::of_resolved(contents, globals)
    }

    /// Indexes contents that these, their own globals, have been put into.
    fn of_resolved(contents: Contents, globals: Arc<Globals>) -> Self {
        let limited_globals = contents.globals.iter().any(|global| !global.hosts.are_all());
        let mut names = Names::default();
        names.of_domains(&contents);
        names.of_dialplan(&contents);
        names.of_chatplan(&contents);
        names.of_menus(&contents);
        names.of_languages(&contents);
        names.of_channels(&contents);
        names.of_documents(&contents);
        Self { contents, names, globals, limited_globals }
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
        find(&self.names.domains, name).and_then(|row| self.contents.domains.at(row))
    }

    /// A dialplan context by its name, case apart.
    pub fn context(&self, name: &str) -> Option<&Context> {
        find(&self.names.dialplan, name).and_then(|row| self.contents.dialplan.at(row))
    }

    /// A chatplan context by its name, case apart.
    pub fn chat_context(&self, name: &str) -> Option<&Context> {
        find(&self.names.chatplan, name).and_then(|row| self.contents.chatplan.at(row))
    }

    /// An IVR menu by its name, case apart.
    pub fn menu(&self, name: &str) -> Option<&Menu> {
        find(&self.names.menus, name).and_then(|row| self.contents.menus.at(row))
    }

    /// A language by its name, as in `en`, case apart.
    pub fn language(&self, name: &str) -> Option<&Language> {
        find(&self.names.languages, name).and_then(|row| self.contents.languages.at(row))
    }

    /// A channel by its name, case apart, with its row.
    pub fn channel(&self, name: &str) -> Option<(i64, &Channel)> {
        let row = find(&self.names.channels, name)?;
        Some((row, self.contents.channels.at(row)?))
    }

    /// A client by its name, and its channel.
    pub fn client(&self, name: &str) -> Option<(&Client, &Channel)> {
        let client = self.contents.clients.named(name)?;
        Some((client, self.contents.channels.at(client.channel)?))
    }

    /// The same, with clients that log in so.
    #[must_use]
    pub fn with_verto(mut self, verto: Verto) -> Self {
        self.contents.verto = verto;
        self
    }

    /// What can be limited to switches, as this one has it: the one that a look-up is of
    /// ([`Lookup::hostname`](crate::Lookup::hostname)), case apart.
    pub fn on<'a>(&'a self, host: &'a str) -> OnSwitch<'a> {
        OnSwitch { snapshot: self, host }
    }

    fn documents_named(&self, name: &str) -> impl Iterator<Item = &StoredDocument> {
        let found = if name.bytes().any(|b| b.is_ascii_uppercase()) {
            self.names.documents.get(&name.to_ascii_lowercase())
        } else {
            self.names.documents.get(name)
        };
        found.into_iter().flatten().filter_map(|row| self.contents.documents.at(*row))
    }
}

impl Names {
    fn of_domains(&mut self, contents: &Contents) {
        let mut domains = index(contents.domains.with_rows().map(|(row, it)| (it.name(), row)));
        for (row, domain) in contents.domains.with_rows() {
            for alias in domain.aliases() {
                domains.entry(alias.to_ascii_lowercase()).or_insert(row);
            }
        }
        self.domains = Arc::new(domains);
    }

    fn of_dialplan(&mut self, contents: &Contents) {
        let names = contents.dialplan.with_rows().map(|(row, it)| (it.name(), row));
        self.dialplan = Arc::new(index(names));
    }

    fn of_chatplan(&mut self, contents: &Contents) {
        let names = contents.chatplan.with_rows().map(|(row, it)| (it.name(), row));
        self.chatplan = Arc::new(index(names));
    }

    fn of_menus(&mut self, contents: &Contents) {
        let names = contents.menus.with_rows().map(|(row, it)| (it.name.as_str(), row));
        self.menus = Arc::new(index(names));
    }

    fn of_languages(&mut self, contents: &Contents) {
        let names = contents.languages.with_rows().map(|(row, it)| (it.name.as_str(), row));
        self.languages = Arc::new(index(names));
    }

    fn of_channels(&mut self, contents: &Contents) {
        let names = contents.channels.with_rows().map(|(row, it)| (it.name.as_str(), row));
        self.channels = Arc::new(index(names));
    }

    fn of_documents(&mut self, contents: &Contents) {
        let mut documents = HashMap::<_, Vec<_>>::new();
        for (row, document) in contents.documents.with_rows() {
            documents.entry(document.name.to_ascii_lowercase()).or_default().push(row);
        }
        self.documents = Arc::new(documents);
    }
}

fn index<'a>(names: impl Iterator<Item = (&'a str, i64)>) -> Index {
    let mut index = Index::new();
    for (name, row) in names {
        index.entry(name.to_ascii_lowercase()).or_insert(row);
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
