//! Call-centre queues.

use diesel::prelude::*;
use jackfield_api::snapshot::Queue;

use super::super::schema::queues;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(queues, QueueRow {
    pub(in crate::db) name: String,
    pub(in crate::db) params: String,
});

impl QueueRow {
    pub(in crate::db) fn of(queue: &Queue) -> Self {
        Self { name: queue.name.clone(), params: json(&queue.params) }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Queue, DbError> {
        let params = Columns::of::<Self>(id).json("params", &self.params)?;
        Ok(Queue { name: self.name, params })
    }
}
