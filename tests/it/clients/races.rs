//! Logins and their ends all at once, in any order and more than once, at two instances over one
//! database.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{GRANTED, PUNT, channel, connected, disconnect, login, name, session};
use crate::support::{Base, Metrics, Program, on_each};

const CLIENTS: u32 = 200;
const FAMILY: &str = "jackfield_channel_events_total";

/// Two instances.
fn two(base: &Base) -> [Program; 2] {
    [Program::serve(base), Program::serve_beside(base)]
}

/// Does all of it at once, each at one of the instances; what each came to, in their order.
fn at_once<T: Send>(
    instances: &[Program; 2],
    work: Vec<impl FnOnce(SocketAddr) -> T + Send>,
) -> Vec<T> {
    let machines = [instances[0].machine, instances[1].machine];
    let start = std::sync::Barrier::new(work.len());
    thread::scope(|scope| {
        let running: Vec<_> = work
            .into_iter()
            .enumerate()
            .map(|(at, work)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    work(machines[at % 2])
                })
            })
            .collect();
        running.into_iter().map(|it| it.join().expect("an answer")).collect()
    })
}

/// Says that all is done when it goes, also by a test that fails.
struct Until<'a>(&'a AtomicBool);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn count(base: &Base) -> usize {
    let query = "SELECT count(*) || '' AS it FROM clients WHERE connected IS NOT NULL";
    base.select(query).remove(0).parse().expect("a number")
}

/// Two logins of each client, the second of which comes with another session id.
fn twice() -> Vec<(u32, String, String)> {
    (1..=CLIENTS)
        .flat_map(|at| {
            let address = |last: u32| format!("192.0.2.{last}:{at}");
            [(at, format!("mine-{at}"), address(1)), (at, format!("other-{at}"), address(2))]
        })
        .collect()
}

/// How many events could not be decided upon in time: on a busy machine there are some. What they are
/// told is the same as of any other failure.
fn undecided(instances: &[Program; 2]) -> usize {
    let failed = |instance: &Program| -> f64 {
        let metrics = Metrics::of(instance.machine);
        let of = |outcome| metrics.sum(FAMILY, &[("outcome", outcome)]);
        of("shed") + of("internal")
    };
    let failed: f64 = instances.iter().map(failed).sum();
    format!("{:.0}", failed.abs()).parse().expect("a number")
}

fn log_in(base: &Base, instances: &[Program; 2]) -> Vec<(u32, String, String)> {
    let work = twice()
        .into_iter()
        .map(|(at, session, address)| {
            move |machine| {
                let told = login(machine, &name(at), &session, &address);
                (at, session, told)
            }
        })
        .collect();
    let told = at_once(instances, work);
    assert_eq!(told.len(), 2 * CLIENTS as usize);
    let unique = base.select("SELECT DISTINCT name AS it FROM clients").len();
    assert_eq!(unique, CLIENTS as usize);
    told
}

#[test]
fn of_two_logins_at_once_the_expected_one_stays() {
    on_each(|base| {
        channel(base, "desk", "", 1..CLIENTS + 1);
        let instances = two(base);
        let told = log_in(base, &instances);
        let mut punted = 0;
        for (at, session, told) in told {
            if session.starts_with("mine") && told == GRANTED {
                assert_eq!(connected(base, at), Some(format!("192.0.2.1:{at}")));
            } else {
                assert_eq!(told, PUNT, "{at} {session}");
                punted += usize::from(session.starts_with("mine"));
            }
        }
        let undecided = undecided(&instances);
        assert!(punted <= undecided, "{punted} {undecided}");
    });
}

#[test]
fn of_two_that_may_take_over_one_stays_and_the_other_is_put_out() {
    on_each(|base| {
        channel(base, "desk", "second_login = 'punt-old'", 1..CLIENTS + 1);
        let instances = two(base);
        let (mut approved, mut out) = (BTreeMap::<u32, BTreeSet<String>>::new(), BTreeSet::new());
        let mut punted = 0;
        for (at, session, told) in log_in(base, &instances) {
            out.extend(told.lines().filter_map(|it| it.strip_prefix("out ")).map(str::to_owned));
            if told.starts_with("ok\n") {
                approved.entry(at).or_default().insert(session);
            } else {
                assert_eq!(told, PUNT, "{at} {session}");
                punted += 1;
            }
        }
        let undecided = undecided(&instances);
        assert!(punted <= undecided, "{punted} {undecided}");
        for (at, mut approved) in approved.into_iter().filter(|(_, both)| both.len() == 2) {
            approved.retain(|session| !out.contains(session));
            let stays = session(base, at);
            // The expected one is the one to be put out before it has come, too. Where it comes later it
            // puts the other one out, and nobody is left to be but itself.
            if approved.is_empty() {
                assert_eq!(stays, format!("mine-{at}"));
            } else {
                assert_eq!(approved, [stays].into(), "{at}");
            }
            let expected = session(base, at);
            let again = login(instances[0].machine, &name(at), &expected, "192.0.2.3:1");
            let (last, granted) = (again.lines().last(), GRANTED.lines().last());
            assert!(again.starts_with("ok\n") && last == granted, "{at}: {again}");
            assert!(!again.contains(&format!("out {expected}\n")), "{at}: {again}");
        }
    });
}

#[test]
fn a_channel_is_never_fuller_than_it_may_be() {
    on_each(|base| {
        const LIMIT: usize = 50;
        channel(base, "desk", &format!("client_limit = {LIMIT}"), 1..CLIENTS + 1);
        let instances = two(base);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let counting = Until(&done);
            let most = scope.spawn(|| {
                let mut most = 0;
                while !done.load(Ordering::SeqCst) {
                    most = count(base).max(most);
                }
                most
            });
            let mut before = 0;
            for round in 0..3 {
                let told = log_in(base, &instances);
                let stay: Vec<_> = told.iter().filter(|(.., told)| told == GRANTED).collect();
                let punted = told.iter().filter(|(.., told)| told == PUNT).count();
                assert_eq!(stay.len() + punted, 2 * CLIENTS as usize, "{round}");
                let undecided = undecided(&instances) - before;
                assert!(stay.len() <= LIMIT && stay.len() + undecided >= LIMIT, "{}", stay.len());
                assert!((stay.len()..=LIMIT).contains(&count(base)), "{round}");
                let leave = stay
                    .iter()
                    .map(|(at, ..)| {
                        let (name, address) = (name(*at), format!("192.0.2.1:{at}"));
                        move |machine| disconnect(machine, &name, &address)
                    })
                    .collect();
                let left = at_once(&instances, leave);
                before = self::undecided(&instances);
                let noted = left.iter().filter(|told| *told == "ok\n").count();
                assert!(count(base) <= LIMIT - noted, "{round}");
                base.sql(
                    "UPDATE clients SET connected = NULL, connected_address = NULL, \
                     connected_switch = NULL",
                );
            }
            drop(counting);
            let most = most.join().expect("it counts");
            assert!(most <= LIMIT, "{most}");
        });
    });
}

#[test]
fn accepted_punted_and_refused_add_up() {
    on_each(|base| {
        channel(base, "desk", "second_login = 'refuse', client_limit = 150", 1..CLIENTS + 1);
        let instances = two(base);
        // As a switch does: it asks who that is, and tells of a login only of whom it was told.
        let work = twice()
            .into_iter()
            .map(|(at, session, address)| {
                move |machine| {
                    if !super::is_let_in(machine, &name(at), "") {
                        return "refused".to_owned();
                    }
                    login(machine, &name(at), &session, &address)
                }
            })
            .collect();
        let told = at_once(&instances, work);
        let count_of = |word: &str| told.iter().filter(|told| *told == word).count();
        let (accepted, punted, refused) = (count_of(GRANTED), count_of(PUNT), count_of("refused"));
        assert_eq!(accepted + punted + refused, told.len(), "{told:?}");
        // All of whom one was refused may have been connected before.
        let stored = count(base);
        assert!(accepted <= stored && stored <= 150, "{accepted} {punted} {refused} {stored}");
        assert!(stored <= accepted + undecided(&instances), "{accepted} {stored}");
        assert!(refused > 0 || punted >= 200, "{accepted} {punted} {refused}");
    });
}

#[test]
fn whatever_order_replays_and_late_ends_come_in_the_last_connection_stays() {
    on_each(|base| {
        const OF_EACH: u32 = 5;
        channel(base, "desk", "", 1..41);
        let instances = two(base);
        // A browser that is loaded again and again, each time with another port; hooks tell of it in
        // any order, each twice.
        for round in 0..2 {
            let work: Vec<_> = (1..=40)
                .flat_map(|at| (0..OF_EACH).map(move |port| (at, 1000 * (round + 1) + port)))
                .flat_map(|(at, port)| [(at, port, true), (at, port, true), (at, port, false)])
                .map(|(at, port, comes)| {
                    move |machine| {
                        let address = format!("192.0.2.1:{port}");
                        if comes {
                            login(machine, &name(at), &format!("mine-{at}"), &address)
                        } else {
                            disconnect(machine, &name(at), &address)
                        }
                    }
                })
                .collect();
            let told = at_once(&instances, work);
            let failed = told.iter().filter(|told| *told != GRANTED && *told != "ok\n").count();
            assert!(failed <= undecided(&instances), "{told:?}");
            for at in 1..=40 {
                let last = format!("192.0.2.1:{}", 9000 + round);
                let told = login(instances[1].machine, &name(at), &format!("mine-{at}"), &last);
                assert_eq!(told, GRANTED);
                // What comes late now is of none but an older connection.
                for port in 0..OF_EACH {
                    let address = format!("192.0.2.1:{}", 1000 * (round + 1) + port);
                    assert_eq!(disconnect(instances[0].machine, &name(at), &address), "ok\n");
                }
                assert_eq!(connected(base, at), Some(last));
            }
        }
    });
}
