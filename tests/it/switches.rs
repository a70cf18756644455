//! A change gets to the switches: the right commands, once, in their order, and none is lost.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime};

use jackfield::control;
use jackfield::db::{ChangedRow, Mark};
use jackfield::fsapi::Picture;
use jackfield::metrics::Metrics as Counted;
use jackfield::settings::{Password, SwitchSettings};
use jackfield::switches::{Pace, SwitchState, SwitchStatus, Switches, Telling};
use jackfield::watch::{Changes, Step};
use jackfield_api::snapshot::{Contents, Domain, Gateway, Profile, Queue, Setting, Snapshot, User};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::support::{
    Base, DOMAIN, FakeSwitch, Greeting, Metrics, PASSWORD, PATIENCE, Program, Said, body, get,
    jackfield, log, on_each, post, shared, until,
};

/// Fast enough to be waited for.
fn pace() -> Pace {
    Pace {
        flush_all: Duration::from_millis(50),
        reload: Duration::from_millis(200),
        restart: Duration::from_millis(200),
        again: Duration::from_millis(20),
        poll: Duration::from_millis(20),
        backoff: Duration::from_millis(20),
        longest_backoff: Duration::from_millis(100),
        ..Pace::default()
    }
}

/// What tells switches, without a service around it.
struct Pushed {
    switches: Switches,
    telling: Option<Telling>,
    metrics: Counted,
    serving: Mutex<Arc<Picture>>,
    _runtime: Runtime,
}

impl Pushed {
    fn to(switch: &FakeSwitch, pace: &Pace) -> Self {
        Self::with(switch, PASSWORD, pace)
    }

    fn with(switch: &FakeSwitch, password: &str, pace: &Pace) -> Self {
        shared();
        let settings = SwitchSettings {
            name: "a".into(),
            host: switch.address.ip().to_string(),
            port: switch.address.port(),
            password: Password::Text(password.into()),
            hostname: "a".into(),
        };
        let metrics = Counted::new();
        let switches = Switches::at_pace(&[settings], &metrics, pace);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let telling = Some(runtime.block_on(async { switches.start() }).expect("a thread"));
        let serving = Mutex::new(picture(directory()));
        Self { switches, telling, metrics, serving, _runtime: runtime }
    }

    fn status(&self) -> SwitchStatus {
        self.switches.status().remove(0)
    }

    fn until(&self, what: &str, is_so: impl Fn(&SwitchStatus) -> bool) -> SwitchStatus {
        let started = Instant::now();
        loop {
            let status = self.status();
            if is_so(&status) {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "{what}: {status:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until it has met the switch, and the switch was told what that takes.
    fn met(self, switch: &FakeSwitch) -> Self {
        switch.until_told("reloadacl");
        self.until("all told", |status| status.pending == 0);
        switch.forget();
        self
    }

    /// From now on this is served, and nobody is told.
    fn serves(self, contents: Contents) -> Self {
        *self.serving.lock().expect("whole") = picture(contents);
        self
    }

    /// From now on this is served, of which this table is another.
    fn change(&self, contents: Contents, table: &'static str) {
        self.step(picture(contents), vec![ChangedRow { table, row: 1 }]);
    }

    /// These users are others now.
    fn change_users(&self, users: impl IntoIterator<Item = u32>) {
        let of = |user| ChangedRow { table: "users", row: i64::from(user) + 1 };
        let after = Arc::clone(&self.serving.lock().expect("whole"));
        self.step(after, users.into_iter().map(of).collect());
    }

    fn step(&self, after: Arc<Picture>, rows: Vec<ChangedRow>) {
        let mut serving = self.serving.lock().expect("whole");
        let before = std::mem::replace(&mut *serving, Arc::clone(&after));
        let (mark, changes) = (Mark::default(), Changes::Rows(rows));
        self.switches.changed(&Step { before, after, mark, changes });
    }

    fn count(&self, command: &str, outcome: &str) -> u64 {
        self.metrics.switch_commands.with_label_values(&["a", command, outcome]).get()
    }
}

fn picture(contents: Contents) -> Arc<Picture> {
    let (snapshot, made) = (Snapshot::new(contents), SystemTime::now());
    Arc::new(Picture { snapshot, routes: Vec::new(), made, generation: 0 })
}

/// Users are called by numbers; 0 is in row 1, and so on.
const USERS: u32 = 5000;

fn directory() -> Contents {
    static DIRECTORY: LazyLock<Domain> = LazyLock::new(|| {
        let user = |number: u32| User { id: number.to_string(), ..User::default() };
        Domain::new(DOMAIN).with_users((0..USERS).map(user))
    });
    Contents { domains: [DIRECTORY.clone()].into(), ..Contents::default() }
}

fn profile(port: &str, context: &str, gateways: &[(&str, &str)]) -> Contents {
    let gateway = |(name, proxy): &(&str, &str)| Gateway {
        name: (*name).into(),
        params: vec![Setting::new("proxy", *proxy)],
        ..Gateway::default()
    };
    let profile = Profile {
        name: "internal".into(),
        params: vec![Setting::new("sip-port", port), Setting::new("context", context)],
        gateways: gateways.iter().map(gateway).collect(),
        ..Profile::default()
    };
    Contents { profiles: [profile].into(), ..directory() }
}

fn flush(user: u32) -> String {
    format!("xml_flush_cache id {user} {DOMAIN}")
}

const RESCAN: &str = "sofia profile internal rescan";
const RESTART: &str = "sofia profile internal restart";

#[test]
fn a_switch_that_ran_before_the_service_forgets_its_users_and_reads_its_network_lists() {
    let switch = FakeSwitch::new();
    let pushed = Pushed::to(&switch, &pace());
    assert_eq!(switch.until_told("reloadacl"), ["xml_flush_cache", "reloadacl"]);
    let status = pushed.until("connected", |status| status.state == SwitchState::Connected);
    assert_eq!((status.error, status.pending), (None, 0));
}

#[test]
fn a_changed_user_is_told_at_once_and_answers_may_come_byte_by_byte() {
    let switch = FakeSwitch::new().in_bytes();
    let pushed = Pushed::to(&switch, &pace()).met(&switch);
    pushed.change_users([1000]);
    assert_eq!(switch.until_told(&flush(1000)), [flush(1000)]);
    pushed.until("done", |status| status.pending == 0);
    assert_eq!(pushed.count("flush-user", "done"), 1);
    let line = format!("told a: {}", flush(1000));
    until("it is logged", PATIENCE, || log().contains(&line));
}

#[test]
fn the_first_change_is_told_at_once_and_many_more_as_few() {
    let switch = FakeSwitch::new();
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(profile("5060", "x", &[]));
    let started = Instant::now();
    for number in 0..200 {
        let is = number.to_string();
        pushed.change(profile("5060", &is, &[]), "profiles");
        std::thread::sleep(Duration::from_millis(2));
    }
    pushed.until("all told", |status| status.pending == 0);
    let rescans = switch.told();
    assert!(rescans.iter().all(|line| line == RESCAN), "{rescans:?}");
    // One at the start, then one for each time that has to pass, and one for what came last.
    let most = 2 + started.elapsed().as_millis() / 200;
    assert!((2..=most).contains(&(rescans.len() as u128)), "{most}: {rescans:?}");
}

#[test]
fn a_gateway_is_removed_and_waited_for_before_the_profile_is_rescanned() {
    let mut left = 3;
    let switch = FakeSwitch::new().answering(move |command| {
        Said::Text(match command {
            // It takes its leave of the registrar first.
            command if command.ends_with("gwlist down") && left > 0 => {
                left -= 1;
                "other carrier \n".into()
            }
            command if command.contains("gwlist") => "other ".into(),
            _ => "+OK\n".into(),
        })
    });
    let with = |proxy| profile("5060", "default", &[("carrier", proxy)]);
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(with("one.test"));
    pushed.change(with("two.test"), "profiles");
    let told = switch.until_told(RESCAN);
    let mut expected = vec!["sofia profile internal killgw carrier"];
    for _ in 0..4 {
        expected.extend(["sofia profile internal gwlist up", "sofia profile internal gwlist down"]);
    }
    expected.push(RESCAN);
    assert_eq!(told, expected);
}

#[test]
fn a_gateway_that_does_not_go_holds_nothing_else_up_and_is_not_waited_for_for_ever() {
    let switch = FakeSwitch::new().answering(|command| {
        Said::Text(if command.contains("gwlist") { "carrier".into() } else { "+OK\n".into() })
    });
    let pace = Pace { gateway: Duration::from_millis(500), ..pace() };
    let with = |gateways: &[(&str, &str)]| profile("5060", "default", gateways);
    let pushed = Pushed::to(&switch, &pace).met(&switch).serves(with(&[("carrier", "one.test")]));
    pushed.change(with(&[]), "profiles");
    switch.until("it is asked for", |told| told.iter().any(|line| line.contains("gwlist")));
    pushed.change_users([1000]);
    let told = switch.until_told(&flush(1000));
    assert!(!told.contains(&RESCAN.to_owned()), "{told:?}");
    switch.until_told(RESCAN);
    pushed.until("all told", |status| status.pending == 0);
}

#[test]
fn a_profile_too_young_to_be_restarted_is_restarted_later() {
    let mut refused = 3;
    let switch = FakeSwitch::new().answering(move |command| {
        let too_soon = command == RESTART && refused > 0;
        refused -= usize::from(too_soon);
        Said::Text(if too_soon {
            "Profile internal must be up for at least 10 seconds to stop/restart.\n\
             Please wait 7 seconds\n"
                .into()
        } else {
            "Reload XML [Success]\nrestarting: internal".into()
        })
    });
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(profile("5060", "x", &[]));
    pushed.change(profile("5070", "x", &[]), "profiles");
    pushed.until("all told", |status| status.pending == 0 && pushed.count("restart", "done") == 1);
    assert_eq!(switch.told(), [RESTART; 4]);
}

#[test]
fn a_profile_that_does_not_run_is_started_where_it_was_to_be_restarted() {
    let switch = FakeSwitch::new().answering(|command| {
        let gone = command == RESTART;
        Said::Text(if gone { "Invalid Profile [internal]".into() } else { "+OK\n".into() })
    });
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(profile("5060", "x", &[]));
    pushed.change(profile("5070", "x", &[]), "profiles");
    let start = "sofia profile internal start";
    assert_eq!(switch.until_told(start), [RESTART, start]);
    pushed.until("all told", |status| status.pending == 0);
}

#[test]
fn what_a_switch_refuses_is_counted_and_not_tried_again() {
    let switch = FakeSwitch::new().answering(|command| {
        Said::Text(match command {
            RESCAN => "Reload XML [Success]\n-ERR cannot find config for profile internal\n".into(),
            command if command.starts_with("callcenter") => {
                "-ERR callcenter_config Command not found!\n".into()
            }
            _ => "+OK\n".into(),
        })
    });
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(profile("5060", "x", &[]));
    pushed.change(profile("5060", "y", &[]), "profiles");
    pushed.until("refused", |_| pushed.count("rescan", "refused") == 1);
    let queue = Queue { name: "q".into(), params: Vec::new() };
    let with_queue = Contents { queues: [queue].into(), ..profile("5060", "y", &[]) };
    pushed.change(with_queue, "queues");
    pushed.until("counted", |status| {
        status.pending == 0
            && pushed.count("rescan", "refused") == 1
            && pushed.count("queue-load", "absent") == 1
    });
    assert_eq!(switch.told().len(), 2);
}

#[test]
fn what_changes_while_a_switch_is_away_is_told_when_it_is_back_each_thing_once() {
    let switch = FakeSwitch::new();
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(profile("5060", "x", &[]));
    switch.leave();
    pushed.until("away", |status| status.state == SwitchState::Unreachable);
    for user in 0..10 {
        pushed.change_users([user]);
        pushed.change(profile("5060", &user.to_string(), &[]), "profiles");
    }
    let status = pushed.until("kept", |status| status.pending == 11);
    assert!(status.error.is_some());
    switch.come_back();
    switch.until_told(RESCAN);
    pushed.until("all told", |status| status.pending == 0);
    let told: Vec<_> = (0..10).map(flush).chain([RESCAN.to_owned()]).collect();
    assert_eq!(switch.told(), told);
    assert_eq!(pushed.status().state, SwitchState::Connected);
}

#[test]
fn more_users_than_are_kept_one_by_one_are_forgotten_as_a_whole() {
    let switch = FakeSwitch::new();
    let pushed = Pushed::to(&switch, &pace()).met(&switch);
    switch.leave();
    pushed.until("away", |status| status.state == SwitchState::Unreachable);
    for first in (0..USERS).step_by(500) {
        pushed.change_users(first..first + 500);
    }
    pushed.until("one thing", |status| status.pending == 1);
    switch.come_back();
    assert_eq!(switch.until_told("xml_flush_cache"), ["xml_flush_cache"]);
}

#[test]
fn a_command_without_an_answer_is_given_again_over_a_new_connection() {
    for lost in [Said::Nothing, Said::Closed] {
        let mut answers = vec![lost.clone(), lost];
        let switch = FakeSwitch::new().answering(move |command| match command {
            RESCAN => answers.pop().unwrap_or_else(|| Said::Text("+OK\n".into())),
            _ => Said::Text("+OK\n".into()),
        });
        let pace = Pace { answer: Duration::from_millis(300), ..pace() };
        let pushed = Pushed::to(&switch, &pace).met(&switch).serves(profile("5060", "x", &[]));
        pushed.change(profile("5060", "y", &[]), "profiles");
        pushed.until("told", |status| status.pending == 0 && pushed.count("rescan", "done") == 1);
        assert_eq!(switch.told(), [RESCAN; 3]);
        assert_eq!(pushed.count("rescan", "lost"), 2);
    }
}

#[test]
fn a_switch_that_is_gone_without_a_word_is_found_out() {
    let switch = FakeSwitch::new();
    let pace =
        Pace { answer: Duration::from_millis(200), probe: Duration::from_millis(200), ..pace() };
    let pushed = Pushed::to(&switch, &pace).met(&switch);
    let logins = switch.logins();
    // A probe that is answered keeps the connection.
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(switch.logins(), logins);
    switch.leave();
    pushed.until("away", |status| status.state == SwitchState::Unreachable);
}

#[test]
fn a_wrong_password_is_not_tried_again_at_once() {
    let switch = FakeSwitch::new();
    let pushed = Pushed::with(&switch, "wrong", &pace());
    let status = pushed.until("refused", |status| status.state == SwitchState::Refused);
    assert_eq!(status.error.as_deref(), Some("it does not accept the password"));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(switch.logins(), 1);

    let soon = Pace { refused: Duration::from_millis(100), ..pace() };
    let pushed = Pushed::with(&switch, "wrong", &soon);
    pushed.until("tried now and then", |_| switch.logins() >= 4);
}

#[test]
fn a_switch_whose_lists_do_not_let_us_in_is_told_apart_from_one_that_is_away() {
    let switch = FakeSwitch::new().greeting(Greeting::Rude);
    let pushed = Pushed::to(&switch, &pace());
    let status = pushed.until("refused", |status| status.state == SwitchState::Refused);
    assert!(status.error.is_some_and(|error| error.contains("apply-inbound-acl")));

    let silent = FakeSwitch::new().greeting(Greeting::Silence);
    let pushed = Pushed::to(&silent, &Pace { dial: Duration::from_millis(200), ..pace() });
    pushed.until("unreachable", |status| status.state == SwitchState::Unreachable);
    pushed.until("dialled again", |_| silent.logins() >= 2);
}

#[test]
fn a_switch_that_began_to_run_since_a_change_has_read_it() {
    let switch = FakeSwitch::new();
    let pushed = Pushed::to(&switch, &pace()).met(&switch).serves(profile("5060", "x", &[]));
    switch.leave();
    pushed.until("away", |status| status.state == SwitchState::Unreachable);
    pushed.change(profile("5070", "x", &[]), "profiles");
    pushed.until("kept", |status| status.pending == 1);
    // The switch tells whole seconds.
    std::thread::sleep(Duration::from_secs(4));
    pushed.change_users([1000]);
    switch.is_run("core-2", 1);
    switch.come_back();
    switch.until_told(&flush(1000));
    pushed.until("all told", |status| status.pending == 0);
    assert_eq!(switch.told(), [flush(1000)], "no call was ended for nothing");
}

#[test]
fn the_password_is_in_no_log() {
    let switch = FakeSwitch::new();
    let _pushed = Pushed::to(&switch, &pace()).met(&switch);
    let wrong = "another-test-password";
    let pushed = Pushed::with(&switch, wrong, &pace());
    pushed.until("refused", |status| status.state == SwitchState::Refused);
    let log = log();
    assert!(log.contains("connected to the switch"), "the log is there");
    assert!(!log.contains(PASSWORD) && !log.contains(wrong));
}

#[test]
fn what_a_switch_was_not_told_when_the_service_stops_is_logged() {
    let switch = FakeSwitch::new();
    switch.leave();
    let mut pushed = Pushed::to(&switch, &pace());
    let queue = Queue { name: "never-told".into(), params: Vec::new() };
    pushed.change(Contents { queues: [queue].into(), ..directory() }, "queues");
    pushed.until("kept", |status| status.pending == 1);
    drop(pushed.telling.take());
    let log = log();
    let line = log.lines().find(|line| line.contains("queue load never-told"));
    assert!(line.is_some_and(|line| line.contains("was not told everything")), "{line:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Whatever a switch does meanwhile, it is told of every user after that changed.
    #[test]
    fn no_command_is_lost(
        steps in proptest::collection::vec((0..30_u32, 0..8_u8), 10..40),
        misses in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let mut misses = misses.into_iter().cycle();
        let mut answered = 0;
        let switch = FakeSwitch::new().answering(move |_| {
            answered += 1;
            let closes = answered % 5 == 0 && misses.next() == Some(true);
            if closes { Said::Closed } else { Said::Text("+OK\n".into()) }
        });
        let pushed = Pushed::to(&switch, &pace());
        let mut is_there = true;
        let mut owed = std::collections::BTreeMap::new();
        for (user, does) in steps {
            owed.insert(user, Instant::now());
            pushed.change_users([user]);
            match does {
                0 if is_there => switch.leave(),
                0 | 1 if !is_there => switch.come_back(),
                2 => std::thread::sleep(Duration::from_millis(30)),
                _ => continue,
            }
            is_there = does == 2 && is_there || does != 2 && !is_there;
        }
        if !is_there {
            switch.come_back();
        }
        let told = |user: u32, since: Instant| {
            let lines = switch.told_when();
            lines.iter().any(|(at, line)| {
                *at >= since && (*line == flush(user) || line == "xml_flush_cache")
            })
        };
        let started = Instant::now();
        while let Some((user, _)) = owed.iter().find(|(user, since)| !told(**user, **since)) {
            prop_assert!(started.elapsed() < PATIENCE, "{user} was not told: {:?}", switch.told());
            std::thread::sleep(Duration::from_millis(10));
        }
        pushed.until("nothing is left", |status| status.pending == 0);
    }
}

/// Starts the program over a database with these switches in its settings.
fn serve(base: &Base, switches: &[(&str, &FakeSwitch)]) -> Program {
    let table = |(name, switch): &(&str, &FakeSwitch)| {
        let address = switch.address;
        format!("[[switches]]\nname = '{name}'\naddress = '{address}'\npassword = '{PASSWORD}'")
    };
    let tables = switches.iter().map(table).collect::<Vec<_>>().join("\n");
    let mut command = jackfield();
    command.args(["serve", "--config", &base.file_of("settings.toml", &tables)]);
    command.env("JACKFIELD_DATABASE_URL", &base.url).env("JACKFIELD_STATE_DIR", base.state());
    Program::start(command)
}

#[test]
fn a_command_of_an_operator_and_plain_sql_reach_every_switch() {
    on_each(|base| {
        let (one, other) = (FakeSwitch::new(), FakeSwitch::new());
        let program = serve(base, &[("one", &one), ("other", &other)]);
        one.until_told("reloadacl");
        other.until_told("reloadacl");
        base.did(&["user", "set", "1000", "--caller-id-name", "Somebody"]);
        base.sql("UPDATE users SET cidr = '192.0.2.9/32' WHERE name = '1001'");
        for switch in [&one, &other] {
            switch.until_told(&flush(1000));
            switch.until_told(&flush(1001));
        }
        let metrics = Metrics::of(program.machine);
        assert!((metrics.sum("jackfield_switch_up", &[]) - 2.0).abs() < 0.1);
        let told = metrics.sum(
            "jackfield_switch_commands_total",
            &[("switch", "one"), ("command", "flush-user"), ("outcome", "done")],
        );
        assert!(told >= 2.0, "{told}");
        assert_eq!(metrics.values("switch"), ["one", "other"]);
        let health: serde_json::Value =
            serde_json::from_slice(&get(program.machine, "/health").body).expect("JSON");
        assert_eq!(health["switches"][1]["state"], "connected");
        assert_eq!(health["switches"][1]["name"], "other");
        let (_, log) = program.terminate();
        assert!(!log.contains(PASSWORD), "{log}");
    });
}

#[test]
fn a_switch_that_hangs_or_is_away_costs_the_service_nothing() {
    let base = Base::sqlite();
    let hangs = FakeSwitch::new().answering(|_| Said::Nothing);
    let (silent, away) = (FakeSwitch::new().greeting(Greeting::Silence), FakeSwitch::new());
    away.leave();
    let program = serve(&base, &[("hangs", &hangs), ("silent", &silent), ("away", &away)]);
    hangs.until("it is told", |told| !told.is_empty());
    for at in 0..20 {
        base.sql(&format!("INSERT INTO users (domain_id, name) SELECT id, 'n{at}' FROM domains"));
        control::reload(&base.state()).expect("served").expect("one runs");
        let reply = post(program.machine, body(42).bytes());
        assert_eq!(reply.status, 200);
    }
    let health: serde_json::Value =
        serde_json::from_slice(&get(program.machine, "/health").body).expect("JSON");
    assert_eq!(health["status"], "ready", "{health}");
    assert_eq!(health["switches"][2]["state"], "unreachable", "{health}");
    let found = base.run_with(&["check", "--json"], "");
    let address = away.address.to_string();
    let findings = found.json()["findings"].as_array().cloned().unwrap_or_default();
    let finding = findings.iter().find(|finding| finding["where"] == address.as_str());
    let finding = finding.unwrap_or_else(|| panic!("it is not told: {}", found.all()));
    assert_eq!((&finding["level"], &finding["about"]), (&"warning".into(), &"service".into()));
    assert_eq!(program.terminate().0, Some(0));
}
