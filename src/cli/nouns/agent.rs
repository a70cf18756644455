//! `jackfield agent`.

use clap::Args;
use jackfield_api::snapshot::Agent;
use serde_json::{Map, Value, json};

use super::attributes::Attributes;
use super::fields::named;
use super::{Desk, N, Spoken, show};
use crate::db::nouns;

/// Flags of `jackfield agent add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct AgentFields {
    #[command(flatten)]
    attributes: Attributes,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Spoken for Agent {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "TYPE", "CONTACT"];
    type Fields = AgentFields;

    fn new(key: &N<Self>) -> Self {
        Self { name: key.0.clone(), attributes: Vec::new() }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &AgentFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        fields.attributes.apply(&mut self.attributes)?;
        if !self.attributes.iter().any(|found| found.name == "type") {
            desk.note("the switch takes no agent without a type: --attribute type=callback");
        }
        Ok(())
    }

    fn leaving(&self, _: i64, desk: &mut Desk<'_>) -> anyhow::Result<()> {
        let queues = nouns::queues_of(desk.session, &self.name)?;
        if !queues.is_empty() {
            desk.note(format!("it served {}, and does no more", queues.join(", ")));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        show::fields(json!({ "name": self.name, "attributes": show::settings(&self.attributes) }))
    }

    fn cells(&self) -> Vec<String> {
        let attribute = |name: &str| {
            let found = self.attributes.iter().find(|found| found.name == name);
            found.map(|found| found.text.clone()).unwrap_or_default()
        };
        vec![self.name.clone(), attribute("type"), attribute("contact")]
    }
}
