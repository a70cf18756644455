//! Configuration documents that have no tables of their own, and the frames of those that have.

use diesel::prelude::*;
use jackfield_api::snapshot::StoredDocument;

use super::super::schema::documents;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(documents, DocumentRow {
    pub(in crate::db) name: String,
    pub(in crate::db) xml: String,
    pub(in crate::db) hosts: String,
});

impl DocumentRow {
    pub(in crate::db) fn of(document: &StoredDocument) -> Self {
        let hosts = json(&document.hosts);
        Self { name: document.name.clone(), xml: document.xml.to_xml(), hosts }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<StoredDocument, DbError> {
        let columns = Columns::of::<Self>(id);
        let hosts = columns.json("hosts", &self.hosts)?;
        Ok(StoredDocument { xml: columns.xml(&self.xml)?, name: self.name, hosts })
    }
}
