//! Which modules a switch loads: those of a stored `modules.conf`, else what is stored needs.

use std::collections::BTreeSet;

use jackfield_api::snapshot::{Condition, Contents, Context, ProfileKind, Step};

/// Loaded first, so that what follows is logged.
pub(crate) const LOGS: [&str; 2] = ["mod_console", "mod_logfile"];

/// Asks the service: it stands before everything whose configuration is served.
pub(crate) const XML_CURL: &str = "mod_xml_curl";

/// What no switch goes without.
const ALWAYS: [&str; 6] = [
    "mod_commands",
    "mod_dptools",
    "mod_dialplan_xml",
    "mod_loopback",
    "mod_tone_stream",
    "mod_sndfile",
];

/// Modules with what tells that they are needed: a stored document, or an application that calls run.
const ON_DEMAND: [(&str, &str, &[&str]); 13] = [
    ("mod_event_socket", "event_socket.conf", &[]),
    ("mod_curl", "curl.conf", &["curl"]),
    ("mod_db", "db.conf", &["db"]),
    ("mod_hash", "hash.conf", &["hash", "limit", "limit_hash"]),
    ("mod_fifo", "fifo.conf", &["fifo", "fifo_member"]),
    ("mod_httapi", "httapi.conf", &["httapi"]),
    ("mod_local_stream", "local_stream.conf", &[]),
    ("mod_lua", "lua.conf", &["lua"]),
    ("mod_opus", "opus.conf", &[]),
    ("mod_spandsp", "spandsp.conf", &["rxfax", "txfax", "t38_gateway", "start_dtmf"]),
    ("mod_directory", "directory.conf", &["directory"]),
    ("mod_valet_parking", "", &["valet_park"]),
    ("mod_esf", "", &["esf_page_group"]),
];

/// What a switch that answers from what is stored needs.
pub(super) fn needed(contents: &Contents) -> Vec<String> {
    let of_kind = |kind| contents.profiles.iter().any(|profile| profile.kind == kind);
    let run = applications(contents);
    let mut modules: Vec<&str> = LOGS.into_iter().chain(ALWAYS).collect();
    modules.extend(ON_DEMAND.iter().filter_map(|(module, document, applications)| {
        let stored = !document.is_empty() && contents.document(document).is_some();
        (stored || applications.iter().any(|name| run.contains(name))).then_some(*module)
    }));
    for (module, needed) in [
        ("mod_sofia", of_kind(ProfileKind::Sofia)),
        ("mod_rtc", of_kind(ProfileKind::Verto)),
        ("mod_verto", of_kind(ProfileKind::Verto)),
        ("mod_conference", of_kind(ProfileKind::Conference) || !contents.rooms.is_empty()),
        ("mod_voicemail", of_kind(ProfileKind::Voicemail)),
        ("mod_callcenter", !contents.queues.is_empty()),
        ("mod_sms", !contents.chatplan.is_empty()),
    ] {
        if needed {
            modules.push(module);
        }
    }
    let mut modules: Vec<String> = modules.into_iter().map(str::to_owned).collect();
    let said = contents.languages.iter().filter_map(|language| {
        let says = language.attributes.iter().find(|found| found.name == "say-module");
        let module = format!("mod_say_{}", says.map(|found| &*found.text)?);
        module.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_').then_some(module)
    });
    modules.extend(said.collect::<BTreeSet<_>>());
    modules
}

/// What a served switch loads: the same, with the one that asks in front.
pub(super) fn served(contents: &Contents) -> Vec<String> {
    let stored = contents.document("modules.conf");
    let mut modules: Vec<String> = match stored {
        Some(stored) => {
            stored.attributes("modules", ["module"]).map(|[module]| module.to_owned()).collect()
        }
        None => needed(contents),
    };
    if stored.is_none() {
        let has = |modules: &[String], name| modules.iter().any(|module| module == name);
        // With verto come the hooks that the served `lua.conf` names.
        let hooks = has(&modules, "mod_verto");
        for (name, wanted) in [("mod_event_socket", true), ("mod_curl", hooks), ("mod_lua", hooks)]
        {
            if wanted && !has(&modules, name) {
                modules.push(name.to_owned());
            }
        }
    }
    let first: Vec<String> = LOGS
        .into_iter()
        .filter(|log| modules.iter().any(|module| module == log))
        .chain([XML_CURL])
        .map(str::to_owned)
        .collect();
    modules.retain(|module| !module.is_empty() && !first.contains(module));
    [first, modules].concat()
}

/// The applications that calls and messages run.
fn applications(contents: &Contents) -> BTreeSet<&str> {
    fn visit<'c>(condition: &'c Condition, found: &mut BTreeSet<&'c str>) {
        for step in &condition.steps {
            match step {
                Step::Action(action) | Step::AntiAction(action) => {
                    found.insert(&action.application);
                }
                Step::Condition(inner) => visit(inner, found),
                Step::Expression(_) | Step::Regex(_) => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    let everything = contents.dialplan.iter().chain(&contents.chatplan);
    for extension in everything.flat_map(Context::extensions) {
        extension.conditions.iter().for_each(|condition| visit(condition, &mut found));
    }
    found
}
