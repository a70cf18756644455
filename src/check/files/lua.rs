//! `lua.conf.xml`: which script hears which event.

use jackfield_handlers::HOOKS;

use super::fault::{Fault, Mend};
use crate::import::{Element, Looked};

pub(super) fn faults(document: &Element, looked: &Looked) -> Vec<Fault> {
    let mut faults = Vec::new();
    let settings = document.child("settings");
    let hooks: Vec<&Element> =
        settings.map(|settings| settings.children_named("hook").collect()).unwrap_or_default();
    let says = |hook: &Element, key| looked.value(hook.attribute(key).unwrap_or_default());
    for ours @ (event, subclass, script) in HOOKS {
        let hears = |hook: &&&Element| says(hook, "subclass").eq_ignore_ascii_case(subclass);
        if let Some(hook) = hooks.iter().find(hears) {
            // The hook of somebody else may call ours.
            let other = says(hook, "script");
            let what = if !says(hook, "event").eq_ignore_ascii_case(event) {
                format!("{subclass} is a subclass of the event {event} alone: this is never heard")
            } else if other.rsplit('/').next() != Some(script) {
                format!("{subclass} runs «{other}», not {script}")
            } else {
                continue;
            };
            faults.push(Fault::error(&hook.place, what, WHY, Mend::Instead(line(ours))));
        } else if let Some(hook) = hooks.iter().find(|hook| runs(&says(hook, "script"), script)) {
            let what = format!("{script} hears «{}», not {subclass}", says(hook, "subclass"));
            faults.push(Fault::error(&hook.place, what, WHY, Mend::Instead(line(ours))));
        } else {
            let what = format!("nothing runs at {subclass}");
            let place = settings.map_or(&document.place, |settings| &settings.place);
            let right = match settings {
                Some(_) => line(ours),
                None => format!("<settings>{}</settings>", line(ours)),
            };
            faults.push(Fault::warning(place, what, WHY, Mend::Below(right)));
        }
    }
    faults
}

const WHY: &str =
    "nobody is told who logs in over verto and who leaves: clients of channels get no rights";

fn runs(path: &str, script: &str) -> bool {
    path.rsplit('/').next() == Some(script)
}

/// The line of a hook.
fn line((event, subclass, script): (&str, &str, &str)) -> String {
    format!("<hook event=\"{event}\" subclass=\"{subclass}\" script=\"{script}\"/>")
}
