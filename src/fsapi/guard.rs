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
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first rule that a look-up breaks, if any.
pub fn check(form: &Form) -> Result<(), Rule> {
    if !has_base_fields(form) {
        return Err(Rule::BaseFields);
    }
    let facts = Facts::of(form);
    let kept = |rule| match rule {
        Rule::BaseFields => true,
        Rule::Section => Section::named(&form.base(1)).is_some(),
        Rule::EventName => facts.event_name.is_none_or(|at| event_name_belongs(form, at)),
        Rule::Repeated => !facts.differs,
        Rule::Domain => form.base(2) != "domain" || !facts.other_domain,
        Rule::Purpose => !(facts.purpose && (facts.action || facts.key)),
    };
    Rule::ALL.into_iter().find(|rule| !kept(*rule)).map_or(Ok(()), Err)
}

const BASE: [&str; 5] = ["hostname", "section", "tag_name", "key_name", "key_value"];

fn has_base_fields(form: &Form) -> bool {
    let named =
        |(at, name): (usize, &&str)| form.pair(at).is_some_and(|pair| pair.name == name.as_bytes());
    BASE.iter().enumerate().all(named)
}

/// Whether `Event-Name` may stand at this position, counted from 0.
fn event_name_belongs(form: &Form, at: usize) -> bool {
    let is = |at, name: &str, value: &str| {
        form.pair(at)
            .is_some_and(|pair| pair.name == name.as_bytes() && pair.raw == value.as_bytes())
    };
    match at {
        5 => true,
        // mod_callcenter, mod_fifo and the conference start their own event after these two.
        7 => is(5, "as_channel", "true") && is(6, "action", "user_call"),
        _ => false,
    }
}

/// What the rules ask of the fields behind the base fields, gathered in one pass.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // Independent facts, not the states of one thing.
struct Facts {
    /// Position of the first `Event-Name`.
    event_name: Option<usize>,
    /// Whether a field that is to come once comes again with another value.
    differs: bool,
    /// Whether a `domain` is not what the look-up is keyed by.
    other_domain: bool,
    purpose: bool,
    action: bool,
    key: bool,
}

impl Facts {
    fn of(form: &Form) -> Self {
        let mut facts = Self::default();
        // Of the base fields these two have namesakes; their values are raw.
        let mut seen: Vec<Pair<'_>> = Vec::with_capacity(24);
        seen.extend([form.pair(0), form.pair(1)].into_iter().flatten());
        let (mut keys_differ, mut routed_differ) = (false, false);
        for (at, pair) in form.pairs().enumerate().skip(5) {
            let Some(name) = watched(pair.name) else { continue };
            match name {
                Watched::EventName => facts.event_name = facts.event_name.or(Some(at)),
                Watched::Purpose => facts.purpose = true,
                Watched::Action => facts.action = true,
                Watched::Key => facts.key = true,
                Watched::Domain => facts.other_domain |= pair.decoded() != form.base(4),
                Watched::Routed | Watched::Other => {}
            }
            match seen.iter().find(|first| first.name.eq_ignore_ascii_case(pair.name)) {
                Some(first) if first.raw != pair.raw && first.bytes() != pair.bytes() => match name
                {
                    Watched::Key => keys_differ = true,
                    Watched::Routed => routed_differ = true,
                    _ => facts.differs = true,
                },
                Some(_) => {}
                // More names of these kinds than any switch has.
                None if seen.len() == MAX_WATCHED => facts.differs = true,
                None => seen.push(pair),
            }
        }
        if keys_differ || routed_differ {
            let event = form.field("Event-Name");
            let event = event.as_deref().unwrap_or_default();
            // A user key `id:number-alias` is asked as two keys in one look-up.
            facts.differs |= keys_differ && event != "GENERAL";
            // In these events the switch keeps every name once.
            facts.differs |=
                routed_differ && ["REQUEST_PARAMS", "CHANNEL_DATA", "MESSAGE"].contains(&event);
        }
        facts
    }
}

/// A field that a rule asks about.
enum Watched {
    EventName,
    Action,
    Purpose,
    Key,
    Domain,
    /// What a call or a message is routed by: see [`ROUTED`].
    Routed,
    /// `section`, `user`, `hostname` and every other `Event-*`.
    Other,
}

/// More distinct names are watched in no look-up of a switch.
const MAX_WATCHED: usize = 64;

/// Fields that calls and messages are routed and callers told by. A verto client can add fields of
/// any name in front of the switch's own through its `userVariables`.
const ROUTED: [&str; 15] = [
    "Hunt-Context",
    "Hunt-Destination-Number",
    "Hunt-Caller-ID-Number",
    "Hunt-Caller-ID-Name",
    "Hunt-Network-Addr",
    "Caller-Context",
    "Caller-Destination-Number",
    "Caller-Caller-ID-Number",
    "Caller-Caller-ID-Name",
    "Caller-Network-Addr",
    "variable_user_name",
    "variable_domain_name",
    "context",
    "from",
    "to",
];

fn watched(name: &[u8]) -> Option<Watched> {
    let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
    // The first letter rules nearly all fields out.
    match name.first()?.to_ascii_lowercase() {
        b'e' if is("Event-Name") => Some(Watched::EventName),
        b'e' if name.len() > 6 && name[..6].eq_ignore_ascii_case(b"Event-") => Some(Watched::Other),
        b'a' if is("action") => Some(Watched::Action),
        b'p' if is("purpose") => Some(Watched::Purpose),
        b'k' if is("key") => Some(Watched::Key),
        b'd' if is("domain") => Some(Watched::Domain),
        b's' if is("section") => Some(Watched::Other),
        b'u' if is("user") => Some(Watched::Other),
        b'h' if is("hostname") => Some(Watched::Other),
        b'h' | b'c' | b'v' | b'f' | b't' if ROUTED.iter().any(|word| is(word)) => {
            Some(Watched::Routed)
        }
        _ => None,
    }
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
