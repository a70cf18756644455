//! `modules.conf.xml`: one that is loaded before `mod_xml_curl` reads the switch's disk.

use super::fault::{Fault, Mend};
use crate::export::{LOGS, XML_CURL};
use crate::import::{Element, Place};

/// What is loaded, in its order.
pub(super) fn loaded(document: &Element) -> Vec<(String, Place)> {
    let lists = document.children_named("modules");
    let loads = lists.flat_map(|list| list.children_named("load"));
    let named = loads.filter_map(|load| Some((load.attribute("module")?, load)));
    named.map(|(module, load)| (module.to_owned(), load.place.clone())).collect()
}

/// Where the switch is to ask: whether it can, and in time.
pub(super) fn faults(loaded: &[(String, Place)]) -> Vec<Fault> {
    let Some((_, first)) = loaded.first() else { return Vec::new() };
    let right = format!("<load module=\"{XML_CURL}\"/>");
    let Some(at) = loaded.iter().position(|(module, _)| module == XML_CURL) else {
        let what = format!("{XML_CURL} is not loaded");
        let why = "the switch asks nobody, and answers itself from its disk";
        return vec![Fault::error(first, what, why, Mend::Below(right))];
    };
    let early = |(module, _): &&(String, Place)| {
        // A logger is there first so that what follows is logged.
        !LOGS.contains(&module.as_str()) && module != "mod_syslog" && module != "mod_graylog2"
    };
    let early: Vec<_> = loaded[..at].iter().filter(early).map(|(name, _)| name.as_str()).collect();
    if early.is_empty() {
        return Vec::new();
    }
    let what = format!("{XML_CURL} is loaded after {}", early.join(", "));
    let why = "what is loaded before it has read its configuration from the switch's disk";
    let mend = Mend::Do(format!("move {right} in front of them, right behind the loggers"));
    vec![Fault::warning(&loaded[at].1, what, why, mend)]
}
