//! Clients of channels, over real sockets: whose login is approved of, what it is granted, who has to
//! go, and what is remembered of it.

mod out;
mod presence;
mod races;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{
    Base, Body, Metrics, PATIENCE, Program, Reply, body, find, get, jackfield, on_each, post, tree,
    until,
};

const GRANTED: &str = "ok\ngrant methods verto.invite,verto.attach,verto.answer,verto.bye,\
                       verto.modify,verto.info\n";
const PUNT: &str = "punt\n";
/// Of every client that a test stores.
const HASH: &str = "5f4dcc3b5aa765d61d8327deb882cf99";

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_secs().try_into().expect("small")
}

fn name(at: u32) -> String {
    format!("0b7e1c1e-0000-4000-8000-{at:012x}")
}

/// A channel with columns of its own, and so many clients, each with the session id `mine-N`.
fn channel(base: &Base, channel: &str, columns: &str, clients: std::ops::Range<u32>) {
    base.sql(&format!("INSERT INTO channels (name) VALUES ('{channel}')"));
    if !columns.is_empty() {
        base.sql(&format!("UPDATE channels SET {columns} WHERE name = '{channel}'"));
    }
    let (now, expires) = (now(), now() + 3600);
    let rows: Vec<_> = clients
        .map(|at| format!("SELECT '{}' AS name, 'mine-{at}' AS session", name(at)))
        .collect();
    for rows in rows.chunks(400) {
        base.sql(&format!(
            "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
             SELECT id, it.name, '{HASH}', it.session, {now}, {expires} FROM channels, ({}) AS it \
             WHERE channels.name = '{channel}'",
            rows.join(" UNION ALL ")
        ));
    }
}

fn event(action: &str, login: &str, session: &str, address: &str) -> String {
    let encoded = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
    format!(
        "hostname=vm&action=verto_client_{action}&client_id={}&session_id={}&client_address={}\
         &profile=web",
        encoded(login),
        encoded(session),
        encoded(address)
    )
}

fn login(service: SocketAddr, login: &str, session: &str, address: &str) -> String {
    told(&post(service, event("login", login, session, address)))
}

fn disconnect(service: SocketAddr, login: &str, address: &str) -> String {
    told(&post(service, event("disconnect", login, "nil", address)))
}

fn told(reply: &Reply) -> String {
    assert_eq!(reply.status, 200);
    let kind = if reply.text().starts_with("<?xml") { "text/xml" } else { "text/plain" };
    let found = reply.header("content-type").expect("a type");
    assert!(found.starts_with(kind), "{found}: {}", reply.text());
    reply.text().to_owned()
}

/// Where a client is connected from.
fn connected(base: &Base, at: u32) -> Option<String> {
    let query = "SELECT coalesce(connected_address, '-') AS it FROM clients";
    let found = base.select(&format!("{query} WHERE name = '{}'", name(at))).remove(0);
    (found != "-").then_some(found)
}

fn session(base: &Base, at: u32) -> String {
    base.select(&format!("SELECT session AS it FROM clients WHERE name = '{}'", name(at))).remove(0)
}

/// The switch asks who a client is that logs in.
fn asking(login: &str, fields: &str) -> Body {
    let asked = body(53).set("key_value", "verto").set_last("domain", "verto");
    let asked = asked.set("user", login);
    match fields.split_once('=') {
        Some((field, value)) => asked.before("action", field, value),
        None => asked,
    }
}

/// Whether the switch is told of the client.
fn is_let_in(service: SocketAddr, login: &str, fields: &str) -> bool {
    let tree = tree(&post(service, asking(login, fields).bytes()).body);
    find(&tree, "section/domain[name=verto]").expect("the domain, in any case");
    find(&tree, "section/domain/users/user/params/param[name=a1-hash]").is_some()
}

#[test]
fn a_login_with_the_expected_session_is_granted_the_rights_of_its_channel() {
    on_each(|base| {
        channel(base, "desk", "event_channels = '[\"presence\"]'", 1..3);
        let program = Program::serve(base);
        let service = program.machine;
        let counted = |state| {
            let metrics = Metrics::of(service);
            metrics.sum("jackfield_clients", &[("state", state)])
        };
        assert!(counted("expected") > 1.9 && counted("connected") < 0.1);
        assert!(is_let_in(service, &name(1), ""));
        let answer = post(service, asking(&name(1), "").bytes()).text().to_owned();
        assert!(answer.contains("jsonrpc-allowed-methods\" value=\"echo\""), "{answer}");
        let granted = format!("{GRANTED}grant event_channels presence\n");
        assert_eq!(login(service, &name(1), "mine-1", "192.0.2.7:1"), granted);
        assert_eq!(connected(base, 1).as_deref(), Some("192.0.2.7:1"));
        let at_verto = format!("{}@verto", name(2));
        assert_eq!(login(service, &at_verto, "mine-2", "[2001:db8::1]:1"), granted);
        assert_eq!(connected(base, 2).as_deref(), Some("[2001:db8::1]:1"));
        until("both count as connected", PATIENCE, || {
            counted("connected") > 1.9 && counted("expected") < 0.1
        });
        // Told once more, and from elsewhere: the connection moves.
        let revision = base.open().revision().expect("readable");
        assert_eq!(login(service, &name(1), "mine-1", "192.0.2.7:1"), granted);
        assert_eq!(base.open().revision().expect("readable"), revision, "nothing to write");
        assert_eq!(login(service, &name(1), "mine-1", "192.0.2.7:2"), granted);
        assert_eq!(connected(base, 1).as_deref(), Some("192.0.2.7:2"));
        let who =
            base.select("SELECT DISTINCT who AS it FROM changes WHERE table_name = 'clients'");
        assert!(who.contains(&"verto".to_owned()), "{who:?}");
        let counted = |outcome| {
            let labels = [("handler", "client_login"), ("outcome", outcome)];
            Metrics::of(service).sum("jackfield_channel_events_total", &labels)
        };
        assert!((counted("ok") - 4.0).abs() < 0.1, "{}", counted("ok"));
    });
}

#[test]
fn whoever_cannot_be_a_client_has_to_go() {
    on_each(|base| {
        channel(base, "desk", "", 1..4);
        channel(base, "shut", "enabled = false", 4..5);
        base.sql(&format!("UPDATE clients SET expires = {} WHERE session = 'mine-2'", now()));
        let program = Program::serve(base);
        let service = program.machine;
        for (login_text, session) in [
            (name(1), ""),
            (name(1), "a b"),
            (name(1), "aPuntb"),
            (name(1), "mine-1\n"),
            (name(2), "mine-2"),
            (name(4), "mine-4"),
            (name(9), "mine-9"),
            ("nil".to_owned(), "mine-1"),
            (String::new(), "mine-1"),
            ("1000".to_owned(), "mine-1"),
            ("1000@verto".to_owned(), "mine-1"),
            (name(1).replace('-', ""), "mine-1"),
        ] {
            let told = login(service, &login_text, session, "192.0.2.7:1");
            assert_eq!(told, PUNT, "{login_text} {session}");
        }
        for at in [2, 4, 9] {
            assert!(!is_let_in(service, &name(at), ""), "{at}");
        }
        assert!((1..5).all(|at| connected(base, at).is_none()));
        let log = program.log();
        for why in ["unknown", "expired", "disabled"] {
            assert!(log.contains(&format!("why=\"{why}\"")), "{why}: {log}");
        }
    });
}

#[test]
fn a_login_that_nobody_can_decide_on_has_to_go() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..2);
    let program = Program::serve(&base);
    let mut held = base.hold("BEGIN IMMEDIATE");
    assert_eq!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1"), PUNT);
    let reply = post(program.machine, event("disconnect", &name(1), "nil", "192.0.2.7:1"));
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").is_some_and(|it| it.starts_with("text/xml")));
    held.sql("COMMIT");
    drop(held);
    let away = base.folder.path().join("away");
    std::fs::rename(base.data(), &away).expect("moved");
    assert_eq!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1"), PUNT);
    std::fs::rename(away, base.data()).expect("moved back");
    assert_eq!(login(program.machine, &name(1), "mine-1", "192.0.2.7:1"), GRANTED);
}

#[test]
fn what_becomes_of_a_second_login_is_up_to_the_channel() {
    on_each(|base| {
        channel(base, "new", "", 1..2);
        channel(base, "old", "second_login = 'punt-old'", 2..3);
        channel(base, "refuse", "second_login = 'refuse'", 3..4);
        channel(base, "allow", "second_login = 'allow'", 4..5);
        let program = Program::serve(base);
        let service = program.machine;
        for at in 1..5 {
            assert_eq!(login(service, &name(at), &format!("mine-{at}"), "192.0.2.7:1"), GRANTED);
        }
        let second = |at| login(service, &name(at), "second", "192.0.2.9:1");
        assert_eq!((second(1).as_str(), second(3).as_str()), (PUNT, PUNT));
        let revoke = "revoke mine-2 methods verto.invite,verto.attach,verto.answer,verto.bye,\
                      verto.modify,verto.info\nout mine-2\ngrant methods";
        assert_eq!(second(2), GRANTED.replacen("grant methods", revoke, 1));
        assert_eq!(second(4), GRANTED);
        for (at, address, expected) in [
            (1, "192.0.2.7:1", "mine-1"),
            (2, "192.0.2.9:1", "second"),
            (3, "192.0.2.7:1", "mine-3"),
            (4, "192.0.2.7:1", "mine-4"),
        ] {
            assert_eq!(connected(base, at).as_deref(), Some(address), "{at}");
            assert_eq!(session(base, at), expected);
        }
        // Only now is the first one the second.
        let again = login(service, &name(2), "mine-2", "192.0.2.7:1");
        assert!(again.contains("out second\n"), "{again}");

        until("the third is known to be connected", PATIENCE, || !is_let_in(service, &name(3), ""));
        assert!(!is_let_in(service, &name(3), "sessid=other"));
        assert!(is_let_in(service, &name(3), "sessid=mine-3"), "a page that is loaded again");
        for at in [1, 2, 4] {
            assert!(is_let_in(service, &name(at), ""), "{at}: the login itself decides");
        }
        assert_eq!(disconnect(service, &name(3), "192.0.2.7:1"), "ok\n");
        until("the third has gone", PATIENCE, || is_let_in(service, &name(3), ""));
    });
}

#[test]
fn whoever_was_replaced_is_named_at_each_approval_until_it_has_gone() {
    on_each(|base| {
        channel(base, "desk", "second_login = 'punt-old'", 1..2);
        let program = Program::serve(base);
        let service = program.machine;
        let outs = |session: &str, address: &str| {
            let told = login(service, &name(1), session, address);
            let last = told.lines().last();
            assert!(told.starts_with("ok\n") && last == GRANTED.lines().last(), "{told}");
            let outs = told.lines().filter_map(|line| line.strip_prefix("out "));
            outs.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(outs("mine-1", "192.0.2.7:1"), [""; 0]);
        // However often the answer is lost, and whoever comes meanwhile.
        for _ in 0..2 {
            assert_eq!(outs("b", "192.0.2.7:2"), ["mine-1"]);
        }
        assert_eq!(outs("c", "192.0.2.7:3"), ["mine-1", "b"]);
        assert_eq!(outs("c", "192.0.2.7:33"), ["mine-1", "b"]);
        // It may come back, and then another one has to go.
        assert_eq!(outs("b", "192.0.2.7:2"), ["mine-1", "c"]);
        assert_eq!(disconnect(service, &name(1), "192.0.2.7:1"), "ok\n");
        assert_eq!(outs("b", "192.0.2.7:2"), ["c"]);
        assert_eq!(disconnect(service, &name(1), "192.0.2.7:33"), "ok\n");
        assert_eq!(outs("b", "192.0.2.7:2"), [""; 0]);
        assert_eq!(connected(base, 1).as_deref(), Some("192.0.2.7:2"));
        // Of those who do not go, each is named some times, and nobody is locked out by them.
        for at in 0..20 {
            assert_eq!(outs(&format!("s{at}"), &format!("x:{at}")).len(), (at + 1).min(17));
        }
        assert_eq!(disconnect(service, &name(1), "x:10"), "ok\n");
        assert_eq!(outs("mine-1", "192.0.2.7:9").len(), 16);
        assert_eq!(session(base, 1), "mine-1");
    });
}

#[test]
fn a_full_channel_takes_nobody_more_until_somebody_goes() {
    on_each(|base| {
        channel(base, "desk", "client_limit = 2, second_login = 'punt-old'", 1..5);
        channel(base, "allow", "client_limit = 1, second_login = 'allow'", 5..7);
        let program = Program::serve(base);
        let service = program.machine;
        let arrives = |at: u32| login(service, &name(at), &format!("mine-{at}"), "192.0.2.7:1");
        assert_eq!((arrives(1), arrives(2)), (GRANTED.to_owned(), GRANTED.to_owned()));
        assert_eq!((arrives(3), connected(base, 3)), (PUNT.to_owned(), None));
        // Who is connected counts once, wherever it comes from, and whoever takes its place.
        assert_eq!(login(service, &name(1), "mine-1", "192.0.2.7:2"), GRANTED);
        assert!(login(service, &name(2), "other", "192.0.2.7:2").contains("out mine-2"));
        assert_eq!(login(service, &name(3), "other", "192.0.2.7:2"), PUNT, "not by taking over");
        assert_eq!(session(base, 3), "mine-3");
        assert_eq!(disconnect(service, &name(1), "192.0.2.7:2"), "ok\n");
        assert_eq!((arrives(3), arrives(4)), (GRANTED.to_owned(), PUNT.to_owned()));
        // A connection that is older than a session lives counts no more.
        let ago = now() - 1_209_601;
        base.sql(&format!("UPDATE clients SET connected = {ago} WHERE session = 'mine-3'"));
        assert_eq!(arrives(4), GRANTED);
        assert_eq!(arrives(5), GRANTED);
        assert_eq!(
            login(service, &name(6), "other", "192.0.2.7:1"),
            PUNT,
            "allow is no way around"
        );
        program.logged("why=\"full\"");
    });
}

#[test]
fn only_the_end_of_the_connection_that_is_recorded_ends_it() {
    on_each(|base| {
        channel(base, "desk", "", 1..3);
        let program = Program::serve(base);
        let service = program.machine;
        assert_eq!(login(service, &name(1), "mine-1", "192.0.2.7:1"), GRANTED);
        let revision = || base.open().revision().expect("readable");
        let before = revision();
        let elsewhere = format!("{}@elsewhere", name(1));
        for (login, address) in [
            (name(1), "192.0.2.7:2"),
            (name(1), ""),
            (name(2), "192.0.2.7:1"),
            (name(9), "192.0.2.7:1"),
            (elsewhere, "192.0.2.7:1"),
            ("nil".to_owned(), "192.0.2.7:1"),
            (String::new(), "192.0.2.7:1"),
            ("x".to_owned(), "192.0.2.7:1"),
        ] {
            assert_eq!(disconnect(service, &login, address), "ok\n", "{login} {address}");
        }
        let other = event("disconnect", &name(1), "nil", "192.0.2.7:1").replace("=vm&", "=vm2&");
        assert_eq!(told(&post(service, other)), "ok\n");
        assert_eq!((connected(base, 1).is_some(), revision()), (true, before));
        for _ in 0..2 {
            assert_eq!(disconnect(service, &format!("{}@verto", name(1)), "192.0.2.7:1"), "ok\n");
            assert_eq!(connected(base, 1), None);
        }
        assert_eq!(revision(), before + 1);
        // Hooks of before tell no address.
        let login = event("login", &name(2), "mine-2", "").replace("&client_address=", "");
        assert_eq!(told(&post(service, login)), GRANTED);
        assert_eq!(connected(base, 2).as_deref(), Some(""));
        let left = event("disconnect", &name(2), "nil", "").replace("&client_address=", "");
        assert_eq!(told(&post(service, left)), "ok\n");
        assert_eq!(connected(base, 2), None);
    });
}

#[test]
fn a_login_of_another_domain_gains_nothing() {
    on_each(|base| {
        channel(base, "desk", "", 1..2);
        let program = Program::serve(base);
        let before = base.open().revision().expect("readable");
        for login_text in
            [format!("{}@elsewhere", name(1)), "1000@pbx.example.test".to_owned(), "1000@x".into()]
        {
            let told = login(program.machine, &login_text, "mine-1", "192.0.2.7:1");
            assert_eq!(told, "ok\n", "{login_text}");
        }
        assert_eq!(base.open().revision().expect("readable"), before);
        assert_eq!(connected(base, 1), None);
    });
}

#[test]
fn where_a_profile_or_the_settings_force_the_domain_what_the_client_says_is_ignored() {
    let base = Base::sqlite();
    channel(&base, "desk", "", 1..3);
    let elsewhere = |at| format!("{}@elsewhere", name(at));
    let mut command = jackfield();
    command.env("JACKFIELD_VERTO_GRANT", "at-login");
    let program = Program::serve_with(&base, command);
    assert_eq!(login(program.machine, &elsewhere(1), "mine-1", "192.0.2.7:1"), "ok\n");
    assert!(connected(&base, 1).is_some());
    assert_eq!(login(program.machine, &elsewhere(1), "other", "192.0.2.7:1"), PUNT);
    let answer = post(program.machine, asking(&name(1), "").bytes()).text().to_owned();
    assert!(answer.contains("value=\"echo,verto.invite,verto.attach"), "{answer}");
    drop(program);

    base.did(&["profile", "add", "verto/web", "--param", "force-register-domain=verto"]);
    let program = Program::serve(&base);
    assert_eq!(login(program.machine, &elsewhere(2), "mine-2", "192.0.2.7:1"), GRANTED);
    assert_eq!(connected(&base, 2).as_deref(), Some("192.0.2.7:1"));
    assert_eq!(disconnect(program.machine, &elsewhere(2), "192.0.2.7:1"), "ok\n");
    assert_eq!(connected(&base, 2), None);
}

#[test]
fn a_domain_of_that_name_and_channels_get_on_with_each_other() {
    let base = Base::sqlite();
    base.did(&["domain", "add", "Verto"]);
    base.did(&["user", "add", "2000@verto", "--no-pin"]);
    let program = Program::serve(&base);
    let rings = |user: &str| {
        let tree = tree(&post(program.machine, asking(user, "").bytes()).body);
        find(&tree, &format!("section/domain/users/user[id={user}]")).is_some()
    };
    assert!(rings("2000") && !rings(&name(1)));
    base.did(&["channel", "add", "desk"]);
    let made = base.did(&["client", "add", "desk", "--json"]).json();
    let client = made["name"].as_str().expect("a name");
    assert!(rings("2000") && rings(client) && !rings(&name(1)));
    let session = made["session"].as_str().expect("an id");
    assert!(login(program.machine, client, session, "192.0.2.7:1").starts_with("ok\ngrant"));
    assert_eq!(login(program.machine, "2000@verto", "x", "192.0.2.7:1"), "ok\n");
    assert_eq!(login(program.machine, "2001@verto", "x", "192.0.2.7:1"), PUNT);
    base.did(&["channel", "remove", "desk", "--with-all"]);
    assert!(rings("2000") && !rings(client));
}

#[test]
fn a_look_up_that_somebody_has_written_into_never_reaches_the_handlers() {
    on_each(|base| {
        channel(base, "desk", "", 1..2);
        for guard in ["enforce", "observe"] {
            let mut command = jackfield();
            command.env("JACKFIELD_GUARD", guard);
            let program = Program::serve_with(base, command);
            let service = program.machine;
            assert_eq!(login(service, &name(1), "mine-1", "192.0.2.7:1"), GRANTED);
            let before = base.open().revision().expect("readable");
            let left = event("disconnect", &name(1), "nil", "192.0.2.7:1");
            let (_, fields) = left.split_once('&').expect("fields");
            let came = event("login", &name(1), "mine-1", "192.0.2.9:9");
            let (_, came) = came.split_once('&').expect("fields");
            for smuggled in [fields, came] {
                let raw = |realm: &str| format!("{realm}&{smuggled}");
                for polluted in [
                    // A realm, a login's domain.
                    body(42).set("key_value", &raw("x")).text(),
                    asking(&name(1), "").set("key_value", &raw("verto")).text(),
                    body(22).set("key_value", &raw("x")).text(),
                    // The name of a parameter of a verto login, a variable of an originate.
                    asking(&name(1), &format!("x&{smuggled}&y=1")).text(),
                    body(28).before("action", &format!("x&{smuggled}&y"), "1").text(),
                    format!("hostname=vm&section=directory&{smuggled}"),
                    format!("hostname=vm&x=1&section=directory&{smuggled}"),
                    format!("section=directory&hostname=vm&{smuggled}"),
                ] {
                    let reply = post(service, &polluted);
                    assert!(!reply.text().starts_with("ok"), "{guard}: {polluted}");
                }
            }
            assert_eq!(base.open().revision().expect("readable"), before, "{guard}");
            assert_eq!(connected(base, 1).as_deref(), Some("192.0.2.7:1"), "{guard}");
            for (handler, heard) in [("client_login", 1.0), ("client_leave", 0.0)] {
                let events = Metrics::of(service);
                let events = events.sum("jackfield_channel_events_total", &[("handler", handler)]);
                assert!((events - heard).abs() < 0.1, "{guard}: {handler} {events}");
            }
        }
    });
}

#[test]
fn session_ids_passwords_and_hashes_are_in_no_log_metric_or_explanation() {
    on_each(|base| {
        base.did(&["channel", "add", "desk", "--second-login", "punt-old"]);
        let made = base.did(&["client", "add", "desk", "--json"]).json();
        let field = |name: &str| made[name].as_str().expect("a text").to_owned();
        let (client, session) = (field("name"), field("session"));
        let hash = base.select("SELECT ha1 AS it FROM clients").remove(0);
        let token = base.select("SELECT token_hash AS it FROM channels").remove(0);
        let mut command = jackfield();
        command.env("JACKFIELD_LOG", "trace");
        let program = Program::serve_with(base, command);
        let service = program.machine;
        post(service, asking(&client, &format!("sessid={session}")).bytes());
        assert!(login(service, &client, &session, "192.0.2.7:1").starts_with("ok"));
        assert!(login(service, &client, "hush-hush", "192.0.2.8:1").contains("out "));
        assert_eq!(login(service, &name(9), "hush-hush", "192.0.2.8:1"), PUNT);
        let with_session = event("disconnect", &client, "hush-hush", "192.0.2.8:1");
        post(service, with_session);
        let lock = if base.is_postgres() { "BEGIN; LOCK TABLE clients" } else { "BEGIN IMMEDIATE" };
        let held = base.hold(lock);
        assert_eq!(login(service, &client, "hush-hush", "192.0.2.8:1"), PUNT);
        drop(held);
        let mut shown = get(service, "/metrics").text().to_owned();
        shown += get(service, "/health").text();
        shown += &base.explained(&asking(&client, &format!("sessid={session}")));
        shown += &base.did(&["check", "--json"]).all();
        let (_, log) = program.terminate();
        assert!(log.contains("client_login") && log.contains("not written"), "{log}");
        let told = |name: &str, outcome| format!("client={name} outcome=\"{outcome}\"");
        assert!(log.contains(&told(&client, "ok")), "{log}");
        assert!(!log.contains(&told(&name(9), "punt")), "there is no such client: {log}");
        shown += &log;
        for secret in ["hush-hush", &session, &field("password"), &hash, &token] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    });
}

#[test]
fn ten_thousand_clients_are_served_and_one_of_them_is_found_at_once() {
    on_each(|base| {
        channel(base, "desk", "", 1..10_001);
        let program = Program::serve(base);
        let at = 7_777;
        assert!(is_let_in(program.machine, &name(at), ""));
        let session = format!("mine-{at}");
        assert_eq!(login(program.machine, &name(at), &session, "192.0.2.7:1"), GRANTED);
        base.sql(&format!("DELETE FROM clients WHERE name = '{}'", name(at)));
        until("it is gone", Duration::from_secs(1), || !is_let_in(program.machine, &name(at), ""));
    });
}
