//! What a change of the data asks of one switch: a function of what was served, what is served now,
//! and the rows that changed. It knows no socket.
//!
//! A switch asks again for most of what it needs, and remembers the rest until it is told:
//!
//! | changed | told |
//! |---|---|
//! | a user | `xml_flush_cache id USER DOMAIN`, `xml_flush_cache number-alias ALIAS DOMAIN`: under each name that it had or has, of each name of its domain |
//! | what users inherit: their domain, its aliases, a group with settings, a global | `xml_flush_cache`: all of them, there is nothing between one and all |
//! | network lists, `acl.conf`, the network of a user or the domain that a list names | `reloadacl`, which reads the switch's XML as well |
//! | a parameter, a domain or an alias of a SIP profile, `sofia.conf` | `sofia profile P rescan` |
//! | where a SIP profile listens: address, port, TLS | `sofia profile P restart`, which ends its calls |
//! | a SIP profile comes or goes | `sofia profile P start`, `stop` |
//! | a new gateway, of a profile or of a user | `sofia profile P rescan` |
//! | another or no gateway | `sofia profile P killgw G`; once it is gone, `sofia profile P rescan`: that alone leaves a gateway as it is |
//! | a queue | `callcenter_config queue load`, `reload`, `unload` |
//! | an agent, a tier | `callcenter_config agent reload`, `tier reload`, `del`: a queue that is reloaded forgets its counts and gives all its agents their stored status |
//! | a voicemail profile | `voicemail reload P` |
//! | a client of a channel has to go: replaced on another switch, removed, its channel disabled | `verto noperm`, `hupall`, `verto_punt` |
//! | another document | `reloadxml`: has time zones, `mod_curl`, `mod_enum`, `mod_loopback`, `mod_spandsp`, `mod_translate` and `mod_cidlookup` read theirs |
//! | dialplan, chatplan, phrases, menus, rooms, conference profiles, groups without settings | nothing: asked for each time |
//!
//! What needs more than that (`mod_verto` reads its profiles once; a parameter that is taken away
//! stays in a SIP profile until that is restarted) is not done, because it would end calls. It is
//! told as a remark, for the log. A stored global that only the switch's own files read is none of
//! these: the switch reads it when it starts.

mod callcenter;
mod clients;
mod profiles;
mod users;

use std::borrow::Cow;
use std::collections::BTreeSet;

use jackfield_api::snapshot::{
    AccessList, AccessTarget, Level, OnSwitch, Profile, ProfileKind, Setting,
};
use jackfield_api::xml::Raw;

use super::command::Word;
use super::mailbox::Span;
use super::out::Outs;
use super::task::Task;
use crate::clock;

/// Documents that are asked for each time they are needed.
const EACH_TIME: [&str; 4] =
    ["conference.conf", "conference_layouts.conf", "ivr.conf", "presence_map.conf"];

/// What a change asks of a switch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) tasks: Vec<Task>,
    /// Sessions of clients that are none any more.
    pub(super) removed: Outs,
    /// Whether others may have to go, or need not any more.
    pub(super) leavers: bool,
    /// What the switch needs besides and is not told.
    pub(super) remarks: Vec<String>,
}

/// What a change asks of the switch that calls itself this in look-ups.
pub(super) fn plan(span: &Span, host: &str) -> Plan {
    let (before, after) = (span.before.snapshot.on(host), span.after.snapshot.on(host));
    let mut planner = Planner { before, after, changed: Changed::of(span), plan: Plan::default() };
    planner.clients(host, clock::seconds_at(span.after.made));
    planner.users();
    planner.network_lists();
    planner.sofia();
    planner.other_profiles();
    planner.callcenter();
    planner.documents();
    planner.plan
}

/// What is known to have changed.
struct Changed {
    everything: bool,
    tables: BTreeSet<&'static str>,
    users: Vec<i64>,
    clients: Vec<i64>,
}

impl Changed {
    fn of(span: &Span) -> Self {
        let [before, after] =
            [&span.before, &span.after].map(|picture| &picture.snapshot.contents().globals);
        let rows = span.rows.iter().flatten();
        let of = |table| rows.clone().filter(|row| row.table == table).map(|row| row.row).collect();
        Self {
            // A global may stand in any text.
            everything: span.rows.is_none() || before != after,
            tables: rows.clone().map(|row| row.table).collect(),
            users: of("users"),
            clients: of("clients"),
        }
    }

    fn any(&self, tables: &[&str]) -> bool {
        self.everything || tables.iter().any(|table| self.tables.contains(table))
    }
}

struct Planner<'a> {
    before: OnSwitch<'a>,
    after: OnSwitch<'a>,
    changed: Changed,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn task(&mut self, task: Task) {
        self.plan.tasks.push(task);
    }

    fn remark(&mut self, remark: String) {
        self.plan.remarks.push(remark);
    }

    /// A name as an argument. One that cannot be said is left out, and remarked upon.
    fn word(&mut self, what: &str, name: &str) -> Option<Word> {
        let word = Word::new(name);
        if word.is_none() {
            let name = name.escape_debug();
            self.remark(format!("{what} «{name}» cannot be named in a command; do it by hand"));
        }
        word
    }

    fn network_lists(&mut self) {
        if !self.changed.any(&["access_lists", "documents", "domains", "users"]) {
            return;
        }
        let lists = |on: OnSwitch<'a>| on.access_lists().collect::<Vec<_>>();
        let (before, after) = (lists(self.before), lists(self.after));
        let same = before.len() == after.len()
            && before.iter().zip(&after).all(|(before, after)| is_same_list(before, after))
            && !self.is_another_document("acl.conf");
        let names_domains = after.iter().any(|list| {
            list.nodes.iter().any(|node| matches!(node.target, AccessTarget::Domain(_)))
        });
        if !same || names_domains && (self.changed.any(&["domains"]) || self.is_another_network()) {
            self.task(Task::ReloadAcl);
        }
    }

    /// The profiles of modules other than that of SIP.
    fn other_profiles(&mut self) {
        if !self.changed.any(&["profiles"]) {
            return;
        }
        for name in self.changed_profiles(ProfileKind::Voicemail) {
            if let Some(name) = self.word("voicemail profile", name) {
                self.task(Task::Voicemail(name));
            }
        }
        for name in self.changed_profiles(ProfileKind::Verto) {
            self.remark(format!(
                "verto profile {}: the switch reads it when mod_verto is loaded; `reload mod_verto` \
                 ends its calls",
                name.escape_debug()
            ));
        }
    }

    fn changed_profiles(&self, kind: ProfileKind) -> Vec<&'a str> {
        let (before, after) = (self.before, self.after);
        let by_name =
            |on: OnSwitch<'a>, name: &str| on.profiles(kind).find(|profile| profile.name == name);
        let names: BTreeSet<&str> = before
            .profiles(kind)
            .chain(after.profiles(kind))
            .map(|profile| profile.name.as_str())
            .collect();
        let differs = |name: &&str| match (by_name(before, name), by_name(after, name)) {
            (Some(was), Some(is)) => Text::of(before, was) != Text::of(after, is),
            _ => true,
        };
        names.into_iter().filter(differs).collect()
    }

    fn documents(&mut self) {
        if !self.changed.any(&["documents"]) {
            return;
        }
        let contents = |on: OnSwitch<'a>| &on.snapshot().contents().documents;
        let names: BTreeSet<_> = contents(self.before)
            .iter()
            .chain(contents(self.after))
            .map(|document| document.name.to_ascii_lowercase())
            .filter(|name| name != "acl.conf" && name != "sofia.conf")
            .filter(|name| !EACH_TIME.contains(&name.as_str()))
            .collect();
        if names.iter().any(|name| self.is_another_document(name)) {
            self.task(Task::ReloadXml);
        }
    }

    fn is_another_document(&self, name: &str) -> bool {
        let text = |on: OnSwitch<'a>| on.document(name).map(|document| xml(on, &document.xml));
        text(self.before) != text(self.after)
    }
}

fn is_same_list(before: &AccessList, after: &AccessList) -> bool {
    before.name == after.name
        && before.default_allow == after.default_allow
        && before.nodes == after.nodes
}

/// A piece of XML as the switch gets it.
fn xml(on: OnSwitch<'_>, raw: &Raw) -> String {
    on.resolved(&raw.to_xml(), Level::Global).into_owned()
}

/// Settings as the switch gets them.
fn texts<'a>(on: OnSwitch<'a>, settings: &'a [Setting]) -> Vec<(&'a str, Cow<'a, str>, bool)> {
    let text = |setting: &'a Setting| (setting.name.as_str(), on.text_of(setting), setting.secure);
    settings.iter().map(text).collect()
}

/// What a profile or a gateway says by itself, as the switch gets it.
#[derive(PartialEq)]
struct Text<'a> {
    params: Vec<(&'a str, Cow<'a, str>, bool)>,
    others: String,
}

impl<'a> Text<'a> {
    fn of(on: OnSwitch<'a>, profile: &'a Profile) -> Self {
        Self::new(on, &profile.params, &profile.others)
    }

    fn new(on: OnSwitch<'a>, params: &'a [Setting], others: &Raw) -> Self {
        Self { params: texts(on, params), others: xml(on, others) }
    }
}

#[cfg(test)]
mod tests;
