//! `jackfield menu`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{Level, Menu, MenuEntry};
use serde_json::{Map, Value, json};

use super::attributes::Attributes;
use super::fields::named;
use super::{Desk, N, Spoken, show, text};
use crate::db::nouns::{self, Name};
use crate::import;
use crate::secret::{hide, secret_in};

/// Flags of `jackfield menu add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct MenuFields {
    #[command(flatten)]
    attributes: Attributes,
    /// What these digits do, instead of what they did: `1=menu-exec-app:transfer 1000 XML default`,
    /// `2=menu-sub:more`, `*=menu-top`
    #[arg(long, value_name = "DIGITS=ACTION[:PARAM]", value_parser = entry)]
    entry: Vec<MenuEntry>,
    /// Let these digits do nothing
    #[arg(long, value_name = "DIGITS")]
    remove_entry: Vec<String>,
    /// All of it from a `<menu>`, as the switch has it on its disk; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["attribute", "unset_attribute", "entry", "remove_entry"])]
    xml: Option<PathBuf>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

fn entry(text: &str) -> Result<MenuEntry, String> {
    let (digits, rest) = match text.split_once('=') {
        Some((digits, rest)) if !digits.is_empty() => (digits, rest),
        _ => return Err("write DIGITS=ACTION:PARAM, as in 2=menu-sub:more".to_owned()),
    };
    let (action, param) = rest.split_once(':').unwrap_or((rest, ""));
    if action.is_empty() {
        return Err("an action is missing, as menu-exec-app or menu-sub".to_owned());
    }
    if let Some(name) = secret_in("", param) {
        return Err(format!(
            "«{name}» holds a secret, and others on this machine see the command line: use --xml -"
        ));
    }
    Ok(MenuEntry {
        action: action.to_owned(),
        digits: digits.to_owned(),
        param: param.to_owned(),
        level: Level::of(param),
    })
}

impl Spoken for Menu {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "DIGITS"];
    type Fields = MenuFields;

    fn new(key: &N<Self>) -> Self {
        Self { name: key.0.clone(), attributes: Vec::new(), entries: Vec::new() }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &MenuFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        if let Some(path) = &fields.xml {
            let new = was.is_none().then_some(self.name.as_str());
            *self = taken(&text::read(path)?, new, desk)?;
        }
        named(&mut self.name, fields.name.as_ref());
        fields.attributes.apply(&mut self.attributes)?;
        for digits in &fields.remove_entry {
            let before = self.entries.len();
            self.entries.retain(|entry| entry.digits != *digits);
            if self.entries.len() == before {
                bail!("«{digits}» does nothing that could be taken away");
            }
        }
        put_entries(&mut self.entries, &fields.entry);
        Ok(())
    }

    fn written(
        &self,
        _: Option<&Self>,
        _: i64,
        _: &MenuFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        for next in self.entries.iter().filter_map(MenuEntry::sub_menu) {
            let live = next.contains('$');
            if !live && !nouns::exists::<Self>(desk.session, &Name(next.to_owned()))? {
                desk.note(format!(
                    "menu «{next}», which it leads to, is not there: `jackfield menu add {next}` \
                     makes it"
                ));
            }
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let entries = self.entries.iter().map(|entry| {
            let param = hide(&entry.param);
            json!({ "digits": entry.digits, "action": entry.action, "param": param })
        });
        show::fields(json!({
            "name": self.name,
            "attributes": show::settings(&self.attributes),
            "entries": entries.collect::<Vec<_>>(),
        }))
    }

    fn cells(&self) -> Vec<String> {
        let digits: Vec<_> = self.entries.iter().map(|entry| entry.digits.as_str()).collect();
        vec![self.name.clone(), digits.join(" ")]
    }
}

/// Puts entries in the place of those with their digits, or at the end. The same digits may do several
/// things, one after the other.
fn put_entries(entries: &mut Vec<MenuEntry>, new: &[MenuEntry]) {
    for (at, entry) in new.iter().enumerate() {
        if new[..at].iter().any(|other| other.digits == entry.digits) {
            continue;
        }
        let with_them = || new.iter().filter(|other| other.digits == entry.digits).cloned();
        let place = entries.iter().position(|found| found.digits == entry.digits);
        entries.retain(|found| found.digits != entry.digits);
        let place = place.unwrap_or(entries.len());
        entries.splice(place..place, with_them());
    }
}

/// The menu that a file holds. A new one has its name already.
fn taken(text: &text::Text, new: Option<&str>, desk: &mut Desk<'_>) -> anyhow::Result<Menu> {
    let globals = desk.globals()?;
    let piece = import::menu(&text.name, &text.text, &globals);
    let piece = piece.map_err(|problems| text::told(&problems))?;
    let found = &piece.object.name;
    if let Some(name) = new.filter(|name| !found.eq_ignore_ascii_case(name)) {
        bail!("{} holds menu «{found}», not «{name}»", text.name);
    }
    desk.left_out(piece.left_out);
    Ok(piece.object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_digits_an_action_and_its_data() {
        let found = entry("1=menu-exec-app:bridge {a=b}sofia/x:5060").expect("an entry");
        assert_eq!((&*found.digits, &*found.action), ("1", "menu-exec-app"));
        assert_eq!(found.param, "bridge {a=b}sofia/x:5060");
        assert_eq!(entry("*=menu-top").expect("an entry").param, "");
        for text in ["", "1", "=menu-top", "1=", "1=:x", "1=menu-exec-app:bridge {my_pwd=x}y"] {
            assert!(entry(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_entry_takes_the_place_of_those_with_its_digits() {
        let entries = |texts: &[&str]| -> Vec<MenuEntry> {
            texts.iter().map(|text| entry(text).expect("an entry")).collect()
        };
        let mut found = entries(&["1=a", "2=b", "1=c", "3=d"]);
        put_entries(&mut found, &entries(&["4=e", "1=f", "1=g"]));
        assert_eq!(found, entries(&["1=f", "1=g", "2=b", "3=d", "4=e"]));
    }
}
