//! What machines note is pruned: the history of changes does not grow with each login, keeps what people
//! did, and nobody who follows it misses anything.

use jackfield::db::{Database, Mark, News};
use jackfield_api::snapshot::Snapshot;

use crate::support::{Base, PATIENCE, Program, on_each, until};

/// A channel with clients.
fn with_clients(base: &Base, clients: usize) {
    base.sql("INSERT INTO channels (name) VALUES ('desk')");
    let names: Vec<_> = (0..clients)
        .map(|at| format!("SELECT '0b7e1c1e-0000-4000-8000-{at:012x}' AS name"))
        .collect();
    for names in names.chunks(400) {
        base.sql(&format!(
            "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
             SELECT id, it.name, '0123456789abcdef0123456789abcdef', 'one', 1, 2 \
             FROM channels, ({}) AS it",
            names.join(" UNION ALL ")
        ));
    }
}

/// In one transaction by this name, as the service writes.
fn by(base: &Base, who: &str, statements: &str) {
    let [before, after] = if base.is_postgres() {
        [format!("SELECT set_config('jackfield.who', '{who}', true)"), "SELECT 1".to_owned()]
    } else {
        let before = format!("UPDATE revision SET value = value + 1, writer = '{who}'");
        [before, "UPDATE revision SET writer = NULL".to_owned()]
    };
    let begin = if base.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
    base.sql(&format!("{begin}; {before}; {statements}; {after}; COMMIT"));
}

/// Who is connected comes from another port.
fn log_in(base: &Base, which: &str, port: u32) {
    by(
        base,
        "verto",
        &format!(
            "UPDATE clients SET connected = 5, connected_address = '192.0.2.1:{port}', \
             connected_switch = 'vm' WHERE {which}"
        ),
    );
}

/// Two hours go by for all changes of the last hour.
fn grow_old(base: &Base) {
    base.sql(if base.is_postgres() {
        "UPDATE changes SET at = at - interval '2 hours' WHERE at > now() - interval '1 hour'"
    } else {
        "UPDATE changes SET at = strftime('%Y-%m-%dT%H:%M:%fZ', at, '-2 hours') \
         WHERE at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour')"
    });
}

fn prune(database: &mut Database) -> usize {
    let pruned = || Some(database.prune().expect("writable")).filter(|rows| *rows > 0);
    std::iter::from_fn(pruned).sum()
}

fn read(database: &mut Database) -> (Snapshot, Mark) {
    let (contents, mark) = database.load_marked().expect("readable");
    (Snapshot::new(contents), mark)
}

/// What is new since a snapshot, brought up to date: whether everything was read, and who is
/// connected.
fn follow(database: &mut Database, (before, mark): &(Snapshot, Mark)) -> (bool, String) {
    let (everything, snapshot) = match database.news(before, mark).expect("readable") {
        News::None => (false, before.clone()),
        News::Changes(snapshot, ..) => (false, *snapshot),
        News::Everything(contents, _) => (true, Snapshot::new(*contents)),
    };
    (everything, format!("{:?}", snapshot.contents().clients))
}

fn count(base: &Base, of: &str) -> usize {
    let query = format!("SELECT count(*) || '' AS it FROM changes WHERE {of}");
    base.select(&query).remove(0).parse().expect("a number")
}

#[test]
fn whoever_has_read_before_what_was_pruned_reads_everything_and_others_what_has_changed() {
    on_each(|base| {
        with_clients(base, 4);
        log_in(base, "true", 1);
        grow_old(base);
        let mut database = base.open();
        let old = read(&mut database);
        // So that what is left does follow what the old one has read.
        base.sql("UPDATE rooms SET profile = 'a'");
        let port = "name LIKE '%1'";
        log_in(base, port, 2);
        base.sql("UPDATE rooms SET profile = 'b'");
        log_in(base, "name LIKE '%2'", 3);
        log_in(base, "name LIKE '%3'", 4);
        grow_old(base);
        let fresh = read(&mut database);
        let revision = database.revision().expect("readable");
        assert_eq!(prune(&mut database), 4 + 2, "all but the last one");
        assert_eq!(database.revision().expect("readable"), revision, "nothing has changed");
        assert!(matches!(database.news(&fresh.0, &fresh.1), Ok(News::None)));
        log_in(base, port, 5);
        assert_eq!(prune(&mut database), 0, "somebody may have read up to there just now");
        let now = format!("{:?}", read(&mut database).0.contents().clients);
        assert!([3, 4, 5].iter().all(|port| now.contains(&format!("192.0.2.1:{port}"))), "{now}");
        assert_eq!(follow(&mut database, &old), (true, now.clone()));
        assert_eq!(follow(&mut database, &fresh), (false, now));
    });
}

#[test]
fn many_logins_leave_no_more_than_the_last_one_and_what_people_did_is_kept() {
    on_each(|base| {
        with_clients(base, 1500);
        base.did(&["room", "add", "mine", "--profile", "p"]);
        by(base, "operator", "UPDATE clients SET session = 'two' WHERE name LIKE '%7'");
        let kept = count(base, "true");
        let mut database = base.open();
        let mut sizes = Vec::new();
        for round in 0..4 {
            log_in(base, "true", round);
            by(base, "page", "UPDATE clients SET session = session || 'x'");
            by(base, "switch", "UPDATE clients SET expires = expires + 1");
            assert_eq!(prune(&mut database), 0, "too young");
            grow_old(base);
            let first = usize::from(round == 0);
            assert_eq!(prune(&mut database), 4500 - first);
            assert_eq!(count(base, "true"), kept + 1);
            if !base.is_postgres() {
                let pages = base.select("SELECT page_count || '' AS it FROM pragma_page_count");
                sizes.push(pages[0].parse::<f64>().expect("a number"));
            }
        }
        assert!(sizes.last() <= sizes.first().map(|first| first * 1.05).as_ref(), "{sizes:?}");
        let people = count(base, "who = 'operator'");
        assert!(people > 90, "{people}");
        let shown = base.did(&["changes", "--limit", "9999"]).out;
        assert_eq!(shown.matches("operator").count(), people, "{shown}");
        assert!(shown.contains("insert  rooms"), "{shown}");
    });
}

#[test]
fn a_service_prunes_and_of_two_none_minds_the_other() {
    on_each(|base| {
        with_clients(base, 2500);
        log_in(base, "true", 1);
        grow_old(base);
        let instances = [Program::serve(base), Program::serve_beside(base)];
        until("it is pruned", PATIENCE, || count(base, "who = 'verto'") == 1);
        for instance in instances {
            let (code, log) = instance.terminate();
            assert_eq!(code, Some(0), "{log}");
            assert!(!log.contains("is not pruned"), "{log}");
        }
    });
}
