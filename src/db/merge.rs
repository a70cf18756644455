//! Writes a PBX into tables that may hold one: what is there already is brought up to date.
//!
//! An object is found by its name, and by the switches that it is limited to. What differs is
//! written, what is the same is left alone, so that writing the same once more changes nothing; what
//! is stored and not named here stays, of users and domains ([`kept`]) each setting, too.

mod kept;
mod names;

use std::collections::HashMap;

use diesel::QueryResult;
use jackfield_api::snapshot::{
    Contents, Context, Domain, Gateway, Group, Hosts, Language, Profile,
};

pub use self::kept::Met;
use super::session::{self, Session};
use super::tables::access_list::AccessListRow;
use super::tables::agent::AgentRow;
use super::tables::context::{ContextRow, Section};
use super::tables::document::DocumentRow;
use super::tables::domain::{AliasRow, DomainRow};
use super::tables::extension::ExtensionRow;
use super::tables::gateway::{GatewayRow, Owner};
use super::tables::global::GlobalRow;
use super::tables::group::GroupRow;
use super::tables::language::LanguageRow;
use super::tables::menu::MenuRow;
use super::tables::phrase::PhraseRow;
use super::tables::profile::ProfileRow;
use super::tables::queue::QueueRow;
use super::tables::room::RoomRow;
use super::tables::tier::TierRow;
use super::tables::user::UserRow;
use super::tables::{Put, Row, extension, find, group, put, tier, user};
use super::url::Driver;
use super::{Database, DatabaseUrl, DbError};

/// How many rows were written, and what is to be told of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// They were not there.
    pub added: usize,
    /// They said something else.
    pub changed: usize,
    /// They said the same.
    pub same: usize,
    /// Users and domains that were there and are not wholly what was given, in the order in which
    /// that was.
    pub met: Vec<Met>,
}

impl Database {
    /// Brings what is stored up to date with these contents, in one transaction. `done` hears of each
    /// object. A domain or a user with a name that is another's is an error, and nothing is written.
    pub fn merge(
        &mut self,
        who: &str,
        contents: &Contents,
        done: &dyn Fn(),
    ) -> Result<Tally, DbError> {
        self.write(who, |session| {
            let mut merge =
                Merge { c: session, tally: Tally::default(), clashes: Some(Vec::new()), done };
            merge.contents(contents)?;
            match merge.clashes {
                Some(clashes) if !clashes.is_empty() => Err(DbError::Names(clashes)),
                _ => Ok(merge.tally),
            }
        })
    }

    /// Says what [`Database::merge`] would do, and writes nothing: it is done to a copy in memory.
    pub fn rehearse(stored: &Contents, contents: &Contents) -> Result<Tally, DbError> {
        let url = DatabaseUrl::sqlite(":memory:");
        let session = session::connect(&url)?;
        let mut copy = Self::over(url, None, session);
        copy.session.prepare()?;
        copy.migrate()?;
        copy.write("rehearsal", |session| {
            // As it is, whatever it holds.
            let tally = Tally::default();
            let mut merge = Merge { c: session, tally, clashes: None, done: &|| {} };
            merge.contents(stored)
        })?;
        copy.merge("rehearsal", contents, &|| {})
    }
}

impl DatabaseUrl {
    /// Whether there is no file behind it yet. A PostgreSQL database is made by its server.
    pub fn is_new(&self) -> bool {
        match self.driver() {
            Driver::Sqlite(file) => std::fs::metadata(file).map_or(true, |file| file.len() == 0),
            Driver::Postgres(_) => false,
        }
    }
}

struct Merge<'a> {
    c: &'a mut Session,
    tally: Tally,
    /// Names that would be found twice, in words; none where they are not looked for.
    clashes: Option<Vec<String>>,
    done: &'a dyn Fn(),
}

impl Merge<'_> {
    fn contents(&mut self, contents: &Contents) -> Result<(), DbError> {
        for global in &contents.globals {
            self.limited("", &global.name, &global.hosts, &GlobalRow::of(global))?;
        }
        for found in &contents.domains {
            self.domain(found)?;
        }
        for found in &contents.profiles {
            self.profile(found)?;
        }
        for list in &contents.access_lists {
            self.limited("", &list.name, &list.hosts, &AccessListRow::of(list))?;
        }
        for found in &contents.dialplan {
            self.context(Section::Dialplan, found)?;
        }
        for found in &contents.chatplan {
            self.context(Section::Chatplan, found)?;
        }
        for room in &contents.rooms {
            self.named(&room.name, &RoomRow::of(room))?;
        }
        for menu in &contents.menus {
            self.named(&menu.name, &MenuRow::of(menu))?;
        }
        self.callcenter(contents)?;
        for found in &contents.languages {
            self.language(found)?;
        }
        for document in &contents.documents {
            self.limited("", &document.name, &document.hosts, &DocumentRow::of(document))?;
        }
        Ok(())
    }

    /// Writes an object that has its name to itself.
    fn named<R: Row>(&mut self, name: &str, row: &R) -> QueryResult<i64> {
        let id = self.among("", name, row)?;
        (self.done)();
        Ok(id)
    }

    /// Writes an object whose name is its own among those of `scope`.
    fn among<R: Row>(&mut self, scope: &str, name: &str, row: &R) -> QueryResult<i64> {
        let known = find::<R>(self.c, scope, name)?;
        self.put(known, row)
    }

    /// Writes an object whose name is its own among those for the same switches, and of this scope.
    fn limited<R: Row>(
        &mut self,
        scope: &str,
        name: &str,
        hosts: &Hosts,
        row: &R,
    ) -> QueryResult<i64> {
        let id = self.among(&format!("{scope}hosts = {}", quoted(hosts)), name, row)?;
        (self.done)();
        Ok(id)
    }

    fn put<R: Row>(&mut self, known: Option<i64>, row: &R) -> QueryResult<i64> {
        let (id, put) = put(self.c, known, row)?;
        self.count(put);
        Ok(id)
    }

    fn count(&mut self, put: Put) {
        *match put {
            Put::Added => &mut self.tally.added,
            Put::Changed => &mut self.tally.changed,
            Put::Same => &mut self.tally.same,
        } += 1;
    }

    fn tell(&mut self, met: Met) {
        if met.is_any() {
            self.tally.met.push(met);
        }
    }

    fn domain(&mut self, domain: &Domain) -> Result<(), DbError> {
        if let Some(clashes) = &mut self.clashes {
            let found = names::of_domain(self.c, domain)?;
            if !found.is_empty() {
                clashes.extend(found);
                return Ok(());
            }
        }
        let known = find::<DomainRow>(self.c, "", domain.name())?;
        let stored = match known {
            Some(id) => DomainRow::read(self.c, id)?.map(|row| row.read_as(id, Vec::new())),
            None => None,
        };
        let row = match stored.transpose()? {
            Some(stored) => {
                let (merged, met) = kept::of_domain(domain, &stored);
                self.tell(met);
                DomainRow::of(&merged)
            }
            None => DomainRow::of(domain),
        };
        let id = self.put(known, &row)?;
        (self.done)();
        for alias in domain.aliases() {
            self.among("", alias, &AliasRow { domain_id: id, name: alias.clone() })?;
        }
        let ids = self.users(id, domain)?;
        for found in domain.groups() {
            self.group(id, found, &ids)?;
            (self.done)();
        }
        Ok(())
    }

    /// The ids of the users there are then, by their names in lower case.
    fn users(&mut self, domain: i64, of: &Domain) -> Result<HashMap<String, i64>, DbError> {
        let users = of.users();
        let stored = user::of_domain(self.c, domain, 0, i64::MAX)?;
        if let Some(clashes) = &mut self.clashes {
            let found = names::of_users(of.name(), &stored, users);
            if !found.is_empty() {
                clashes.extend(found);
                return Ok(HashMap::new());
            }
        }
        let mut ids = HashMap::with_capacity(stored.len().max(users.len()));
        ids.extend(stored.iter().map(|(id, row)| (row.name.to_ascii_lowercase(), *id)));
        let mut stored: HashMap<i64, UserRow> = stored.into_iter().collect();
        // Second names that change are freed first: one user may get what was another's.
        for user in users.iter() {
            let Some(id) = ids.get(&user.id.to_ascii_lowercase()) else { continue };
            if stored.get(id).is_some_and(|row| row.number_alias.as_deref() != user.number_alias) {
                user::free_alias(self.c, *id)?;
            }
        }
        for user in users.iter() {
            let name = user.id.to_ascii_lowercase();
            let mut now = user.to_user();
            let mut row = UserRow::of(domain, &now);
            let known = ids.get(&name).copied();
            let was = known.and_then(|id| stored.remove(&id));
            let id = match (known, was) {
                (Some(id), Some(was)) if was == row => {
                    self.count(Put::Same);
                    id
                }
                (Some(id), Some(was)) => {
                    let met = kept::of_user(&mut now, was.read_as(id)?);
                    self.tell(Met { name: format!("{}@{}", now.id, of.name()), ..met });
                    row = UserRow::of(domain, &now);
                    self.put(Some(id), &row)?
                }
                (known, _) => self.put(known, &row)?,
            };
            ids.insert(name, id);
            for found in user.gateways() {
                self.gateway(Owner::User(id), &Hosts::default(), found)?;
            }
            (self.done)();
        }
        Ok(ids)
    }

    fn group(
        &mut self,
        domain: i64,
        found: &Group,
        users: &HashMap<String, i64>,
    ) -> QueryResult<()> {
        let row = GroupRow::of(domain, found);
        let id = self.among(&format!("domain_id = {domain}"), &found.name, &row)?;
        let members = found.members.iter();
        let wanted: Vec<i64> =
            members.filter_map(|member| users.get(&member.to_ascii_lowercase()).copied()).collect();
        if group::set_members(self.c, id, &wanted)? {
            self.tally.added += wanted.len();
        }
        Ok(())
    }

    fn profile(&mut self, profile: &Profile) -> QueryResult<()> {
        let row = ProfileRow::of(profile);
        let kind = format!("kind = '{}' AND ", profile.kind);
        let id = self.limited(&kind, &profile.name, &profile.hosts, &row)?;
        for found in &profile.gateways {
            self.gateway(Owner::Profile(id), &profile.hosts, found)?;
        }
        Ok(())
    }

    /// Writes a gateway, which has its name to itself among those for the same switches: one that is
    /// another profile's or user's there moves here.
    fn gateway(&mut self, owner: Owner, hosts: &Hosts, gateway: &Gateway) -> QueryResult<()> {
        let scope = format!(
            "coalesce((SELECT hosts FROM profiles WHERE profiles.id = profile_id), '[]') = {}",
            quoted(hosts)
        );
        self.among(&scope, &gateway.name, &GatewayRow::of(owner, gateway)).map(drop)
    }

    /// The extensions of a context are one list, written anew where it differs.
    fn context(&mut self, section: Section, context: &Context) -> QueryResult<()> {
        let row = ContextRow::of(section, context.name());
        let known = find::<ContextRow>(self.c, &format!("section = '{section}'"), context.name())?;
        let (id, mut is) = put(self.c, known, &row)?;
        let wanted: Vec<ExtensionRow> = (1..)
            .zip(context.extensions())
            .map(|(at, found)| ExtensionRow::of(id, at, found))
            .collect();
        let stored = extension::in_order(self.c, Some(id))?;
        if !stored.iter().map(|(_, row)| row).eq(&wanted) {
            for (id, _) in stored {
                ExtensionRow::remove(self.c, id)?;
            }
            for row in wanted {
                row.insert(self.c)?;
            }
            if is == Put::Same {
                is = Put::Changed;
            }
        }
        self.count(is);
        (self.done)();
        Ok(())
    }

    fn callcenter(&mut self, contents: &Contents) -> QueryResult<()> {
        let (mut queues, mut agents) = (HashMap::new(), HashMap::new());
        for queue in &contents.queues {
            queues.insert(&queue.name, self.named(&queue.name, &QueueRow::of(queue))?);
        }
        for agent in &contents.agents {
            agents.insert(&agent.name, self.named(&agent.name, &AgentRow::of(agent))?);
        }
        for found in &contents.tiers {
            let ids = (queues.get(&found.queue), agents.get(&found.agent));
            let (Some(queue), Some(agent)) = ids else { continue };
            let known = tier::find(self.c, *queue, *agent)?;
            self.put(known, &TierRow::of(*queue, *agent, found))?;
        }
        Ok(())
    }

    fn language(&mut self, language: &Language) -> QueryResult<()> {
        let id = self.named(&language.name, &LanguageRow::of(language))?;
        let scope = format!("language_id = {id}");
        for phrase in language.macros.values() {
            self.among(&scope, &phrase.name, &PhraseRow::of(id, phrase))?;
        }
        Ok(())
    }
}

/// The switches as they are stored, in a text of SQL.
fn quoted(hosts: &Hosts) -> String {
    let json = serde_json::to_string(hosts).expect("plain data");
    format!("'{}'", json.replace('\'', "''"))
}
