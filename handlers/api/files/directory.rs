//! Files of section `directory`: a domain, and its users each in a file of its own.

use super::{DISABLED, NO_PIN, OURS, added_param, include};
use crate::document::{DIAL_STRING, gateway, is_credential, place_of, settings};
use crate::snapshot::{Algorithm, Domain, Group, Secret, Setting, User};
use crate::xml::{Element, Place, Value, XmlError, file};

/// An entry of a list of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed<'a> {
    /// These files hold the users.
    Files(String),
    /// The user of this id is described elsewhere.
    Pointer(&'a str),
}

/// A domain. `members` has one list for each of its groups, `alone` are the users of no group, and
/// `disabled` those that no switch finds.
///
/// All of them stand in groups, the one place where the switch looks for everything.
pub fn domain(
    domain: &Domain,
    members: &[Vec<Listed<'_>>],
    alone: &[Listed<'_>],
    disabled: &[Listed<'_>],
) -> Result<String, XmlError> {
    let no_group = Group::default();
    let mut groups = Vec::new();
    for (group, members) in domain.groups().iter().zip(members) {
        groups.push(shared(Element::new("group").with("name", &group.name), group, members));
    }
    if !alone.is_empty() {
        // No stored group can have this name.
        groups.push(shared(Element::new("group").with("name", ""), &no_group, alone));
    }
    let mut params = Element::new("params").holding(open(domain.params()));
    if !domain.params().iter().any(|param| param.name.eq_ignore_ascii_case("dial-string")) {
        params.push(added_param("dial-string", Value::channel(DIAL_STRING), Place::Expanded));
    }
    let mut element = Element::new("domain").with("name", domain.name());
    if let Some(ours) = ours_of_domain(domain, disabled) {
        element.push(ours);
    }
    element = element.holding([params]).holding(variables(domain.variables()));
    element = element.holding(domain.others().elements().iter().cloned());
    if !groups.is_empty() {
        element.push(Element::new("groups").holding(groups));
    }
    file([element])
}

/// A user of a domain.
///
/// The switch takes one hash for a user: that of its id in its domain. A user without it is closed.
pub fn user(domain: &Domain, user: &User) -> Result<String, XmlError> {
    let mut params = Element::new("params");
    let login = login(domain, user);
    if let Some(hash) = login.and_then(Secret::ha1) {
        params.push(Element::new("param").with("name", "a1-hash").with("value", hash));
    } else {
        params.push(added_param("allow-empty-password", false, Place::Plain));
        params.push(added_param("sip-forbid-register", true, Place::Plain));
    }
    match user.voicemail_hash.as_deref() {
        Some(hash) => params.push(param("vm-a1-hash", hash)),
        None => params.push(added_param("vm-a1-hash", NO_PIN, Place::Plain)),
    }
    let mut element = Element::new("user").with("id", &*user.id);
    if let Some(alias) = user.number_alias.as_deref() {
        element = element.with("number-alias", alias);
    }
    if let Some(cidr) = user.cidr.as_deref() {
        element = element.with("cidr", cidr);
    }
    if let Some(ours) = ours_of_user(user, login) {
        element.push(ours);
    }
    element = element.holding([params.holding(open(&user.params))]);
    element = element.holding(variables(&user.variables));
    if !user.gateways.is_empty() {
        element.push(Element::new("gateways").holding(user.gateways.iter().map(gateway)));
    }
    file([element.holding(user.others.elements().iter().cloned())])
}

/// The secret that stands in the file as the user's `a1-hash`: MD5, which every phone knows, where
/// there is one.
fn login<'a>(domain: &Domain, user: &'a User) -> Option<&'a Secret> {
    let of = |algorithm| user.secret(&user.id, domain.name(), algorithm);
    of(Algorithm::Md5).or_else(|| of(Algorithm::Sha256)).filter(|secret| secret.ha1().is_some())
}

/// All other secrets. Where the one of the file is not the first of them, it holds its place.
fn ours_of_user<'a>(user: &'a User, login: Option<&'a Secret>) -> Option<Element<'a>> {
    let is_login = |secret: &Secret| login.is_some_and(|login| std::ptr::eq(login, secret));
    let mut ours = Element::new(OURS);
    for (at, secret) in user.secrets.iter().enumerate() {
        // What is stored and no hash at all lets nobody in.
        let Some(hash) = secret.ha1() else { continue };
        let element = Element::new("secret")
            .with("username", &*secret.username)
            .with("realm", &*secret.realm)
            .with("algorithm", secret.algorithm().as_str());
        if !is_login(secret) {
            ours.push(element.with("a1-hash", hash));
        } else if at > 0 {
            ours.push(element);
        }
    }
    (!ours.is_empty()).then_some(ours)
}

fn ours_of_domain<'a>(domain: &'a Domain, disabled: &'a [Listed<'a>]) -> Option<Element<'a>> {
    let mut ours = Element::new(OURS);
    for alias in domain.aliases() {
        ours.push(Element::new("alias").with("name", &**alias));
    }
    for realm in domain.realms() {
        ours.push(Element::new("realm").with("name", &**realm));
    }
    if domain.algorithms() != Domain::new("").algorithms() {
        for algorithm in domain.algorithms() {
            ours.push(Element::new("algorithm").with("name", algorithm.as_str()));
        }
    }
    if !disabled.is_empty() {
        ours.push(Element::new(DISABLED).holding(disabled.iter().map(listed)));
    }
    (!ours.is_empty()).then_some(ours)
}

fn shared<'a>(element: Element<'a>, group: &'a Group, members: &'a [Listed<'a>]) -> Element<'a> {
    let params = open(&group.params).collect::<Vec<_>>();
    let params = (!params.is_empty()).then(|| Element::new("params").holding(params));
    element
        .holding(params)
        .holding(variables(&group.variables))
        .holding([Element::new("users").holding(members.iter().map(listed))])
}

fn listed<'a>(listed: &'a Listed<'a>) -> Element<'a> {
    match listed {
        Listed::Files(path) => include(path),
        Listed::Pointer(id) => Element::new("user").with("id", *id).with("type", "pointer"),
    }
}

/// Parameters but for those that decide about a login: these come from the secrets.
fn open(params: &[Setting]) -> impl Iterator<Item = Element<'_>> {
    params.iter().filter(|param| !is_credential(&param.name)).map(|setting| {
        let mut element = Element::new("param").with("name", &*setting.name);
        element.set("value", setting.value(), place_of(&setting.name));
        if setting.secure { element.with("secure", true) } else { element }
    })
}

fn variables(variables: &[Setting]) -> Option<Element<'_>> {
    settings("variables", "variable", |_| Place::Expanded, variables)
}

fn param<'a>(name: &'a str, value: &'a str) -> Element<'a> {
    Element::new("param").with("name", name).with("value", value)
}
