//! Several instances over one database: each serves what any of them, or somebody else, has changed.

use std::time::{Duration, Instant};

use jackfield::db::Database;

use crate::support::{
    Base, Gate, PATIENCE, Program, add_user, get, on_each, on_postgres, serves, until,
};

/// How old the answers of one instance may be, by what another has confirmed.
const A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn each_of_two_instances_serves_a_change_within_a_second() {
    on_each(|base| {
        let instances = [Program::serve(base), Program::serve_beside(base)];
        for at in 0..10 {
            let user = format!("newcomer{at}");
            add_user(base, &user);
            for instance in &instances {
                until(&user, A_SECOND, || serves(instance.machine, &user));
            }
        }
    });
}

#[test]
fn a_notification_that_does_not_come_is_made_up_for() {
    on_postgres(|base| {
        let program = Program::serve(base);
        // Nobody is told any more.
        base.sql(
            "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('note(text,bigint,text,text,text,bigint)'::regprocedure), \
             'PERFORM pg_notify', 'PERFORM concat'); END $$",
        );
        for at in 0..5 {
            let user = format!("newcomer{at}");
            add_user(base, &user);
            until(&user, A_SECOND, || serves(program.machine, &user));
        }
    });
}

#[test]
fn a_notification_comes_with_the_commit() {
    on_postgres(|base| {
        let mut database = Database::open(&base.url()).expect("it answers");
        database.listen().expect("it answers");
        assert!(!database.stirs().expect("it answers"));
        add_user(base, "newcomer");
        let started = Instant::now();
        while !database.stirs().expect("it answers") {
            assert!(started.elapsed() < PATIENCE, "not told");
        }
        assert!(!database.stirs().expect("it answers"), "told once");
    });
}

#[test]
fn sqlite_stirs_when_another_connection_has_written() {
    let base = Base::sqlite();
    let mut database = Database::open(&base.url()).expect("it is there");
    database.listen().expect("it is there");
    database.stirs().expect("readable");
    assert!(!database.stirs().expect("readable"));
    add_user(&base, "newcomer");
    assert!(database.stirs().expect("readable"));
    assert!(!database.stirs().expect("readable"));
}

#[test]
fn what_was_changed_while_the_connection_was_lost_is_served_once_it_is_back() {
    on_postgres(|base| {
        let (login, rest) = base.url.split_once('@').expect("user@server/database");
        let (server, rest) = rest.split_once('/').expect("user@server/database");
        let gate = Gate::before(server.to_owned());
        let program = Program::serve_at(base, &format!("{login}@{}/{rest}", gate.address));
        for at in 0..5 {
            gate.close();
            for part in ["a", "b", "c"] {
                add_user(base, &format!("newcomer{at}{part}"));
            }
            base.sql(&format!("DELETE FROM users WHERE name = 'newcomer{at}b'"));
            gate.open();
            let last = format!("newcomer{at}c");
            until(&last, Duration::from_secs(5), || serves(program.machine, &last));
            assert!(serves(program.machine, &format!("newcomer{at}a")));
            assert!(!serves(program.machine, &format!("newcomer{at}b")));
        }
        assert_eq!(program.log().matches("whole=true").count(), 0, "{}", program.log());
    });
}

#[test]
fn two_transactions_that_commit_in_the_reverse_of_their_beginning_are_both_served() {
    on_postgres(|base| {
        let program = Program::serve(base);
        let user =
            |name| format!("INSERT INTO users (domain_id, name) SELECT id, '{name}' FROM domains");
        // Both have begun, by their own clocks in this order, before either writes.
        let mut first = base.hold("BEGIN; SELECT now(), pg_current_xact_id()");
        let mut second = base.hold("BEGIN; SELECT now(), pg_current_xact_id()");
        second.sql(&format!("{}; COMMIT", user("second")));
        until("the second", A_SECOND, || serves(program.machine, "second"));
        first.sql(&format!("{}; COMMIT", user("first")));
        until("the first", A_SECOND, || serves(program.machine, "first"));
        assert_eq!(get(program.machine, "/health").status, 200);
    });
}

#[test]
fn an_instance_is_never_older_than_a_second_while_others_write() {
    on_each(|base| {
        let instances = [Program::serve(base), Program::serve_beside(base)];
        let busy = |name: &str| {
            let value = format!("{name} {:?}", Instant::now());
            base.sql(&format!("UPDATE rooms SET profile = '{value}'"));
        };
        std::thread::scope(|scope| {
            let (done, finished) = std::sync::mpsc::channel::<()>();
            scope.spawn(move || {
                while finished.try_recv().is_err() {
                    busy("room");
                }
            });
            for at in 0..20 {
                let user = format!("newcomer{at}");
                add_user(base, &user);
                for instance in &instances {
                    until(&user, A_SECOND, || serves(instance.machine, &user));
                }
            }
            done.send(()).expect("it waits for that");
        });
    });
}
