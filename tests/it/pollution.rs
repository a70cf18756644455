//! Look-ups that somebody other than the switch has written into.

use jackfield::fsapi::guard::{self, Rule};
use jackfield_api::{Form, Section};

use crate::support::{
    Body, DOMAIN, Metrics, Reply, Server, body, encoded, find, is_not_found, log, post, recorded,
    shared, tree,
};

/// An attack: what it is, the body, the rule it breaks, and the flow that it came in by.
struct Attack {
    what: &'static str,
    body: String,
    rule: Rule,
    flow: &'static str,
}

/// A registration, or a login at a verto profile, whose realm or domain is this text. The switch
/// writes it raw into the last base field, and once more, encoded, as `domain`.
fn injected(recorded: u8, realm: &str) -> String {
    let body = body(recorded).set("key_value", realm).set_last("domain", &encoded(realm));
    match body.get("sip_auth_realm") {
        Some(_) => body.set("sip_auth_realm", &encoded(realm)).text(),
        None => body.text(),
    }
}

/// A verto login with a parameter of this name. Names are never encoded.
fn parameter(name: &str, value: &str) -> String {
    body(53).before("action", name, value).text()
}

/// An INVITE from a trunk with a SIP header of this name.
fn header(name: &str, value: &str) -> String {
    body(71).before("Channel-State", name, value).text()
}

/// A call to a user with a variable of this name.
fn variable(name: &str, value: &str) -> String {
    body(28).before("action", name, value).text()
}

fn attacks() -> Vec<Attack> {
    const REGISTER: (u8, &str) = (42, "sofia_reg_parse_auth");
    const VERTO: (u8, &str) = (53, "check_auth");
    let hack = "x&action=hacked&user=root&section=configuration";
    let attack = |what, body, rule, flow| Attack { what, body, rule, flow };
    let realm = |what, (recorded, flow): (u8, &'static str), realm: &str, rule| {
        attack(what, injected(recorded, realm), rule, flow)
    };
    vec![
        realm("a realm with fields", REGISTER, hack, Rule::EventName),
        realm("a login whose domain has fields", VERTO, hack, Rule::EventName),
        realm("a realm with one field", REGISTER, "x&purpose=gateways", Rule::EventName),
        realm("a realm with the first event field", REGISTER, "x&Event-Name=A", Rule::Repeated),
        realm(
            "a realm with the first event field as the switch has it",
            REGISTER,
            "x&Event-Name=REQUEST_PARAMS",
            Rule::Domain,
        ),
        realm(
            "a realm that looks like a call to an agent",
            REGISTER,
            "x&as_channel=true&action=user_call",
            Rule::Repeated,
        ),
        realm("a realm that ends in a field without a value", REGISTER, "x&y", Rule::EventName),
        attack(
            "a parameter that names a section and a user",
            parameter("a&section=dialplan&user", "root"),
            Rule::Repeated,
            VERTO.1,
        ),
        attack(
            "a parameter that names a user",
            parameter("a&user", "1000"),
            Rule::Repeated,
            VERTO.1,
        ),
        attack(
            "a parameter named purpose",
            parameter("purpose", "gateways"),
            Rule::Purpose,
            VERTO.1,
        ),
        attack("a parameter named PURPOSE", parameter("PURPOSE", "x"), Rule::Purpose, VERTO.1),
        attack("a parameter named Domain", parameter("Domain", "x"), Rule::Repeated, VERTO.1),
        attack(
            "a variable of a call that names an action",
            variable("a&action", "sip_auth"),
            Rule::Repeated,
            "user_outgoing_channel",
        ),
        attack(
            "a variable of a call named purpose",
            variable("purpose", "network-list"),
            Rule::Purpose,
            "user_outgoing_channel",
        ),
        attack(
            "a header named purpose",
            header("purpose", "gateways"),
            Rule::Purpose,
            "sofia_locate_user",
        ),
        attack(
            "a header with another domain",
            header("a&domain", "x"),
            Rule::Repeated,
            "sofia_locate_user",
        ),
        attack(
            "a header that calls for another function",
            header("a&Event-Calling-Function", "resolve_id"),
            Rule::Repeated,
            "sofia_locate_user",
        ),
        attack(
            "a domain that is not the key",
            body(43).set("domain", "x").text(),
            Rule::Domain,
            "resolve_id",
        ),
        attack(
            "two keys outside of a GENERAL event",
            body(44).and("key", "number-alias").text(),
            Rule::Repeated,
            "switch_xml_locate_user",
        ),
        attack(
            "two users in a GENERAL event",
            body(43).and("key", "number-alias").and("user", "1001").text(),
            Rule::Repeated,
            "resolve_id",
        ),
        attack("base fields in another order", swapped(), Rule::BaseFields, "resolve_id"),
        attack(
            "a base field in another case",
            body(43).text().replace("key_value=", "Key_Value="),
            Rule::BaseFields,
            "resolve_id",
        ),
        attack(
            "a call whose number has fields",
            body(23).before("Channel-State", "a&section", "directory").text(),
            Rule::Repeated,
            "dialplan_xml_locate",
        ),
    ]
}

fn swapped() -> String {
    let in_order = format!("key_name=name&key_value={DOMAIN}");
    let text = body(43).text();
    assert!(text.contains(&in_order));
    text.replace(&in_order, &format!("key_value={DOMAIN}&key_name=name"))
}

fn broken(body: impl Into<Vec<u8>>) -> Option<Rule> {
    guard::check(&Form::parse(body.into()).expect("a form")).err()
}

#[test]
fn every_recorded_look_up_is_clean() {
    for (name, body) in recorded() {
        if !Form::parse(body.clone()).expect("a form").is_lookup() {
            continue;
        }
        // An operator's own originate variable named `purpose` is the one false alarm.
        let expected = name.starts_with("69-").then_some(Rule::Purpose);
        assert_eq!(broken(body), expected, "{name}");
    }
    assert_eq!(broken(body(69).without("purpose").bytes()), None);
}

#[test]
fn every_attack_breaks_its_rule() {
    for Attack { what, body, rule, .. } in attacks() {
        assert_eq!(broken(body), Some(rule), "{what}");
    }
}

#[test]
fn every_rule_is_broken_by_some_attack() {
    let unknown = body(1).set("section", "weather").bytes();
    assert_eq!(broken(unknown), Some(Rule::Section));
    for rule in Rule::ALL.into_iter().filter(|rule| *rule != Rule::Section) {
        assert!(attacks().iter().any(|attack| attack.rule == rule), "{rule}");
    }
}

/// Whether an answer gives nothing and lets the switch ask nowhere else.
fn is_closed(reply: &Reply, section: Section) -> bool {
    let tree = tree(&reply.body);
    match section {
        Section::Directory => {
            let section = find(&tree, "section[name=directory]").expect("a section");
            !section.children.is_empty()
                && section.children.iter().all(|domain| domain.children.is_empty())
        }
        Section::Dialplan => {
            let hangup = "section[name=dialplan]/context/extension/condition/action\
                          [application=hangup]@data=CALL_REJECTED";
            find(&tree, hangup).is_some()
        }
        _ => is_not_found(&reply.body),
    }
}

fn section(body: &str) -> Section {
    Section::named(Body::parse(body).get("section").expect("a section")).expect("a known section")
}

#[test]
fn every_attack_is_refused_counted_and_reaches_no_handler() {
    for Attack { what, body, rule, flow } in attacks() {
        let server = Server::start("guard = 'enforce'");
        let reply = post(server.machine, &body);
        assert_eq!(reply.status, 200, "{what}");
        assert!(is_closed(&reply, section(&body)), "{what}: {}", reply.text());
        let metrics = Metrics::of(server.machine);
        let counted = |family, labels: &[(&str, &str)]| metrics.sum(family, labels);
        let labels = [("rule", rule.as_str()), ("flow", flow)];
        assert!((counted("jackfield_guard_rejections_total", &labels) - 1.0).abs() < 0.1, "{what}");
        assert!((counted("jackfield_guard_rejections_total", &[]) - 1.0).abs() < 0.1, "{what}");
        let refused = [("handler", "none"), ("outcome", "denied")];
        assert!((counted("jackfield_lookups_total", &refused) - 1.0).abs() < 0.1, "{what}");
        assert!((counted("jackfield_lookups_total", &[]) - 1.0).abs() < 0.1, "{what}");
    }
}

#[test]
fn observe_mode_answers_what_it_counts() {
    let server = Server::start("guard = 'observe'");
    let attacks = attacks();
    for Attack { body, .. } in &attacks {
        post(server.machine, body);
    }
    let metrics = Metrics::of(server.machine);
    for Attack { what, rule, flow, .. } in &attacks {
        let labels = [("rule", rule.as_str()), ("flow", *flow)];
        assert!(metrics.sum("jackfield_guard_rejections_total", &labels) > 0.5, "{what}");
    }
    let answered = post(server.machine, parameter("a&user", "1000"));
    let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
    assert!(find(&tree(&answered.body), user).is_some(), "{}", answered.text());
}

#[test]
fn a_refused_look_up_closes_the_domain_that_the_switch_itself_is_after() {
    // The switch adds its own `domain` last; that one it searches in the answer.
    for body in [
        header("a&domain", "x"),
        parameter("a&section=dialplan&user", "root"),
        body(42).before("action", "domain", "x").text(),
    ] {
        let reply = post(shared().machine, &body);
        let closed = format!("section[name=directory]/domain[name={DOMAIN}]");
        assert!(find(&tree(&reply.body), &closed).is_some(), "{body}\n{}", reply.text());
    }
    let realm = "x&action=hacked";
    let reply = post(shared().machine, injected(42, realm));
    let closed = format!("section[name=directory]/domain[name={realm}]");
    assert!(find(&tree(&reply.body), &closed).is_some(), "{}", reply.text());
}

#[test]
fn a_refused_call_closes_every_context_that_it_names() {
    let polluted = body(23).before("Channel-State", "a&Hunt-Context", "x").and("action", "y");
    let polluted = polluted.and("action", "z");
    assert_eq!(broken(polluted.bytes()), Some(Rule::Repeated));
    let reply = post(shared().machine, polluted.bytes());
    let tree = tree(&reply.body);
    for context in ["x", "default"] {
        let hangup = format!(
            "section[name=dialplan]/context[name={context}]/extension/condition\
             /action[application=hangup]"
        );
        assert!(find(&tree, &hangup).is_some(), "{context}: {}", reply.text());
    }
}

#[test]
fn a_user_asked_for_by_two_keys_at_once_passes() {
    let doubled = body(43).and("key", "number-alias").and("user", "1000").and("domain", DOMAIN);
    assert_eq!(broken(doubled.bytes()), None);
    let tree = tree(&post(shared().machine, doubled.bytes()).body);
    let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
    assert!(find(&tree, user).is_some());
}

#[test]
fn a_call_to_an_agent_passes_in_its_own_order_only() {
    for recorded in [65, 72] {
        assert_eq!(broken(body(recorded).bytes()), None, "{recorded}");
        let not_a_channel = body(recorded).set("as_channel", "false");
        assert_eq!(broken(not_a_channel.bytes()), Some(Rule::EventName), "{recorded}");
        let one_more = body(recorded).before("as_channel", "x", "y");
        assert_eq!(broken(one_more.bytes()), Some(Rule::EventName), "{recorded}");
        let another = body(recorded).set("action", "sip_auth");
        assert_eq!(broken(another.bytes()), Some(Rule::EventName), "{recorded}");
    }
}

#[test]
fn an_unknown_section_is_not_found_and_counted() {
    let server = Server::start("");
    for section in ["weather", "", "result", "directory%20", "xdirectory"] {
        let reply = post(server.machine, body(22).set("section", section).bytes());
        assert!(is_not_found(&reply.body), "{section}: {}", reply.text());
    }
    let counted = Metrics::of(server.machine)
        .sum("jackfield_guard_rejections_total", &[("rule", "section"), ("flow", "none")]);
    assert!((counted - 5.0).abs() < 0.1, "{counted}");
}

#[test]
fn a_look_up_never_becomes_a_channel_event() {
    let event = "action=test_event_ok";
    for polluted in [
        format!("hostname=vm&x=y&section=directory&{event}"),
        format!("section=directory&hostname=vm&{event}"),
        format!("hostname=vm&tag_name=domain&{event}&section=directory"),
        format!("{event}&{}", body(22).text()),
        injected(42, &format!("x&{event}")),
        injected(42, &format!("x&client_id=1&{event}")),
    ] {
        let reply = post(shared().machine, &polluted);
        assert_ne!(reply.body, b"ok", "{polluted}");
    }
    let reply = post(shared().machine, format!("hostname=vm&{event}"));
    assert_eq!(reply.body, b"ok", "the event itself is answered");
}

#[test]
fn a_smuggled_field_of_another_flow_changes_nothing() {
    // One added field whose name no rule watches cannot be detected; so nobody may read it.
    let clean = post(shared().machine, body(53).bytes());
    for (name, value) in [
        ("group", "sales"),
        ("group_name", "sales"),
        ("profile", "internal"),
        ("number_alias", "check"),
        ("sip_auth_username", "1000"),
        ("sip_auth_realm", "x"),
        ("sip_auth_response", "1"),
        ("Menu-Name", "demo"),
        ("Hunt-Context", "default"),
        ("cacheable", "true"),
        ("Action", "x"),
        ("tag_name", "context"),
    ] {
        if name == "Action" {
            // Names of fields are compared case apart: this one is a second `action`.
            assert_eq!(broken(parameter(name, value)), Some(Rule::Repeated));
            continue;
        }
        let reply = post(shared().machine, parameter(name, value));
        assert_eq!(reply.text(), clean.text(), "{name}");
    }
}

#[test]
fn nothing_that_a_polluted_look_up_carries_as_a_secret_is_logged() {
    let server = Server::start("guard = 'enforce'\nlog = 'trace'");
    let secrets = ["pollutednonce", "pollutedcnonce", "pollutedresponse", "pollutedpassword"];
    for mode in ["x&action=hacked", DOMAIN] {
        let body = Body::parse(&injected(42, mode))
            .set("sip_auth_nonce", secrets[0])
            .set("sip_auth_cnonce", secrets[1])
            .set("sip_auth_response", secrets[2])
            .before("key", "user_supplied_pass", secrets[3])
            .and("key", "x");
        assert!(broken(body.bytes()).is_some());
        post(server.machine, body.bytes());
    }
    let log = log();
    assert!(log.contains("look-up has been written into"), "it is logged");
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
