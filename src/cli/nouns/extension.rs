//! `jackfield extension`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jackfield_api::files;
use jackfield_api::snapshot::{Action, Condition, Extension, Step};
use serde_json::{Map, Value, json};

use super::fields::named;
use super::steps::{FLAGS, Steps};
use super::{Desk, N, Spoken, show, text};
use crate::db::nouns::{Noun, Page, PlacedExtension};
use crate::import;
use crate::secret::redact;

/// Flags of `jackfield extension add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct ExtensionFields {
    #[command(flatten)]
    steps: Steps,
    /// Whether later extensions are tried after this one has matched
    #[arg(long = "continue", value_name = "true|false", action = clap::ArgAction::Set)]
    continues: Option<bool>,
    /// Its place in the context, counted from 1; others move [default of a new one: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    at: Option<u32>,
    /// All of it from an `<extension>`, as the switch has it on its disk; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = FLAGS)]
    xml: Option<PathBuf>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Spoken for PlacedExtension {
    const KEY: &'static str = "CONTEXT/NAME";
    const OWNER: Option<&'static str> = Some("context");
    const COLUMNS: &'static [&'static str] = &["CONTEXT", "AT", "NAME", "CONDITION", "ACTIONS"];
    type Fields = ExtensionFields;

    fn new(key: &N<Self>) -> Self {
        let extension = Extension { name: key.name.clone(), ..Extension::default() };
        Self { context: key.context.clone(), at: None, extension }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &ExtensionFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        if let Some(path) = &fields.xml {
            self.take(was.is_none(), &text::read(path)?, desk)?;
        } else if fields.steps.are_given() {
            self.extension.conditions = fields.steps.conditions();
        } else if was.is_none() {
            bail!("what does it do? --condition and --action say it, or --xml FILE");
        }
        named(&mut self.extension.name, fields.name.as_ref());
        self.extension.continues = fields.continues.unwrap_or(self.extension.continues);
        if let Some(at) = fields.at {
            self.at = Some(usize::try_from(at)?);
        }
        Ok(())
    }

    /// Says what an operator would hardly mean.
    fn written(
        &self,
        _: Option<&Self>,
        id: i64,
        _: &ExtensionFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        if self.extension.conditions.iter().all(takes_all) {
            desk.note("it has no condition that a call could miss: it takes all that reach it");
        }
        for expression in self.extension.conditions.iter().filter_map(expression) {
            if let Some(why) = doubt(expression) {
                desk.note(format!("«{expression}» may be no regular expression: {why}"));
            }
        }
        let of = self.context.to_string();
        let page = Page { of: Some(&of), after: 0, limit: i64::MAX };
        let stands_before = Self::page(desk.session, &page)?.into_iter();
        let mut stands_before = stands_before.take_while(|(other, _)| *other != id);
        let greedy = |found: &Self| {
            !found.extension.continues && found.extension.conditions.iter().all(takes_all)
        };
        if let Some((_, first)) = stands_before.find(|(_, found)| greedy(found))
            && let Some(at) = first.at
        {
            desk.note(format!(
                "no call reaches it: «{}» before it (at {at}) takes them all; --at {at} puts it first",
                first.extension.name
            ));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        show::fields(json!({
            "name": self.extension.name,
            "context": self.context.name,
            "section": self.context.section.to_string(),
            "at": self.at,
            "continue": self.extension.continues,
            "xml": self.xml(),
        }))
    }

    fn text(&self) -> Option<String> {
        Some(self.xml())
    }

    fn cells(&self) -> Vec<String> {
        let extension = &self.extension;
        let mut actions = Vec::new();
        extension.conditions.iter().for_each(|condition| list_actions(condition, &mut actions));
        vec![
            self.context.to_string(),
            self.at.map(|at| at.to_string()).unwrap_or_default(),
            extension.name.clone(),
            extension.conditions.first().map(tested).unwrap_or_default(),
            actions.join(" "),
        ]
    }
}

/// Whether every call passes a condition.
fn takes_all(condition: &Condition) -> bool {
    let plain = condition.attributes.iter().all(|attribute| {
        ["field", "expression"].iter().any(|name| attribute.name.eq_ignore_ascii_case(name))
    });
    let all = ["", "^(.*)$", "^.*$", "(.*)", ".*", "^(.*)", "^"];
    plain && expression(condition).is_none_or(|expression| all.contains(&expression))
}

fn expression(condition: &Condition) -> Option<&str> {
    let mut found = condition.attributes.iter();
    let found = found.find(|found| found.name.eq_ignore_ascii_case("expression"))?;
    Some(&found.text)
}

/// Why an expression may be none. The switch's kind has more than this program can read.
fn doubt(expression: &str) -> Option<String> {
    let of_the_switch = ["(?=", "(?!", "(?<", "(?>", "(?(", "${", "\\1", "++", "*+"];
    if of_the_switch.iter().any(|piece| expression.contains(piece)) {
        return None;
    }
    let body = expression.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    let body = body.map_or(expression, |(body, _)| body);
    let error = regex_syntax::parse(body).err()?;
    Some(match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it cannot be read".to_owned(),
    })
}

impl PlacedExtension {
    fn take(&mut self, new: bool, text: &text::Text, desk: &mut Desk<'_>) -> anyhow::Result<()> {
        let globals = desk.globals()?;
        let piece = import::extension(&text.name, &text.text, &globals);
        let piece = piece.map_err(|problems| text::told(&problems))?;
        let name = std::mem::take(&mut self.extension.name);
        self.extension = piece.object;
        if self.extension.name.is_empty() {
            self.extension.name = name;
        } else if new && self.extension.name != name {
            bail!("{} holds extension «{}», not «{name}»", text.name, self.extension.name);
        }
        desk.left_out(piece.left_out);
        Ok(())
    }

    /// What `--xml` takes back.
    fn xml(&self) -> String {
        match files::extension(&self.extension) {
            Ok(xml) => redact(&xml),
            Err(error) => format!("<!-- it cannot be sent: {error} -->\n"),
        }
    }
}

/// What a condition tests, in a few words.
fn tested(condition: &Condition) -> String {
    let attribute = |name: &str| {
        let found = condition.attributes.iter().find(|found| found.name == name);
        found.map(|found| &*found.text)
    };
    match (attribute("field"), attribute("expression")) {
        (Some(field), Some(expression)) => format!("{field}={expression}"),
        (Some(field), None) => field.to_owned(),
        _ => {
            let attributes = condition.attributes.iter();
            let told: Vec<_> =
                attributes.map(|found| format!("{}={}", found.name, &*found.text)).collect();
            told.join(" ")
        }
    }
}

fn list_actions<'a>(condition: &'a Condition, names: &mut Vec<&'a str>) {
    for step in &condition.steps {
        match step {
            Step::Action(Action { application, .. }) => names.push(application),
            Step::Condition(inner) => list_actions(inner, names),
            Step::AntiAction(_) | Step::Expression(_) | Step::Regex(_) => {}
        }
    }
}
