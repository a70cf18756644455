//! A snapshot made from another one: what changed is put in, all else is shared with it.

use std::sync::Arc;

use super::global::Globals;
use super::{
    AccessList, Agent, Channel, Client, Contents, Context, Domain, Extension, Group, Language,
    List, Menu, Names, Profile, Queue, Room, Snapshot, StoredDocument, Tier, User,
};
use crate::Section;

/// A copy of a snapshot while it is changed, row by row. A row that is `None` is gone.
///
/// Globals are put into whatever is put in. They themselves are not changed so: they may stand
/// anywhere.
///
/// For whoever loads: handlers change nothing.
///
/// ```
/// use jackfield_api::snapshot::Domain;
///
/// let before = jackfield_api::testing::pbx();
/// let mut edit = before.edit();
/// edit.domain(99, Some(Domain::new("new.example.test")));
/// let after = edit.finish(8);
/// assert!(after.domain("new.example.test").is_some() && before.domain("new.example.test").is_none());
/// ```
#[derive(Debug)]
pub struct Edit {
    next: Snapshot,
    /// Of which lists a name has come, gone or changed.
    renamed: Renamed,
}

#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // One for each index.
struct Renamed {
    domains: bool,
    dialplan: bool,
    chatplan: bool,
    menus: bool,
    languages: bool,
    channels: bool,
    documents: bool,
}

type MakeIndex = fn(&mut Names, &Contents);

impl Snapshot {
    /// A copy to be changed.
    pub fn edit(&self) -> Edit {
        Edit { next: self.clone(), renamed: Renamed::default() }
    }
}

impl Edit {
    /// The snapshot with all changes, as the picture of this revision.
    pub fn finish(self, revision: i64) -> Snapshot {
        let Self { mut next, renamed } = self;
        let (names, contents) = (&mut next.names, &next.contents);
        let indexes: [(bool, MakeIndex); 7] = [
            (renamed.domains, Names::of_domains),
            (renamed.dialplan, Names::of_dialplan),
            (renamed.chatplan, Names::of_chatplan),
            (renamed.menus, Names::of_menus),
            (renamed.languages, Names::of_languages),
            (renamed.channels, Names::of_channels),
            (renamed.documents, Names::of_documents),
        ];
        for (_, make) in indexes.into_iter().filter(|(renamed, _)| *renamed) {
            make(names, contents);
        }
        next.contents.revision = revision;
        next
    }

    /// The snapshot as it is so far.
    pub fn so_far(&self) -> &Snapshot {
        &self.next
    }

    /// A domain; users and groups of one that was there stay.
    pub fn domain(&mut self, row: i64, domain: Option<Domain>) {
        let globals = Arc::clone(&self.next.globals);
        let list = &mut self.next.contents.domains;
        let before = list.remove(row);
        let names =
            |domain: &Domain| (domain.name().to_ascii_lowercase(), domain.aliases().to_vec());
        self.renamed.domains |= before.as_deref().map(names) != domain.as_ref().map(names);
        let Some(mut domain) = domain else { return };
        domain.resolve_own(&globals);
        if let Some(before) = before {
            domain.take_in(&before);
        }
        list.put(row, row, domain);
    }

    /// A user of the domain in this row.
    pub fn user(&mut self, row: i64, user: Option<(i64, &User)>) {
        let globals = Arc::clone(&self.next.globals);
        let owner = user.map(|(domain, _)| domain);
        let domains = &mut self.next.contents.domains;
        for other in rows_where(domains, |domain| domain.users().at(row).is_some()) {
            if let Some(domain) = domains.at_mut(other).filter(|_| Some(other) != owner) {
                domain.users_mut().remove(row);
            }
        }
        if let Some((owner, user)) = user
            && let Some(domain) = domains.at_mut(owner)
        {
            domain.users_mut().put(row, user, &globals);
        }
    }

    /// A group of the domain in this row.
    pub fn group(&mut self, row: i64, group: Option<(i64, Group)>) {
        let globals = Arc::clone(&self.next.globals);
        let owner = group.as_ref().map(|(domain, _)| *domain);
        let domains = &mut self.next.contents.domains;
        for other in rows_where(domains, |domain| domain.groups().at(row).is_some()) {
            if let Some(domain) = domains.at_mut(other).filter(|_| Some(other) != owner) {
                domain.remove_group(row);
            }
        }
        if let Some((owner, group)) = group
            && let Some(domain) = domains.at_mut(owner)
        {
            domain.put_group(row, group, &globals);
        }
    }

    /// A context of this section; the extensions of one that was there stay.
    pub fn context(&mut self, row: i64, context: Option<(Section, String)>) {
        let contents = &mut self.next.contents;
        let before = [
            (contents.dialplan.remove(row), &mut self.renamed.dialplan),
            (contents.chatplan.remove(row), &mut self.renamed.chatplan),
        ];
        let mut found = Context::default();
        for (before, renamed) in before {
            if let Some(before) = before {
                found = Arc::unwrap_or_clone(before);
                *renamed = true;
            }
        }
        let Some((section, name)) = context else { return };
        found.rename(name);
        let (list, renamed) = match section {
            Section::Chatplan => (&mut contents.chatplan, &mut self.renamed.chatplan),
            _ => (&mut contents.dialplan, &mut self.renamed.dialplan),
        };
        *renamed = true;
        list.put(row, row, found);
    }

    /// An extension of the context in this row, at this position.
    pub fn extension(&mut self, row: i64, extension: Option<(i64, i64, Extension)>) {
        let globals = Arc::clone(&self.next.globals);
        let contents = &mut self.next.contents;
        for contexts in [&mut contents.dialplan, &mut contents.chatplan] {
            for other in rows_where(contexts, |context| context.extensions().at(row).is_some()) {
                if let Some(context) = contexts.at_mut(other) {
                    context.remove(row);
                }
            }
        }
        if let Some((owner, position, mut extension)) = extension {
            extension.resolve(&globals);
            let context = match contents.dialplan.at_mut(owner) {
                None => contents.chatplan.at_mut(owner),
                found => found,
            };
            if let Some(context) = context {
                context.put(position, row, extension);
            }
        }
    }

    /// A profile with its gateways.
    pub fn profile(&mut self, row: i64, profile: Option<Profile>) {
        put(&mut self.next.contents.profiles, row, profile, &self.next.globals, Profile::resolve);
    }

    /// A network list.
    pub fn access_list(&mut self, row: i64, list: Option<AccessList>) {
        put(&mut self.next.contents.access_lists, row, list, &self.next.globals, |_, _| {});
    }

    /// A conference room.
    pub fn room(&mut self, row: i64, room: Option<Room>) {
        put(&mut self.next.contents.rooms, row, room, &self.next.globals, |_, _| {});
    }

    /// An IVR menu.
    pub fn menu(&mut self, row: i64, menu: Option<Menu>) {
        self.renamed.menus = true;
        put(&mut self.next.contents.menus, row, menu, &self.next.globals, Menu::resolve);
    }

    /// A call-centre queue.
    pub fn queue(&mut self, row: i64, queue: Option<Queue>) {
        put(&mut self.next.contents.queues, row, queue, &self.next.globals, Queue::resolve);
    }

    /// A call-centre agent.
    pub fn agent(&mut self, row: i64, agent: Option<Agent>) {
        put(&mut self.next.contents.agents, row, agent, &self.next.globals, Agent::resolve);
    }

    /// All tiers, each with its row.
    pub fn tiers(&mut self, tiers: impl IntoIterator<Item = (i64, Tier)>) {
        let mut list = List::default();
        tiers.into_iter().for_each(|(row, tier)| list.push_at(row, row, tier));
        self.next.contents.tiers = list;
    }

    /// A language with its phrases.
    pub fn language(&mut self, row: i64, language: Option<Language>) {
        self.renamed.languages = true;
        let list = &mut self.next.contents.languages;
        put(list, row, language, &self.next.globals, Language::resolve);
    }

    /// A channel; its clients are rows of their own.
    pub fn channel(&mut self, row: i64, channel: Option<Channel>) {
        self.renamed.channels = true;
        put(&mut self.next.contents.channels, row, channel, &self.next.globals, |_, _| {});
    }

    /// A client.
    pub fn client(&mut self, row: i64, client: Option<Client>) {
        let clients = &mut self.next.contents.clients;
        match client {
            Some(client) => clients.put(row, client),
            None => clients.remove(row),
        }
    }

    /// A stored document.
    pub fn document(&mut self, row: i64, document: Option<StoredDocument>) {
        let list = &mut self.next.contents.documents;
        let name = |document: &StoredDocument| document.name.to_ascii_lowercase();
        self.renamed.documents |= list.at(row).map(name) != document.as_ref().map(name);
        put(list, row, document, &self.next.globals, StoredDocument::resolve);
    }
}

fn put<T>(
    list: &mut List<T>,
    row: i64,
    item: Option<T>,
    globals: &Globals,
    resolve: fn(&mut T, &Globals),
) {
    match item {
        Some(mut item) => {
            resolve(&mut item, globals);
            list.put(row, row, item);
        }
        None => drop(list.remove(row)),
    }
}

/// The rows of the items that this is so of. One, if any, as long as each row has one owner.
fn rows_where<T>(list: &List<T>, is_so: impl Fn(&T) -> bool) -> Vec<i64> {
    list.with_rows().filter(|(_, item)| is_so(item)).map(|(row, _)| row).collect()
}
