//! Storage: one behaviour on both databases.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

use jackfield::db::DbError;
use jackfield_api::snapshot::{Contents, Domain, Room, Snapshot, User};
use jackfield_api::testing::pbx;

use crate::support::{Base, jackfield, on_each, on_postgres};

/// Everything that a snapshot holds, but for its revision; indexes have no order of their own.
fn dump(contents: &Contents) -> Vec<String> {
    let text = format!("{contents:#?}");
    let lines = text.lines().filter(|line| !line.starts_with("    revision: "));
    let (mut index, mut other): (Vec<_>, Vec<_>) =
        lines.map(str::to_owned).partition(|line| line.trim_start().starts_with('"'));
    index.sort();
    other.extend(index);
    other
}

fn load(base: &Base) -> Snapshot {
    Snapshot::new(base.open().load().unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn what_is_stored_is_read_back() {
    on_each(|base| {
        let loaded = load(base);
        assert_eq!(dump(loaded.contents()), dump(pbx().contents()));
        assert_eq!(loaded.user_count(), pbx().user_count());
    });
}

#[test]
fn a_large_domain_is_read_whole_and_in_its_order() {
    let ids: Vec<_> = (0..2500).map(|n| format!("u{}", n * 7919 % 2500)).collect();
    let users = ids.iter().map(|id| User { id: id.into(), ..User::default() });
    let domains = vec![Domain::new("large.example.test").with_users(users)];
    let contents = Contents { domains: domains.into(), ..Contents::default() };
    on_each(|base| {
        base.open().merge("test", &contents, &|| {}).expect("writable");
        let loaded = load(base);
        let domain = loaded.domain("large.example.test").expect("there");
        assert!(domain.users().iter().map(|user| user.id).eq(ids.iter().map(String::as_str)));
        assert!(ids.iter().all(|id| domain.user(&id.to_uppercase()).is_some()));
    });
}

#[test]
fn both_folders_of_migrations_hold_the_same_names_each_with_its_way_back() {
    let names = |database: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable"));
        entries
            .map(|entry| {
                for file in ["up.sql", "down.sql"] {
                    assert!(
                        entry.path().join(file).is_file(),
                        "{}: {file}",
                        entry.path().display()
                    );
                }
                entry.file_name().into_string().expect("UTF-8")
            })
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(names("sqlite").len() >= 2);
}

/// `table.column`, of every table of ours.
pub(crate) fn columns(base: &Base) -> Vec<String> {
    let mut columns = base.select(if base.is_postgres() {
        "SELECT table_name || '.' || column_name AS it FROM information_schema.columns \
         JOIN information_schema.tables USING (table_schema, table_name) \
         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' \
         AND table_name NOT LIKE '\\_\\_%'"
    } else {
        "SELECT t.name || '.' || c.name AS it FROM sqlite_schema t, pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\' \
         AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    });
    columns.sort();
    columns
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let sqlite = columns(&Base::sqlite());
    assert!(sqlite.contains(&"users.updated_at".to_owned()), "{sqlite:?}");
    on_postgres(|base| assert_eq!(columns(base), sqlite));
}

#[test]
fn migrations_can_be_taken_back_and_run_again() {
    on_each(|base| {
        let mut database = base.open();
        let names = columns(base);
        database.revert().expect("the way back");
        assert_eq!(columns(base), [""; 0]);
        assert!(matches!(database.load(), Err(DbError::Outdated { .. })));
        assert!(database.migrate().expect("the way forth").len() >= 2);
        assert_eq!(columns(base), names);
        assert_eq!(database.migrate().expect("nothing to do"), [""; 0]);
    });
}

#[test]
fn names_are_unique_without_regard_to_ascii_case_and_to_no_other() {
    on_each(|base| {
        for (once, again) in [("ab", "AB"), ("ä", "Ä")] {
            base.sql(&format!("INSERT INTO rooms (name, profile) VALUES ('{once}', 'p')"));
            let done =
                base.try_sql(&format!("INSERT INTO rooms (name, profile) VALUES ('{again}', 'p')"));
            assert_eq!(done.is_ok(), once == "ä", "{again}: {done:?}");
        }
        for refused in [
            "INSERT INTO users (domain_id, name) SELECT domain_id, upper(name) FROM users",
            "INSERT INTO users (domain_id, name) VALUES (999, 'nowhere')",
            "INSERT INTO rooms (name, profile) VALUES ('', 'p')",
            "UPDATE users SET params = 'no json'",
            "UPDATE users SET voicemail_hash = 'short'",
            "INSERT INTO gateways (name) VALUES ('of nobody')",
            "UPDATE contexts SET section = 'elsewhere'",
        ] {
            assert!(base.try_sql(refused).is_err(), "{refused}");
        }
    });
}

#[test]
fn a_snapshot_is_of_one_revision_however_many_queries_it_takes() {
    on_each(|base| {
        base.sql("INSERT INTO rooms (name, profile) VALUES ('r', '0')");
        base.sql("INSERT INTO queues (name) VALUES ('q0')");
        let done = AtomicBool::new(false);
        let begin = if base.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut at = 0;
                while !done.load(Ordering::SeqCst) {
                    at += 1;
                    base.sql(&format!(
                        "{begin}; UPDATE queues SET name = 'q{at}' WHERE name LIKE 'q%'; \
                         UPDATE rooms SET profile = '{at}' WHERE name = 'r'; COMMIT"
                    ));
                }
            });
            let mut database = base.open();
            for _ in 0..40 {
                let contents = database.load().expect("readable");
                let room = contents.rooms.iter().find(|room| room.name == "r").expect("there");
                let queue = format!("q{}", room.profile);
                let there = contents.queues.iter().any(|found| found.name == queue);
                if !there {
                    done.store(true, Ordering::SeqCst);
                }
                assert!(there, "{queue} is not there");
            }
            done.store(true, Ordering::SeqCst);
        });
    });
}

#[test]
fn migrate_makes_a_database_and_brings_it_up_to_date() {
    on_each(|base| {
        base.open().revert().expect("empty");
        let migrate = || {
            let done = jackfield()
                .arg("migrate")
                .env("JACKFIELD_DATABASE_URL", &base.url)
                .env("JACKFIELD_STATE_DIR", base.state())
                .output()
                .expect("the program runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).expect("UTF-8")
        };
        let told = migrate();
        assert!(told.contains("ran ") && told.contains("is up to date"), "{told}");
        assert!(told.contains("no service runs here"), "{told}");
        assert!(!migrate().contains("ran "));
        assert_eq!(load(base).user_count(), 0);
    });
}

#[test]
fn the_password_of_a_url_is_never_shown() {
    // Port 1 of this machine refuses.
    let urls = [
        "postgres://u:hush-hush@127.0.0.1:1/d",
        "postgres://u@127.0.0.1:1/d?password=hush-hush",
        "postgres://u:hush%2dhush@127.0.0.1:1/d",
        "postgres://u:x/hush-hush@127.0.0.1:1/d",
        "postgres://u:x@hush-hush@127.0.0.1:1/d",
        "postgres://u:%zzhush-hush@127.0.0.1:1/d",
        "postgres://u:hush-hush",
        "postgers://u:hush-hush@127.0.0.1:1/d",
        "u:hush-hush@127.0.0.1",
    ];
    for url in urls {
        for command in ["serve", "migrate", "changes"] {
            let done = jackfield()
                .arg(command)
                .env("JACKFIELD_DATABASE_URL", url)
                .env("JACKFIELD_LOG", "trace")
                .output()
                .expect("the program runs");
            assert!(!done.status.success(), "{command} {url}");
            let told = [done.stdout, done.stderr].concat();
            let told = String::from_utf8_lossy(&told);
            assert!(!told.is_empty() && !told.contains("hush"), "{command} {url}: {told}");
        }
    }
}

#[test]
fn reading_makes_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("none.db");
    for command in ["serve", "changes", "handlers"] {
        let url = format!("sqlite:{}", file.display());
        let done = jackfield().arg(command).env("JACKFIELD_DATABASE_URL", url).output();
        let done = done.expect("the program runs");
        if command != "handlers" {
            assert_eq!(done.status.code(), Some(1));
            let told = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(
                told.contains("there is no database sqlite:") && told.contains("migrate"),
                "{told}"
            );
        }
        assert!(!file.exists(), "{command}");
    }
}

#[test]
fn a_name_in_another_case_is_the_same_object() {
    on_each(|base| {
        let room = |name: &str| {
            let room = Room { name: name.into(), profile: "default".into() };
            Contents { rooms: [room].into(), ..Contents::default() }
        };
        let mut database = base.open();
        let tally = database.merge("test", &room("Board"), &|| {}).expect("stored");
        assert_eq!((tally.added, tally.changed), (1, 0));
        let tally = database.merge("test", &room("BOARD"), &|| {}).expect("stored");
        assert_eq!((tally.added, tally.changed), (0, 1));
    });
}
