//! Conference rooms.

use jackfield_api::snapshot::Room;

use super::Named;
use crate::db::DbError;
use crate::db::tables::room::RoomRow;

impl Named for Room {
    const WORD: &'static str = "room";
    type Row = RoomRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> RoomRow {
        RoomRow::of(self)
    }

    fn of(_: i64, row: RoomRow) -> Result<Self, DbError> {
        Ok(row.read_as())
    }

    fn check_rest(&self) -> Result<(), String> {
        crate::names::check(&self.profile).map_err(|why| format!("its profile: {why}"))
    }
}
