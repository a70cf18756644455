//! Configuration documents that have no tables of their own, and the frames of those that have.

use diesel::prelude::*;
use jackfield_api::snapshot::StoredDocument;

use super::super::schema::documents;
use super::super::session::Session;
use super::{Columns, row};
use crate::db::DbError;

row!(documents, DocumentRow {
    pub(in crate::db) name: String,
    pub(in crate::db) xml: String,
});

impl DocumentRow {
    pub(in crate::db) fn of(document: &StoredDocument) -> Self {
        Self { name: document.name.clone(), xml: document.xml.to_xml() }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<StoredDocument, DbError> {
        let xml = Columns::of::<Self>(id).xml(&self.xml)?;
        Ok(StoredDocument { name: self.name, xml })
    }
}
