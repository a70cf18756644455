//! A bad handler hurts only the look-ups that it answers.
//!
//! The bad handlers are registered here, with keys that nothing else asks for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jackfield_api::document::{
    Configuration, Credential, Dialplan, Directory, DirectoryDomain, DirectoryUser, ListedUser,
};
use jackfield_api::lookup::{ConfigurationLookup, DialplanLookup, DirectoryLookup};
use jackfield_api::testing::asking;
use jackfield_api::{
    Answer, ChannelEventHandler, ConfigurationHandler, Deciding, DialplanHandler, DirectoryHandler,
    Event, Facts, FsapiHandler, Keys, Lookup, Means, Refusal, Verdict, register,
};

use crate::support::{
    Metrics, PATIENCE, Reply, Server, body, find, is_not_found, log, parse_reply, post, request,
    shared, tree,
};

/// A way to be a bad handler.
#[derive(Clone, Copy)]
enum Bad {
    Panics,
    Hangs,
    OtherName,
    OtherSection,
    TooLong,
    ListsUsers,
    TellsOne,
    Fails,
}

const HANG: Duration = Duration::from_secs(5);

impl Bad {
    fn answer(self) -> Answer {
        match self {
            Self::Panics => panic!("on purpose"),
            Self::Hangs => {
                std::thread::sleep(HANG);
                Configuration::new("late.conf").answer()
            }
            Self::OtherName => Directory::domains([DirectoryDomain::new("other.test")]),
            Self::OtherSection => Dialplan::context("too-long", []),
            Self::TooLong => {
                let long = "x".repeat(2 * 1024 * 1024);
                Directory::domains([DirectoryDomain::new("too-long.test").group(long, [])])
            }
            Self::ListsUsers => {
                let domain = DirectoryDomain::new("lists-users.test");
                Directory::domains([domain.group("all", [ListedUser::new("1000")])])
            }
            Self::TellsOne => {
                let user = DirectoryUser::new("1000", Credential::Password("open sesame"));
                Directory::user(DirectoryDomain::new("tells-one.test"), user)
            }
            Self::Fails => Err(Refusal::Internal("its database is gone".into())),
        }
    }
}

impl DirectoryHandler for Bad {
    fn answer(&self, _: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
        Bad::answer(*self)
    }
}

impl DialplanHandler for Bad {
    fn answer(&self, _: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        match self {
            Self::OtherName => Dialplan::context("other", []),
            Self::OtherSection => Directory::domains([DirectoryDomain::new("test-other-section")]),
            Self::TooLong => Dialplan::context("x".repeat(2 * 1024 * 1024), []),
            bad => Bad::answer(*bad),
        }
    }
}

impl ConfigurationHandler for Bad {
    fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
        match self {
            Self::OtherName => Configuration::new("other.conf").answer(),
            bad => Bad::answer(*bad),
        }
    }
}

register!(DirectoryHandler, "test-panics", Keys::Fixed(&["panics.test"]), Bad::Panics);
register!(DirectoryHandler, "test-hangs", Keys::Fixed(&["hangs.test"]), Bad::Hangs);
register!(DirectoryHandler, "test-other-name", Keys::Fixed(&["other-name.test"]), Bad::OtherName);
register!(
    DirectoryHandler,
    "test-other-section",
    Keys::Fixed(&["other-section.test"]),
    Bad::OtherSection
);
register!(DirectoryHandler, "test-too-long", Keys::Fixed(&["too-long.test"]), Bad::TooLong);
register!(
    DirectoryHandler,
    "test-lists-users",
    Keys::Fixed(&["lists-users.test"]),
    Bad::ListsUsers
);
register!(DirectoryHandler, "test-tells-one", Keys::Fixed(&["tells-one.test"]), Bad::TellsOne);
register!(DirectoryHandler, "test-fails", Keys::Fixed(&["fails.test"]), Bad::Fails);
register!(DialplanHandler, "test-panics", Keys::Fixed(&["panics.test"]), Bad::Panics);
register!(DialplanHandler, "test-hangs", Keys::Fixed(&["hangs.test"]), Bad::Hangs);
register!(DialplanHandler, "test-other-name", Keys::Fixed(&["other-name.test"]), Bad::OtherName);
register!(
    DialplanHandler,
    "test-other-section",
    Keys::Fixed(&["other-section.test"]),
    Bad::OtherSection
);
register!(DialplanHandler, "test-too-long", Keys::Fixed(&["too-long.test"]), Bad::TooLong);
register!(DialplanHandler, "test-fails", Keys::Fixed(&["fails.test"]), Bad::Fails);
register!(ConfigurationHandler, "test-panics", Keys::Fixed(&["panics.test"]), Bad::Panics);
register!(ConfigurationHandler, "test-hangs", Keys::Fixed(&["hangs.test"]), Bad::Hangs);
register!(
    ConfigurationHandler,
    "test-other-name",
    Keys::Fixed(&["other-name.test"]),
    Bad::OtherName
);
register!(
    ConfigurationHandler,
    "test-other-section",
    Keys::Fixed(&["other-section.test"]),
    Bad::OtherSection
);
register!(ConfigurationHandler, "test-fails", Keys::Fixed(&["fails.test"]), Bad::Fails);

/// Handlers of channel events, one for each way to decide.
#[derive(Clone, Copy)]
enum Decides {
    Ok,
    Punt,
    Panics,
    Hangs,
}

impl ChannelEventHandler for Decides {
    fn handle<'a>(&'a self, event: &'a Event, _: Means<'a>) -> Deciding<'a> {
        Box::pin(async move {
            assert_eq!(event.hostname(), "vm");
            match self {
                Self::Ok => Ok(Verdict::Ok),
                Self::Punt => Ok(Verdict::Punt),
                Self::Panics => panic!("on purpose"),
                Self::Hangs => std::future::pending().await,
            }
        })
    }
}

register!(ChannelEventHandler, "test-event-ok", Keys::Fixed(&["test_event_ok"]), Decides::Ok);
register!(ChannelEventHandler, "test-event-punt", Keys::Fixed(&["test_event_punt"]), Decides::Punt);
register!(
    ChannelEventHandler,
    "test-event-panics",
    Keys::Fixed(&["test_event_panics"]),
    Decides::Panics
);
register!(
    ChannelEventHandler,
    "test-event-hangs",
    Keys::Fixed(&["test_event_hangs"]),
    Decides::Hangs
);

/// Answers a section that has no registry of its own.
struct Transfers;

impl FsapiHandler for Transfers {
    fn answer(&self, _: &Lookup, _: Facts<'_>) -> Answer {
        Err(Refusal::NotFound("no other node"))
    }
}

register!(FsapiHandler, "test-transfers", Keys::Fixed(&["channels"]), Transfers);

/// A look-up in a section by a key that one of the handlers above has.
fn asking(section: &str, bad: &str) -> Vec<u8> {
    let key = format!("{bad}.test");
    match section {
        "directory" => body(43).set("key_value", &key).set("domain", &key),
        "dialplan" => body(23).set("Caller-Context", &key).set("Hunt-Context", &key),
        _ => body(1).set("key_value", &key),
    }
    .bytes()
}

/// What a fail policy makes of a look-up that failed.
fn is_by_policy(reply: &Reply, policy: &str, section: &str, bad: &str) -> bool {
    let denied = match section {
        "directory" => Some(format!("section[name=directory]/domain[name={bad}.test]")),
        "dialplan" => Some(format!(
            "section[name=dialplan]/context[name={bad}.test]/extension/condition\
             /action[application=hangup]"
        )),
        _ => None,
    };
    match (policy, denied) {
        ("unavailable", _) => reply.status == 503,
        ("deny", Some(path)) => {
            reply.status == 200
                && find(&tree(&reply.body), &path).is_some_and(|found| found.children.is_empty())
        }
        _ => reply.status == 200 && is_not_found(&reply.body),
    }
}

#[test]
fn a_failed_look_up_ends_by_the_fail_policy_of_its_section_and_is_counted() {
    for policy in ["deny", "not-found", "unavailable"] {
        let settings: String = ["configuration", "directory", "dialplan"]
            .map(|section| {
                // What is no user and no call cannot be denied; its default stands.
                let denies = policy == "deny" && section == "configuration";
                let fail = if denies { String::new() } else { format!("fail = '{policy}'\n") };
                format!("[sections.{section}]\n{fail}deadline_ms = 300\n")
            })
            .concat();
        let server = Server::start(&settings);
        for section in ["configuration", "directory", "dialplan"] {
            let directory = ["too-long", "lists-users"];
            let all = ["panics", "hangs", "other-name", "other-section", "fails"];
            for bad in all.into_iter().chain(directory) {
                match (section, bad) {
                    ("configuration", "too-long")
                    | ("configuration" | "dialplan", "lists-users") => {
                        continue;
                    }
                    _ => {}
                }
                let started = Instant::now();
                let reply = post(server.machine, asking(section, bad));
                let took = started.elapsed();
                let what = format!("{policy}: {section} {bad}");
                assert!(is_by_policy(&reply, policy, section, bad), "{what}: {}", reply.text());
                assert!(took < Duration::from_secs(2), "{what}: {took:?}");
                let handler = format!("test-{bad}");
                let labels =
                    [("section", section), ("handler", handler.as_str()), ("outcome", "internal")];
                let counted = Metrics::of(server.machine).sum("jackfield_lookups_total", &labels);
                assert!((counted - 1.0).abs() < 0.1, "{what}: {counted}");
            }
        }
    }
}

#[test]
fn the_default_policy_closes_directory_and_dialplan_and_opens_nothing_else() {
    for (section, policy) in
        [("directory", "deny"), ("dialplan", "deny"), ("configuration", "not-found")]
    {
        let reply = post(shared().machine, asking(section, "fails"));
        assert!(is_by_policy(&reply, policy, section, "fails"), "{section}: {}", reply.text());
    }
}

#[test]
fn the_log_names_the_handler_that_failed_and_why() {
    for (bad, why) in [
        ("panics", "the handler panicked"),
        ("fails", "its database is gone"),
        ("other-name", "not of the name that was asked for"),
        ("other-section", "of another section"),
        ("too-long", "longer than the switch takes"),
    ] {
        post(shared().machine, asking("directory", bad));
        let handler = format!("handler=\"test-{bad}\"");
        let log = log();
        let told = log
            .lines()
            .any(|line| line.contains("ERROR") && line.contains(&handler) && line.contains(why));
        assert!(told, "{bad}: no line says {why:?}");
    }
}

#[test]
fn a_user_with_its_secret_is_told_to_nobody_who_asked_for_several_or_checks_none() {
    let told = |asked: Vec<u8>| post(shared().machine, asked);
    let domain = "tells-one.test";
    let one = told(asking::sip_auth("1000", domain).into());
    assert!(one.text().contains("open sesame"), "{}", one.text());
    for several in [asking::list_users(domain), asking::network_list(domain)] {
        let reply = told(several.into());
        assert!(is_by_policy(&reply, "deny", "directory", "tells-one"), "{}", reply.text());
    }
    for unchecked in [
        asking::user("1000", domain).field("action", "skinny-auth"),
        asking::user("1000", domain).field("number_alias", "check"),
    ] {
        let reply = told(unchecked.into());
        assert!(is_by_policy(&reply, "deny", "directory", "tells-one"), "{}", reply.text());
    }
}

/// How long each look-up of a healthy handler takes while `busy` is set, at worst.
fn worst_while(server: &Server, busy: &AtomicBool) -> (usize, Duration) {
    let (mut count, mut worst) = (0, Duration::ZERO);
    while busy.load(Ordering::Relaxed) {
        let started = Instant::now();
        let reply = post(server.machine, body(43).bytes());
        worst = worst.max(started.elapsed());
        let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
        assert!(find(&tree(&reply.body), user).is_some(), "{}", reply.text());
        count += 1;
    }
    (count, worst)
}

#[test]
fn a_handler_that_hangs_holds_up_nobody_else_and_more_than_its_bound_end_in_time_too() {
    const DEADLINE: Duration = Duration::from_millis(600);
    let settings = "[sections.directory]\ndeadline_ms = 600";
    let server = Server::start(settings);
    let busy = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let others = scope.spawn(|| worst_while(&server, &busy));
        let hanging: Vec<_> = (0..48)
            .map(|_| {
                scope.spawn(|| {
                    let started = Instant::now();
                    let reply = post(server.machine, asking("directory", "hangs"));
                    (started.elapsed(), is_by_policy(&reply, "deny", "directory", "hangs"))
                })
            })
            .collect();
        for look_up in hanging {
            let (took, denied) = look_up.join().expect("a look-up ends");
            assert!(denied);
            assert!(took + Duration::from_millis(50) >= DEADLINE, "{took:?} is before its time");
            assert!(took < DEADLINE + Duration::from_millis(1500), "{took:?}");
        }
        // All places are still held by those that hang; one more ends at its deadline all the same.
        let started = Instant::now();
        let reply = post(server.machine, asking("directory", "hangs"));
        assert!(is_by_policy(&reply, "deny", "directory", "hangs"));
        assert!(started.elapsed() < DEADLINE + Duration::from_millis(1500));
        let hangs = [("section", "directory"), ("handler", "test-hangs")];
        let overdue = Metrics::of(server.machine).sum("jackfield_overdue_lookups", &hangs);
        assert!((overdue - 32.0).abs() < 0.1, "{overdue}");
        busy.store(false, Ordering::Relaxed);
        let (count, worst) = others.join().expect("the others are answered");
        assert!(count >= 10, "only {count} others were answered");
        assert!(worst < DEADLINE, "somebody else waited {worst:?}");
    });
    let metrics = Metrics::of(server.machine);
    let [late, shed] = ["internal", "shed"].map(|outcome| {
        let labels = [("handler", "test-hangs"), ("outcome", outcome)];
        metrics.sum("jackfield_lookups_total", &labels)
    });
    assert!((late - 32.0).abs() < 0.1 && (shed - 17.0).abs() < 0.1, "{late}, {shed}");
    assert!(log().contains("every place of the handler is taken"));
    assert!(log().contains("every place of the handler is held by a late look-up"));
}

#[test]
fn a_burst_of_many_times_its_bound_is_answered_by_a_handler_that_is_fast_enough() {
    let server = Server::start("[sections.directory]\ndeadline_ms = 10000");
    let to = server.machine;
    let asked = request(&to, &body(43).bytes());
    let streams: Vec<_> = (0..400)
        .map(|_| {
            let mut stream = TcpStream::connect(to).expect("a connection");
            stream.write_all(&asked).expect("the request is taken");
            stream
        })
        .collect();
    for mut stream in streams {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let reply = parse_reply(&answer);
        let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
        assert!(find(&tree(&reply.body), user).is_some(), "{}", reply.text());
    }
    let labels = [("section", "directory"), ("outcome", "answered")];
    let counted = Metrics::of(to).sum("jackfield_lookups_total", &labels);
    assert!((counted - 400.0).abs() < 0.1, "{counted}");
}

#[test]
fn a_handler_that_panics_answers_the_next_look_up_again_by_its_policy() {
    let server = Server::start("");
    for _ in 0..100 {
        let reply = post(server.machine, asking("dialplan", "panics"));
        assert!(is_by_policy(&reply, "deny", "dialplan", "panics"), "{}", reply.text());
    }
    assert_eq!(post(server.machine, body(23).bytes()).status, 200);
}

#[test]
fn a_hook_is_told_the_word_that_its_handler_decides() {
    for (action, word) in [("test_event_ok", "ok\n"), ("TEST_EVENT_PUNT", "punt\n")] {
        let reply = post(shared().machine, format!("hostname=vm&action={action}&client_id=a+b"));
        assert_eq!((reply.status, reply.text()), (200, word));
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[test]
fn a_hook_whose_handler_panics_or_hangs_is_told_not_found_in_time() {
    let server = Server::start("");
    for action in ["test_event_panics", "test_event_hangs", "nobody_knows"] {
        let started = Instant::now();
        let reply = post(server.machine, format!("hostname=vm&action={action}"));
        assert!(is_not_found(&reply.body), "{action}: {}", reply.text());
        assert!(started.elapsed() < Duration::from_millis(2500), "{action}");
    }
    let metrics = Metrics::of(server.machine);
    for (handler, outcome) in
        [("test-event-panics", "internal"), ("test-event-hangs", "internal"), ("none", "not_found")]
    {
        let labels = [("handler", handler), ("outcome", outcome)];
        let counted = metrics.sum("jackfield_channel_events_total", &labels);
        assert!((counted - 1.0).abs() < 0.1, "{handler}: {counted}");
    }
}

#[test]
fn a_section_without_a_registry_of_its_own_is_answered_by_the_outer_one() {
    let server = Server::start("");
    let reply = post(server.machine, body(1).set("section", "channels").bytes());
    assert!(is_not_found(&reply.body), "{}", reply.text());
    let metrics = Metrics::of(server.machine);
    let counted = metrics.sum("jackfield_lookups_total", &[("handler", "test-transfers")]);
    assert!((counted - 1.0).abs() < 0.1, "{counted}");
}

#[test]
fn a_stop_lets_look_ups_under_way_finish() {
    // The service ends while a handler hangs: the look-up ends at its deadline, not with the socket.
    let server = Server::start("[sections.directory]\ndeadline_ms = 700");
    let to = server.machine;
    let asked = std::thread::spawn(move || post(to, asking("directory", "hangs")));
    std::thread::sleep(Duration::from_millis(200));
    server.stop();
    let reply = asked.join().expect("an answer");
    assert!(is_by_policy(&reply, "deny", "directory", "hangs"), "{}", reply.text());
    let started = Instant::now();
    while std::net::TcpStream::connect(to).is_ok() {
        assert!(started.elapsed() < PATIENCE, "the listener is closed");
        std::thread::sleep(Duration::from_millis(10));
    }
}
