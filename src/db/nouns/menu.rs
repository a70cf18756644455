//! IVR menus.

use jackfield_api::snapshot::Menu;

use super::Named;
use super::attributes::check_attributes;
use crate::db::DbError;
use crate::db::tables::menu::MenuRow;

impl Named for Menu {
    const WORD: &'static str = "menu";
    type Row = MenuRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> MenuRow {
        MenuRow::of(self)
    }

    fn of(id: i64, row: MenuRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn check_rest(&self) -> Result<(), String> {
        check_attributes(&self.attributes)?;
        for entry in &self.entries {
            for (what, text) in [("action", &entry.action), ("digits", &entry.digits)] {
                if text.is_empty() {
                    return Err(format!("an entry has no {what}"));
                }
            }
        }
        self.to_xml().map(drop).map_err(|error| error.to_string())
    }
}
