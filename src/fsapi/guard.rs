//! Refuses look-ups that somebody other than the switch has written into.
//!
//! FreeSWITCH writes its five base fields raw and never encodes the names of the others, so a realm
//! of `x&action=...`, a verto login parameter or a SIP header can add fields to a look-up before
//! anybody has logged in. Neither the first nor the last of two values can be trusted then. These
//! rules hold for every look-up that a switch writes by itself.

use std::fmt;

use jackfield_api::{Form, Lookup, Pair, Section};

/// What a polluted look-up breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The first five pairs are the base fields, in their order.
    BaseFields,
    /// `Event-Name` comes first after them, or third in a call to an agent (`as_channel`).
    EventName,
    /// What says who is asked for comes once, or twice with one value.
    Repeated,
    /// `domain` is what the look-up is keyed by.
    Domain,
    /// `purpose` never goes with `action` or `key`.
    Purpose,
    /// The section is one that a switch has.
    Section,
}

impl Rule {
    /// All rules, in the order in which they are tried.
    pub const ALL: [Self; 6] = [
        Self::BaseFields,
        Self::Section,
        Self::EventName,
        Self::Repeated,
        Self::Domain,
        Self::Purpose,
    ];

    /// One of the closed set of words that metrics and logs use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BaseFields => "base_fields",
            Self::EventName => "event_name",
            Self::Repeated => "repeated",
            Self::Domain => "domain",
            Self::Purpose => "purpose",
            Self::Section => "section",
        }
    }

    /// Whether a form keeps this rule.
    fn is_kept(self, form: &Form) -> bool {
        match self {
            Self::BaseFields => base_fields(form),
            Self::Section => Section::named(&form.base(1)).is_some(),
            Self::EventName => event_name(form),
            Self::Repeated => repeated(form),
            Self::Domain => domain(form),
            Self::Purpose => purpose(form),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first rule that a look-up breaks, if any.
pub fn check(form: &Form) -> Result<(), Rule> {
    Rule::ALL.into_iter().find(|rule| !rule.is_kept(form)).map_or(Ok(()), Err)
}

const BASE: [&str; 5] = ["hostname", "section", "tag_name", "key_name", "key_value"];

fn base_fields(form: &Form) -> bool {
    BASE.iter()
        .enumerate()
        .all(|(at, name)| form.pair(at).is_some_and(|pair| pair.name == name.as_bytes()))
}

fn event_name(form: &Form) -> bool {
    match form.pairs().skip(5).position(|pair| pair.is_named("Event-Name")) {
        None | Some(0) => true,
        // mod_callcenter, mod_fifo and the conference start their own event after these two.
        Some(2) => [("as_channel", "true"), ("action", "user_call")].iter().zip(5..).all(
            |((name, value), at)| {
                form.pair(at).is_some_and(|pair| {
                    pair.name == name.as_bytes() && pair.raw == value.as_bytes()
                })
            },
        ),
        Some(_) => false,
    }
}

/// Fields that say who is asked for, besides `key` and every `Event-*`.
const ONCE: [&str; 6] = ["section", "action", "purpose", "user", "domain", "hostname"];

fn repeated(form: &Form) -> bool {
    let general = form.field("Event-Name").as_deref() == Some("GENERAL");
    let watched = |pair: &Pair<'_>| match pair.name.first().map(u8::to_ascii_lowercase) {
        Some(b'e') => pair.name.len() > 6 && pair.name[..6].eq_ignore_ascii_case(b"Event-"),
        // A user key `id:number-alias` is asked as two keys in one look-up.
        Some(b'k') => !general && pair.is_named("key"),
        Some(b's' | b'a' | b'p' | b'u' | b'd' | b'h') => {
            ONCE.iter().any(|name| pair.is_named(name))
        }
        _ => false,
    };
    let mut seen: Vec<Pair<'_>> = Vec::with_capacity(16);
    // Of the base fields these two have namesakes; their values are raw.
    seen.extend([form.pair(0), form.pair(1)].into_iter().flatten());
    for pair in form.pairs().skip(5).filter(watched) {
        match seen.iter().find(|first| first.name.eq_ignore_ascii_case(pair.name)) {
            Some(first) if first.raw != pair.raw && first.decoded() != pair.decoded() => {
                return false;
            }
            Some(_) => {}
            None => seen.push(pair),
        }
    }
    true
}

fn domain(form: &Form) -> bool {
    let mut domains = form.pairs().skip(5).filter(|pair| pair.is_named("domain"));
    form.base(2) != "domain" || domains.all(|domain| domain.decoded() == form.base(4))
}

fn purpose(form: &Form) -> bool {
    let has = |name| form.pairs().skip(5).any(|pair| pair.is_named(name));
    !has("purpose") || (!has("action") && !has("key"))
}

/// The functions of a switch that start look-ups: the closed set of the label `flow`.
const FLOWS: [&str; 20] = [
    "check_auth",
    "conference_function",
    "conference_loop_output",
    "conference_member_bind_controls",
    "config_sofia",
    "dialplan_xml_locate",
    "group_call_function",
    "launch_sofia_worker_thread",
    "outbound_agent_thread_run",
    "parse_command",
    "resolve_id",
    "sofia_locate_user",
    "sofia_reg_parse_auth",
    "switch_ivr_phrase_macro_event",
    "switch_load_network_lists",
    "switch_xml_locate_domain",
    "switch_xml_locate_user",
    "user_data_function",
    "user_outgoing_channel",
    "voicemail_check_main",
];

/// What the switch was doing, as one of a closed set of words.
pub fn flow(lookup: &Lookup) -> &'static str {
    let function = lookup.calling_function();
    let known = |function: &str| FLOWS.into_iter().find(|flow| *flow == function);
    function.map_or("none", |function| known(&function).unwrap_or("other"))
}
