//! SIP profiles and their gateways.

use std::collections::{BTreeMap, BTreeSet};

use jackfield_api::snapshot::{Domain, Gateway, OnSwitch, Profile, ProfileKind};

use super::super::command::Word;
use super::super::task::{Action, ProfileWork, Task};
use super::{Planner, Text};

/// Parameters of where a profile listens. A rescan takes them in without moving the socket, so that
/// the profile would tell phones an address that it does not have.
const LISTENS: [&str; 21] = [
    "sip-ip",
    "sip-port",
    "ext-sip-ip",
    "ext-sip-port",
    "bind-params",
    "tls",
    "tls-only",
    "tls-bind-params",
    "tls-sip-port",
    "tls-cert-dir",
    "tls-passphrase",
    "tls-verify-date",
    "tls-verify-depth",
    "tls-verify-policy",
    "tls-verify-in-subjects",
    "tls-ciphers",
    "tls-version",
    "tls-timeout",
    "tls-orq-connect-timeout",
    "ws-binding",
    "wss-binding",
];

/// Parameters that a profile hands on to its SIP stack when it starts, and never again.
const AT_START: [&str; 32] = [
    "allow-update",
    "contact-user",
    "db-inner-pre-trans-execute",
    "db-post-trans-execute",
    "db-pre-trans-execute",
    "dbname",
    "disable-naptr",
    "disable-register",
    "disable-srv",
    "disable-srv503",
    "disable-transfer",
    "enable-100rel",
    "enable-compact-headers",
    "enable-rfc-5626",
    "enable-timer",
    "manage-presence",
    "manage-shared-appearance",
    "max-proceeding",
    "max-recv-requests-per-second",
    "minimum-session-expires",
    "odbc-dsn",
    "outbound-proxy",
    "session-timeout",
    "socket-tcp-keepalive",
    "tcp-keepalive",
    "tcp-ping2pong",
    "tcp-pingpong",
    "timer-t1",
    "timer-t1x64",
    "timer-t2",
    "timer-t4",
    "user-agent-string",
];

/// A gateway of this name would be all of them.
const ALL: &str = "_all_";

impl<'a> Planner<'a> {
    pub(super) fn sofia(&mut self) {
        if !self.changed.any(&["profiles", "users", "domains", "documents"]) {
            return;
        }
        let by_name = |on: OnSwitch<'a>| -> BTreeMap<&'a str, &'a Profile> {
            on.profiles(ProfileKind::Sofia).map(|it| (it.name.as_str(), it)).collect()
        };
        let (before, after) = (by_name(self.before), by_name(self.after));
        let is_another_frame = self.is_another_document("sofia.conf");
        let names: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
        for name in names {
            let work = match (before.get(name), after.get(name)) {
                (Some(_), None) => ProfileWork::new(Action::Stop),
                (None, Some(_)) => ProfileWork::new(Action::Start),
                (Some(was), Some(is)) => match self.profile(was, is) {
                    Some(work) => work,
                    None if is_another_frame => ProfileWork::rescan([]),
                    None => continue,
                },
                (None, None) => continue,
            };
            if let Some(name) = self.word("SIP profile", name) {
                self.task(Task::Profile(name, work));
            }
        }
    }

    fn profile(&mut self, was: &'a Profile, is: &'a Profile) -> Option<ProfileWork> {
        let (old, new) = (Text::of(self.before, was), Text::of(self.after, is));
        let named = |text: &Text<'a>, names: &[&str]| -> BTreeSet<(String, String)> {
            let of = text.params.iter().map(|(name, text, _)| (name.to_ascii_lowercase(), text));
            of.filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(name, text)| (name, text.to_string()))
                .collect()
        };
        if named(&old, &LISTENS) != named(&new, &LISTENS) {
            return Some(ProfileWork::new(Action::Restart));
        }
        let at_start = [&old, &new].map(|text| named(text, &AT_START));
        let differ = (&at_start[0] ^ &at_start[1]).into_iter().map(|(name, _)| name);
        let gone = what_stays(&old, &new).into_iter().map(str::to_ascii_lowercase);
        let waiting: BTreeSet<String> = differ.chain(gone).collect();
        if !waiting.is_empty() {
            let waiting: Vec<_> = waiting.into_iter().collect();
            self.remark(format!(
                "SIP profile {0}: what changed in {1} is not in force before it is restarted, which \
                 ends its calls: `sofia profile {0} restart`",
                is.name.escape_debug(),
                waiting.join(", ").escape_debug()
            ));
        }
        let (had, has) = (self.gateways(self.before, was), self.gateways(self.after, is));
        let others = |name: &&&str| has.get(**name) != had.get(**name);
        let gone: Vec<&str> = had.keys().filter(others).copied().collect();
        let is_another = old != new
            || was.domains != is.domains
            || was.aliases != is.aliases
            || served(self.before, was) != served(self.after, is)
            || had != has;
        let kill: Vec<Word> = gone
            .into_iter()
            .filter(|name| *name != ALL)
            .filter_map(|name| self.word("gateway", name))
            .collect();
        is_another.then(|| ProfileWork::rescan(kill))
    }

    /// The gateways of a profile and of the users that it brings along, as the switch gets them.
    fn gateways(&self, on: OnSwitch<'a>, profile: &'a Profile) -> BTreeMap<&'a str, Text<'a>> {
        let mut gateways = BTreeMap::new();
        let mut add = |gateway: &'a Gateway| {
            gateways
                .entry(gateway.name.as_str())
                .or_insert_with(|| Text::new(on, &gateway.params, &gateway.others));
        };
        profile.gateways.iter().for_each(&mut add);
        let everybody = self.changed.any(&["profiles", "domains"]);
        for named in profile.domains.iter().filter(|domain| domain.parse) {
            let snapshot = on.snapshot();
            let domains: Vec<_> = if named.name.eq_ignore_ascii_case("all") {
                snapshot.contents().domains.iter().collect()
            } else {
                snapshot.domain(&named.name).into_iter().collect()
            };
            for domain in domains {
                let all = everybody.then(|| domain.users().iter()).into_iter().flatten();
                let changed = self.changed.users.iter().filter(|_| !everybody);
                let changed = changed.filter_map(|row| domain.users().at(*row));
                all.chain(changed)
                    .filter(|user| !user.disabled)
                    .flat_map(|user| user.gateways())
                    .for_each(&mut add);
            }
        }
        gateways
    }
}

/// Parameters that were taken away: a rescan leaves them as they were.
fn what_stays<'a>(old: &Text<'a>, new: &Text<'a>) -> Vec<&'a str> {
    let is_there = |name: &str| new.params.iter().any(|(new, ..)| new.eq_ignore_ascii_case(name));
    // These are counted anew by each rescan.
    let lists = ["apply-inbound-acl", "apply-nat-acl", "apply-register-acl", "apply-proxy-acl"];
    old.params
        .iter()
        .map(|(name, ..)| *name)
        .filter(|name| !is_there(name) && !lists.contains(name))
        .collect()
}

/// The domains that a profile goes by, or brings the gateways of.
fn served<'a>(on: OnSwitch<'a>, profile: &'a Profile) -> BTreeSet<&'a str> {
    let snapshot = on.snapshot();
    let mut served = BTreeSet::new();
    for named in profile.domains.iter().filter(|domain| domain.alias || domain.parse) {
        if named.name.eq_ignore_ascii_case("all") {
            served.extend(snapshot.contents().domains.iter().map(Domain::name));
        } else if let Some(domain) = snapshot.domain(&named.name) {
            served.insert(domain.spelled(&named.name));
        }
    }
    served
}
