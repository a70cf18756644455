//! `verto.conf.xml`: whom browsers log in as.

use super::fault::{Fault, Mend};
use super::param::{Param, Params, line};
use crate::import::{Element, Looked};

pub(super) fn faults(document: &Element, looked: &Looked) -> Vec<Fault> {
    let mut faults = Vec::new();
    for settings in document.children_named("settings") {
        debug(&Params::of(settings, looked), &mut faults);
    }
    let lists = document.children_named("profiles");
    for profile in lists.flat_map(|list| list.children_named("profile")) {
        let params = Params::of(profile, looked);
        debug(&params, &mut faults);
        login(profile, &params, &mut faults);
        let open = params.0.iter().filter(|param| param.is("bind-local"));
        for socket in open.filter(|socket| !is_secure(socket) && !is_loopback(&socket.value)) {
            let what = format!("browsers log in at {} without TLS", socket.value);
            let why =
                "everybody on the way reads the password and the session id, and goes on with them";
            let right = socket.with(socket.raw).replace("/>", " secure=\"true\"/>");
            faults.push(Fault::warning(socket.place(), what, why, Mend::Instead(right)));
        }
    }
    faults
}

fn login(profile: &Element, params: &Params<'_>, faults: &mut Vec<Fault>) {
    let anybody = "whoever reaches the profile may log in as anybody";
    let asks = params.get("userauth").filter(|asks| !asks.raw.is_empty());
    match asks {
        Some(asks) if asks.is_false() && !asks.value.starts_with('@') => {
            let what = format!("with userauth «{}» nobody's password is asked for", asks.value);
            let mend = Mend::Instead(asks.with("true"));
            faults.push(Fault::error(asks.place(), what, anybody, mend));
        }
        Some(_) => {}
        None => {
            let what = "nobody's password is asked for: there is no userauth";
            let mend = Mend::Below(line("userauth", "true"));
            faults.push(Fault::error(&profile.place, what, anybody, mend));
        }
    }
    if let Some(blind) = params.get("blind-reg").filter(|blind| blind.is_true()) {
        let what = "with blind-reg a user needs no account";
        faults.push(Fault::error(blind.place(), what, anybody, Mend::Instead(blind.with("false"))));
    }
    if params.get("force-register-domain").is_none_or(|domain| domain.raw.is_empty()) {
        let what =
            "the browser chooses the domain that it logs in to: there is no force-register-domain";
        let why = "in one that the service does not have, the switch's own users on the disk may be \
                   looked for";
        let mend = Mend::Below(line("force-register-domain", "$${domain}"));
        faults.push(Fault::error(&profile.place, what, why, mend));
    }
}

fn debug(params: &Params<'_>, faults: &mut Vec<Fault>) {
    let loud = |param: &&Param<'_>| param.value.trim().parse::<i64>().is_ok_and(|level| level > 0);
    if let Some(debug) = params.get("debug").filter(loud) {
        let what = format!("debug is {}", debug.value);
        let why = "the log gets what clients send: passwords and session ids";
        faults.push(Fault::error(debug.place(), what, why, Mend::Instead(debug.with("0"))));
    }
}

fn is_secure(socket: &Param<'_>) -> bool {
    socket.element.attribute("secure").is_some_and(crate::import::is_true)
}

fn is_loopback(socket: &str) -> bool {
    ["127.", "[::1]", "::1", "localhost"].iter().any(|name| socket.starts_with(name))
}
