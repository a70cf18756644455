//! `event_socket.conf.xml`: who may give the switch orders.

use std::net::IpAddr;

use super::fault::{Fault, Mend, OF_YOUR_OWN, is_known_to_all};
use super::param::{Params, line};
use crate::import::{Element, Looked};

pub(super) fn faults(document: &Element, looked: &Looked) -> Vec<Fault> {
    let Some(settings) = document.child("settings") else { return Vec::new() };
    let params = Params::of(settings, looked);
    let mut faults = Vec::new();
    let owned = "whoever connects with it owns the switch: it runs programs of the machine, too";
    match params.get("password") {
        Some(password) if password.value.is_empty() || is_known_to_all(&password.value) => {
            let what = "the password is one that everybody knows, or none";
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
    if let Some(listens) = listens
        && params.get("apply-inbound-acl").is_none()
    {
        let what = "it listens on every address, and no apply-inbound-acl says who may connect";
        let why = "it has no encryption, and its password may be tried from anywhere";
        let mend = Mend::Instead(listens.with("127.0.0.1"));
        faults.push(Fault::error(listens.place(), what, why, mend));
    }
    faults
}
