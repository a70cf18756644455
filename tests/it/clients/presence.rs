//! Who is recorded as connected is put right by what the switches say.

use std::sync::{Arc, Mutex};

use super::{GRANTED, channel, connected, login, name, now};
use crate::support::{
    Base, FakeSwitch, PASSWORD, PATIENCE, Program, Said, jackfield, on_each, until,
};

/// Who is there, as a switch tells it.
pub(super) fn status(clients: &[(u32, &str)]) -> String {
    let users: Vec<_> = clients
        .iter()
        .map(|(at, address)| {
            let name = name(*at);
            format!(
                "{{\"user\":\"{name}\",\"domain\":\"verto\",\"entity\":\"{name}@verto\",\
                 \"type\":\"WS\",\"remoteHost\":\"{address}\",\"state\":\"CONN_REG\"}}"
            )
        })
        .collect();
    format!(
        "{{\n\t\"profiles\":\t[{{\"name\":\"web\",\"type\":\"BASIC\",\"state\":\"RUNNING\",\
         \"users\":[{}]}}]\n}}\n",
        users.join(",")
    )
}

/// A switch that says so.
pub(super) fn switch(says: &Arc<Mutex<Said>>) -> FakeSwitch {
    let says = Arc::clone(says);
    FakeSwitch::new().answering(move |command| match command {
        "verto jsonstatus" => says.lock().expect("whole").clone(),
        "hostname" => Said::Text("vm".into()),
        "switchname" => Said::Text("pbx-a".into()),
        _ => Said::Text("+OK\n".into()),
    })
}

pub(super) fn told(says: &Arc<Mutex<Said>>, text: impl Into<String>) {
    *says.lock().expect("whole") = Said::Text(text.into());
}

pub(super) fn serve(base: &Base, switch: &FakeSwitch) -> Program {
    let file = base.folder.path().join("jackfield.toml");
    let settings = format!(
        "[[switches]]\nname = 'a'\naddress = '{}'\npassword = '{PASSWORD}'\nhostname = 'vm'\n",
        switch.address
    );
    std::fs::write(&file, settings).expect("writable");
    let mut command = jackfield();
    command.env("JACKFIELD_CONFIG", &file);
    Program::serve_with(base, command)
}

pub(super) fn connect(base: &Base, at: u32, address: &str, switch: &str, since: i64) {
    base.sql(&format!(
        "UPDATE clients SET connected = {since}, connected_address = '{address}', \
         connected_switch = '{switch}' WHERE name = '{}'",
        name(at)
    ));
}

#[test]
fn after_a_crash_a_client_that_the_switch_does_not_have_is_not_connected() {
    on_each(|base| {
        channel(base, "desk", "client_limit = 4, second_login = 'refuse'", 1..7);
        let ago = now() - 100;
        connect(base, 1, "192.0.2.7:1", "vm", ago);
        connect(base, 2, "192.0.2.7:2", "vm", ago);
        // By the name of the switch, by another address than it has, at another switch, later.
        connect(base, 3, "192.0.2.7:3", "PBX-A", ago);
        connect(base, 4, "192.0.2.7:4", "vm", ago);
        connect(base, 5, "192.0.2.7:5", "other", ago);
        connect(base, 6, "192.0.2.7:6", "vm", now() + 3600);
        let says = Arc::new(Mutex::new(Said::Text(status(&[
            (1, "192.0.2.7:1"),
            (4, "192.0.2.7:44"),
            (3, "192.0.2.7:33"),
        ]))));
        let switch = switch(&says);
        let program = serve(base, &switch);
        let left = || (1..7).filter(|at| connected(base, *at).is_some()).collect::<Vec<_>>();
        until("it is put right", PATIENCE, || left() == [1, 5, 6]);
        program.logged("clients=3");
        let who =
            base.select("SELECT DISTINCT who AS it FROM changes WHERE table_name = 'clients'");
        assert!(who.contains(&"switch".to_owned()), "{who:?}");
        // There is room again.
        assert_eq!(login(program.machine, &name(2), "mine-2", "192.0.2.7:9"), GRANTED);
    });
}

#[test]
fn a_switch_that_does_not_say_changes_nothing() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..2);
    connect(&base, 1, "192.0.2.7:1", "vm", now() - 100);
    for text in ["", "-ERR verto Command not found!\n", "{\"profiles\":", "+OK\n"] {
        let says = Arc::new(Mutex::new(Said::Text(text.into())));
        let switch = switch(&says);
        let program = serve(&base, &switch);
        switch.until_told("verto jsonstatus");
        // Whatever it would have done is done before the next command.
        switch.until_told("reloadacl");
        assert!(connected(&base, 1).is_some(), "{text}: {}", program.log());
    }
    let says = Arc::new(Mutex::new(Said::Closed));
    let fake = switch(&says);
    let program = serve(&base, &fake);
    fake.until_told("verto jsonstatus");
    assert!(connected(&base, 1).is_some());
    // It comes back, and says.
    told(&says, status(&[]));
    until("it is asked again", 3 * PATIENCE, || connected(&base, 1).is_none());
    drop(program);
}

#[test]
fn a_switch_is_not_asked_while_nobody_is_connected() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..2);
    let says = Arc::new(Mutex::new(Said::Text(status(&[]))));
    let switch = switch(&says);
    let _program = serve(&base, &switch);
    let all = switch.until_told("reloadacl");
    assert!(!all.iter().any(|told| told.contains("verto")), "{all:?}");
}

#[test]
fn a_switch_that_was_started_anew_leaves_no_ghost() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..3);
    let says = Arc::new(Mutex::new(Said::Text(status(&[]))));
    let switch = switch(&says);
    let program = serve(&base, &switch);
    switch.until_told("reloadacl");
    assert_eq!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1"), GRANTED);
    until("it is served", PATIENCE, || {
        super::get(program.machine, "/health").status == 200 && connected(&base, 1).is_some()
    });
    base.sql("UPDATE clients SET connected = connected - 60 WHERE connected IS NOT NULL");
    std::thread::sleep(std::time::Duration::from_millis(300));
    switch.leave();
    switch.is_run("core-2", 1);
    switch.come_back();
    until("it is put right", 3 * PATIENCE, || connected(&base, 1).is_none());
}
