//! `switch.conf.xml`, `console.conf.xml`, `logfile.conf.xml`: what gets into the log, and the order of events.

use super::fault::{Fault, Mend};
use super::param::{Param, Params};
use crate::import::{Element, Looked};

const WHY: &str = "at debug the switch logs passwords that verto clients typed, and what the hooks post: session ids";

pub(super) fn faults(document: &Element, looked: &Looked) -> Vec<Fault> {
    let mut faults = Vec::new();
    within(document, looked, &mut faults);
    faults
}

fn within(element: &Element, looked: &Looked, faults: &mut Vec<Fault>) {
    for settings in element.children_named("settings") {
        let params = Params::of(settings, looked);
        if let Some(level) = params.get("loglevel").filter(|level| is_debug(&level.value)) {
            let what = format!("the log level is {}", level.value);
            faults.push(Fault::warning(
                level.place(),
                what,
                WHY,
                Mend::Instead(level.with("info")),
            ));
        }
        let many = |threads: &&Param<'_>| threads.value.parse::<u32>().is_ok_and(|many| many > 1);
        if let Some(threads) = params.get("initial-event-threads").filter(many) {
            let what = format!("events are handed out by {} threads", threads.value);
            let why = "a second login of a client is decided upon by the order of events";
            let mend = Mend::Instead(threads.with("1"));
            faults.push(Fault::error(threads.place(), what, why, mend));
        }
    }
    for map in element.children_named("mappings").flat_map(|list| list.children_named("map")) {
        let levels = looked.value(map.attribute("value").unwrap_or_default());
        let words: Vec<_> = levels.split(',').map(str::trim).collect();
        if words.iter().any(|word| is_debug(word) || word.eq_ignore_ascii_case("all")) {
            let name = map.attribute("name").unwrap_or_default();
            let what = format!("«{name}» is logged at debug");
            let quiet = "info,notice,warning,err,crit,alert";
            let right = format!("<map name=\"{name}\" value=\"{quiet}\"/>");
            faults.push(Fault::warning(&map.place, what, WHY, Mend::Instead(right)));
        }
    }
    for inner in &element.children {
        if ["profiles", "profile"].contains(&inner.name.as_str()) {
            within(inner, looked, faults);
        }
    }
}

/// `debug`, its finer levels, or their numbers.
fn is_debug(level: &str) -> bool {
    let level = level.trim().to_ascii_lowercase();
    level.starts_with("debug") || level.parse::<u32>().is_ok_and(|level| level >= 7)
}
