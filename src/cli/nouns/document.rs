//! `jackfield document`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{Hosts, StoredDocument};
use jackfield_api::xml::Raw;
use serde_json::{Map, Value, json};

use super::hosts::HostFlags;
use super::{Desk, N, Spoken, text};

/// Flags of `jackfield document add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct DocumentFields {
    #[command(flatten)]
    hosts: HostFlags,
    /// Its `<configuration name="NAME.conf">`, as the switch has it on its disk; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Spoken for StoredDocument {
    const KEY: &'static str = "NAME.conf";
    const COLUMNS: &'static [&'static str] = &["NAME", "LINES", "SWITCHES"];
    type Fields = DocumentFields;

    fn new(key: &N<Self>) -> Self {
        Self { name: key.0.clone(), xml: Raw::default(), hosts: Hosts::default() }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &DocumentFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        match &fields.file {
            Some(file) => self.xml = text::read_raw(file)?,
            None if was.is_none() => {
                bail!("what does it say? `jackfield document add {} --file FILE`", self.name)
            }
            None => {}
        }
        fields.hosts.apply(&mut self.hosts);
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        Map::from_iter([
            ("name".to_owned(), json!(self.name)),
            ("hosts".to_owned(), json!(self.hosts)),
            ("xml".to_owned(), json!(text::shown(&self.xml.to_xml()))),
        ])
    }

    fn text(&self) -> Option<String> {
        Some(text::shown(&self.xml.to_xml()))
    }

    fn cells(&self) -> Vec<String> {
        let lines = self.xml.to_xml().lines().count().to_string();
        vec![self.name.clone(), lines, self.hosts.to_string()]
    }
}
