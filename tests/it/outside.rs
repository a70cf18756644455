//! Asynchronous handlers: each question asked once, answers kept, the last good one where the outside
//! fails.
//!
//! The outside is a desk in this process that does as a test tells it, question by question.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jackfield_api::document::{Configuration, Dialplan, Directory, DirectoryDomain};
use jackfield_api::lookup::{ConfigurationLookup, DialplanLookup, DirectoryLookup, Field};
use jackfield_api::snapshot::{Condition, Contents, Context, Extension, Snapshot};
use jackfield_api::testing::{pbx, question, wait};
use jackfield_api::{
    Answering, AsyncConfigurationHandler, AsyncDialplanHandler, AsyncDirectoryHandler, AsyncFacts,
    Keys, Lifetime, Refusal, register,
};
use tokio::sync::watch;

use crate::support::{
    Metrics, PATIENCE, Reply, Server, body, find, is_not_found, log, post, request, tree,
};

/// What the outside does about a question.
#[derive(Clone)]
enum Does {
    Answers,
    Refuses,
    Fails,
    Panics,
    Hangs,
    /// Blocks its thread, which a future should not.
    Blocks(Duration),
    /// Answers once it is let.
    Waits(watch::Receiver<bool>),
}

/// What the desk does about each question, and how often it was asked.
static DESK: Mutex<BTreeMap<String, (Does, usize)>> = Mutex::new(BTreeMap::new());

fn desk() -> MutexGuard<'static, BTreeMap<String, (Does, usize)>> {
    DESK.lock().expect("the desk is whole")
}

fn tell(question: &str, does: Does) {
    desk().entry(question.to_owned()).or_insert((Does::Answers, 0)).0 = does;
}

fn asked(question: &str) -> usize {
    desk().get(question).map_or(0, |(_, count)| *count)
}

/// Asks the outside.
async fn ask(question: &str) -> Result<String, Refusal> {
    let does = {
        let mut desk = desk();
        let (does, count) = desk.entry(question.to_owned()).or_insert((Does::Answers, 0));
        *count += 1;
        does.clone()
    };
    match does {
        Does::Answers => {}
        Does::Refuses => return Err(Refusal::Denied("the desk says no")),
        Does::Fails => return Err(Refusal::Internal("the desk is not manned".into())),
        Does::Panics => panic!("on purpose"),
        Does::Hangs => std::future::pending().await,
        Does::Blocks(time) => std::thread::sleep(time),
        Does::Waits(mut opened) => {
            opened.wait_for(|open| *open).await.expect("somebody opens");
        }
    }
    Ok(format!("answer to {question}"))
}

/// Routes by what the desk says of the number that was dialled.
#[derive(Clone, Copy)]
struct Desk(Lifetime);

impl AsyncDialplanHandler for Desk {
    fn question(&self) -> &[Field] {
        &[Field::Destination]
    }

    fn lifetime(&self) -> Lifetime {
        self.0
    }

    fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            let name = ask(&lookup.destination()).await?;
            Dialplan::context(lookup.context(), [&Extension::new(&name, Condition::default())])
        })
    }
}

const LONG: Duration = Duration::from_hours(1);

register!(
    AsyncDialplanHandler,
    "test-desk",
    Keys::Fixed(&["desk.test"]),
    Desk(Lifetime::default())
);
register!(
    AsyncDialplanHandler,
    "test-desk-kept",
    Keys::Fixed(&["kept.test"]),
    Desk(Lifetime::of(LONG).refusals(LONG))
);
register!(
    AsyncDialplanHandler,
    "test-desk-stale",
    Keys::Fixed(&["stale.test"]),
    Desk(Lifetime::of(Duration::ZERO).after_failures(LONG))
);

/// Reads who calls, and does not say so.
struct Nosy;

impl AsyncDialplanHandler for Nosy {
    fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            lookup.caller_number();
            Dialplan::context(lookup.context(), [])
        })
    }
}

register!(AsyncDialplanHandler, "test-nosy", Keys::Fixed(&["nosy.test"]), Nosy);

/// Has the name of a domain said by the desk, and uses the stored data for it if told so.
struct Domains {
    uses_data: bool,
}

impl AsyncDirectoryHandler for Domains {
    fn lifetime(&self) -> Lifetime {
        Lifetime::of(LONG).after_failures(LONG)
    }

    fn answer<'a>(&'a self, lookup: DirectoryLookup<'a>, facts: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            ask(lookup.domain()).await?;
            if self.uses_data {
                facts.snapshot().user_count();
            }
            Directory::domains([DirectoryDomain::new(lookup.domain()).param("from", "the desk")])
        })
    }
}

register!(
    AsyncDirectoryHandler,
    "test-desk-data",
    Keys::Fixed(&["data.test"]),
    Domains { uses_data: true }
);
register!(
    AsyncDirectoryHandler,
    "test-desk-alone",
    Keys::Fixed(&["alone.test"]),
    Domains { uses_data: false }
);

/// Claims a key that a handler of the ordinary kind claims too, where the data hold this context.
const DISPUTED: &str = "test-disputed-outside";

fn disputed(snapshot: &Snapshot) -> Vec<String> {
    snapshot.context(DISPUTED).map(|_| "timezones.conf".to_owned()).into_iter().collect()
}

fn disputed_too(snapshot: &Snapshot) -> Vec<String> {
    disputed(snapshot)
}

impl AsyncConfigurationHandler for Nosy {
    fn answer<'a>(&'a self, _: ConfigurationLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async { Configuration::new("timezones.conf").answer() })
    }
}

impl jackfield_api::ConfigurationHandler for Nosy {
    fn answer(
        &self,
        _: &ConfigurationLookup<'_>,
        _: jackfield_api::Facts<'_>,
    ) -> jackfield_api::Answer {
        Configuration::new("timezones.conf").answer()
    }
}

register!(AsyncConfigurationHandler, "test-claims-outside", Keys::From(disputed), Nosy);
register!(ConfigurationHandler, "test-claims-inside", Keys::From(disputed_too), Nosy);

/// A call to a number, in a context that one of the handlers above has.
fn call(context: &str, number: &str) -> Vec<u8> {
    body(23)
        .set("Caller-Context", context)
        .set("Hunt-Context", context)
        .set("Hunt-Destination-Number", number)
        .set("Caller-Destination-Number", number)
        .bytes()
}

fn is_answer(reply: &Reply, context: &str, number: &str) -> bool {
    let path = format!(
        "section[name=dialplan]/context[name={context}]/extension[name=answer to {number}]"
    );
    reply.status == 200 && find(&tree(&reply.body), &path).is_some()
}

/// The section's policy: every call is hung up.
fn is_closed(reply: &Reply, context: &str) -> bool {
    let path = format!(
        "section[name=dialplan]/context[name={context}]/extension/condition\
         /action[application=hangup]"
    );
    reply.status == 200 && find(&tree(&reply.body), &path).is_some()
}

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn counted(service: SocketAddr, family: &str, labels: &[(&str, &str)]) -> f64 {
    Metrics::of(service).sum(family, labels)
}

fn is(count: f64, expected: u32) -> bool {
    (count - f64::from(expected)).abs() < 0.1
}

/// How many look-ups of a handler were answered from there.
fn from(service: SocketAddr, handler: &str, source: &str) -> f64 {
    let labels = [("handler", handler), ("source", source)];
    counted(service, "jackfield_async_lookups_total", &labels)
}

#[test]
fn two_callers_with_one_question_are_asked_for_once_and_two_with_different_ones_are_told_apart() {
    let server = Server::start("[sections.dialplan]\ndeadline_ms = 20000");
    let to = server.machine;
    let (open, opened) = watch::channel(false);
    for number in ["together-1", "together-2"] {
        tell(number, Does::Waits(opened.clone()));
    }
    std::thread::scope(|scope| {
        let calls = ["together-1", "together-1", "together-2"]
            .map(|number| scope.spawn(move || (number, post(to, call("desk.test", number)))));
        eventually("both questions are asked, and one is joined", || {
            is(from(to, "test-desk", "asked"), 2) && is(from(to, "test-desk", "joined"), 1)
        });
        let under_way = [("handler", "test-desk")];
        assert!(is(counted(to, "jackfield_async_questions", &under_way), 2));
        open.send(true).expect("they wait");
        for call in calls {
            let (number, reply) = call.join().expect("an answer");
            assert!(is_answer(&reply, "desk.test", number), "{number}: {}", reply.text());
        }
    });
    assert_eq!((asked("together-1"), asked("together-2")), (1, 1));
    assert!(is(counted(to, "jackfield_async_questions", &[("handler", "test-desk")]), 0));
}

#[test]
fn who_asks_first_may_leave_and_the_others_get_the_answer() {
    let server = Server::start("[sections.dialplan]\ndeadline_ms = 20000");
    let to = server.machine;
    let (open, opened) = watch::channel(false);
    tell("left", Does::Waits(opened));
    let mut first = TcpStream::connect(to).expect("a connection");
    first.write_all(&request(&to, &call("desk.test", "left"))).expect("taken");
    eventually("the first asks", || asked("left") == 1);
    let second = std::thread::spawn(move || post(to, call("desk.test", "left")));
    eventually("the second joins", || is(from(to, "test-desk", "joined"), 1));
    drop(first);
    let left = [("handler", "test-desk"), ("outcome", "abandoned")];
    eventually("the first has left", || is(counted(to, "jackfield_lookups_total", &left), 1));
    open.send(true).expect("it waits");
    let reply = second.join().expect("an answer");
    assert!(is_answer(&reply, "desk.test", "left"), "{}", reply.text());
    assert_eq!(asked("left"), 1);
}

#[test]
fn an_answer_and_a_refusal_are_kept_as_long_as_the_handler_says_and_a_failure_is_not() {
    let server = Server::start("");
    let to = server.machine;
    tell("kept-no", Does::Refuses);
    for _ in 0..3 {
        assert!(is_answer(&post(to, call("kept.test", "kept-yes")), "kept.test", "kept-yes"));
        assert!(is_closed(&post(to, call("kept.test", "kept-no")), "kept.test"));
    }
    assert_eq!((asked("kept-yes"), asked("kept-no")), (1, 1));
    for (source, times) in [("asked", 2), ("kept", 2), ("refusal_kept", 2)] {
        assert!(is(from(to, "test-desk-kept", source), times), "{source}");
    }
    for (what, entries) in [("answers", 1), ("refusals", 1)] {
        let labels = [("handler", "test-desk-kept"), ("what", what)];
        assert!(is(counted(to, "jackfield_kept_answers", &labels), entries), "{what}");
        assert!(counted(to, "jackfield_kept_answers_bytes", &labels) > 100.0, "{what}");
    }
    tell("kept-not", Does::Fails);
    for _ in 0..2 {
        assert!(is_closed(&post(to, call("kept.test", "kept-not")), "kept.test"));
    }
    tell("kept-not", Does::Answers);
    assert!(is_answer(&post(to, call("kept.test", "kept-not")), "kept.test", "kept-not"));
    assert_eq!(asked("kept-not"), 3);
    // Nothing is kept of one that says nothing.
    for _ in 0..2 {
        assert!(is_answer(&post(to, call("desk.test", "fresh")), "desk.test", "fresh"));
    }
    assert_eq!(asked("fresh"), 2);
}

#[test]
fn where_an_operators_answer_came_from_is_not_counted_whoever_it_was_asked_for() {
    let server = Server::start("");
    let to = server.machine;
    let ask = |context: &str, number: &str| {
        let asked = server.block_on(server.app.router.ask(call(context, number)));
        asked.expect("a form").expect("a look-up").outcome
    };
    tell("operator-no", Does::Refuses);
    tell("operator-stale", Does::Answers);
    let before = Metrics::of(to);
    for _ in 0..2 {
        assert_eq!(ask("kept.test", "operator-yes"), "answered");
        assert_eq!(ask("kept.test", "operator-no"), "denied");
        assert_eq!(ask("stale.test", "operator-stale"), "answered");
        tell("operator-stale", Does::Fails);
    }
    assert_eq!(Metrics::of(to).counted_since(&before), [""; 0]);
    assert_eq!((asked("operator-yes"), asked("operator-no")), (1, 1));
    // The outside was asked as for a switch, and its answer serves one.
    assert!(is_answer(&post(to, call("kept.test", "operator-yes")), "kept.test", "operator-yes"));
    assert!(is(from(to, "test-desk-kept", "kept"), 1));
}

#[test]
fn the_last_good_answer_serves_when_the_outside_fails_panics_or_hangs_until_it_says_no() {
    let server = Server::start("[sections.dialplan]\ndeadline_ms = 300");
    let to = server.machine;
    let ask = |number: &str| post(to, call("stale.test", number));
    assert!(is_answer(&ask("stale"), "stale.test", "stale"));
    for does in [Does::Fails, Does::Panics, Does::Hangs] {
        tell("stale", does);
        assert!(is_answer(&ask("stale"), "stale.test", "stale"), "the last good answer");
    }
    assert!(is(from(to, "test-desk-stale", "last_good"), 3));
    // Nobody else gets it, and who was never answered gets what the section's policy says.
    tell("stale-not", Does::Fails);
    assert!(is_closed(&ask("stale-not"), "stale.test"));
    let fallbacks = [("section", "dialplan"), ("policy", "deny")];
    assert!(is(counted(to, "jackfield_fallbacks_total", &fallbacks), 1));
    // The question that hangs is still under way, so it is another one that is refused.
    assert!(is_answer(&ask("stale-no"), "stale.test", "stale-no"));
    tell("stale-no", Does::Refuses);
    assert!(is_closed(&ask("stale-no"), "stale.test"));
    tell("stale-no", Does::Fails);
    assert!(is_closed(&ask("stale-no"), "stale.test"), "what was refused does not come back");
}

#[test]
fn an_answer_that_was_made_with_the_data_is_not_served_once_they_have_changed() {
    let server = Server::start("");
    let to = server.machine;
    let ask = |domain: &str| {
        let question = body(43).set("key_value", domain).set("domain", domain);
        let reply = post(to, question.bytes());
        let path = format!("section/domain[name={domain}]/params/param[name=from]");
        find(&tree(&reply.body), &path).is_some()
    };
    for domain in ["data.test", "alone.test"] {
        assert!(ask(domain) && ask(domain), "{domain}");
        assert_eq!(asked(domain), 1, "{domain}");
    }
    server.app.router.publish(pbx()).expect("no conflict");
    assert!(ask("data.test") && ask("alone.test"));
    assert_eq!((asked("data.test"), asked("alone.test")), (2, 1));
    // Not when the outside fails, either.
    server.app.router.publish(pbx()).expect("no conflict");
    tell("data.test", Does::Fails);
    tell("alone.test", Does::Fails);
    assert!(!ask("data.test"), "it may say what is no longer so");
    assert!(ask("alone.test"));
}

#[test]
fn a_field_that_is_read_and_not_declared_fails_the_look_up_and_is_named() {
    let server = Server::start("");
    let reply = post(server.machine, call("nosy.test", "1"));
    assert!(is_closed(&reply, "nosy.test"), "{}", reply.text());
    let told = log();
    let line = told.lines().find(|line| line.contains("test-nosy") && line.contains("ERROR"));
    let line = line.expect("it is logged");
    assert!(line.contains("Caller-ID-Number") && line.contains("`question()`"), "{line}");
}

#[test]
fn a_field_that_is_not_declared_ends_the_test_of_a_handler() {
    let snapshot = pbx();
    let ask = |handler: &dyn AsyncDialplanHandler| {
        let lookup = question(call("x", "tested"), handler.question());
        wait(handler.answer(DialplanLookup::new(&lookup), AsyncFacts::new(&snapshot))).is_ok()
    };
    assert!(ask(&Desk(Lifetime::default())));
    let panic = std::panic::catch_unwind(|| ask(&Nosy)).expect_err("it reads what it does not say");
    let message = panic.downcast_ref::<String>().expect("a text");
    assert!(message.contains("Caller-ID-Number"), "{message}");
}

#[test]
fn a_panic_is_told_to_everybody_who_waits_and_the_next_one_is_answered() {
    let server = Server::start("[sections.dialplan]\ndeadline_ms = 20000");
    let to = server.machine;
    tell("panics", Does::Panics);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..8).map(|_| scope.spawn(|| post(to, call("desk.test", "panics")))).collect();
        for call in calls {
            assert!(is_closed(&call.join().expect("an answer"), "desk.test"));
        }
    });
    assert!(started.elapsed() < Duration::from_secs(10), "none waits for its deadline");
    tell("panics", Does::Answers);
    assert!(is_answer(&post(to, call("desk.test", "panics")), "desk.test", "panics"));
}

#[test]
fn futures_that_block_hold_up_no_other_question_of_the_same_handler() {
    let server = Server::start("[sections.dialplan]\ndeadline_ms = 500");
    let to = server.machine;
    std::thread::scope(|scope| {
        for at in 0..32 {
            let number = format!("blocks-{at}");
            tell(&number, Does::Blocks(Duration::from_secs(8)));
            scope.spawn(move || {
                assert!(is_closed(&post(to, call("desk.test", &number)), "desk.test"));
            });
        }
        eventually("all of them block", || (0..32).all(|at| asked(&format!("blocks-{at}")) == 1));
        // The best of a few, because other tests want the processor too.
        let fastest = (0..5).map(|at| {
            let number = format!("beside-{at}");
            let started = Instant::now();
            assert!(is_answer(&post(to, call("desk.test", &number)), "desk.test", &number));
            started.elapsed()
        });
        let fastest = fastest.min().expect("five");
        assert!(fastest < Duration::from_millis(250), "{fastest:?}");
    });
}

#[test]
fn handlers_that_sleep_end_by_the_policy_at_the_deadline_and_all_others_are_answered() {
    // One on the crew, which hangs, and one that asks the outside: 64 look-ups each, all different.
    const DEADLINE: Duration = Duration::from_millis(800);
    let server = Server::start("");
    let to = server.machine;
    std::thread::scope(|scope| {
        let sleeping: Vec<_> = (0..128)
            .map(|at| {
                let number = format!("sleeps-{at}");
                let question = if at % 2 == 0 {
                    tell(&number, Does::Blocks(Duration::from_secs(10)));
                    call("desk.test", &number)
                } else {
                    call("hangs.test", &number)
                };
                scope.spawn(move || {
                    let started = Instant::now();
                    let reply = post(to, question);
                    let context = if at % 2 == 0 { "desk.test" } else { "hangs.test" };
                    (started.elapsed(), is_closed(&reply, context))
                })
            })
            .collect();
        let mut times = Vec::new();
        while sleeping.iter().any(|look_up| !look_up.is_finished()) {
            let started = Instant::now();
            let reply = post(to, body(43).bytes());
            times.push(started.elapsed());
            let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
            assert!(find(&tree(&reply.body), user).is_some(), "{}", reply.text());
        }
        for look_up in sleeping {
            let (took, closed) = look_up.join().expect("it ends");
            assert!(closed && took < DEADLINE + Duration::from_millis(1500), "{took:?}");
        }
        times.sort_unstable();
        let median = times[times.len() / 2];
        assert!(times.len() >= 20 && median < Duration::from_millis(100), "{median:?}");
    });
}

#[test]
fn a_pin_is_not_changed_through_an_asynchronous_handler_and_the_switch_is_told_so() {
    let server = Server::start("");
    let asked_for = body(76)
        .set("key_value", "alone.test")
        .set("VM-Domain", "alone.test")
        .set_last("domain", "alone.test");
    let before = asked("alone.test");
    let reply = post(server.machine, asked_for.bytes());
    let told = "section/domain[name=alone.test]/users/user[id=1000]/result[success=false]";
    assert!(find(&tree(&reply.body), told).is_some(), "{}", reply.text());
    // Neither is one that only looks like it.
    let reply = post(server.machine, asked_for.set("VM-User-Password", "x").bytes());
    assert!(!is_not_found(&reply.body), "{}", reply.text());
    assert_eq!(asked("alone.test"), before);
}

#[test]
fn it_is_listed_and_explained_as_what_it_is() {
    let server = Server::start("");
    let router = &server.app.router;
    let entry = |name: &str| router.handlers().find(|(_, entry)| entry.name == name);
    let (kind, entry_of_desk) = entry("test-desk").expect("it is listed");
    assert!(kind == "dialplan" && entry_of_desk.is_async);
    assert!(entry("dialplan").is_some_and(|(_, entry)| !entry.is_async));
    let told = server.block_on(router.explain(call("kept.test", "explained")));
    for words in [
        "test-desk-kept",
        "answers: it has the key",
        "once for each question",
        "Hunt-Context, Hunt-Destination-Number",
        "kept for 3600s",
        "answer to explained",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_key_that_one_of_each_kind_claims_is_a_conflict_that_names_both() {
    let contents = Contents {
        dialplan: vec![Context::new(DISPUTED.to_owned(), Vec::new())].into(),
        ..Contents::default()
    };
    let server = Server::start("");
    let conflicts = server.app.router.publish(Snapshot::new(contents)).expect_err("a conflict");
    let told: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
    for words in ["timezones.conf", "«test-claims-outside»", "«test-claims-inside»", "outside.rs:"]
    {
        assert!(told.iter().any(|told| told.contains(words)), "{words}: {told:?}");
    }
}
