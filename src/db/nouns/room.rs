//! Conference rooms.

use jackfield_api::snapshot::Room;

use super::{Named, NounError};
use crate::db::tables::find;
use crate::db::tables::profile::ProfileRow;
use crate::db::tables::room::RoomRow;
use crate::db::{DbError, Session};

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

/// Whether a conference profile is stored.
pub(crate) fn has_profile(c: &mut Session, name: &str) -> Result<bool, NounError> {
    Ok(find::<ProfileRow>(c, "kind = 'conference'", name)?.is_some())
}
