//! Call-centre queues, with the agents that serve them.

use std::collections::{BTreeSet, HashMap};

use jackfield_api::snapshot::{Agent, Queue, Tier};

use super::user::check_setting;
use super::{Name, Noun, NounError, Page};
use crate::db::Session;
use crate::db::tables::queue::QueueRow;
use crate::db::tables::tier::{self, TierRow};
use crate::db::tables::{Row, find, put};
use crate::names;

/// A queue, and who serves it.
#[derive(Debug, Clone)]
pub(crate) struct ServedQueue {
    pub(crate) queue: Queue,
    pub(crate) tiers: Vec<Tier>,
}

impl Noun for ServedQueue {
    const NOUN: &'static str = "queue";
    type Key = Name;

    fn key(&self) -> Name {
        Name(self.queue.name.clone())
    }

    fn check(&self) -> Result<(), String> {
        names::check(&self.queue.name)?;
        for tier in &self.tiers {
            if tier.level == 0 || tier.position == 0 {
                return Err(format!("agent «{}»: levels and positions begin with 1", tier.agent));
            }
        }
        self.queue.params.iter().try_for_each(check_setting)
    }

    fn find(c: &mut Session, key: &Name) -> Result<Vec<i64>, NounError> {
        Ok(find::<QueueRow>(c, "", &key.0)?.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = QueueRow::read(c, id)? else { return Ok(None) };
        let tiers = tier::tiers(c, Some(id))?.into_iter().map(|(_, tier)| tier).collect();
        Ok(Some(Self { queue: row.read_as(id)?, tiers }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let mut tiers = HashMap::<String, Vec<Tier>>::new();
        for (_, tier) in tier::tiers(c, None)? {
            tiers.entry(tier.queue.clone()).or_default().push(tier);
        }
        let rows = QueueRow::page(c, page.after, page.limit)?;
        rows.into_iter()
            .map(|(id, row)| {
                let tiers = tiers.remove(&row.name).unwrap_or_default();
                Ok((id, Self { queue: row.read_as(id)?, tiers }))
            })
            .collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        let (id, _) = put(c, id, &QueueRow::of(&self.queue))?;
        let mut kept = BTreeSet::new();
        for served in &self.tiers {
            let agent = Agent::find(c, &Name(served.agent.clone()))?.first().copied();
            let absent = || NounError::Absent { noun: Agent::NOUN, key: served.agent.clone() };
            let agent = agent.ok_or_else(absent)?;
            let known = tier::find(c, id, agent)?;
            kept.insert(put(c, known, &TierRow::of(id, agent, served))?.0);
        }
        for (stored, _) in tier::tiers(c, Some(id))? {
            if !kept.contains(&stored) {
                TierRow::remove(c, stored)?;
            }
        }
        Ok(id)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(QueueRow::remove(c, id)?)
    }
}
