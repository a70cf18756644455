//! `jackfield language`.

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{Language, PhraseGroup, Setting};
use serde_json::{Map, Value, json};

use super::attributes::Attributes;
use super::fields::{Pair, named, pair, put};
use super::{Desk, N, Spoken, show};

/// Flags of `jackfield language add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct LanguageFields {
    #[command(flatten)]
    attributes: Attributes,
    /// Set an attribute of a group of phrases, as in `ivr/sound-prefix=/sounds`; of those in no
    /// group it is `/NAME=VALUE`
    #[arg(long, value_name = "GROUP/NAME=VALUE", value_parser = pair)]
    group_attribute: Vec<Pair>,
    /// Take an attribute of a group away
    #[arg(long, value_name = "GROUP/NAME")]
    unset_group_attribute: Vec<String>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Spoken for Language {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "SAY MODULE"];
    type Fields = LanguageFields;

    fn new(key: &N<Self>) -> Self {
        Self { name: key.0.clone(), ..Self::default() }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &LanguageFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        fields.attributes.apply(&mut self.attributes)?;
        for path in &fields.unset_group_attribute {
            let (group, name) = of_group(path)?;
            let found = self.groups.iter_mut().find(|found| is(found, group));
            let attributes = found.map(|found| &mut found.attributes);
            let at =
                attributes.as_ref().and_then(|list| list.iter().position(|it| it.name == name));
            match (attributes, at) {
                (Some(attributes), Some(at)) => drop(attributes.remove(at)),
                _ => bail!("«{path}» is not set, so it cannot be taken away"),
            }
        }
        for Pair { name: path, value } in &fields.group_attribute {
            let (group, name) = of_group(path)?;
            let at = self.groups.iter().position(|found| is(found, group));
            let at = at.unwrap_or_else(|| {
                let made = PhraseGroup { name: group.to_owned(), attributes: Vec::new() };
                self.groups.push(made);
                self.groups.len() - 1
            });
            put(&mut self.groups[at].attributes, Setting::written(name, value.as_str()));
        }
        self.groups.retain(|group| !group.attributes.is_empty());
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let groups = self.groups.iter().map(
            |group| json!({ "name": group.name, "attributes": show::settings(&group.attributes) }),
        );
        show::fields(json!({
            "name": self.name,
            "attributes": show::settings(&self.attributes),
            "groups": groups.collect::<Vec<_>>(),
        }))
    }

    fn cells(&self) -> Vec<String> {
        let say = self.attributes.iter().find(|found| found.name == "say-module");
        vec![self.name.clone(), say.map(|found| found.text.clone()).unwrap_or_default()]
    }
}

fn of_group(path: &str) -> anyhow::Result<(&str, &str)> {
    match path.rsplit_once('/') {
        Some(parts) => Ok(parts),
        None => bail!("«{path}»: write GROUP/NAME, and /NAME for phrases in no group"),
    }
}

fn is(group: &PhraseGroup, name: &str) -> bool {
    group.name.eq_ignore_ascii_case(name)
}
