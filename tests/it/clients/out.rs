//! Who has to go is told to the switch where it is: that may be another one than where somebody has
//! logged in, and its hooks may never have heard.

use std::sync::{Arc, Mutex};

use super::presence::{connect, serve, status, switch, told};
use super::{channel, connected, disconnect, event, login, name, now, post};
use crate::support::{Base, FakeSwitch, Metrics, PATIENCE, Program, Said, on_each, until};

const METHODS: &str = "verto,verto.invite,verto.attach,verto.answer,verto.bye,verto.modify,verto.info,\
                       verto.subscribe,verto.unsubscribe,verto.broadcast,verto.ping,jsapi,fsapi";
const EVENT_CHANNELS: &str = "presence,conference,conference-liveArray,conference-chat,\
                              conference-info,conference-mod,FSevent,demo";

/// What a switch is told to put a session out.
fn commands(session: &str, at: Option<u32>) -> Vec<String> {
    let mut all = vec![
        format!("verto noperm {session} methods {METHODS}"),
        format!("verto noperm {session} event_channels {EVENT_CHANNELS}"),
        format!("hupall NORMAL_CLEARING jsock_uuid_str {session}"),
    ];
    all.extend(at.map(|at| format!("hupall NORMAL_CLEARING jackfield_client {}", name(at))));
    all.push(format!("verto_punt {session}"));
    all
}

/// Of what it was told, what names a session or a client.
fn outs(all: &[String]) -> Vec<String> {
    let is_out = |told: &&String| {
        ["verto noperm", "hupall", "verto_punt"].iter().any(|word| told.starts_with(word))
    };
    all.iter().filter(is_out).cloned().collect()
}

/// The switch `vm` has these clients; the service is told of it, and knows nobody yet.
fn served(base: &Base, there: &[(u32, &str)]) -> (Program, FakeSwitch) {
    let says = Arc::new(Mutex::new(Said::Text(status(there))));
    let switch = switch(&says);
    let program = serve(base, &switch);
    switch.until_told("reloadacl");
    told(&says, status(there));
    (program, switch)
}

fn elsewhere(program: &Program, at: u32, session: &str) -> String {
    let event = event("login", &name(at), session, "192.0.2.9:1").replace("=vm&", "=other&");
    super::told(&post(program.machine, event))
}

#[test]
fn a_session_that_was_replaced_on_another_switch_is_put_out_there() {
    on_each(|base| {
        channel(base, "desk", "second_login = 'punt-old'", 1..3);
        let (program, switch) = served(base, &[(1, "192.0.2.7:1")]);
        assert!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1").starts_with("ok\n"));
        assert!(elsewhere(&program, 1, "second").contains("out mine-1\n"));
        let all = switch.until_told("verto_punt mine-1");
        assert_eq!(outs(&all), commands("mine-1", Some(1)));
        // On the same switch its hook does it; in case that never hears, it is told all the same, and
        // the calls of the client itself are left: they may be the newer session's.
        assert!(login(program.machine, &name(2), "mine-2", "192.0.2.7:2").starts_with("ok\n"));
        assert!(login(program.machine, &name(2), "third", "192.0.2.7:3").starts_with("ok\n"));
        let all = switch.until_told("verto_punt mine-2");
        assert_eq!(outs(&all)[5..], commands("mine-2", None));
        let log = program.log();
        assert!(log.contains(&name(1)), "{log}");
        assert!(!log.contains("mine-") && !log.contains("second"), "{log}");
    });
}

#[test]
fn the_clients_of_a_channel_that_is_disabled_go_and_so_does_one_that_is_removed() {
    on_each(|base| {
        channel(base, "desk", "methods = '[\"verto.invite\", \"own.method\"]'", 1..4);
        let (program, switch) = served(base, &[]);
        for at in 1..4 {
            let session = format!("mine-{at}");
            assert!(login(program.machine, &name(at), &session, "192.0.2.7:1").starts_with("ok"));
        }
        base.did(&["client", "remove", &name(2)]);
        let all = outs(&switch.until_told("verto_punt mine-2"));
        let mut expected = commands("mine-2", Some(2));
        expected[0].push_str(",own.method");
        assert_eq!(all, expected);
        assert_eq!(disconnect(program.machine, &name(3), "192.0.2.7:1"), "ok\n");
        until("it has gone", PATIENCE, || connected(base, 3).is_none());
        base.did(&["channel", "set", "desk", "--enabled", "false"]);
        let all = switch.until_told("verto_punt mine-1");
        assert!(!all.iter().any(|told| told.contains("mine-3")), "{all:?}");
    });
}

#[test]
fn whoever_is_still_there_when_a_switch_is_met_goes_once() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..4);
    let ago = now() - 100;
    for at in 1..4 {
        connect(&base, at, &format!("192.0.2.7:{at}"), "vm", ago);
    }
    base.sql(&format!("UPDATE clients SET expires = {ago} WHERE session = 'mine-2'"));
    base.sql(&format!(
        "UPDATE clients SET replaced = '[{{\"session\":\"old\",\"at\":{ago},\
         \"address\":\"192.0.2.7:9\",\"switch\":\"PBX-A\"}}]' WHERE session = 'mine-3'"
    ));
    let there = [(1, "192.0.2.7:1"), (2, "192.0.2.7:2"), (3, "192.0.2.7:3"), (3, "192.0.2.7:9")];
    let (program, switch) = served(&base, &there);
    switch.until_told("verto_punt mine-2");
    let all = outs(&switch.until_told("verto_punt old"));
    assert_eq!(all.iter().filter(|told| told.starts_with("verto_punt")).count(), 2, "{all:?}");
    assert!(!all.iter().any(|told| told.contains("mine-1") || told.contains("mine-3")), "{all:?}");
    assert!(!all.contains(&format!("hupall NORMAL_CLEARING jackfield_client {}", name(3))));
    assert!(program.log().contains(&format!("client {}", name(2))), "{}", program.log());
}

#[test]
fn a_session_that_has_come_back_before_the_switch_could_be_told_stays() {
    let base = Base::sqlite();
    channel(&base, "desk", "second_login = 'punt-old'", 1..3);
    let (program, switch) = served(&base, &[]);
    for at in 1..3 {
        let session = format!("mine-{at}");
        assert!(login(program.machine, &name(at), &session, "192.0.2.7:1").starts_with("ok"));
    }
    switch.leave();
    assert!(elsewhere(&program, 1, "second").contains("out mine-1\n"));
    assert!(elsewhere(&program, 2, "second").contains("out mine-2\n"));
    let waiting = |count: f64| {
        let pending = || Metrics::of(program.machine).sum("jackfield_switch_pending", &[]);
        until("it is pending", PATIENCE, || (pending() - count).abs() < 0.1);
    };
    waiting(2.0);
    assert!(login(program.machine, &name(2), "mine-2", "192.0.2.7:2").contains("out second\n"));
    waiting(1.0);
    switch.come_back();
    let all = outs(&switch.until_told("verto_punt mine-1"));
    assert!(!all.iter().any(|told| told.contains("mine-2")), "{all:?}");
}
