//! What a stranger can write into a look-up, by where it comes in.

use jackfield::fsapi::guard::Rule;

use crate::support::{DOMAIN, body, encoded};

/// An attack: what it is, the body, the rule it breaks, and the flow that it came in by.
pub(super) struct Attack {
    pub(super) what: &'static str,
    pub(super) body: String,
    pub(super) rule: Rule,
    pub(super) flow: &'static str,
}

/// Every attack.
pub(super) fn attacks() -> Vec<Attack> {
    let raw = realms().into_iter().map(|(what, (recorded, flow), realm, rule)| Attack {
        what,
        body: injected(recorded, realm),
        rule,
        flow,
    });
    let named = names().into_iter().map(|(what, (body, flow), name, value, rule)| Attack {
        what,
        body: body(name, value),
        rule,
        flow,
    });
    let shapes =
        shapes().into_iter().map(|(what, body, flow, rule)| Attack { what, body, rule, flow });
    raw.chain(named).chain(shapes).collect()
}

/// A registration, or a login at a verto profile, whose realm or domain is this text. The switch
/// writes it raw into the last base field, and once more, encoded, as `domain`.
pub(super) fn injected(recorded: u8, realm: &str) -> String {
    let body = body(recorded).set("key_value", realm).set_last("domain", &encoded(realm));
    match body.get("sip_auth_realm") {
        Some(_) => body.set("sip_auth_realm", &encoded(realm)).text(),
        None => body.text(),
    }
}

/// A verto login with a parameter of this name. Names are never encoded.
pub(super) fn parameter(name: &str, value: &str) -> String {
    body(53).before("action", name, value).text()
}

/// An INVITE from a trunk with a SIP header of this name.
pub(super) fn header(name: &str, value: &str) -> String {
    body(71).before("Channel-State", name, value).text()
}

/// A call to a user with a variable of this name.
fn variable(name: &str, value: &str) -> String {
    body(28).before("action", name, value).text()
}

/// A call of a verto client whose `userVariables` have a key of this name; the switch's own follow.
pub(super) fn call(name: &str, value: &str) -> String {
    body(23).before("Channel-State", name, value).text()
}

type Realm = (&'static str, (u8, &'static str), &'static str, Rule);

/// The realm of a registration, or the domain of a login.
fn realms() -> [Realm; 7] {
    const REGISTER: (u8, &str) = (42, "sofia_reg_parse_auth");
    const VERTO: (u8, &str) = (53, "check_auth");
    let hack = "x&action=hacked&user=root&section=configuration";
    [
        ("fields", REGISTER, hack, Rule::EventName),
        ("fields of a login", VERTO, hack, Rule::EventName),
        ("one field", REGISTER, "x&purpose=gateways", Rule::EventName),
        ("the first event field", REGISTER, "x&Event-Name=A", Rule::Repeated),
        ("that field as it is", REGISTER, "x&Event-Name=REQUEST_PARAMS", Rule::Domain),
        ("a call to an agent", REGISTER, "x&as_channel=true&action=user_call", Rule::Repeated),
        ("a field without a value", REGISTER, "x&y", Rule::EventName),
    ]
}

type Named =
    (&'static str, (fn(&str, &str) -> String, &'static str), &'static str, &'static str, Rule);

/// The name of a login's parameter, of a call's variable, or of a SIP header.
fn names() -> [Named; 15] {
    let login: (fn(&str, &str) -> String, _) = (parameter, "check_auth");
    let agent: (fn(&str, &str) -> String, _) = (variable, "user_outgoing_channel");
    let routed: (fn(&str, &str) -> String, _) = (call, "dialplan_xml_locate");
    let invite: (fn(&str, &str) -> String, _) = (header, "sofia_locate_user");
    [
        ("a section and a user", login, "a&section=dialplan&user", "root", Rule::Repeated),
        ("a user", login, "a&user", "1000", Rule::Repeated),
        ("a purpose", login, "purpose", "gateways", Rule::Purpose),
        ("a purpose in another case", login, "PURPOSE", "x", Rule::Purpose),
        ("a domain in another case", login, "Domain", "x", Rule::Repeated),
        ("an action of a call", agent, "a&action", "sip_auth", Rule::Repeated),
        ("a purpose of a call", agent, "purpose", "network-list", Rule::Purpose),
        ("a purpose of an INVITE", invite, "purpose", "gateways", Rule::Purpose),
        ("a domain of an INVITE", invite, "a&domain", "x", Rule::Repeated),
        ("another function", invite, "a&Event-Calling-Function", "resolve_id", Rule::Repeated),
        ("a context of a call", routed, "a&Hunt-Context", "x", Rule::Repeated),
        ("its context before", routed, "a&Caller-Context", "x", Rule::Repeated),
        ("its number", routed, "a&Hunt-Caller-ID-Number", "911", Rule::Repeated),
        ("its user", routed, "a&variable_user_name", "root", Rule::Repeated),
        ("its number in another case", routed, "HUNT-destination-number", "0", Rule::Repeated),
    ]
}

/// Bodies in a shape that no switch writes.
fn shapes() -> [(&'static str, String, &'static str, Rule); 7] {
    let in_order = format!("key_name=name&key_value={DOMAIN}");
    let swapped = format!("key_value={DOMAIN}&key_name=name");
    let clean = body(43).text();
    assert!(clean.contains(&in_order));
    let two_users = body(43).and("key", "number-alias").and("user", "1001").text();
    let two_keys = body(44).and("key", "number-alias").text();
    let call = body(23).before("Channel-State", "a&section", "directory").text();
    [
        (
            "a domain that is not the key",
            body(43).set("domain", "x").text(),
            "resolve_id",
            Rule::Domain,
        ),
        ("two keys", two_keys, "switch_xml_locate_user", Rule::Repeated),
        ("two users", two_users, "resolve_id", Rule::Repeated),
        ("another order", clean.replace(&in_order, &swapped), "resolve_id", Rule::BaseFields),
        ("another case", clean.replace("key_value=", "Key_Value="), "resolve_id", Rule::BaseFields),
        ("a base field less", clean.replace("key_name=name&", ""), "resolve_id", Rule::BaseFields),
        ("a section of a call", call, "dialplan_xml_locate", Rule::Repeated),
    ]
}
