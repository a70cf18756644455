//! How many clients may be alive that are not connected: exactly so many, whoever asks at once.

use super::{asked, beside, count, given, knows, open_channel, refused, serve};
use crate::support::{Base, on_each};

const MANY: usize = 50;

/// Asks two instances at once, each time from this address; how many were given a session. The others
/// were all told the same.
fn crowd(base: &Base, word: &str, address: impl Fn(usize) -> String + Sync) -> usize {
    let often = [("JACKFIELD_VERTO_ASKS_PER_MINUTE", "1000")];
    let programs = [serve(base, &often), beside(base, &often)];
    for program in &programs {
        knows(program, "desk");
    }
    let replies: Vec<_> = std::thread::scope(|scope| {
        let ask = |at: usize| {
            let (to, from) = (programs[at % 2].public(), address(at));
            scope.spawn(move || asked(to, "desk", &[&format!("X-Forwarded-For: {from}")], ""))
        };
        let asking: Vec<_> = (0..MANY).map(ask).collect();
        asking.into_iter().map(|asking| asking.join().expect("an answer")).collect()
    });
    let (some, others): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    for reply in others {
        refused(reply, 429, word);
        assert!(reply.header("retry-after").is_some(), "{}", reply.head);
    }
    some.len()
}

#[test]
fn a_channel_has_exactly_as_many_as_it_may_have() {
    on_each(|base| {
        open_channel(base, "desk", &["--max-unconnected=7"]);
        assert_eq!(crowd(base, "channel-bound", |at| format!("203.0.113.{at}")), 7);
        assert_eq!(count(base), 7);
    });
}

#[test]
fn an_address_has_exactly_as_many_as_it_may_have() {
    on_each(|base| {
        open_channel(base, "desk", &["--max-unconnected-per-address=3"]);
        let two = |at: usize| format!("203.0.113.{}", at / 2 % 2);
        assert_eq!(crowd(base, "address-bound", two), 3 + 3);
        assert_eq!(count(base), 6);
    });
}

#[test]
fn neighbours_in_an_ipv6_network_are_one_address() {
    let base = Base::sqlite();
    open_channel(&base, "desk", &["--max-unconnected-per-address=3"]);
    assert_eq!(crowd(&base, "address-bound", |at| format!("2001:db8::{at:x}")), 3);
}

#[test]
fn who_is_connected_or_expired_or_of_another_channel_takes_no_place() {
    on_each(|base| {
        let program = serve(base, &[]);
        let flags = ["--max-unconnected=2", "--session-life=600"];
        open_channel(base, "desk", &flags);
        open_channel(base, "other", &flags);
        let ask = || asked(program.public(), "desk", &[], "");
        let full = || refused(&ask(), 429, "channel-bound");
        given(&ask());
        given(&ask());
        full();
        given(&asked(program.public(), "other", &[], ""));

        let now = "CAST(strftime('%s', 'now') AS INTEGER)";
        let now = if base.is_postgres() { "extract(epoch FROM now())::bigint" } else { now };
        let connect = |at: &str| {
            base.sql(&format!(
                "UPDATE clients SET connected = {at}, connected_address = '192.0.2.1:1', \
                 connected_switch = 'vm'"
            ));
        };
        connect(&format!("{now} - 10"));
        given(&ask());
        given(&ask());
        full();
        // Nobody is connected for longer than a session lives.
        connect(&format!("{now} - 601"));
        full();
        base.sql("UPDATE clients SET created = 1, expires = 2");
        given(&ask());
        given(&ask());
        full();
        base.did(&["channel", "set", "desk", "--max-unconnected=3"]);
        given(&ask());
        full();
        base.did(&["channel", "set", "desk", "--max-unconnected=0"]);
        full();
    });
}
