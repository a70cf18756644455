//! Profiles of modules.

use diesel::prelude::*;
use jackfield_api::snapshot::Profile;

use super::super::schema::profiles;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(profiles, ProfileRow {
    pub(in crate::db) kind: String,
    pub(in crate::db) name: String,
    pub(in crate::db) params: String,
    pub(in crate::db) domains: String,
    pub(in crate::db) aliases: String,
    pub(in crate::db) others: String,
    pub(in crate::db) hosts: String,
});

impl ProfileRow {
    pub(in crate::db) fn of(profile: &Profile) -> Self {
        Self {
            kind: profile.kind.to_string(),
            name: profile.name.clone(),
            params: json(&profile.params),
            domains: json(&profile.domains),
            aliases: json(&profile.aliases),
            others: profile.others.to_xml(),
            hosts: json(&profile.hosts),
        }
    }

    /// The profile without its gateways.
    pub(in crate::db) fn read_as(self, id: i64) -> Result<Profile, DbError> {
        let columns = Columns::of::<Self>(id);
        let kind = self.kind.parse().map_err(|message| columns.malformed("kind", message))?;
        Ok(Profile {
            kind,
            params: columns.json("params", &self.params)?,
            domains: columns.json("domains", &self.domains)?,
            aliases: columns.json("aliases", &self.aliases)?,
            others: columns.others(&self.others)?,
            hosts: columns.json("hosts", &self.hosts)?,
            name: self.name,
            ..Profile::default()
        })
    }
}
