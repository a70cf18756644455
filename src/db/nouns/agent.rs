//! Call-centre agents.

use jackfield_api::snapshot::Agent;

use super::attributes::check_attributes;
use super::{Named, NounError};
use crate::db::tables::agent::AgentRow;
use crate::db::tables::tier;
use crate::db::{DbError, Session};

impl Named for Agent {
    const WORD: &'static str = "agent";
    type Row = AgentRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> AgentRow {
        AgentRow::of(self)
    }

    fn of(id: i64, row: AgentRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn check_rest(&self) -> Result<(), String> {
        check_attributes(&self.attributes)
    }
}

/// The queues that an agent serves.
pub(crate) fn queues_of(c: &mut Session, agent: &str) -> Result<Vec<String>, NounError> {
    let tiers = tier::tiers(c, None)?.into_iter().map(|(_, tier)| tier);
    Ok(tiers.filter(|tier| tier.agent == agent).map(|tier| tier.queue).collect())
}
