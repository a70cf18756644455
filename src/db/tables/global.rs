//! Global variables.

use diesel::prelude::*;
use jackfield_api::snapshot::Global;

use super::super::schema::globals;
use super::super::session::Session;
use super::row;

row!(globals, GlobalRow {
    pub(in crate::db) name: String,
    pub(in crate::db) value: String,
});

impl GlobalRow {
    pub(in crate::db) fn of(global: &Global) -> Self {
        Self { name: global.name.clone(), value: global.value.clone() }
    }

    pub(in crate::db) fn read_as(self) -> Global {
        Global { name: self.name, value: self.value }
    }
}
