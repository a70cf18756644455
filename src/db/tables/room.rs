//! Conference rooms.

use diesel::prelude::*;
use jackfield_api::snapshot::Room;

use super::super::schema::rooms;
use super::super::session::Session;
use super::row;

row!(rooms, RoomRow {
    pub(in crate::db) name: String,
    pub(in crate::db) profile: String,
});

impl RoomRow {
    pub(in crate::db) fn of(room: &Room) -> Self {
        Self { name: room.name.clone(), profile: room.profile.clone() }
    }

    pub(in crate::db) fn read_as(self) -> Room {
        Room { name: self.name, profile: self.profile }
    }
}
