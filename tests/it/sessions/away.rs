//! The database is away, hangs or is held: pages are told so in time, and nothing is stored later.

use std::time::{Duration, Instant};

use super::{asked, count, given, lock, open_channel, refused, serve};
use crate::support::{Gate, body, on_each, on_postgres, post, until};

/// As long as a page waits, and time for a busy machine.
const IN_TIME: Duration = Duration::from_secs(3 + 2);

#[test]
fn what_cannot_be_stored_in_time_is_not_stored_later() {
    on_each(|base| {
        let program = serve(base, &[]);
        open_channel(base, "desk", &[]);
        let held = base.hold(lock(base));
        let started = Instant::now();
        let reply = asked(program.public(), "desk", &[], "");
        refused(&reply, 503, "unavailable");
        assert!(reply.header("retry-after").is_some(), "{}", reply.head);
        assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
        drop(held);
        given(&asked(program.public(), "desk", &[], ""));
        assert_eq!(count(base), 1);
    });
}

#[test]
fn a_database_that_hangs_or_is_gone_holds_up_nobody() {
    on_postgres(|base| {
        let (login, rest) = base.url.split_once('@').expect("user@server/database");
        let (server, rest) = rest.split_once('/').expect("user@server/database");
        let gate = Gate::before(server.to_owned());
        let url = format!("{login}@{}/{rest}", gate.address);
        open_channel(base, "desk", &[]);
        let program = serve(base, &[("JACKFIELD_DATABASE_URL", &url)]);
        let ask = || asked(program.public(), "desk", &[], "");
        gate.hang();
        let started = Instant::now();
        std::thread::scope(|scope| {
            // More than are written at once.
            for _ in 0..20 {
                scope.spawn(|| refused(&ask(), 503, "unavailable"));
            }
            assert_eq!(post(program.machine, body(43).bytes()).status, 200);
        });
        assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
        gate.close();
        gate.open();
        until("it is back", IN_TIME, || ask().status == 200);
        assert_eq!(count(base), 1, "nothing of what was refused");

        gate.close();
        let started = Instant::now();
        refused(&ask(), 503, "unavailable");
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        gate.open();
        until("it is back", IN_TIME, || ask().status == 200);
    });
}
