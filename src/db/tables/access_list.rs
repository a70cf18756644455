//! Network lists.

use diesel::prelude::*;
use jackfield_api::snapshot::AccessList;

use super::super::schema::access_lists;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(access_lists, AccessListRow {
    pub(in crate::db) name: String,
    pub(in crate::db) default_allow: bool,
    pub(in crate::db) nodes: String,
});

impl AccessListRow {
    pub(in crate::db) fn of(list: &AccessList) -> Self {
        let nodes = json(&list.nodes);
        Self { name: list.name.clone(), default_allow: list.default_allow, nodes }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<AccessList, DbError> {
        let nodes = Columns::of::<Self>(id).json("nodes", &self.nodes)?;
        Ok(AccessList { name: self.name, default_allow: self.default_allow, nodes })
    }
}
