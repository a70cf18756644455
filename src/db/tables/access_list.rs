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
    pub(in crate::db) hosts: String,
});

impl AccessListRow {
    pub(in crate::db) fn of(list: &AccessList) -> Self {
        let (nodes, hosts) = (json(&list.nodes), json(&list.hosts));
        Self { name: list.name.clone(), default_allow: list.default_allow, nodes, hosts }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<AccessList, DbError> {
        let columns = Columns::of::<Self>(id);
        let nodes = columns.json("nodes", &self.nodes)?;
        let hosts = columns.json("hosts", &self.hosts)?;
        Ok(AccessList { name: self.name, default_allow: self.default_allow, nodes, hosts })
    }
}
