//! Global variables.

use jackfield_api::snapshot::{Global, Hosts, global};
use jackfield_api::xml::Value;

use super::Named;
use crate::db::DbError;
use crate::db::tables::global::GlobalRow;

impl Named for Global {
    const WORD: &'static str = "global";
    type Row = GlobalRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> GlobalRow {
        GlobalRow::of(self)
    }

    fn of(id: i64, row: GlobalRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn switches(&self) -> Hosts {
        self.hosts.clone()
    }

    fn check_rest(&self) -> Result<(), String> {
        if self.name.contains(['{', '}', '$', '=']) {
            return Err("no text could read a name with { } $ or = in it".to_owned());
        }
        if global::names(&self.value).any(|name| name.eq_ignore_ascii_case(&self.name)) {
            return Err("its value is made of itself".to_owned());
        }
        Value::global(&self.value).check().map_err(|refused| format!("its value: {refused}"))
    }
}
