//! `jackfield queue`.

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{Queue, Tier};
use serde_json::{Map, Value, json};

use super::fields::{Params, named};
use super::{Desk, N, Spoken, show};
use crate::db::nouns::ServedQueue;

/// Flags of `jackfield queue add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct QueueFields {
    #[command(flatten)]
    params: Params,
    /// Let an agent serve it, at this level and position [default of a new one: 1,1]
    #[arg(long, value_name = "AGENT[=LEVEL[,POSITION]]", value_parser = place)]
    tier: Vec<Place>,
    /// Let an agent serve it no more
    #[arg(long, value_name = "AGENT")]
    remove_tier: Vec<String>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Where an agent is to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    agent: String,
    level: Option<u32>,
    position: Option<u32>,
}

fn place(text: &str) -> Result<Place, String> {
    let number = |text: &str| match text.parse() {
        Ok(number @ 1..) => Ok(Some(number)),
        _ => Err(format!("«{text}» is no number from 1 on: write AGENT=LEVEL,POSITION")),
    };
    let Some((agent, rest)) = text.rsplit_once('=') else {
        return Ok(Place { agent: text.to_owned(), level: None, position: None });
    };
    let (level, position) = match rest.split_once(',') {
        Some((level, position)) => (number(level)?, number(position)?),
        None => (number(rest)?, None),
    };
    Ok(Place { agent: agent.to_owned(), level, position })
}

impl Spoken for ServedQueue {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "STRATEGY", "AGENTS"];
    type Fields = QueueFields;

    fn new(key: &N<Self>) -> Self {
        Self { queue: Queue { name: key.0.clone(), params: Vec::new() }, tiers: Vec::new() }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &QueueFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.queue.name, fields.name.as_ref());
        fields.params.apply(&mut self.queue.params)?;
        for agent in &fields.remove_tier {
            let before = self.tiers.len();
            self.tiers.retain(|tier| !tier.agent.eq_ignore_ascii_case(agent));
            if self.tiers.len() == before {
                bail!("«{agent}» does not serve it");
            }
        }
        for Place { agent, level, position } in &fields.tier {
            let known = self.tiers.iter().position(|tier| tier.agent.eq_ignore_ascii_case(agent));
            let at = known.unwrap_or_else(|| {
                let (queue, agent) = (self.queue.name.clone(), agent.clone());
                self.tiers.push(Tier { queue, agent, level: 1, position: 1 });
                self.tiers.len() - 1
            });
            let tier = &mut self.tiers[at];
            tier.level = level.unwrap_or(tier.level);
            tier.position = position.unwrap_or(tier.position);
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let tiers = self.tiers.iter().map(
            |tier| json!({ "agent": tier.agent, "level": tier.level, "position": tier.position }),
        );
        show::fields(json!({
            "name": self.queue.name,
            "params": show::settings(&self.queue.params),
            "tiers": tiers.collect::<Vec<_>>(),
        }))
    }

    fn cells(&self) -> Vec<String> {
        let strategy = self.queue.params.iter().find(|found| found.name == "strategy");
        let strategy = strategy.map(|found| found.text.clone()).unwrap_or_default();
        let agents: Vec<_> = self.tiers.iter().map(|tier| tier.agent.as_str()).collect();
        vec![self.queue.name.clone(), strategy, agents.join(" ")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_an_agent_with_a_level_and_a_position() {
        let placed = |text, level, position| {
            let agent = "1000@default".to_owned();
            assert_eq!(place(text), Ok(Place { agent, level, position }), "{text}");
        };
        placed("1000@default", None, None);
        placed("1000@default=2", Some(2), None);
        placed("1000@default=2,3", Some(2), Some(3));
        for text in ["1000=", "1000=0", "1000=1,", "1000=1,x", "1000=-1"] {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
