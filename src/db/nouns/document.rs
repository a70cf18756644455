//! Configuration documents that are kept as they are.

use jackfield_api::document::{Configuration, MAX_BYTES};
use jackfield_api::snapshot::{Hosts, StoredDocument};

use super::Named;
use crate::db::DbError;
use crate::db::tables::document::DocumentRow;

impl Named for StoredDocument {
    const WORD: &'static str = "document";
    type Row = DocumentRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> DocumentRow {
        DocumentRow::of(self)
    }

    fn of(id: i64, row: DocumentRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn switches(&self) -> Hosts {
        self.hosts.clone()
    }

    fn check_rest(&self) -> Result<(), String> {
        let named = self.xml.root_attribute("name").is_some_and(|name| {
            // A switch looks into the answer for the name that it asked by.
            name.eq_ignore_ascii_case(&self.name)
        });
        if self.xml.root() != Some("configuration") || self.xml.len() != 1 || !named {
            return Err(format!(
                "its XML has to be one <configuration name=\"{}\"> and nothing beside it",
                self.name
            ));
        }
        let answer = Configuration::stored(self).map_err(|refusal| refusal.to_string())?;
        if answer.body().len() > MAX_BYTES {
            return Err("it is longer than the switch takes (1 MiB)".to_owned());
        }
        Ok(())
    }
}
