//! `jackfield context`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::fields::named;
use super::{Desk, N, Spoken};
use crate::db::nouns::StoredContext;

/// Flags of `jackfield context add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct ContextFields {
    /// Another name, in the same section
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Spoken for StoredContext {
    const KEY: &'static str = "NAME|chatplan/NAME";
    const COLUMNS: &'static [&'static str] = &["SECTION", "NAME", "EXTENSIONS"];
    type Fields = ContextFields;

    fn new(key: &N<Self>) -> Self {
        Self { key: key.clone(), extensions: 0 }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &ContextFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.key.name, fields.name.as_ref());
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        Map::from_iter([
            ("name".to_owned(), json!(self.key.name)),
            ("section".to_owned(), json!(self.key.section.to_string())),
            ("extensions".to_owned(), json!(self.extensions)),
        ])
    }

    fn cells(&self) -> Vec<String> {
        let key = &self.key;
        vec![key.section.to_string(), key.name.clone(), self.extensions.to_string()]
    }
}
