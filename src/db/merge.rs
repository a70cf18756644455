//! Writes a PBX into tables that may hold one: what is there already is brought up to date.
//!
//! An object is found by its name. What differs is written, what is the same is left alone, so that
//! writing the same once more changes nothing; what is stored and not named here stays.

mod contexts;
mod directory;

use std::collections::HashMap;

use diesel::prelude::*;
use jackfield_api::snapshot::{Contents, Language};

use super::schema::{
    access_lists, agents, documents, globals, languages, menus, phrases, queues, rooms, tiers,
};
use super::session::{self, Session};
use super::store::json;
use super::url::Driver;
use super::{Database, DatabaseUrl, DbError};

/// How many rows were written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// They were not there.
    pub added: usize,
    /// They said something else.
    pub changed: usize,
    /// They said the same.
    pub same: usize,
}

impl Database {
    /// Brings what is stored up to date with these contents, in one transaction. `done` hears of each
    /// object.
    pub fn merge(
        &mut self,
        who: &str,
        contents: &Contents,
        done: &dyn Fn(),
    ) -> Result<Tally, DbError> {
        let mut tally = Tally::default();
        self.session.write(who, |session| merged(session, contents, &mut tally, done))?;
        Ok(tally)
    }

    /// Says what [`Database::merge`] would do, and writes nothing: it is done to a copy in memory.
    pub fn rehearse(stored: &Contents, contents: &Contents) -> Result<Tally, DbError> {
        let url = DatabaseUrl::sqlite(":memory:");
        let session = session::open(&url)?;
        let mut copy = Self { url, file: None, session };
        copy.migrate()?;
        copy.store("rehearsal", stored)?;
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

/// Writes a row that is found by its key, and returns its id.
macro_rules! put {
    ($c:expr, $tally:expr, $table:ident, [$($key:ident = $name:expr),+ $(,)?],
     [$($column:ident = $value:expr),* $(,)?]) => {{
        let found: Option<i64> = $table::table
            $(.filter($table::$key.eq($name)))+
            .select($table::id)
            .first($c)
            .optional()?;
        if let Some(id) = found {
            let same: Option<i64> = $table::table
                .filter($table::id.eq(id))
                $(.filter($table::$column.eq($value)))*
                .select($table::id)
                .first($c)
                .optional()?;
            if same.is_some() {
                $tally.same += 1;
            } else {
                diesel::update($table::table.filter($table::id.eq(id)))
                    .set(($($table::$column.eq($value),)*))
                    .execute($c)?;
                $tally.changed += 1;
            }
            id
        } else {
            $tally.added += 1;
            diesel::insert_into($table::table)
                .values(($($table::$key.eq($name),)+ $($table::$column.eq($value),)*))
                .returning($table::id)
                .get_result::<i64>($c)?
        }
    }};
}
use put;

fn merged(
    c: &mut Session,
    contents: &Contents,
    tally: &mut Tally,
    done: &dyn Fn(),
) -> Result<(), DbError> {
    for global in &contents.globals {
        put!(c, tally, globals, [name = &global.name], [value = &global.value]);
        done();
    }
    for domain in &contents.domains {
        directory::domain(c, domain, tally, done)?;
    }
    for profile in &contents.profiles {
        directory::profile(c, profile, tally)?;
        done();
    }
    for list in &contents.access_lists {
        put!(
            c,
            tally,
            access_lists,
            [name = &list.name],
            [default_allow = list.default_allow, nodes = json(&list.nodes)]
        );
        done();
    }
    for (section, list) in [("dialplan", &contents.dialplan), ("chatplan", &contents.chatplan)] {
        for context in list {
            contexts::context(c, section, context, tally)?;
            done();
        }
    }
    for room in &contents.rooms {
        put!(c, tally, rooms, [name = &room.name], [profile = &room.profile]);
        done();
    }
    for menu in &contents.menus {
        let (attributes, entries) = (json(&menu.attributes), json(&menu.entries));
        put!(c, tally, menus, [name = &menu.name], [attributes = &attributes, entries = &entries]);
        done();
    }
    callcenter(c, contents, tally)?;
    for found in &contents.languages {
        language(c, found, tally)?;
        done();
    }
    for document in &contents.documents {
        put!(c, tally, documents, [name = &document.name], [xml = document.xml.to_xml()]);
        done();
    }
    Ok(())
}

fn callcenter(c: &mut Session, contents: &Contents, tally: &mut Tally) -> Result<(), DbError> {
    let (mut queue_ids, mut agent_ids) = (HashMap::new(), HashMap::new());
    for queue in &contents.queues {
        let id = put!(c, tally, queues, [name = &queue.name], [params = json(&queue.params)]);
        queue_ids.insert(&queue.name, id);
    }
    for agent in &contents.agents {
        let attributes = json(&agent.attributes);
        let id = put!(c, tally, agents, [name = &agent.name], [attributes = &attributes]);
        agent_ids.insert(&agent.name, id);
    }
    for tier in &contents.tiers {
        let ids = (queue_ids.get(&tier.queue), agent_ids.get(&tier.agent));
        let (Some(queue), Some(agent)) = ids else { continue };
        put!(
            c,
            tally,
            tiers,
            [queue_id = queue, agent_id = agent],
            [level = i64::from(tier.level), position = i64::from(tier.position)]
        );
    }
    Ok(())
}

fn language(c: &mut Session, language: &Language, tally: &mut Tally) -> Result<(), DbError> {
    let (attributes, groups) = (json(&language.attributes), json(&language.groups));
    let id = put!(
        c,
        tally,
        languages,
        [name = &language.name],
        [attributes = &attributes, groups = &groups]
    );
    for phrase in language.macros.values() {
        let xml = phrase.xml.to_xml();
        put!(c, tally, phrases, [language_id = id, name = &phrase.name], [xml = &xml]);
    }
    Ok(())
}
