//! `jackfield phrase`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::Macro;
use jackfield_api::xml::Raw;
use serde_json::{Map, Value, json};

use super::{Desk, N, Spoken, text};
use crate::db::nouns::LanguagePhrase;

/// Flags of `jackfield phrase add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct PhraseFields {
    /// Its `<macro name="NAME">`, as the switch has it on its disk; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Spoken for LanguagePhrase {
    const KEY: &'static str = "LANGUAGE/NAME[@GROUP]";
    const OWNER: Option<&'static str> = Some("language");
    const COLUMNS: &'static [&'static str] = &["LANGUAGE", "NAME", "LINES"];
    type Fields = PhraseFields;

    fn new(key: &N<Self>) -> Self {
        let phrase = Macro { name: key.name.clone(), xml: Raw::default() };
        Self { language: key.language.clone(), phrase }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &PhraseFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        match &fields.file {
            Some(file) => self.phrase.xml = text::read_raw(file)?,
            None if was.is_none() => bail!("what is played? --file FILE holds its <macro>"),
            None => {}
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        Map::from_iter([
            ("name".to_owned(), json!(self.phrase.name)),
            ("language".to_owned(), json!(self.language)),
            ("xml".to_owned(), json!(text::shown(&self.phrase.xml.to_xml()))),
        ])
    }

    fn text(&self) -> Option<String> {
        Some(text::shown(&self.phrase.xml.to_xml()))
    }

    fn cells(&self) -> Vec<String> {
        let lines = self.phrase.xml.to_xml().lines().count().to_string();
        vec![self.language.clone(), self.phrase.name.clone(), lines]
    }
}
