//! `event_socket.conf.xml`: who may give the switch orders.

use std::net::IpAddr;

use super::acl::is_open;
use super::fault::{Fault, Mend, OF_YOUR_OWN, is_known_to_all};
use super::param::{Params, line};
use crate::import::{Element, Looked};

/// As short as a password may be that others can try.
const SHORTEST: usize = 12;

pub(super) fn faults(document: &Element, looked: &Looked) -> Vec<Fault> {
    let Some(settings) = document.child("settings") else { return Vec::new() };
    let params = Params::of(settings, looked);
    let mut faults = Vec::new();
    let owned = "whoever connects with it owns the switch: it runs programs of the machine, too";
    let is_afar = params.get("listen-ip").is_some_and(|listens| {
        listens.value != "localhost"
            && !listens.value.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    match params.get("password") {
        Some(password) if password.value.is_empty() || is_known_to_all(&password.value) => {
            let what = "the password is one that everybody knows, or none";
            let mend = Mend::Instead(password.with(OF_YOUR_OWN));
            faults.push(Fault::error(password.place(), what, owned, mend));
        }
        Some(password) if password.value.len() < SHORTEST && !password.is_unknown() && is_afar => {
            let what = "the password is short, and other machines may try it";
            let mend = Mend::Instead(password.with(OF_YOUR_OWN));
            faults.push(Fault::error(password.place(), what, owned, mend));
        }
        Some(_) => {}
        None => {
            let what = "there is no password: it is the one that everybody knows";
            let mend = Mend::Below(line("password", OF_YOUR_OWN));
            faults.push(Fault::error(&settings.place, what, owned, mend));
        }
    }
    let everywhere =
        |address: &str| address.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let listens = params.get("listen-ip").filter(|listens| everywhere(&listens.value));
    // Who connects has to be in each of them.
    let mut lists = params.0.iter().filter(|param| param.is("apply-inbound-acl"));
    if let Some(listens) = listens
        && lists.all(|list| is_open(&list.value, looked))
    {
        let what = "it listens on every address, and no apply-inbound-acl says who may connect";
        let why = "it has no encryption, and its password may be tried from anywhere";
        let mend = Mend::Instead(listens.with("127.0.0.1"));
        faults.push(Fault::error(listens.place(), what, why, mend));
    }
    faults
}
