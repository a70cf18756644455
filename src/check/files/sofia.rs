//! SIP profiles: in whose name a phone logs in, and whom nobody asks.

use super::acl::is_open;
use super::fault::{Fault, Mend};
use super::param::{Param, Params, line};
use crate::import::{Element, Looked, Place};

/// `sofia.conf`, with its profiles.
pub(super) fn document(document: &Element, looked: &Looked) -> Vec<Fault> {
    let lists = document.children_named("profiles");
    let profiles = lists.flat_map(|list| list.children_named("profile"));
    profiles.flat_map(|found| profile(found, looked)).collect()
}

/// Whether a profile that stands by itself is one of SIP.
pub(super) fn is_one(element: &Element) -> bool {
    let settings = element.children_named("settings");
    let mut params = settings.flat_map(|settings| settings.children_named("param"));
    params.any(|param| {
        let name = param.attribute("name").unwrap_or_default();
        name.starts_with("sip-") || ["auth-calls", "challenge-realm"].contains(&name)
    })
}

pub(super) fn profile(profile: &Element, looked: &Looked) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Some(settings) = profile.child("settings") else { return faults };
    let params = Params::of(settings, looked);
    for name in ["accept-blind-reg", "accept-blind-auth"] {
        if let Some(blind) = params.get(name).filter(|blind| blind.is_true()) {
            let what = format!("with {name} a phone logs in with any password");
            let why = "whoever reaches the profile can be any user, and call at their cost";
            faults.push(Fault::error(blind.place(), what, why, Mend::Instead(blind.with("false"))));
        }
    }
    let open = |name: &'static str| {
        params.0.iter().filter(move |param| param.is(name) && is_open(&param.value, looked))
    };
    for list in open("apply-register-acl") {
        let what = format!("everybody registers unasked: apply-register-acl is {}", list.value);
        let why =
            "whoever is in that list is asked for no password, and gets the calls of any user";
        faults.push(Fault::error(list.place(), what, why, Mend::Remove));
    }
    let context = params.get("context").map_or("default", |context| &context.value);
    for list in open("apply-inbound-acl").filter(|_| context != "public") {
        let what = format!(
            "everybody calls unasked, in context «{context}»: apply-inbound-acl is {}",
            list.value
        );
        let why = "whoever is in that list is asked for no password, and dials what the users can";
        faults.push(Fault::error(list.place(), what, why, Mend::Remove));
    }
    let calls = params.get("auth-calls");
    if calls.is_none_or(Param::is_false) {
        if context != "public" {
            let what = format!("nobody is asked who calls, and calls go to context «{context}»");
            let why = "whoever reaches the profile can dial what the users can";
            faults.push(if let Some(calls) = calls {
                Fault::error(calls.place(), what, why, Mend::Instead(calls.with("true")))
            } else {
                let what = format!("{what}: there is no auth-calls");
                let right = Mend::Below(line("auth-calls", "true"));
                Fault::error(&settings.place, what, why, right)
            });
        }
        return faults;
    }
    domain(&params, &settings.place, &mut faults);
    let match_names = "inbound-reg-force-matching-username";
    if params.get(match_names).is_none_or(Param::is_false) {
        let what = "a user may register under another one's number";
        let why = "the password is one user's, and the calls are the other's";
        faults.push(missing(&params, match_names, "true", &settings.place, what, why));
    }
    faults
}

/// Hashes are made with the domain as their realm.
fn domain(params: &Params<'_>, settings: &Place, faults: &mut Vec<Fault>) {
    let forced = params.get("force-register-domain").filter(|forced| !forced.raw.is_empty());
    let realm = params.get("challenge-realm").filter(|realm| !realm.raw.is_empty());
    // Where only one of the two is there, it is what the other one is to be.
    let named = realm.filter(|realm| !is_of_the_phone(&realm.value));
    let domain = forced.or(named).map_or("$${domain}", |param| param.raw);
    if forced.is_none() {
        let what = "the phone chooses the domain that it logs in to";
        let why = "in one that the service does not have, the switch's own users on the disk may be \
                   looked for";
        let fault = missing(params, "force-register-domain", domain, settings, what, why);
        faults.push(Fault { level: super::Level::Error, ..fault });
    }
    let why = "passwords are stored as hashes of user, domain and password: where the realm is another \
               word, as for a phone that names the switch by its address, the right password is refused";
    match realm {
        Some(realm) if is_of_the_phone(&realm.value) => {
            let what = format!("the realm is what the phone names ({})", realm.value);
            let mend = Mend::Instead(realm.with(domain));
            faults.push(Fault::error(realm.place(), what, why, mend));
        }
        // A domain may be stored with further realms.
        Some(realm)
            if forced
                .is_some_and(|forced| forced.value != realm.value && forced.raw != realm.raw) =>
        {
            let what = format!("the realm «{}» is not the domain «{domain}»", realm.value);
            let mend = Mend::Instead(realm.with(domain));
            faults.push(Fault::warning(realm.place(), what, why, mend));
        }
        Some(_) => {}
        None => {
            let what = "there is no challenge-realm: it is what the phone names (auto_to)";
            let mend = Mend::Below(line("challenge-realm", domain));
            faults.push(Fault::error(settings, what, why, mend));
        }
    }
}

fn is_of_the_phone(realm: &str) -> bool {
    ["auto_from", "auto_to"].iter().any(|auto| realm.eq_ignore_ascii_case(auto))
}

/// A parameter that is not there, or has another value.
fn missing(
    params: &Params<'_>,
    name: &str,
    value: &str,
    around: &Place,
    what: &str,
    why: &str,
) -> Fault {
    let right = line(name, value);
    if let Some(param) = params.get(name) {
        return Fault::warning(param.place(), what, why, Mend::Instead(right));
    }
    Fault::warning(around, format!("{what}: there is no {name}"), why, Mend::Below(right))
}
