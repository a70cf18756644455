//! `vars.xml`: the stored globals, each behind those that it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jackfield_api::files::{STAND_IN, STORED};
use jackfield_api::snapshot::{Global, List, global};

use crate::import::is_of_the_switch;
use crate::secret::is_secret;

/// The file, and what is to be told of it.
pub(super) struct Vars {
    pub(super) text: String,
    pub(super) notes: Vec<String>,
}

/// `files` are the texts of those that read globals; `found` is a global that is written where it is not stored.
pub(super) fn write<'f>(
    globals: &'f List<Global>,
    found: Option<(&str, &str)>,
    files: impl Iterator<Item = &'f String>,
) -> Vars {
    let mut notes = Vec::new();
    let by_name: BTreeMap<String, &Global> =
        globals.iter().map(|global| (global.name.to_ascii_lowercase(), global)).collect();
    let values = globals.iter().map(|global| global.value.as_str());
    let texts = files.map(String::as_str).chain(values);
    let read: BTreeSet<String> =
        texts.flat_map(global::names).map(str::to_ascii_lowercase).collect();

    let mut text = String::from("<include>\n");
    let found = found.filter(|(name, _)| !by_name.contains_key(*name));
    if let Some((name, value)) = found {
        let value = escaped(value);
        let _ = writeln!(text, "  <X-PRE-PROCESS cmd=\"set\" data=\"{name}={value}\"/>");
    }
    let is_set = |name: &str| by_name.contains_key(name) || found.is_some_and(|(it, _)| it == name);
    let (mut nobody, mut stand_ins) = (Vec::new(), BTreeMap::new());
    for name in read.iter().filter(|name| !is_set(name)) {
        if is_of_the_switch(name) {
            continue;
        }
        match stand_in(name) {
            Some(value) => {
                stand_ins.insert(name.clone(), Global::new(name, value));
                notes.push(format!(
                    "vars.xml sets {name} to {value}: it is read, and not stored; store the address \
                     that others reach the switch at: jackfield global add {name} ADDRESS"
                ));
            }
            None => nobody.push(name.as_str()),
        }
    }
    if !nobody.is_empty() {
        notes.push(format!("nothing sets {}: empty on a switch", nobody.join(", ")));
    }
    for global in in_order(&by_name, &stand_ins) {
        if stand_ins.contains_key(&global.name) {
            let Global { name, value, .. } = global;
            let _ = writeln!(
                text,
                "  <!-- not stored: the machine's own address, until you store another -->\n  \
                 <X-PRE-PROCESS cmd=\"set\" data=\"{name}={value}\" {}=\"{}\"/>",
                STAND_IN.0, STAND_IN.1
            );
        } else if is_plain(&global.name) {
            let stored = if is_secret(&global.name) {
                format!(" {}=\"{}\"", STORED.0, STORED.1)
            } else {
                String::new()
            };
            let (name, value) = (&global.name, escaped(&global.value));
            let _ =
                writeln!(text, "  <X-PRE-PROCESS cmd=\"set\" data=\"{name}={value}\"{stored}/>");
        } else {
            notes.push(format!(
                "the global «{}» is left out: no text can read such a name",
                global.name
            ));
        }
    }
    text.push_str("</include>\n");
    Vars { text, notes }
}

/// What to set a name to whose value only the machine can tell: a profile of sofia does not start with
/// an empty address.
fn stand_in(name: &str) -> Option<&'static str> {
    if name.ends_with("_ip_v6") {
        Some("$${local_ip_v6}")
    } else if name.ends_with("_ip") || name.ends_with("_ip_v4") {
        Some("$${local_ip_v4}")
    } else {
        None
    }
}

/// In the order of their names, what stands in for others last; but for those that others are made of:
/// these go first, because the switch puts them in when it reads the line.
fn in_order<'g>(
    stored: &BTreeMap<String, &'g Global>,
    stand_ins: &'g BTreeMap<String, Global>,
) -> Vec<&'g Global> {
    fn visit<'g>(
        name: &str,
        by_name: &BTreeMap<String, &'g Global>,
        seen: &mut BTreeSet<String>,
        ordered: &mut Vec<&'g Global>,
    ) {
        let Some(global) = by_name.get(name) else { return };
        if seen.insert(name.to_owned()) {
            for inner in global::names(&global.value) {
                visit(&inner.to_ascii_lowercase(), by_name, seen, ordered);
            }
            ordered.push(global);
        }
    }
    let (mut seen, mut ordered) = (BTreeSet::new(), Vec::new());
    let mut by_name = stored.clone();
    by_name.extend(stand_ins.iter().map(|(name, global)| (name.clone(), global)));
    for name in stored.keys().chain(stand_ins.keys()) {
        visit(name, &by_name, &mut seen, &mut ordered);
    }
    ordered
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// The value as it stands in the line. The pre-processor knows no references: it puts them into the texts
/// that read the name, and there the parser resolves them.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let command = value.to_ascii_lowercase().contains("x-pre-process");
    for (at, c) in value.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // The switch skips blanks here.
            ' ' if value[..at].trim_matches(' ').is_empty() => out.push_str("&#32;"),
            '-' if command => out.push_str("&#45;"),
            c if c.is_control() => {
                let _ = write!(out, "&#{};", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::Hosts;

    use super::*;

    fn global(name: &str, value: &str) -> Global {
        Global { name: name.into(), value: value.into(), hosts: Hosts::default() }
    }

    #[test]
    fn a_global_stands_behind_those_that_it_is_made_of() {
        let stored = [global("a", "$${B}/x"), global("b", "$${c}"), global("c", " 1 \"<&>\n")];
        let vars = write(&stored.into(), None, [].iter());
        assert_eq!(
            vars.text,
            "<include>\n  <X-PRE-PROCESS cmd=\"set\" data=\"c=&#32;1 &quot;&lt;&amp;&gt;&#10;\"/>\n  \
             <X-PRE-PROCESS cmd=\"set\" data=\"b=$${c}\"/>\n  \
             <X-PRE-PROCESS cmd=\"set\" data=\"a=$${B}/x\"/>\n</include>\n"
        );
    }

    #[test]
    fn what_stands_in_is_made_of_what_is_stored_and_goes_before_what_is_made_of_it() {
        let stored = [global("local_ip_v4", "192.0.2.7"), global("url", "sip:$${external_sip_ip}")];
        let files = ["$${external_rtp_ip}".to_owned()];
        let vars = write(&stored.into(), None, files.iter());
        let names: Vec<_> = vars.text.split("data=\"").skip(1).collect();
        let names: Vec<_> = names.iter().filter_map(|rest| rest.split('=').next()).collect();
        assert_eq!(names, ["local_ip_v4", "external_sip_ip", "url", "external_rtp_ip"]);
    }

    #[test]
    fn a_circle_of_globals_ends() {
        let vars = write(&[global("a", "$${b}"), global("b", "$${a}")].into(), None, [].iter());
        assert_eq!(vars.text.lines().count(), 4);
    }

    #[test]
    fn an_address_that_only_the_machine_knows_gets_one_and_any_other_name_is_told() {
        let files = ["$${external_ip} $${hostname} $${odd}".to_owned()];
        let vars = write(&List::default(), None, files.iter());
        assert!(
            vars.text.contains("data=\"external_ip=$${local_ip_v4}\" jackfield=\"stand-in\"/>")
        );
        assert!(!vars.text.contains("hostname") && !vars.text.contains("odd"));
        assert_eq!(vars.notes[1], "nothing sets odd: empty on a switch");
    }
}
