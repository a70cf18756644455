//! The global variables of a tree: what its `set` lines say, and what only a switch knows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jackfield_api::snapshot::{Global, Globals as Stored, Hosts, global};

use super::place::Place;

/// Names that a running switch sets itself (`switch_core.c`, `switch_nat.c`).
const OF_THE_SWITCH: [&str; 32] = [
    "base_dir",
    "cache_dir",
    "certs_dir",
    "conf_dir",
    "core_uuid",
    "data_dir",
    "db_dir",
    "fonts_dir",
    "grammar_dir",
    "hostname",
    "htdocs_dir",
    "images_dir",
    "local_ip_v4",
    "local_ip_v6",
    "local_mask_v4",
    "localstate_dir",
    "log_dir",
    "mod_dir",
    "nat_private_addr",
    "nat_public_addr",
    "nat_type",
    "recordings_dir",
    "rtp_retain_crypto_keys",
    "run_dir",
    "script_dir",
    "sound_prefix",
    "sounds_dir",
    "spawn_instead_of_system",
    "storage_dir",
    "switch_serial",
    "switchname",
    "temp_dir",
];

/// Who gives a name its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Giver {
    /// `--set` on the command line.
    CommandLine,
    /// A `set` or `env-set` line.
    Line(Place),
    /// A line with a command that is not run here.
    Foreign(&'static str, Place),
}

/// One name.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// As it is spelled where it is set.
    pub(super) name: String,
    /// The value; none where only the switch can tell it.
    pub(super) value: Option<String>,
    pub(super) giver: Giver,
}

/// The variables, in the order of their names.
#[derive(Debug, Default, Clone)]
pub(super) struct Globals {
    entries: BTreeMap<String, Entry>,
    /// Those of them that have a value.
    known: Stored,
    /// Names, in lower case, that are stored whatever they are called.
    kept: BTreeSet<String>,
    /// Names that the command line gives and a line would have set, in lower case.
    met: RefCell<BTreeSet<String>>,
}

/// A name in a text that has no value here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// The name in the text itself.
    pub(super) name: String,
    /// Why it has no value here, with the line that decides it.
    pub(super) why: String,
}

impl Globals {
    pub(super) fn new(sets: &[(String, String)]) -> Self {
        let mut globals = Self::default();
        for (name, value) in sets {
            globals.put(name, Some(value.clone()), Giver::CommandLine);
        }
        globals
    }

    pub(super) fn put(&mut self, name: &str, value: Option<String>, giver: Giver) {
        self.known.set(name, value.clone());
        let entry = Entry { name: name.to_owned(), value, giver };
        self.entries.insert(name.to_ascii_lowercase(), entry);
    }

    /// Has a name stored, whatever it is called.
    pub(super) fn keep(&mut self, name: &str) {
        self.kept.insert(name.to_ascii_lowercase());
    }

    pub(super) fn is_kept(&self, name: &str) -> bool {
        self.kept.contains(&name.to_ascii_lowercase())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(&name.to_ascii_lowercase())
    }

    /// Whether the command line decides about a name, so that the tree's lines do not.
    pub(super) fn is_given(&self, name: &str) -> bool {
        let given = self.get(name).is_some_and(|entry| entry.giver == Giver::CommandLine);
        if given {
            self.met.borrow_mut().insert(name.to_ascii_lowercase());
        }
        given
    }

    /// Whether a line of the tree would have set a name that the command line gives.
    pub(super) fn has_met(&self, name: &str) -> bool {
        self.met.borrow().contains(&name.to_ascii_lowercase())
    }

    /// Those that have a value.
    pub(super) fn stored(&self) -> Vec<Global> {
        let entries = self.entries.values();
        entries
            .filter_map(|entry| {
                Some(Global {
                    name: entry.name.clone(),
                    value: entry.value.clone()?,
                    hosts: Hosts::default(),
                })
            })
            .collect()
    }

    /// A text with every known value put in, and the names in it that have none.
    pub(super) fn resolve(&self, text: &str) -> (String, Vec<Unknown>) {
        if !text.contains("$${") {
            return (text.to_owned(), Vec::new());
        }
        let unknown = global::names(text)
            .filter_map(|name| {
                let value = self.known.resolve(&format!("$${{{name}}}"));
                let inner = global::names(&value).next()?;
                Some(Unknown { name: name.to_owned(), why: self.why(name, inner) })
            })
            .collect();
        (self.known.resolve(text), unknown)
    }

    /// Why a name has no value: `inner` is what is left of it when all known values are put in.
    fn why(&self, name: &str, inner: &str) -> String {
        let known = match self.get(inner).map(|entry| &entry.giver) {
            Some(Giver::Foreign(command, place)) => {
                format!("is set by `{command}` ({place}), which is not run here")
            }
            Some(_) => "is made of itself".to_owned(),
            None if is_of_the_switch(inner) => "is known to the switch alone".to_owned(),
            None => "is set nowhere".to_owned(),
        };
        match self.get(name) {
            Some(Entry { giver: Giver::Line(place), .. }) if name != inner => {
                format!("`{name}` ({place}) is $${{{inner}}}, which {known}")
            }
            _ => format!("`{inner}` {known}"),
        }
    }
}

pub(crate) fn is_of_the_switch(name: &str) -> bool {
    OF_THE_SWITCH.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globals() -> Globals {
        let place = |line| Giver::Line(Place { file: "vars.xml".into(), line });
        let mut globals = Globals::new(&[("given".into(), "g".into())]);
        globals.put("domain", Some("$${local_ip_v4}".into()), place(2));
        globals.put("domain_name", Some("$${domain}".into()), place(3));
        globals.put("port", Some("5060".into()), place(4));
        let stun = Place { file: "vars.xml".into(), line: 5 };
        globals.put("external_ip", None, Giver::Foreign("stun-set", stun));
        globals
    }

    #[test]
    fn a_text_without_unknown_names_is_resolved() {
        let resolved = globals().resolve("$${given}:$${PORT}${x}");
        assert_eq!(resolved, ("g:5060${x}".to_owned(), Vec::new()));
    }

    #[test]
    fn an_unknown_name_is_told_with_the_line_that_leads_to_it() {
        for (text, name, why) in [
            (
                "$${domain}",
                "domain",
                "`domain` (vars.xml:2) is $${local_ip_v4}, which is known to the switch alone",
            ),
            (
                "$${domain_name}",
                "domain_name",
                "`domain_name` (vars.xml:3) is $${local_ip_v4}, which is known to the switch alone",
            ),
            (
                "$${external_ip}",
                "external_ip",
                "`external_ip` is set by `stun-set` (vars.xml:5), which is not run here",
            ),
            ("$${gone}", "gone", "`gone` is set nowhere"),
        ] {
            let (_, unknown) = globals().resolve(text);
            assert_eq!(unknown, [Unknown { name: name.into(), why: why.into() }]);
        }
    }
}
