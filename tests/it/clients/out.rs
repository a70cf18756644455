//! Who has to go is told to the switch where it is: that may be another one than where somebody has
//! logged in, and its hooks may never have heard.

use std::sync::atomic::{AtomicBool, Ordering};
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
        until_served(&program, base);
        base.did(&["client", "remove", &name(2)]);
        let all = outs(&switch.until_told("verto_punt mine-2"));
        let mut expected = commands("mine-2", Some(2));
        // Of a right that was given it is not stored of which kind it is.
        for revoked in &mut expected[..2] {
            revoked.push_str(",own.method");
        }
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
    program.logged(&format!("client {}", name(2)));
}

fn until_pending(program: &Program, count: f64) {
    let pending = || Metrics::of(program.machine).sum("jackfield_switch_pending", &[]);
    until("it is pending", PATIENCE, || (pending() - count).abs() < 0.1);
}

/// Until the service answers from what is stored.
fn until_served(program: &Program, base: &Base) {
    let served = || Metrics::of(program.machine).sum("jackfield_snapshot_revision", &[]);
    let stored = base.open().revision().expect("readable").to_string();
    until("it is served", PATIENCE, || format!("{:.0}", served()) == stored);
}

#[test]
fn a_session_that_has_come_back_before_the_switch_could_be_told_stays() {
    let base = Base::sqlite();
    channel(&base, "desk", "second_login = 'punt-old'", 1..4);
    let (program, switch) = served(&base, &[]);
    for at in 1..4 {
        let session = format!("mine-{at}");
        assert!(login(program.machine, &name(at), &session, "192.0.2.7:1").starts_with("ok"));
    }
    until_served(&program, &base);
    switch.leave();
    for at in 1..4 {
        assert!(elsewhere(&program, at, "second").contains(&format!("out mine-{at}\n")));
    }
    until_pending(&program, 1.0);
    // The replaced one, and the one that has replaced it.
    assert!(login(program.machine, &name(2), "mine-2", "192.0.2.7:2").contains("out second\n"));
    assert!(login(program.machine, &name(3), "second", "192.0.2.7:2").contains("out mine-3\n"));
    until_served(&program, &base);
    switch.come_back();
    let all = outs(&switch.until_told("verto_punt mine-3"));
    assert!(all.contains(&"verto_punt mine-1".to_owned()), "{all:?}");
    assert!(!all.iter().any(|told| told.contains("mine-2") || told.contains(&name(3))), "{all:?}");
}

#[test]
fn a_session_that_comes_back_while_the_switch_is_told_is_not_told_of_again() {
    let base = Base::sqlite();
    channel(&base, "desk", "second_login = 'punt-old'", 1..2);
    let hangs = Arc::new(AtomicBool::new(true));
    let is_hung = Arc::clone(&hangs);
    let switch = FakeSwitch::new().answering(move |command| match command {
        "verto jsonstatus" => Said::Text(status(&[])),
        command if command.starts_with("verto noperm") && is_hung.load(Ordering::SeqCst) => {
            Said::Nothing
        }
        _ => Said::Text("+OK\n".into()),
    });
    let program = serve(&base, &switch);
    switch.until_told("reloadacl");
    assert!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1").starts_with("ok"));
    until_served(&program, &base);
    assert!(elsewhere(&program, 1, "second").contains("out mine-1\n"));
    switch.until("it is told", |all| all.iter().any(|it| it.starts_with("verto noperm mine-1")));
    assert!(login(program.machine, &name(1), "mine-1", "192.0.2.7:2").contains("out second\n"));
    until_served(&program, &base);
    switch.leave();
    switch.forget();
    hangs.store(false, Ordering::SeqCst);
    switch.come_back();
    base.did(&["acl", "add", "later"]);
    let all = switch.until_told("reloadacl");
    assert!(!all.iter().any(|told| told.contains("mine-1")), "{all:?}");
}

#[test]
fn a_session_that_moves_to_another_switch_goes_from_the_one_before() {
    on_each(|base| {
        channel(base, "desk", "", 1..2);
        let (program, switch) = served(base, &[(1, "192.0.2.7:1")]);
        assert!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1").starts_with("ok\n"));
        let told = elsewhere(&program, 1, "mine-1");
        assert!(told.starts_with("ok\ngrant"), "its own hook leaves it alone: {told}");
        let all = switch.until_told("verto_punt mine-1");
        assert_eq!(outs(&all), commands("mine-1", Some(1)));
        // And back: the switch itself ends an older connection.
        switch.forget();
        let told = login(program.machine, &name(1), "mine-1", "192.0.2.7:2");
        assert!(told.starts_with("ok\ngrant"), "{told}");
        until_served(&program, base);
        base.did(&["acl", "add", "later"]);
        assert_eq!(outs(&switch.until_told("reloadacl")), [""; 0]);
    });
}

#[test]
fn a_client_that_was_removed_right_after_it_moved_goes_from_every_switch() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..2);
    connect(&base, 1, "192.0.2.7:1", "other", now() - 100);
    let (_program, switch) = served(&base, &[]);
    base.sql(&format!(
        "BEGIN IMMEDIATE; UPDATE clients SET connected_switch = 'vm'; \
         DELETE FROM clients WHERE name = '{}'; COMMIT",
        name(1)
    ));
    switch.until_told("verto_punt mine-1");
}

#[test]
fn what_a_channel_gave_before_it_was_changed_is_taken_as_well() {
    on_each(|base| {
        let columns = "second_login = 'punt-old', event_channels = '[\"room-1\"]'";
        channel(base, "desk", columns, 1..2);
        let (program, switch) = served(base, &[]);
        let told = login(program.machine, &name(1), "mine-1", "192.0.2.7:1");
        assert!(told.contains("grant event_channels room-1\n"), "{told}");
        base.sql("UPDATE channels SET event_channels = '[\"room-2\"]'");
        until_served(&program, base);
        let told = login(program.machine, &name(1), "second", "192.0.2.7:2");
        assert!(told.contains("revoke mine-1 event_channels room-2,room-1\n"), "{told}");
        base.did(&["channel", "set", "desk", "--enabled", "false"]);
        let all = switch.until_told("verto_punt second");
        let revoked = all.iter().find(|it| it.starts_with("verto noperm second event_channels"));
        assert!(revoked.is_some_and(|it| it.contains(",room-2,room-1")), "{all:?}");
    });
}

#[test]
fn a_client_that_is_given_another_session_goes_with_the_one_that_it_has() {
    on_each(|base| {
        channel(base, "desk", "", 1..2);
        let (program, switch) = served(base, &[]);
        assert!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1").starts_with("ok\n"));
        base.did(&["client", "set", &name(1), "--new-session"]);
        switch.until_told("verto_punt mine-1");
    });
}

#[test]
fn many_go_together() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..501);
    let (_program, switch) = served(&base, &[]);
    base.sql(&format!(
        "UPDATE clients SET connected = {}, connected_address = '192.0.2.1:' || id, \
         connected_switch = 'vm'",
        now()
    ));
    base.did(&["channel", "set", "desk", "--enabled", "false"]);
    let count = |all: &[String]| all.iter().filter(|it| it.starts_with("verto_punt")).count();
    switch.until("all are told", |all| count(all) == 500);
    // Nobody's rights wait for the end of another one's calls.
    let all = outs(&switch.told());
    let first = all.iter().position(|it| it.starts_with("verto_punt")).expect("one");
    assert!(all[..first].iter().filter(|it| it.starts_with("verto noperm")).count() >= 400);
}

#[test]
fn a_switch_that_goes_by_another_name_than_the_settings_say_is_pointed_out() {
    let base = Base::sqlite();
    let (program, _switch) = served(&base, &[]);
    program.logged("write hostname = \"pbx-a\"");
    let found = base.did(&["check"]).out;
    assert!(found.contains("calls itself «pbx-a»"), "{found}");
}
