//! `voicemail.conf.xml`: whether a mailbox without a PIN is open.

use super::fault::{Fault, Mend};
use super::param::{Params, line};
use crate::import::{Element, Looked};

const EMPTY_PIN: &str = "allow-empty-password-auth";

pub(super) fn faults(document: &Element, looked: &Looked) -> Vec<Fault> {
    let lists = document.children_named("profiles");
    let profiles = lists.flat_map(|list| list.children_named("profile"));
    let why = "whoever dials the mailbox of a user without a PIN hears the messages, and records the greeting";
    let found = profiles.filter_map(|profile| {
        let params = Params::of(profile, looked);
        let what = "a mailbox without a PIN takes any PIN";
        match params.get(EMPTY_PIN) {
            Some(param) if param.is_true() => {
                let mend = Mend::Instead(param.with("false"));
                Some(Fault::error(param.place(), what, why, mend))
            }
            Some(_) => None,
            None => {
                let what = format!("{what}: there is no {EMPTY_PIN}, which is true then");
                let mend = Mend::Below(line(EMPTY_PIN, "false"));
                Some(Fault::error(&profile.place, what, why, mend))
            }
        }
    });
    found.collect()
}
