//! A change of the data gets into the answers of a service that runs, and what cannot be served
//! does not.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::Duration;

use jackfield::control::{self, ControlError};
use jackfield::watch::Watcher;
use jackfield_api::snapshot::Snapshot;

use crate::support::{
    Base, Gate, Metrics, PATIENCE, Program, Server, add_user, get, jackfield, on_each, on_postgres,
    serves, until,
};

fn health(service: SocketAddr) -> serde_json::Value {
    let reply = get(service, "/health");
    assert_eq!(reply.status, 200, "look-ups are answered");
    serde_json::from_slice(&reply.body).expect("JSON")
}

#[test]
fn a_change_by_plain_sql_is_served_within_a_second() {
    on_each(|base| {
        let program = Program::serve(base);
        for user in ["newcomer1", "newcomer2", "newcomer3"] {
            assert!(!serves(program.machine, user));
            add_user(base, user);
            until(user, Duration::from_secs(1), || serves(program.machine, user));
        }
        base.sql("DELETE FROM users WHERE name = 'newcomer2'");
        until("it is gone", Duration::from_secs(1), || !serves(program.machine, "newcomer2"));
        assert!(serves(program.machine, "newcomer3"));
    });
}

#[test]
fn a_change_is_served_when_the_control_socket_has_answered() {
    on_each(|base| {
        let program = Program::serve(base);
        for at in 0..20 {
            let user = format!("newcomer{at}");
            add_user(base, &user);
            let served = control::reload(&base.state()).expect("served").expect("one runs");
            assert!(serves(program.machine, &user), "{user} at once");
            assert_eq!(served, base.open().revision().expect("readable"));
            assert_eq!(health(program.machine)["revision"], served);
        }
    });
}

#[test]
fn a_command_for_another_database_than_the_one_that_is_served_stores_nothing_and_says_so() {
    on_each(|base| {
        let program = Program::serve(base);
        let other = Base::sqlite();
        for (at, arguments) in [
            &["user", "add", "newcomer", "--no-password"][..],
            &["user", "set", "1000", "--enabled", "false"],
            &["domain", "add", "other.example.test"],
        ]
        .iter()
        .enumerate()
        {
            let revision = other.open().revision().expect("readable");
            // As many changes there as here say nothing.
            let told = jackfield()
                .args(*arguments)
                .env("JACKFIELD_DATABASE_URL", &other.url)
                .env("JACKFIELD_STATE_DIR", base.state())
                .output()
                .expect("it runs");
            let said = String::from_utf8(told.stderr).expect("UTF-8");
            assert_eq!(told.status.code(), Some(1), "{at}: {said}");
            let served = base.url();
            let words = format!(
                "nothing was stored in {}, for the running service serves another \
                 database: {served};",
                other.url
            );
            assert!(said.contains(&words), "{words}: {said}");
            assert_eq!(other.open().revision().expect("readable"), revision, "{said}");
        }
        base.did(&["domain", "add", "other.example.test"]);
        drop(program);
        other.did(&["domain", "add", "other.example.test"]);
    });
}

#[test]
fn a_change_of_a_copy_of_what_is_served_is_told_once_it_differs() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let copy = base.folder.path().join("copy.db");
    base.sql(&format!("VACUUM INTO '{}'", copy.display()));
    let told = jackfield()
        .args(["domain", "add", "other.example.test"])
        .env("JACKFIELD_DATABASE_URL", format!("sqlite:{}", copy.display()))
        .env("JACKFIELD_STATE_DIR", base.state())
        .output()
        .expect("it runs");
    let said = String::from_utf8(told.stderr).expect("UTF-8");
    assert_eq!(told.status.code(), Some(1), "{said}");
    let words = format!(
        "stored in sqlite:{}, but not served: the running service serves another database: {}",
        copy.display(),
        base.url
    );
    assert!(said.contains(&words), "{words}: {said}");
    drop(program);
}

#[test]
fn many_commands_at_once_are_all_answered_after_their_change() {
    on_each(|base| {
        let program = Program::serve(base);
        std::thread::scope(|scope| {
            for at in 0..8 {
                let machine = program.machine;
                scope.spawn(move || {
                    let user = format!("newcomer{at}");
                    add_user(base, &user);
                    control::reload(&base.state()).expect("served").expect("one runs");
                    assert!(serves(machine, &user), "{user}");
                });
            }
        });
    });
}

/// Params are a list of settings; this is a list of something else.
const UNREADABLE: &str = "UPDATE users SET params = '[42]' WHERE name = '1000'";

#[test]
fn a_row_that_cannot_be_read_keeps_the_last_good_picture_and_is_told_once() {
    on_each(|base| {
        let program = Program::serve(base);
        let good = health(program.machine)["revision"].clone();
        base.sql(UNREADABLE);
        until("told", Duration::from_secs(2), || health(program.machine)["status"] == "degraded");
        let sick = health(program.machine);
        assert_eq!(sick["revision"], good);
        let why = sick["why"].as_str().expect("a reason");
        assert!(why.contains("table users") && why.contains("column params"), "{why}");
        let error = control::reload(&base.state()).expect_err("not served");
        assert!(matches!(&error, ControlError::Refused(why) if why.contains("column params")));
        assert!(serves(program.machine, "1001"));
        std::thread::sleep(Duration::from_millis(800));
        let rejected = Metrics::of(program.machine).sum("jackfield_snapshot_rejected_total", &[]);
        assert!((rejected - 1.0).abs() < 0.1, "{rejected}");
        assert_eq!(program.log().matches("is not served").count(), 1, "{}", program.log());
        base.sql("UPDATE users SET params = '[]' WHERE name = '1000'");
        until("mended", Duration::from_secs(1), || health(program.machine)["status"] == "ready");
        assert!(health(program.machine).get("why").is_none());
        assert_ne!(health(program.machine)["revision"], good);
    });
}

#[test]
fn data_that_two_handlers_claim_keep_the_last_good_picture() {
    on_each(|base| {
        let snapshot = Snapshot::new(base.open().load().expect("readable"));
        let server = Server::over(&format!("database_url = '{}'", base.url), snapshot);
        let watcher = Watcher::start(Arc::clone(&server.app), None, Vec::new()).expect("a thread");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        base.sql("INSERT INTO contexts (section, name) VALUES ('dialplan', 'test-disputed')");
        let refused = runtime.block_on(watcher.reload()).expect_err("two claim it");
        for words in ["«test-disputed.conf»", "test-claims", "test-claims-too", "registry.rs:"] {
            assert!(refused.contains(words), "{words}: {refused}");
        }
        assert_eq!(health(server.machine)["status"], "degraded");
        assert!(serves(server.machine, "1000"));
        base.sql("DELETE FROM contexts WHERE name = 'test-disputed'");
        runtime.block_on(watcher.reload()).expect("served");
        assert_eq!(health(server.machine)["status"], "ready");
    });
}

/// Goes through the loss of a database and its return.
fn lost_and_back(base: &Base, program: &Program, lose: impl Fn(), bring_back: impl Fn()) {
    lose();
    until("told", Duration::from_secs(5), || health(program.machine)["status"] == "degraded");
    for _ in 0..50 {
        assert!(serves(program.machine, "1000"));
    }
    let why = health(program.machine)["why"].as_str().expect("a reason").to_owned();
    assert!(why.contains("not at hand"), "{why}");
    let gauge = || Metrics::of(program.machine).sum("jackfield_database_up", &[]);
    assert!(gauge() < 0.5);
    assert!(matches!(control::reload(&base.state()), Err(ControlError::Refused(_))));
    bring_back();
    add_user(base, "newcomer");
    until("back", Duration::from_secs(5), || health(program.machine)["status"] == "ready");
    assert!(serves(program.machine, "newcomer"));
    assert!(gauge() > 0.5);
    let log = program.log();
    assert_eq!(log.matches("not at hand").count(), 1, "once: {log}");
    assert!(log.contains("up to date again"), "{log}");
}

#[test]
fn a_file_that_is_gone_and_back_costs_no_look_up() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let away = base.folder.path().join("away");
    let lose = || fs::rename(base.data(), &away).expect("moved");
    let back = || fs::rename(&away, base.data()).expect("moved");
    lost_and_back(&base, &program, lose, back);
}

#[test]
fn a_file_that_takes_the_others_place_is_served() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let other = Base::sqlite();
    // At the same revision.
    add_user(&other, "newcomer");
    add_user(&base, "oldtimer");
    until("the old one", PATIENCE, || serves(program.machine, "oldtimer"));
    fs::rename(base.data(), base.folder.path().join("away")).expect("moved");
    fs::rename(other.data(), base.data()).expect("moved");
    until("the new one", Duration::from_secs(5), || serves(program.machine, "newcomer"));
    assert!(!serves(program.machine, "oldtimer"));
}

#[test]
fn a_server_that_is_gone_and_back_costs_no_look_up() {
    on_postgres(|base| {
        let (login, rest) = base.url.split_once('@').expect("user@server/database");
        let (server, rest) = rest.split_once('/').expect("user@server/database");
        let gate = Gate::before(server.to_owned());
        let login = format!("{login}:hush-hush");
        let url = format!("{login}@{}/{rest}", gate.address);
        let program = Program::serve_at(base, &url);
        lost_and_back(base, &program, || gate.close(), || gate.open());
        assert!(!program.log().contains("hush"), "{}", program.log());
    });
}

#[test]
fn without_a_service_a_command_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(control::reload(folder.path()), Ok(None)));
    drop(UnixListener::bind(folder.path().join("control.sock")).expect("a socket"));
    assert!(matches!(control::reload(folder.path()), Ok(None)), "left behind");
}

#[test]
fn the_socket_is_for_its_owner_alone_and_is_tidied_up() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let socket = base.state().join("control.sock");
    let mode = fs::metadata(&socket).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let mode = fs::metadata(base.state()).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "{mode:o}");
    let names = |state| {
        let entries = fs::read_dir(state).expect("a folder").map(|entry| entry.expect("readable"));
        entries
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with("snapshot.kept"))
            .count()
    };
    assert_eq!(names(base.state()), 1, "nothing else is left there");
    assert_eq!(program.terminate().0, Some(0));
    assert_eq!(names(base.state()), 0);
}

#[test]
fn a_socket_that_was_left_behind_is_replaced_and_one_that_answers_is_not() {
    let base = Base::sqlite();
    fs::create_dir(base.state()).expect("a folder");
    drop(UnixListener::bind(base.state().join("control.sock")).expect("a socket"));
    let program = Program::serve(&base);
    assert!(control::reload(&base.state()).expect("served").is_some());
    let second = jackfield()
        .arg("serve")
        .env("JACKFIELD_DATABASE_URL", &base.url)
        .env("JACKFIELD_STATE_DIR", base.state())
        .output()
        .expect("the program runs");
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(told.contains("control.sock") && told.contains("state_dir"), "{told}");
    assert!(control::reload(&base.state()).expect("served").is_some(), "the first still answers");
    assert!(program.id() > 0);
}

#[test]
fn the_protocol_is_a_json_object_a_line() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let stream = UnixStream::connect(base.state().join("control.sock")).expect("it answers");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    let mut answers = BufReader::new(stream.try_clone().expect("a copy")).lines();
    let mut ask = |line: &str| -> serde_json::Value {
        (&stream).write_all(line.as_bytes()).expect("taken");
        let answer = answers.next().expect("an answer").expect("readable");
        serde_json::from_str(&answer).expect("JSON")
    };
    let revision = base.open().revision().expect("readable");
    // All but what grows older meanwhile.
    let mut told = [ask("{\"do\":\"status\"}\n"), health(program.machine)];
    for told in &mut told {
        told.as_object_mut().expect("an object").remove("kept");
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(ask("{\"do\":\"reload\"}\n"), serde_json::json!({ "revision": revision }));
    for wrong in ["{\"do\":\"harm\"}\n", "[]\n", "\n", "reload\n"] {
        assert!(ask(wrong)["error"].as_str().expect("an error").contains("\"do\""), "{wrong:?}");
    }
    // No HTTP route does any of this.
    for path in ["/reload", "/control", "/status"] {
        assert_eq!(get(program.machine, path).status, 404, "{path}");
    }
}

#[test]
fn a_state_folder_that_cannot_be_written_is_told_at_start() {
    let base = Base::sqlite();
    let done = jackfield()
        .arg("serve")
        .env("JACKFIELD_DATABASE_URL", &base.url)
        .env("JACKFIELD_STATE_DIR", "/dev/null/state")
        .output()
        .expect("the program runs");
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(told.contains("/dev/null/state") && told.contains("state_dir"), "{told}");
}
