//! Which agent serves which queue.

use diesel::prelude::*;
use jackfield_api::snapshot::Tier;

use super::super::schema::tiers;
use super::super::schema::{agents, queues};
use super::super::session::Session;
use super::{Columns, row};
use crate::db::DbError;

row!(tiers, TierRow {
    pub(in crate::db) queue_id: i64,
    pub(in crate::db) agent_id: i64,
    pub(in crate::db) level: i64,
    pub(in crate::db) position: i64,
});

impl TierRow {
    pub(in crate::db) fn of(queue_id: i64, agent_id: i64, tier: &Tier) -> Self {
        Self { queue_id, agent_id, level: tier.level.into(), position: tier.position.into() }
    }

    fn read_as(self, id: i64, queue: String, agent: String) -> Result<Tier, DbError> {
        let number = |column, value| {
            let columns = Columns::of::<Self>(id);
            u32::try_from(value)
                .map_err(|_| columns.malformed(column, "is not a small number".to_owned()))
        };
        let (level, position) = (number("level", self.level)?, number("position", self.position)?);
        Ok(Tier { queue, agent, level, position })
    }
}

/// Every tier, or those of one queue.
pub(in crate::db) fn tiers(
    c: &mut Session,
    queue: Option<i64>,
) -> Result<Vec<(i64, Tier)>, DbError> {
    let mut rows = tiers::table.inner_join(queues::table).inner_join(agents::table).into_boxed();
    if let Some(queue) = queue {
        rows = rows.filter(tiers::queue_id.eq(queue));
    }
    rows.order(tiers::id)
        .select((tiers::id, TierRow::as_select(), queues::name, agents::name))
        .load::<(i64, TierRow, String, String)>(c)?
        .into_iter()
        .map(|(id, row, queue, agent)| Ok((id, row.read_as(id, queue, agent)?)))
        .collect()
}

/// Where an agent serves a queue.
pub(in crate::db) fn find(c: &mut Session, queue: i64, agent: i64) -> QueryResult<Option<i64>> {
    let tier = tiers::table.filter(tiers::queue_id.eq(queue)).filter(tiers::agent_id.eq(agent));
    tier.select(tiers::id).first(c).optional()
}
