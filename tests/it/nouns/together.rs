//! Commands at the same time: each is checked against what the other has written.

use std::io::Write;
use std::process::{Child, Stdio};
use std::thread;

use crate::support::{Base, jackfield, on_each};

/// A command that waits for its password.
fn waiting(base: &Base, arguments: &[&str]) -> Child {
    jackfield()
        .args(arguments)
        .env("JACKFIELD_DATABASE_URL", &base.url)
        .env("JACKFIELD_STATE_DIR", base.state())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

fn type_in(mut child: Child, password: &str) {
    child.stdin.take().expect("piped").write_all(password.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn of_two_commands_that_contradict_each_other_one_is_refused() {
    on_each(|base| {
        for round in 0..6 {
            let (alias, id) = (format!("71{round}"), format!("72{round}"));
            let closed = ["--no-password", "--no-pin"];
            let with_alias = ["user", "add", &alias, "--number-alias", &id];
            let without = ["user", "add", &id];
            let codes = thread::scope(|scope| {
                let one = scope.spawn(|| base.run_with(&[&with_alias[..], &closed].concat(), ""));
                let other = scope.spawn(|| base.run_with(&[&without[..], &closed].concat(), ""));
                [one, other].map(|run| run.join().expect("it runs"))
            });
            let done = codes.iter().filter(|told| told.code == Some(0)).count();
            assert_eq!(done, 1, "{codes:?}");
        }
        let codes = thread::scope(|scope| {
            let add =
                |host| move || base.run_with(&["global", "add", "v", "x", "--host", host], "");
            let runs = ["h1", "H1", "h2"].map(|host| scope.spawn(add(host)));
            runs.map(|run| run.join().expect("it runs").code)
        });
        assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 2, "{codes:?}");
    });
}

#[test]
fn commands_that_do_not_contradict_each_other_all_succeed() {
    on_each(|base| {
        let add = |n: u32| {
            let name = format!("default/at-once-{n}");
            move || base.run_with(&["extension", "add", &name, "--action", "answer"], "")
        };
        thread::scope(|scope| {
            let runs: Vec<_> = (0..6).map(|n| scope.spawn(add(n))).collect();
            for run in runs {
                let told = run.join().expect("it runs");
                assert_eq!(told.code, Some(0), "{}", told.err);
            }
        });
    });
}

#[test]
fn nobody_waits_for_a_person_who_types_a_password_and_no_change_is_undone_by_it() {
    on_each(|base| {
        let typing = waiting(base, &["user", "set", "1000", "--password-stdin"]);
        base.did(&["room", "add", "meanwhile"]);
        base.did(&["user", "set", "1000", "--enabled", "false", "--variable", "meanwhile=yes"]);
        type_in(typing, "a better one\n");
        let user = base.did(&["user", "show", "1000", "--json"]).json();
        assert_eq!(user["enabled"], false);
        assert!(user["variables"].to_string().contains("meanwhile"), "{user}");
        assert_eq!(
            user["secrets"].as_array().map(Vec::len),
            Some(4),
            "the password was set: {user}"
        );
    });
}

#[test]
fn whoever_is_gone_when_the_result_is_told_does_not_undo_it() {
    on_each(|base| {
        let mut child = waiting(base, &["user", "add", "7000", "--no-pin", "--password-stdin"]);
        drop(child.stdout.take());
        type_in(child, "a password\n");
        base.did(&["user", "show", "7000"]);
        let mut child = waiting(base, &["user", "add", "7001"]);
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("could not be shown"), "{told}");
        base.did(&["user", "show", "7001"]);
    });
}
