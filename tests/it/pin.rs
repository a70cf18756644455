//! The owner of a mailbox changes its PIN at the phone: the one look-up that changes what is stored.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use jackfield::db::Change;
use jackfield_api::lookup::MailboxPin;
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{
    ChannelEventHandler, Deciding, Event, Keys, Means, PinChange, Verdict, Write, register,
};
use md5::{Digest, Md5};

use crate::support::{
    Base, Body, DOMAIN, Gate, Metrics, Program, Server, body, find, get, is_not_found, jackfield,
    on_each, on_postgres, post, tree,
};

/// What is typed in the recorded look-up.
const TYPED: &str = "8461937052";
/// The hash of every mailbox in the PBX of the tests.
const OLD: &str = "77777777777777777777777777777777";
/// The section's deadline, and time for a busy machine.
const IN_TIME: Duration = Duration::from_millis(800 + 700);

fn hash(user: &str, pin: &str) -> String {
    let digest = Md5::digest(format!("{user}:{DOMAIN}:{pin}"));
    format!("{:032x}", u128::from_be_bytes(digest.into()))
}

fn changing() -> Body {
    body(76)
}

fn to(pin: &str) -> Body {
    changing().set("VM-User-Password", pin)
}

/// What the caller is told: `true`, `false`, or nothing, which the switch takes for `true`.
fn told(service: SocketAddr, asked: &Body) -> Option<String> {
    let reply = post(service, asked.bytes());
    assert_eq!(reply.status, 200, "else the switch logs the request");
    let tree = tree(&reply.body);
    let result = find(&tree, "section/domain/users/user/result")?;
    result.attribute("success").map(str::to_owned)
}

fn is_changed(service: SocketAddr, asked: &Body) -> bool {
    told(service, asked).as_deref() == Some("true")
}

fn is_refused(service: SocketAddr, asked: &Body) -> bool {
    told(service, asked).as_deref() == Some("false")
}

/// What a mailbox opens to, as the service answers it now.
fn served(service: SocketAddr) -> String {
    let tree = tree(&post(service, body(37).bytes()).body);
    let path = "section/domain/users/user[id=1000]/params/param[name=vm-a1-hash]";
    find(&tree, path).expect("a hash").attribute("value").expect("a value").to_owned()
}

fn stored(base: &Base) -> String {
    base.select("SELECT voicemail_hash AS it FROM users WHERE name = '1000'").remove(0)
}

fn changes(base: &Base, since: i64) -> Vec<Change> {
    base.open().changes(Some(since), 100).expect("readable")
}

fn revision(base: &Base) -> i64 {
    base.open().revision().expect("readable")
}

fn with(base: &Base, variables: &[(&str, &str)]) -> Program {
    let mut command: Command = jackfield();
    command.arg("serve").env("JACKFIELD_DATABASE_URL", &base.url);
    command.env("JACKFIELD_STATE_DIR", base.state()).envs(variables.iter().copied());
    Program::start(command)
}

fn writes(service: SocketAddr, outcome: &str) -> f64 {
    Metrics::of(service).sum("jackfield_writes_total", &[("what", "pin"), ("outcome", outcome)])
}

fn counted(service: SocketAddr, outcome: &str) -> bool {
    writes(service, outcome) > 0.5
}

#[test]
fn a_new_pin_is_what_the_next_look_up_has() {
    on_each(|base| {
        let program = Program::serve(base);
        assert_eq!(served(program.machine), OLD);
        let before = revision(base);
        for pin in ["1", "123456", TYPED] {
            assert!(is_changed(program.machine, &to(pin)), "{}", program.log());
            assert_eq!(served(program.machine), hash("1000", pin), "at once");
            assert_eq!(stored(base), hash("1000", pin));
        }
        assert!((writes(program.machine, "written") - 3.0).abs() < 0.1);
        let changes = changes(base, before);
        let words: Vec<_> = changes
            .iter()
            .map(|change| format!("{} {} {} {}", change.who, change.did, change.table, change.key))
            .collect();
        assert_eq!(words, [format!("phone update users 1000@{DOMAIN}").as_str(); 3]);
    });
}

#[test]
fn another_process_serves_the_new_pin_within_a_second() {
    on_each(|base| {
        let program = Program::serve(base);
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().to_str().expect("UTF-8");
        let other = with(base, &[("JACKFIELD_STATE_DIR", state)]);
        assert!(is_changed(program.machine, &changing()));
        let started = Instant::now();
        while served(other.machine) != hash("1000", TYPED) {
            assert!(started.elapsed() < Duration::from_secs(1), "{}", other.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}

#[test]
fn the_pin_is_in_no_log_metric_change_answer_or_explanation() {
    on_each(|base| {
        let program = with(base, &[("JACKFIELD_LOG", "trace")]);
        let before = revision(base);
        let mut shown = String::new();
        for asked in [
            changing(),
            changing().set("VM-User", "1001"),
            changing().set_last("user", "2222").set("VM-User", "2222"),
            changing().and("key", "x"),
            changing().set("VM-User-Password", &format!("{TYPED}x")),
        ] {
            shown += post(program.machine, asked.bytes()).text();
        }
        let held = base.hold(lock(base));
        shown += post(program.machine, changing().bytes()).text();
        drop(held);
        shown += get(program.machine, "/metrics").text();
        let file = base.folder.path().join("body");
        std::fs::write(&file, changing().bytes()).expect("written");
        let stored_before = stored(base);
        let explained = jackfield()
            .arg("explain")
            .arg(&file)
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .output()
            .expect("the program runs");
        shown += &String::from_utf8_lossy(&explained.stdout);
        shown += &String::from_utf8_lossy(&explained.stderr);
        let noted = changes(base, before);
        assert!(!noted.is_empty() && !format!("{noted:?}").contains(TYPED), "{noted:?}");
        let (_, log) = program.terminate();
        shown += &log;
        assert!(shown.contains(": written") && shown.contains("not written"), "{shown}");
        assert!(shown.contains("nothing is stored") && shown.contains("VM-Action"), "{shown}");
        assert!(!shown.contains(TYPED), "{shown}");
        assert!(!log.contains(&hash("1000", TYPED)), "{log}");
        assert_eq!(stored(base), stored_before);
    });
}

#[test]
fn an_explanation_stores_nothing() {
    on_each(|base| {
        let before = revision(base);
        let file = base.folder.path().join("body");
        std::fs::write(&file, changing().bytes()).expect("written");
        let mut explain = jackfield();
        explain.arg("explain").arg(&file).env("JACKFIELD_DATABASE_URL", &base.url);
        let told = explain.output().expect("the program runs");
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.contains("nothing is stored") && told.contains("success=\"false\""), "{told}");
        assert!(!told.contains(TYPED), "{told}");
        assert_eq!((stored(base).as_str(), revision(base)), (OLD, before));
    });
}

/// The look-up, written into in every way in which a stranger can, and some more.
fn polluted() -> Vec<Body> {
    let raw = format!("{DOMAIN}&VM-Action=change-password&VM-User-Password=1&VM-User=1000");
    let forged = format!(
        "{DOMAIN}&Event-Name=CUSTOM&Event-Calling-File=mod_voicemail.c\
         &Event-Calling-Function=voicemail_check_main&Event-Subclass=vm%3A%3Amaintenance\
         &VM-Action=change-password&VM-User-Password=1&VM-User=1000&VM-Domain={DOMAIN}\
         &Unique-ID=x&key=id&user=1000&domain={DOMAIN}"
    );
    let more = "x=1&VM-Action=change-password&VM-User-Password=1&VM-User=1000&y";
    let mut all = vec![
        changing().set("key_value", &raw),
        changing().set("key_value", &forged),
        body(42).set("key_value", &forged),
        body(37).set("key_value", &forged),
        changing().before("key", "VM-User-Password", "1"),
        changing().before("VM-Action", "VM-User-Password", "1"),
        changing().before("key", "hostname", "elsewhere"),
        changing().before("key", "Event-Sequence", "9"),
        changing().before("key", "vm-user", "1001"),
        changing().before("key", "user", "1001"),
        changing().before("Event-Subclass", "VM-User", "1000"),
        changing().and("domain", "elsewhere"),
        changing().and("user", "1001"),
        changing().and("x", "1"),
        changing().before("Event-Name", "x", "1"),
        changing().before("key", "Event-Calling-Function", "voicemail_check_main"),
        changing().set("VM-Domain", "elsewhere.example.test"),
        changing().set("VM-User", "1001"),
        changing().set("Event-Name", "GENERAL"),
        changing().set("Event-Calling-Function", "check_auth"),
        changing().set("VM-Action", "record-name"),
        changing().without("Event-Subclass"),
        changing().without("VM-Domain"),
        changing().without("key"),
    ];
    // A verto login parameter or a SIP header of this name, in questions of every other kind.
    all.extend([22, 37, 42, 43, 44, 53, 63, 65, 71].map(|of| body(of).before("key", more, "1")));
    all
}

#[test]
fn a_look_up_that_somebody_has_written_into_changes_nothing_even_where_it_is_only_observed() {
    on_each(|base| {
        for guard in ["enforce", "observe"] {
            let program = with(base, &[("JACKFIELD_GUARD", guard)]);
            let before = revision(base);
            for asked in polluted() {
                assert!(!is_changed(program.machine, &asked), "{guard}: {}", asked.text());
            }
            assert_eq!((stored(base).as_str(), revision(base)), (OLD, before), "{guard}");
            assert!(!counted(program.machine, "written"), "{guard}");
        }
    });
}

#[test]
fn whoever_has_no_mailbox_here_hears_that_it_failed() {
    on_each(|base| {
        base.sql("UPDATE users SET enabled = false WHERE name = '1001'");
        base.sql("INSERT INTO domain_aliases (domain_id, name) SELECT id, 'x.test' FROM domains");
        let program = Program::serve(base);
        let before = revision(base);
        let of = |user: &str| changing().set("VM-User", user).set_last("user", user);
        let at = |name: &str| {
            changing().set("key_value", name).set("VM-Domain", name).set_last("domain", name)
        };
        for asked in [of("1001"), of("2222"), of("5551000"), at("x.test"), at("elsewhere.test")] {
            assert!(is_refused(program.machine, &asked), "{}", asked.text());
        }
        for pin in ["", "12*4", "%23", "abc", &"1".repeat(21)] {
            assert!(is_refused(program.machine, &to(pin)), "{pin}");
        }
        assert!(is_refused(program.machine, &changing().without("VM-User-Password")));
        assert_eq!((stored(base).as_str(), revision(base)), (OLD, before));
        assert!(counted(program.machine, "refused"));
        program.logged("a PIN was refused");
        // A user without a PIN gets its first one.
        base.sql("UPDATE users SET voicemail_hash = NULL WHERE name = '1000'");
        drop(program);
        let program = Program::serve(base);
        assert!(is_changed(program.machine, &changing()));
        assert_eq!(served(program.machine), hash("1000", TYPED));
    });
}

#[test]
fn where_a_failure_is_an_error_status_a_failed_change_is_not() {
    let base = Base::sqlite();
    let settings = format!(
        "database_url = '{}'\nunknown_domain = 'not-found'\n[sections.directory]\nfail = 'unavailable'",
        base.url
    );
    let server = Server::over(&settings, jackfield_api::testing::pbx());
    std::fs::rename(base.data(), base.folder.path().join("away")).expect("moved");
    assert!(is_refused(server.machine, &changing()));
    let elsewhere = changing()
        .set("key_value", "elsewhere.test")
        .set("VM-Domain", "elsewhere.test")
        .set_last("domain", "elsewhere.test");
    assert!(is_not_found(&post(server.machine, elsewhere.bytes()).body), "not ours");
}

#[test]
fn a_pin_that_somebody_else_has_set_in_the_meantime_is_not_lost() {
    on_each(|base| {
        // A service that is not told of changes.
        let snapshot = Snapshot::new(base.open().load().expect("readable"));
        let server = Server::over(&format!("database_url = '{}'", base.url), snapshot);
        let other = hash("1000", "1");
        base.sql(&format!("UPDATE users SET voicemail_hash = '{other}' WHERE name = '1000'"));
        assert!(is_refused(server.machine, &changing()));
        assert_eq!(stored(base), other);
        assert!(counted(server.machine, "changed"));
        base.sql("DELETE FROM users WHERE name = '1000'");
        assert!(is_refused(server.machine, &changing()));
    });
}

#[test]
fn of_many_changes_at_once_every_one_that_was_told_true_was_made() {
    on_each(|base| {
        let program = Program::serve(base);
        let before = revision(base);
        let made: Vec<String> = std::thread::scope(|scope| {
            let change = |at: usize| {
                let pin = format!("100{at}");
                let machine = program.machine;
                scope.spawn(move || is_changed(machine, &to(&pin)).then_some(pin))
            };
            let changes: Vec<_> = (0..8).map(change).collect();
            changes.into_iter().filter_map(|done| done.join().expect("no panic")).collect()
        });
        assert!(!made.is_empty(), "{}", program.log());
        assert_eq!(changes(base, before).len(), made.len());
        let left = stored(base);
        assert!(made.iter().any(|pin| hash("1000", pin) == left));
        assert_eq!(served(program.machine), left);
    });
}

/// Writes for whoever posts it: what a hook may do.
struct Writes;

impl ChannelEventHandler for Writes {
    fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a> {
        Box::pin(async move {
            let user = means.snapshot.domain(DOMAIN).and_then(|domain| domain.user("1000"));
            let change = PinChange {
                domain: DOMAIN.to_owned(),
                user: "1000".to_owned(),
                was: user.and_then(|user| user.voicemail_hash()),
                pin: event.field("pin").and_then(MailboxPin::typed).expect("a PIN"),
            };
            Ok(means.store.write(&Write::Pin(change)).map_or(Verdict::Punt, |()| Verdict::Ok))
        })
    }
}

register!(ChannelEventHandler, "test-writes", Keys::Fixed(&["test_writes"]), Writes);

#[test]
fn a_handler_of_channel_events_writes_through_the_same_port_and_by_its_deadline() {
    on_each(|base| {
        let snapshot = Snapshot::new(base.open().load().expect("readable"));
        let server = Server::over(&format!("database_url = '{}'", base.url), snapshot);
        let event = "hostname=vm&action=test_writes&pin=2468";
        let held = base.hold(lock(base));
        let started = Instant::now();
        assert_ne!(post(server.machine, event).text(), "ok\n");
        assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
        drop(held);
        assert_eq!(stored(base), OLD);
        assert_eq!(post(server.machine, event).text(), "ok\n");
        assert_eq!(stored(base), hash("1000", "2468"));
    });
}

/// Keeps the user's row from every other writer.
fn lock(base: &Base) -> &'static str {
    if base.is_postgres() {
        "BEGIN; SELECT 1 FROM users WHERE name = '1000' FOR UPDATE"
    } else {
        "BEGIN IMMEDIATE"
    }
}

/// Asks for a change that cannot be made; look-ups are answered before, meanwhile and after.
fn fails_in_time(service: SocketAddr, outcome: &str) {
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let started = Instant::now();
            (is_refused(service, &changing()), started.elapsed())
        });
        while !asking.is_finished() {
            assert_eq!(served(service), OLD);
            std::thread::sleep(Duration::from_millis(5));
        }
        let (refused, took) = asking.join().expect("no panic");
        assert!(refused && took < IN_TIME, "{refused}, {took:?}");
    });
    assert!(counted(service, outcome), "{outcome}");
}

#[test]
fn a_locked_database_holds_a_change_up_no_longer_than_its_deadline_and_it_is_not_made_later() {
    on_each(|base| {
        let program = Program::serve(base);
        let before = revision(base);
        let held = base.hold(lock(base));
        fails_in_time(program.machine, "late");
        drop(held);
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!((stored(base).as_str(), revision(base)), (OLD, before));
        program.logged("not written");
        assert!(is_changed(program.machine, &changing()), "{}", program.log());
    });
}

#[test]
fn many_changes_that_all_hang_end_in_time_and_hold_nobody_up() {
    on_each(|base| {
        let program = Program::serve(base);
        let lock =
            if base.is_postgres() { "BEGIN; LOCK TABLE revision" } else { "BEGIN IMMEDIATE" };
        let held = base.hold(lock);
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    let started = Instant::now();
                    assert!(is_refused(program.machine, &changing()));
                    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
                });
            }
            let mut took = [(); 21].map(|()| {
                let started = Instant::now();
                assert_eq!(served(program.machine), OLD);
                started.elapsed()
            });
            took.sort_unstable();
            assert!(took[10] < Duration::from_millis(100), "half of them: {took:?}");
        });
        drop(held);
        assert_eq!(stored(base), OLD);
    });
}

#[test]
fn a_database_that_is_away_fails_a_change_and_nothing_else() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let away = base.folder.path().join("away");
    std::fs::rename(base.data(), &away).expect("moved");
    fails_in_time(program.machine, "failed");
    std::fs::rename(&away, base.data()).expect("moved");
    assert_eq!(stored(&base), OLD);
    assert!(!program.log().contains(TYPED), "{}", program.log());
    on_postgres(|base| {
        let (login, rest) = base.url.split_once('@').expect("user@server/database");
        let (server, rest) = rest.split_once('/').expect("user@server/database");
        let gate = Gate::before(server.to_owned());
        let program = Program::serve_at(base, &format!("{login}@{}/{rest}", gate.address));
        gate.close();
        fails_in_time(program.machine, "failed");
        assert_eq!(stored(base), OLD);
        assert!(!program.log().contains(TYPED), "{}", program.log());
    });
}

#[test]
fn a_database_that_takes_no_change_fails_it() {
    on_each(|base| {
        let program = Program::serve(base);
        base.sql(if base.is_postgres() {
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE read_only_sql_transaction; END';
             CREATE TRIGGER refuse BEFORE UPDATE ON users EXECUTE FUNCTION refuse()"
        } else {
            "CREATE TRIGGER no BEFORE UPDATE ON users BEGIN SELECT RAISE(ABORT, 'no'); END"
        });
        fails_in_time(program.machine, "failed");
        assert_eq!(stored(base), OLD);
        let log = program.log();
        assert!(log.contains("not written"), "{log}");
        assert!(!log.contains(TYPED) && !log.contains(&hash("1000", TYPED)), "{log}");
    });
}
