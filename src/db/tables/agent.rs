//! Call-centre agents.

use diesel::prelude::*;
use jackfield_api::snapshot::Agent;

use super::super::schema::agents;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(agents, AgentRow {
    pub(in crate::db) name: String,
    pub(in crate::db) attributes: String,
});

impl AgentRow {
    pub(in crate::db) fn of(agent: &Agent) -> Self {
        Self { name: agent.name.clone(), attributes: json(&agent.attributes) }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Agent, DbError> {
        let attributes = Columns::of::<Self>(id).json("attributes", &self.attributes)?;
        Ok(Agent { name: self.name, attributes })
    }
}
