//! The snapshot that is kept on disk: it answers as the one it was kept from, a start without database
//! is served from it, and nothing but what was written whole is ever read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime};

use jackfield::app::read_snapshot;
use jackfield::db::Mark;
use jackfield::kept::KeptFile;
use jackfield::settings::Settings;
use jackfield_api::snapshot::{
    Channel, Client, ClientSecret, Connection, Global, Hosts, Replaced, SessionId, Snapshot,
    TokenHash, Uuid,
};
use jackfield_api::testing::pbx;

use crate::export::nasty;
use crate::support::{
    self, Base, Gate, Metrics, PATIENCE, Program, Server, add_user, body, exchange, get, jackfield,
    on_each, on_postgres, parse_reply, recorded, request, serves,
};

/// An answer as it comes: it may hold globals of the switch's own.
fn answer(to: std::net::SocketAddr, body: &[u8]) -> (u16, String) {
    let reply = parse_reply(&exchange(to, &request(&to, body)));
    (reply.status, String::from_utf8(reply.body).expect("UTF-8"))
}

fn health(program: &Program) -> serde_json::Value {
    serde_json::from_slice(&get(program.machine, "/health").body).expect("JSON")
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    support::until(what, 3 * PATIENCE, is_so);
}

/// Where a service with this state folder and database keeps its snapshot.
fn kept_in(state: &Path, url: &str) -> KeptFile {
    let text = format!("state_dir = '{}'\ndatabase_url = '{url}'", state.display());
    let settings = Settings::read(Some(("test.toml".into(), &text)), &|_| None);
    KeptFile::of(&settings.unwrap_or_else(|errors| panic!("{errors}")))
}

fn kept_of(base: &Base) -> KeptFile {
    kept_in(&base.state(), &base.url)
}

fn write(file: &KeptFile, snapshot: &Snapshot) {
    let now = SystemTime::now();
    file.write(snapshot, &Mark::default(), now, now).expect("it can be written");
}

fn revision_kept(file: &KeptFile) -> Option<i64> {
    file.check().unwrap_or_else(|error| panic!("{error}")).map(|(head, _)| head.mark.revision)
}

/// A service that has been and gone, and what it kept.
fn served_once(base: &Base) -> KeptFile {
    let (code, log) = Program::serve(base).terminate();
    assert_eq!(code, Some(0), "{log}");
    let revision = base.open().revision().expect("readable");
    assert_eq!(revision_kept(&kept_of(base)), Some(revision), "{log}");
    kept_of(base)
}

/// What is hard to write, with globals that are the same on every switch, that differ and that have
/// no end.
fn nasty() -> Snapshot {
    let mut contents = nasty::contents();
    let global = |name: &str, value: &str, hosts: Hosts| Global {
        name: name.into(),
        value: value.into(),
        hosts,
    };
    for (name, value, host) in [
        ("sounds_dir", "$${sounds_dir}/$${external_sip_ip}", None),
        ("external_sip_ip", "192.0.2.1", Some("vm")),
        ("external_sip_ip", "192.0.2.2", None),
    ] {
        contents.globals.push(global(name, value, Hosts::new(host)));
    }
    let digits = "0123456789abcdef";
    let token = TokenHash::parse(&digits.repeat(4));
    contents.channels.push(Channel { token, ..Channel::new("desk") });
    let connection = Connection { at: 7, address: "[2001:db8::1]:7".into(), switch: "vm".into() };
    let session = SessionId::parse("b~a").expect("an id");
    let replaced = [Replaced { session, connection: connection.clone() }];
    contents.clients = (1..=3)
        .map(|row| {
            let client = Client {
                channel: 1,
                name: Uuid::from_u64_pair(7, row),
                secret: ClientSecret::parse(&digits.repeat(2)).expect("a hash"),
                session: SessionId::parse("a~b").expect("an id"),
                created: 1,
                expires: i64::MAX,
                asked_from: Some("2001:db8::1".to_owned()),
                connected: (row > 1).then(|| connection.clone()),
                granted: vec!["x".to_owned()],
                replaced: replaced.iter().take(usize::from(row > 2)).cloned().collect(),
            };
            (i64::try_from(row).expect("small"), client)
        })
        .collect();
    Snapshot::new(contents)
}

#[test]
fn it_answers_every_recorded_look_up_byte_for_byte_as_the_one_it_was_kept_from() {
    for make in [pbx as fn() -> Snapshot, nasty] {
        let mut bytes = Vec::new();
        make().keep(&mut bytes).expect("a Vec takes all");
        let mut left = &*bytes;
        let back = Snapshot::read_kept(&mut left).expect("whole");
        assert!(left.is_empty());
        let clients = |of: &Snapshot| format!("{:?}", of.contents().clients);
        assert_eq!(clients(&back), clients(&make()));
        let mut again = Vec::new();
        back.keep(&mut again).expect("a Vec takes all");
        assert!(again == bytes, "kept once more it is the same");
        let (was, is) = (Server::over("", make()), Server::over("", back));
        for (name, body) in recorded() {
            let answers = [&was, &is].map(|server| answer(server.machine, &body));
            assert_eq!(answers[0], answers[1], "{name}");
        }
    }
}

#[test]
fn what_is_not_what_was_written_is_refused_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = "postgres://u:hush@h/d";
    let file = kept_in(folder.path(), url);
    assert!(matches!(file.read(), Ok(None)), "nothing is kept");
    write(&file, &nasty());
    assert_eq!(file.read().expect("whole").expect("there").snapshot.revision(), nasty().revision());
    let whole = fs::read(file.path()).expect("readable");
    let refused = |bytes: &[u8]| {
        fs::write(file.path(), bytes).expect("writable");
        let told = file.check().expect_err("refused").to_string();
        assert_eq!(file.read().expect_err("refused").to_string(), told);
        assert!(told.contains("snapshot.kept") && !told.contains("hush"), "{told}");
        told
    };
    for at in (0..whole.len()).step_by(whole.len() / 150) {
        let mut changed = whole.clone();
        changed[at] ^= 4;
        let told = refused(&changed);
        let first_line = at < 34;
        assert!(told.contains("damaged") || first_line, "{at}: {told}");
        let told = refused(&whole[..at]);
        assert!(told.contains("end is missing") || first_line, "{at}: {told}");
    }
    assert!(refused(b"").contains("no kept snapshot"));
    assert!(refused(b"SQLite format 3\0").contains("no kept snapshot"));
    let newer = String::from_utf8_lossy(&whole[..40]).replacen("format 2", "format 3", 1);
    assert!(refused(&[newer.as_bytes(), &whole[40..]].concat()).contains("format 3"));
    fs::write(file.path(), &whole).expect("writable");
    for (url, is_its) in
        [("postgres://u:other@h/d", true), ("postgres://u@h/e", false), ("sqlite:/d", false)]
    {
        let found = kept_in(folder.path(), url).read();
        let told = found.as_ref().map_or_else(ToString::to_string, |_| String::new());
        assert_eq!(found.is_ok(), is_its, "{url}");
        assert!(is_its || (told.contains("postgres://u@h/d") && told.contains(url)), "{told}");
    }
}

#[test]
fn it_is_for_its_owner_alone_and_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = kept_in(folder.path(), "sqlite:/nowhere");
    write(&file, &pbx());
    let mode = fs::metadata(file.path()).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| (0..30).for_each(|_| write(&file, &nasty())));
        while !writing.is_finished() {
            let found = file.read().unwrap_or_else(|error| panic!("{error}"));
            assert!(found.is_some(), "it is never away");
        }
    });
    let names: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(names.len(), 1, "nothing else is left: {names:?}");
}

#[test]
fn what_is_served_is_kept_at_once_and_what_changed_last_when_the_service_stops() {
    on_each(|base| {
        let left = base.state().join("snapshot.kept-killed.part");
        fs::create_dir_all(base.state()).expect("a folder");
        fs::write(&left, "a part").expect("writable");
        let program = Program::serve(base);
        until("kept", || health(&program)["kept"]["revision"] == health(&program)["revision"]);
        assert!(!left.exists(), "what a killed service left is gone");
        let metrics = Metrics::of(program.machine);
        let age = metrics.sum("jackfield_kept_snapshot_age_seconds", &[]);
        assert!((0.0..60.0).contains(&age), "{age}");
        assert!(metrics.sum("jackfield_kept_snapshot_write_seconds", &[]) > 0.0);
        add_user(base, "newcomer");
        until("served", || serves(program.machine, "newcomer"));
        let revision = base.open().revision().expect("readable");
        assert_eq!(program.terminate().0, Some(0));
        assert_eq!(revision_kept(&kept_of(base)), Some(revision));
        let kept = kept_of(base).read().expect("whole").expect("there");
        assert_eq!(kept.head.users, kept.snapshot.user_count());
    });
}

#[test]
fn what_was_kept_and_is_gone_is_kept_again() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    until("kept", || health(&program)["kept"]["revision"] == health(&program)["revision"]);
    fs::remove_file(kept_of(&base).path()).expect("there");
    let revision = base.open().revision().expect("readable");
    assert_eq!(program.terminate().0, Some(0));
    assert_eq!(revision_kept(&kept_of(&base)), Some(revision));
}

/// Less than SQLite waits for a lock, and PostgreSQL's client for a server.
const HANGS: &str = "has not answered within 3 s";

/// Starts where the database is away, for a reason that is told, and has it come back.
fn away_and_back(base: &Base, url: &str, why: &str, lose: impl Fn(), bring_back: impl Fn()) {
    let program = Program::serve_at(base, url);
    assert_eq!(program.terminate().0, Some(0));
    // What is served cannot be known of this, and is to be made of it later.
    base.sql(
        "INSERT INTO globals (name, value) VALUES ('kept', 'later'); \
         UPDATE users SET variables = '[{\"name\":\"reads\",\"text\":\"$${kept}\",\"level\":\"global\"}]' \
         WHERE name = '1000'; \
         UPDATE extensions SET name = 'renamed'; DELETE FROM users WHERE name = '1001'",
    );
    lose();
    let started = Instant::now();
    let program = Program::serve_at(base, url);
    let took = started.elapsed();
    assert!(took < PATIENCE, "{took:?}");
    assert!(serves(program.machine, "1000"));
    let sick = health(&program);
    assert_eq!(sick["status"], "degraded", "{sick}");
    let told = sick["why"].as_str().expect("a reason");
    assert!(told.contains("snapshot kept") && told.contains(" s ago"), "{told}");
    assert_eq!(sick["kept"]["revision"], sick["revision"]);
    assert!(Metrics::of(program.machine).sum("jackfield_database_up", &[]) < 0.5);
    let log = program.log();
    assert_eq!(log.matches("answering from the snapshot that was kept").count(), 1, "{log}");
    assert!(log.contains(why), "{why}: {log}");
    until("every reason has its time", || {
        let told = health(&program);
        let reasons = told["reasons"].as_array().expect("a list");
        reasons.len() == 2 && reasons.iter().all(|reason| reason["for_s"].as_u64() > Some(0))
    });
    bring_back();
    add_user(base, "newcomer");
    until("back", || health(&program)["status"] == "ready");
    assert!(serves(program.machine, "newcomer"));
    let fresh = Server::over("", read_snapshot(&base.url()).expect("readable"));
    let reads = |(name, _): &(String, _)| !name.contains("change-password");
    for (name, body) in recorded().into_iter().filter(reads) {
        let answers = [program.machine, fresh.machine].map(|to| answer(to, &body));
        assert_eq!(answers[0], answers[1], "{name}");
    }
    assert!(answer(fresh.machine, &body(42).bytes()).1.contains("later"));
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0));
    assert!(log.contains("up to date again") && log.contains("whole=false"), "{log}");
    assert!(!log.contains("whole=true"), "only what has changed is read: {log}");
    let file = kept_in(&base.state(), url);
    assert_eq!(revision_kept(&file), Some(base.open().revision().expect("readable")));
}

#[test]
fn a_start_without_its_file_answers_from_it_and_catches_up() {
    let base = Base::sqlite();
    let away = base.folder.path().join("away");
    let lose = || fs::rename(base.data(), &away).expect("moved");
    let back = || fs::rename(&away, base.data()).expect("moved");
    away_and_back(&base, &base.url, "there is no database", lose, back);
}

#[test]
fn a_start_over_a_file_that_answers_nobody_is_served_soon_and_catches_up() {
    let base = Base::sqlite();
    let held = std::cell::RefCell::new(None);
    let lock =
        "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE revision SET value = value";
    let lose = || drop(held.replace(Some(base.hold(lock))));
    away_and_back(&base, &base.url, HANGS, lose, || drop(held.take()));
}

/// A URL of the same database that leads through a gate.
fn through_a_gate(base: &Base) -> (Gate, String) {
    let (login, rest) = base.url.split_once('@').expect("user@server/database");
    let (server, rest) = rest.split_once('/').expect("user@server/database");
    let gate = Gate::before(server.to_owned());
    let url = format!("{login}:hush-hush@{}/{rest}", gate.address);
    (gate, url)
}

#[test]
fn a_start_without_its_server_answers_from_it_and_catches_up() {
    on_postgres(|base| {
        let (gate, url) = through_a_gate(base);
        away_and_back(base, &url, "cannot open", || gate.close(), || gate.open());
    });
}

#[test]
fn a_start_before_a_server_that_hangs_is_served_soon_and_catches_up() {
    on_postgres(|base| {
        let (gate, url) = through_a_gate(base);
        away_and_back(base, &url, HANGS, || gate.hang(), || gate.open());
    });
}

#[test]
fn data_that_cannot_be_served_at_the_start_leave_what_was_kept() {
    on_each(|base| {
        let outdated = "DELETE FROM __diesel_schema_migrations";
        for (broken, told, mended) in [
            (
                "UPDATE users SET params = '[42]' WHERE name = '1000'",
                "params",
                "UPDATE users SET params = '[]'",
            ),
            (outdated, "migrations", "SELECT 1"),
        ] {
            let file = served_once(base);
            let revision = revision_kept(&file);
            base.sql(broken);
            let program = Program::serve(base);
            let sick = health(&program);
            assert_eq!(sick["status"], "degraded");
            assert_eq!(sick["revision"].as_i64(), revision);
            let why = sick["why"].as_str().expect("a reason");
            assert!(why.contains(told), "{why}");
            assert!(serves(program.machine, "1000"));
            assert_eq!(program.terminate().0, Some(0));
            assert_eq!(revision_kept(&file), revision, "what is broken is not kept");
            base.sql(mended);
        }
    });
}

#[test]
fn without_database_and_without_anything_kept_the_start_fails_and_says_what_was_tried() {
    let base = Base::sqlite();
    let file = served_once(&base);
    let start = || {
        let done = jackfield()
            .arg("serve")
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .env("JACKFIELD_STATE_DIR", base.state())
            .output()
            .expect("the program runs");
        assert_eq!(done.status.code(), Some(1));
        String::from_utf8(done.stderr).expect("UTF-8")
    };
    fs::remove_dir_all(base.data()).expect("removed");
    let whole = fs::read(file.path()).expect("readable");
    fs::write(file.path(), &whole[..whole.len() - 1]).expect("writable");
    let told = start();
    for words in ["snapshot.kept is damaged", "there is no database", "jackfield migrate"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    fs::remove_file(file.path()).expect("removed");
    let told = start();
    for words in ["no snapshot is kept", "there is no database", "jackfield migrate"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn what_is_damaged_holds_up_no_start_whose_database_is_there() {
    let base = Base::sqlite();
    let file = served_once(&base);
    let whole = fs::read(file.path()).expect("readable");
    fs::write(file.path(), &whole[..whole.len() - 1]).expect("writable");
    assert_eq!(health(&Program::serve(&base))["status"], "ready");
    let file = served_once(&base);
    assert!(fs::read(file.path()).expect("readable").len() >= whole.len() - 1, "written anew");
}

/// A small file system of its own. It is gone with this value.
struct Disk(PathBuf);

impl Disk {
    /// None where this user may not mount any.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "tmpfs"]).arg(at);
        let mounted = mount.output().is_ok_and(|done| done.status.success());
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_what_was_kept_and_is_told_once() {
    let base = Base::sqlite();
    let Some(_disk) = Disk::mount(&base.state(), "4m") else {
        let told = "\nSKIPPED: no file system can be mounted here to be filled\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
        return;
    };
    let file = served_once(&base);
    let before = fs::read(file.path()).expect("readable");
    let full = base.state().join("full");
    fs::write(&full, vec![1; 3 << 20]).expect("room for three of four");
    add_user(&base, "newcomer");
    let program = Program::serve(&base);
    until("told", || health(&program)["kept"]["why"].is_string());
    assert!(serves(program.machine, "newcomer"));
    let sick = health(&program);
    assert_eq!(sick["status"], "ready", "it answers from the database: {sick}");
    let failures = Metrics::of(program.machine).sum("jackfield_kept_snapshot_failures_total", &[]);
    assert!(failures > 0.5);
    assert_eq!(fs::read(file.path()).expect("readable"), before);
    let names: Vec<_> = fs::read_dir(base.state())
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.contains("part"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
    fs::remove_file(&full).expect("removed");
    let (_, log) = program.terminate();
    assert_eq!(log.matches("cannot be written").count(), 1, "{log}");
    assert!(log.contains("is kept again"), "{log}");
    assert_eq!(revision_kept(&file), Some(base.open().revision().expect("readable")));
}

#[test]
fn check_tells_what_is_kept_and_whether_it_could_be_served() {
    let base = Base::sqlite();
    let checked = || {
        let done = jackfield()
            .args(["check", "--json"])
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .env("JACKFIELD_STATE_DIR", base.state())
            .output()
            .expect("the program runs");
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
        report
    };
    assert!(checked()["kept"].is_null(), "nothing is kept yet");
    assert_eq!(Program::serve(&base).terminate().0, Some(0));
    let told = checked()["kept"].clone();
    assert_eq!(told["revision"], base.open().revision().expect("readable"));
    assert!(told["age_seconds"].as_u64().is_some_and(|age| age < 60), "{told}");
    let file = base.state().join("snapshot.kept");
    let bytes = std::fs::read(&file).expect("there");
    std::fs::write(&file, &bytes[..bytes.len() - 1]).expect("written");
    let report = checked();
    assert!(report["kept"].is_null());
    let findings = report["findings"].as_array().expect("a list");
    let kept = findings.iter().find(|finding| finding["about"] == "kept").expect("found");
    assert!(kept["what"].as_str().is_some_and(|what| what.contains("damaged")), "{kept}");
    assert_eq!(kept["level"], "warning");
}
