//! The order of bindings: they are asked one after the other until one has an answer.

use super::Binding;
use super::gateway::is_ours;
use super::url::Url;
use crate::check::files::fault::{Fault, Mend};
use crate::check::files::param::Param;
use crate::export::Service;
use crate::settings::Settings;

pub(super) fn check(
    bindings: &[Binding<'_>],
    settings: &Settings,
    service: &Service,
    faults: &mut Vec<Fault>,
) {
    for (at, later) in bindings.iter().enumerate() {
        for earlier in &bindings[..at] {
            let (Some(first), Some(second)) = (earlier.gateway(), later.gateway()) else {
                continue;
            };
            let overlap = earlier
                .sections()
                .zip(later.sections())
                .is_some_and(|(earlier, later)| earlier.overlap(later));
            if !overlap {
                continue;
            }
            if first.value == second.value {
                let place = &earlier.element.place;
                let what = format!("the same URL is asked by the binding at {place} already");
                let why = "what is not found there is asked for twice";
                let mend = Mend::Do("take one of the two bindings away".to_owned());
                faults.push(Fault::error(second.place(), what, why, mend));
                continue;
            }
            let ours = |url: &Param<'_>| is_ours(&url.value, settings, service);
            let url = Url::of(&first.value);
            // What is no service has been told.
            if ours(second) && !ours(first) && !url.host.is_empty() {
                let what =
                    format!("{} is asked before this service, at {}", url.socket(), second.place());
                let why = "this service answers only what is not found there, and each look-up waits for both";
                let mend = Mend::Do("move this binding below the other".to_owned());
                faults.push(Fault::error(first.place(), what, why, mend));
            }
        }
    }
}
