//! Global variables.

use diesel::prelude::*;
use jackfield_api::snapshot::Global;

use super::super::schema::globals;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(globals, GlobalRow {
    pub(in crate::db) name: String,
    pub(in crate::db) value: String,
    pub(in crate::db) hosts: String,
});

impl GlobalRow {
    pub(in crate::db) fn of(global: &Global) -> Self {
        let hosts = json(&global.hosts);
        Self { name: global.name.clone(), value: global.value.clone(), hosts }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Global, DbError> {
        let hosts = Columns::of::<Self>(id).json("hosts", &self.hosts)?;
        Ok(Global { name: self.name, value: self.value, hosts })
    }
}
