//! Brings a snapshot up to date by what has changed since it was read: a change costs a change.
//!
//! Each changed row is read as it is now, whatever was done to it and how often; what other rows hold
//! of it is read with it. Where that would not do, or not pay, everything is read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use jackfield_api::Section;
use jackfield_api::snapshot::{
    Contents, Domain, Edit, Gateway, Language, Profile, Snapshot, User, Users,
};

use super::DbError;
use super::load;
use super::mark::{Mark, Noted};
use super::session::Session;
use super::tables::access_list::AccessListRow;
use super::tables::agent::AgentRow;
use super::tables::channel::ChannelRow;
use super::tables::client::ClientRow;
use super::tables::context::{self, ContextRow};
use super::tables::document::DocumentRow;
use super::tables::domain::{self, DomainRow};
use super::tables::extension::{self, ExtensionRow};
use super::tables::gateway;
use super::tables::group::{self, GroupRow};
use super::tables::language::LanguageRow;
use super::tables::menu::MenuRow;
use super::tables::phrase;
use super::tables::profile::ProfileRow;
use super::tables::queue::QueueRow;
use super::tables::room::RoomRow;
use super::tables::user::{self, UserRow};
use super::tables::{Row, tier};

/// More changes than this, and a twentieth of the users, cost more one by one than all together.
const MOST: usize = 1000;
/// Rows that are asked for in one query, where one asks for many.
const AT_ONCE: usize = 1000;

/// What a database says to whoever serves a snapshot of it.
#[derive(Debug)]
pub enum News {
    /// The snapshot is up to date.
    None,
    /// The snapshot with what has changed, and which rows have.
    Changes(Box<Snapshot>, Mark, Vec<ChangedRow>),
    /// All that there is.
    Everything(Box<Contents>, Mark),
}

/// A row that has changed: it may be gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedRow {
    /// The table.
    pub table: &'static str,
    /// The row's id.
    pub row: i64,
}

/// Everything, and where it was read.
pub(super) fn everything(c: &mut Session) -> Result<(Contents, Mark), DbError> {
    Ok((load::contents(c)?, Mark::read(c)?))
}

/// What is new to a snapshot that was read at this mark.
pub(super) fn news(c: &mut Session, served: &Snapshot, mark: &Mark) -> Result<News, DbError> {
    let now = Mark::read(c)?;
    if now == *mark {
        return Ok(News::None);
    }
    let most = MOST + served.user_count() / 20 + served.contents().clients.len();
    let changed = match mark.since(c, most)? {
        Some(noted) if !noted.is_empty() => Changed::of(&noted),
        _ => None,
    };
    let Some(mut changed) = changed else {
        let contents = load::contents(c)?;
        return Ok(News::Everything(Box::new(contents), now));
    };
    let rows = changed.rows();
    let base = if changed.take(GLOBALS).is_empty() {
        served.edit()
    } else {
        let (base, users) = with_other_globals(c, served)?;
        // All else has just been read.
        changed.0.retain(|table, _| *table == UserRow::TABLE);
        changed.0.entry(UserRow::TABLE).or_default().extend(users);
        base.edit()
    };
    let mut reading = Reading { c, edit: base, changed };
    reading.all()?;
    Ok(News::Changes(Box::new(reading.edit.finish(now.revision)), now, rows))
}

const GLOBALS: &str = "globals";
const TIERS: &str = "tiers";

/// The tables that snapshots are made of, but for those whose rows are parts of others'.
const TABLES: [&str; 17] = [
    DomainRow::TABLE,
    UserRow::TABLE,
    GroupRow::TABLE,
    ProfileRow::TABLE,
    AccessListRow::TABLE,
    ContextRow::TABLE,
    ExtensionRow::TABLE,
    RoomRow::TABLE,
    MenuRow::TABLE,
    QueueRow::TABLE,
    AgentRow::TABLE,
    TIERS,
    LanguageRow::TABLE,
    DocumentRow::TABLE,
    ChannelRow::TABLE,
    ClientRow::TABLE,
    GLOBALS,
];
/// Tables whose rows are parts of others'.
const PARTS: [&str; 4] = ["domain_aliases", "group_members", "gateways", "phrases"];

/// The rows to be read anew, by table.
struct Changed(BTreeMap<&'static str, BTreeSet<i64>>);

impl Changed {
    /// None where it is not known which: a table was emptied, a row took others' place, or a part
    /// does not say of what.
    fn of(noted: &[Noted]) -> Option<Self> {
        let mut changed = Self(BTreeMap::new());
        let known = |name: &str| TABLES.into_iter().find(|table| *table == name);
        for Noted { table, row, owner_table, owner, .. } in noted {
            if *row == 0 {
                return None;
            }
            let (table, row) = match known(table) {
                Some(table) => (table, *row),
                None if PARTS.contains(&table.as_str()) => {
                    (known(owner_table.as_deref()?)?, (*owner)?)
                }
                // Nothing that a snapshot is made of.
                None => continue,
            };
            changed.0.entry(table).or_default().insert(row);
        }
        Some(changed)
    }

    fn take(&mut self, table: &str) -> BTreeSet<i64> {
        self.0.remove(table).unwrap_or_default()
    }

    fn rows(&self) -> Vec<ChangedRow> {
        let rows = self
            .0
            .iter()
            .flat_map(|(table, rows)| rows.iter().map(|row| ChangedRow { table, row: *row }));
        rows.collect()
    }
}

/// The snapshot with other globals in all of its texts, and the users to be read anew: all others
/// keep their texts as they were written.
fn with_other_globals(c: &mut Session, served: &Snapshot) -> Result<(Snapshot, Vec<i64>), DbError> {
    let domains = &served.contents().domains;
    let users: HashMap<i64, Users> =
        domains.with_rows().map(|(row, domain)| (row, domain.users().clone())).collect();
    let mut again: Vec<i64> = users.values().flat_map(Users::rows_with_extras).collect();
    let contents = load::contents_around(c, users)?;
    for (id, _) in contents.domains.with_rows().filter(|(id, _)| domains.at(*id).is_none()) {
        again.extend(user::ids_of_domain(c, id)?);
    }
    Ok((Snapshot::new(contents), again))
}

/// Rows while they are read into a snapshot.
struct Reading<'c> {
    c: &'c mut Session,
    edit: Edit,
    changed: Changed,
}

impl Reading<'_> {
    /// Owners first: what is part of one that is not there is left out.
    fn all(&mut self) -> Result<(), DbError> {
        self.domains()?;
        self.users()?;
        self.groups()?;
        self.contexts()?;
        self.extensions()?;
        self.callcenter()?;
        for id in self.changed.take(ProfileRow::TABLE) {
            let profile = self.read(id, ProfileRow::read_as)?;
            let gateways = gateways(self.c, |c| gateway::of_profile(c, id))?;
            self.edit.profile(id, profile.map(|profile| Profile { gateways, ..profile }));
        }
        for id in self.changed.take(AccessListRow::TABLE) {
            let list = self.read(id, AccessListRow::read_as)?;
            self.edit.access_list(id, list);
        }
        for id in self.changed.take(RoomRow::TABLE) {
            let room = self.read(id, |row: RoomRow, _| Ok(row.read_as()))?;
            self.edit.room(id, room);
        }
        for id in self.changed.take(MenuRow::TABLE) {
            let menu = self.read(id, MenuRow::read_as)?;
            self.edit.menu(id, menu);
        }
        for id in self.changed.take(LanguageRow::TABLE) {
            let language = self.read(id, LanguageRow::read_as)?;
            let mut macros = BTreeMap::new();
            for (row, phrase) in phrase::of_language(self.c, id, 0, i64::MAX)? {
                macros.insert(phrase.name.to_ascii_lowercase(), phrase.read_as(row)?);
            }
            self.edit.language(id, language.map(|language| Language { macros, ..language }));
        }
        for id in self.changed.take(DocumentRow::TABLE) {
            let document = self.read(id, DocumentRow::read_as)?;
            self.edit.document(id, document);
        }
        for id in self.changed.take(ChannelRow::TABLE) {
            let channel = self.read(id, ChannelRow::read_as)?;
            self.edit.channel(id, channel);
        }
        // One that has taken the name of another takes its place, too: nothing is left of that.
        for id in self.changed.take(ClientRow::TABLE) {
            let client = self.read(id, ClientRow::read_as)?;
            self.edit.client(id, client);
        }
        Ok(())
    }

    fn read<R: Row, T>(
        &mut self,
        id: i64,
        read_as: impl FnOnce(R, i64) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        R::read(self.c, id)?.map(|row| read_as(row, id)).transpose()
    }

    fn domains(&mut self) -> Result<(), DbError> {
        for id in self.changed.take(DomainRow::TABLE) {
            let aliases = domain::aliases(self.c, Some(id))?;
            let aliases = aliases.into_iter().map(|(_, name)| name).collect();
            let domain = self.read(id, |row: DomainRow, id| row.read_as(id, aliases))?;
            let is_new = self.domain(id).is_none();
            let is_there = domain.is_some();
            self.edit.domain(id, domain);
            // What belongs to it is mostly new as well; SQLite may have kept it from before.
            if is_new && is_there {
                let users = user::ids_of_domain(self.c, id)?;
                self.changed.0.entry(UserRow::TABLE).or_default().extend(users);
                let groups = group::ids_of_domain(self.c, id)?;
                self.changed.0.entry(GroupRow::TABLE).or_default().extend(groups);
            }
        }
        Ok(())
    }

    fn domain(&self, id: i64) -> Option<&Domain> {
        self.edit.so_far().contents().domains.at(id)
    }

    fn users(&mut self) -> Result<(), DbError> {
        let ids: Vec<i64> = self.changed.take(UserRow::TABLE).into_iter().collect();
        let mut renamed = Vec::new();
        for ids in ids.chunks(AT_ONCE) {
            let mut rows: HashMap<i64, UserRow> =
                user::with_ids(self.c, ids)?.into_iter().collect();
            let mut gateways = HashMap::<i64, Vec<Gateway>>::new();
            for (owner, id, row) in gateway::of_users(self.c, ids)? {
                gateways.entry(owner).or_default().push(row.read_as(id)?);
            }
            for id in ids {
                let user = match rows.remove(id) {
                    None => None,
                    Some(row) => {
                        load::check_id(*id)?;
                        let domain = row.domain_id;
                        let gateways = gateways.remove(id).unwrap_or_default();
                        Some((domain, User { gateways, ..row.read_as(*id)? }))
                    }
                };
                // Of one that is gone, too: SQLite keeps its memberships where it is not told to
                // look after them.
                let name = user.as_ref().map(|(_, user)| user.id.as_str());
                if self.name_of(*id).is_some_and(|before| Some(before) != name) {
                    renamed.push(*id);
                }
                self.edit.user(*id, user.as_ref().map(|(domain, user)| (*domain, user)));
            }
        }
        // Groups hold the names of their members.
        for ids in renamed.chunks(AT_ONCE) {
            let groups = group::with_members(self.c, ids)?;
            self.changed.0.entry(GroupRow::TABLE).or_default().extend(groups);
        }
        Ok(())
    }

    /// The name that a user has had so far.
    fn name_of(&self, id: i64) -> Option<&str> {
        let domains = &self.edit.so_far().contents().domains;
        domains.iter().find_map(|domain| domain.users().at(id)).map(|user| user.id)
    }

    fn groups(&mut self) -> Result<(), DbError> {
        for id in self.changed.take(GroupRow::TABLE) {
            let members = group::members(self.c, Some(id))?;
            let members = members.into_iter().map(|(_, _, name)| name).collect();
            let group =
                self.read(id, |row: GroupRow, id| Ok((row.domain_id, row.read_as(id, members)?)))?;
            self.edit.group(id, group);
        }
        Ok(())
    }

    fn contexts(&mut self) -> Result<(), DbError> {
        for id in self.changed.take(ContextRow::TABLE) {
            let context = self.read(id, |row: ContextRow, id| {
                let section = match row.section(id)? {
                    context::Section::Dialplan => Section::Dialplan,
                    context::Section::Chatplan => Section::Chatplan,
                };
                Ok((section, row.name))
            })?;
            let contents = self.edit.so_far().contents();
            let known = [&contents.dialplan, &contents.chatplan];
            let is_new = known.iter().all(|list| list.at(id).is_none());
            if is_new && context.is_some() {
                let extensions = extension::ids_of_context(self.c, id)?;
                self.changed.0.entry(ExtensionRow::TABLE).or_default().extend(extensions);
            }
            self.edit.context(id, context);
        }
        Ok(())
    }

    fn extensions(&mut self) -> Result<(), DbError> {
        for id in self.changed.take(ExtensionRow::TABLE) {
            let extension = self.read(id, |row: ExtensionRow, id| {
                Ok((row.context_id, row.position, row.read_as(id)?))
            })?;
            self.edit.extension(id, extension);
        }
        Ok(())
    }

    fn callcenter(&mut self) -> Result<(), DbError> {
        let queues = self.changed.take(QueueRow::TABLE);
        let agents = self.changed.take(AgentRow::TABLE);
        let tiers = self.changed.take(TIERS);
        // Tiers hold the names of both.
        if !(queues.is_empty() && agents.is_empty() && tiers.is_empty()) {
            self.edit.tiers(tier::tiers(self.c, None)?);
        }
        for id in queues {
            let queue = self.read(id, QueueRow::read_as)?;
            self.edit.queue(id, queue);
        }
        for id in agents {
            let agent = self.read(id, AgentRow::read_as)?;
            self.edit.agent(id, agent);
        }
        Ok(())
    }
}

fn gateways(
    c: &mut Session,
    rows: impl FnOnce(&mut Session) -> QueryResult<Vec<(i64, gateway::GatewayRow)>>,
) -> Result<Vec<Gateway>, DbError> {
    rows(c)?.into_iter().map(|(id, row)| row.read_as(id)).collect()
}
