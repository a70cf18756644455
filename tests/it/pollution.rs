//! Look-ups that somebody other than the switch has written into.

mod attacks;

use attacks::{Attack, attacks, call, header, injected, parameter};
use jackfield::fsapi::guard::{self, Rule};
use jackfield_api::{Form, Section};

use crate::support::{
    Body, DOMAIN, Metrics, Reply, Server, body, find, is_not_found, log, post, recorded, shared,
    tree,
};

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
    for realm in ["x&action=hacked", "x&domain=y", "x&domain=x&Event-Name=A"] {
        let reply = post(shared().machine, injected(42, realm));
        let tree = tree(&reply.body);
        let section = find(&tree, "section[name=directory]").expect("a section");
        let closed: Vec<_> =
            section.children.iter().filter_map(|domain| domain.attribute("name")).collect();
        assert!(closed.contains(&realm), "{realm}: {}", reply.text());
    }
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
fn a_call_whose_route_was_written_into_is_closed_in_the_switch_s_own_context_too() {
    let own = "section[name=dialplan]/context[name=default]/extension/condition\
               /action[application=hangup]";
    for name in ["Hunt-Context", "Hunt-Caller-ID-Number", "Caller-Context", "variable_user_name"] {
        let polluted = call(&format!("a&{name}"), "x");
        assert_eq!(broken(polluted.as_str()), Some(Rule::Repeated), "{name}");
        let reply = post(shared().machine, &polluted);
        let answer = tree(&reply.body);
        assert!(find(&answer, own).is_some(), "{name}: {}", reply.text());
        let section = find(&answer, "section[name=dialplan]").expect("a section");
        for context in &section.children {
            let runs: Vec<_> = context
                .children
                .iter()
                .flat_map(|extension| &extension.children)
                .flat_map(|condition| &condition.children)
                .filter_map(|action| action.attribute("application"))
                .collect();
            assert_eq!(runs, ["hangup"], "{name}: {}", reply.text());
        }
    }
}

#[test]
fn a_route_that_is_told_twice_alike_passes_and_so_does_one_of_an_event_that_repeats_names() {
    for name in ["Hunt-Context", "Hunt-Caller-ID-Number", "Caller-Context", "variable_user_name"] {
        let own = body(23).get(name).expect("recorded").to_owned();
        assert_eq!(broken(call(&format!("a&{name}"), &own)), None, "{name} twice");
        let escaped: Vec<_> = own.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(broken(call(name, &escaped.concat())), None, "{name} in another encoding");
        let polluted = Body::parse(&call(&format!("a&{name}"), "x"));
        for event in ["REQUEST_PARAMS", "CHANNEL_DATA", "MESSAGE"] {
            let polluted = polluted.clone().set("Event-Name", event);
            assert_eq!(broken(polluted.bytes()), Some(Rule::Repeated), "{name} in {event}");
        }
        let general = polluted.set("Event-Name", "GENERAL");
        assert_eq!(broken(general.bytes()), None, "{name} in an event that repeats names");
    }
}

#[test]
fn more_names_of_an_event_than_a_switch_has_are_rejected() {
    let named = |count: usize| {
        (0..count).fold(body(43), |body, at| body.and(&format!("Event-X-{at}"), "x"))
    };
    assert_eq!(broken(named(30).bytes()), None);
    assert_eq!(broken(named(65).bytes()), Some(Rule::Repeated));
    // Each of them twice is no more names.
    let twice = Body::parse(&format!("{}&{}", named(30).text(), "Event-X-1=x&".repeat(64)));
    assert_eq!(broken(twice.bytes()), None);
}

#[test]
fn values_that_differ_only_where_they_are_no_text_differ() {
    let users = |first, second| broken(body(43).set("user", first).and("user", second).bytes());
    assert_eq!(users("%FF", "%FE"), Some(Rule::Repeated));
    assert_eq!(users("%FF", "%EF%BF%BD"), Some(Rule::Repeated));
    assert_eq!(users("%FF", "%ff"), None);
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
        assert_ne!(reply.body, b"ok\n", "{polluted}");
    }
    let reply = post(shared().machine, format!("hostname=vm&{event}"));
    assert_eq!(reply.body, b"ok\n", "the event itself is answered");
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
