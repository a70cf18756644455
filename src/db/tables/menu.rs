//! IVR menus.

use diesel::prelude::*;
use jackfield_api::snapshot::Menu;

use super::super::schema::menus;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(menus, MenuRow {
    pub(in crate::db) name: String,
    pub(in crate::db) attributes: String,
    pub(in crate::db) entries: String,
});

impl MenuRow {
    pub(in crate::db) fn of(menu: &Menu) -> Self {
        let (attributes, entries) = (json(&menu.attributes), json(&menu.entries));
        Self { name: menu.name.clone(), attributes, entries }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Menu, DbError> {
        let columns = Columns::of::<Self>(id);
        Ok(Menu {
            attributes: columns.json("attributes", &self.attributes)?,
            entries: columns.json("entries", &self.entries)?,
            name: self.name,
        })
    }
}
