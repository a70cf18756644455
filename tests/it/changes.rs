//! Revisions and changes: who changed what and when, in an order that everybody sees alike.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use jackfield::db::{Change, Database};
use jackfield_api::snapshot::{Contents, Domain, User};
use jackfield_api::testing::pbx;

use crate::storage::columns;
use crate::support::{jackfield, on_each, on_postgres};

#[test]
fn every_table_tells_every_change_of_a_row() {
    on_each(|base| {
        let names = columns(base);
        let tables: BTreeSet<_> =
            names.iter().filter_map(|name| name.strip_suffix(".created_at")).collect();
        let all: BTreeSet<_> = names.iter().filter_map(|name| name.split('.').next()).collect();
        assert_eq!(all.difference(&tables).copied().collect::<Vec<_>>(), ["changes", "revision"]);
        // Of tables that the PBX of the tests leaves empty.
        let fill_empty = || {
            base.sql("INSERT INTO documents (name, xml) VALUES ('x.conf', '<configuration name=\"x.conf\"/>')");
            base.sql("INSERT INTO globals (name, value) VALUES ('x', 'y')");
            base.sql(
                "INSERT INTO domain_aliases (domain_id, name) SELECT id, 'x.test' FROM domains",
            );
            base.sql("INSERT INTO channels (name) VALUES ('x')");
            base.sql(
                "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
                 SELECT id, '00000000-0000-4000-8000-000000000001', \
                 '0123456789abcdef0123456789abcdef', 'x', 1, 2 FROM channels",
            );
        };
        fill_empty();
        for table in tables {
            let did = |database: &mut Database, since| -> BTreeSet<String> {
                let changes = database.changes(Some(since), 1000).expect("readable");
                changes
                    .into_iter()
                    .filter(|change| change.table == table)
                    .map(|it| it.did)
                    .collect()
            };
            let mut database = base.open();
            let before = database.revision().expect("readable");
            let times = format!("SELECT min(updated_at || '') AS it FROM {table}");
            let updated = base.select(&times);
            base.sql(&format!("UPDATE {table} SET created_at = created_at"));
            assert_eq!(did(&mut database, before), ["update".to_owned()].into(), "{table}");
            assert_ne!(base.select(&times), updated, "{table}");
            if !base.is_postgres() {
                // What is in the way of another row, for which SQLite calls no trigger of its own.
                let columns: Vec<_> =
                    names.iter().filter_map(|it| it.strip_prefix(&format!("{table}."))).collect();
                let columns =
                    columns.into_iter().filter(|it| *it != "id").collect::<Vec<_>>().join(", ");
                let before = database.revision().expect("readable");
                let row = format!("SELECT {columns} FROM {table} LIMIT 1");
                base.sql(&format!("INSERT OR REPLACE INTO {table} ({columns}) {row}"));
                let both = ["delete".to_owned(), "insert".to_owned()].into();
                assert_eq!(did(&mut database, before), both, "{table}");
                let moves = format!(
                    "SELECT count(*) || '' AS it FROM sqlite_master WHERE name = '{table}_displacing'"
                );
                assert_eq!(base.select(&moves), ["1"], "{table}");
            }
            let before = database.revision().expect("readable");
            base.sql(&format!("DELETE FROM {table}"));
            assert_eq!(did(&mut database, before), ["delete".to_owned()].into(), "{table}");
            // All that is left is stored again.
            base.sql("DELETE FROM domains; DELETE FROM profiles; DELETE FROM access_lists");
            base.sql(
                "DELETE FROM contexts; DELETE FROM rooms; DELETE FROM menus; DELETE FROM queues",
            );
            base.sql("DELETE FROM agents; DELETE FROM languages; DELETE FROM documents");
            base.sql("DELETE FROM globals; DELETE FROM channels");
            let before = database.revision().expect("readable");
            database.merge("test", pbx().contents(), &|| {}).expect("stored");
            fill_empty();
            assert_eq!(did(&mut database, before), ["insert".to_owned()].into(), "{table}");
        }
    });
}

/// What a change is, in words.
fn told(change: &Change) -> String {
    format!("{} {} {} by {}", change.did, change.table, change.key, change.who)
}

#[test]
fn a_change_tells_who_did_what_to_which_row_and_no_value() {
    on_each(|base| {
        let mut database = base.open();
        let stored = database.changes(None, 1000).expect("readable");
        assert!(stored.iter().all(|change| change.who == "test" && change.did == "insert"));
        let revisions: BTreeSet<_> = stored.iter().map(|change| change.revision).collect();
        assert_eq!(revisions, [database.revision().expect("readable")].into(), "one transaction");
        let since = database.revision().expect("readable");
        base.sql("INSERT INTO domains (name) VALUES ('new.example.test')");
        base.sql(
            "INSERT INTO users (domain_id, name, secrets) SELECT id, 'alice', \
             '[{\"username\":\"alice\",\"realm\":\"r\",\"algorithm\":\"MD5\",\"ha1\":\"hush\"}]' \
             FROM domains WHERE name = 'new.example.test'",
        );
        base.sql("DELETE FROM domains WHERE name = 'new.example.test'");
        let changes = database.changes(Some(since), 100).expect("readable");
        // The user that the server knows, or nobody that SQLite does.
        let who = if base.is_postgres() {
            base.select("SELECT session_user::text AS it").remove(0)
        } else {
            "sql".to_owned()
        };
        let words: BTreeSet<_> = changes.iter().map(told).collect();
        for (what, key) in [
            ("insert domains", "new.example.test"),
            ("insert users", "alice@new.example.test"),
            ("delete users", "alice"),
            ("delete domains", "new.example.test"),
        ] {
            assert!(words.contains(&format!("{what} {key} by {who}")), "{words:?}");
        }
        assert_eq!(changes.len(), 4);
        assert!(!format!("{changes:?}").contains("hush"));
        for change in &changes {
            assert!(change.at.starts_with("20") && change.at.ends_with('Z'), "{}", change.at);
            assert_eq!(change.at.len(), "2026-11-21T01:02:03.004Z".len(), "{}", change.at);
        }
    });
}

#[test]
fn a_transaction_that_is_given_up_leaves_no_revision_and_no_change() {
    on_each(|base| {
        let mut database = base.open();
        let before = (database.revision().expect("readable"), database.changes(None, 9).ok());
        base.sql("BEGIN; INSERT INTO rooms (name, profile) VALUES ('new', 'p'); ROLLBACK");
        let twin =
            |id: &str| User { id: id.into(), number_alias: Some("7".into()), ..User::default() };
        let domains = vec![Domain::new("twins.test").with_users(vec![twin("1"), twin("2")])];
        let twins = Contents { domains: domains.into(), ..Contents::default() };
        assert!(database.merge("test", &twins, &|| {}).is_err(), "one second name for two users");
        assert_eq!(
            (database.revision().expect("readable"), database.changes(None, 9).ok()),
            before
        );
        database.merge("nobody", pbx().contents(), &|| {}).expect("nothing to do");
        let after = database.revision().expect("readable");
        assert_eq!(after, before.0, "without a change there is no new revision");
        base.sql("INSERT INTO rooms (name, profile) VALUES ('new', 'p')");
        assert_eq!(database.revision().expect("readable"), before.0 + 1);
        let last = database.changes(None, 1).expect("readable").remove(0);
        assert_ne!(last.who, "nobody", "a name holds for its transaction alone");
    });
}

#[test]
fn on_postgresql_a_transaction_is_one_revision_by_plain_sql_too() {
    on_postgres(|base| {
        let mut database = base.open();
        let before = database.revision().expect("readable");
        base.sql(
            "BEGIN; SELECT set_config('jackfield.who', 'me', true); UPDATE users SET cidr = NULL; \
             UPDATE rooms SET profile = 'x'; COMMIT; TRUNCATE rooms",
        );
        assert_eq!(database.revision().expect("readable"), before + 2);
        let changes = database.changes(Some(before), 1000).expect("readable");
        let (last, first) = changes.split_last().expect("changes");
        assert!(
            first.len() > 2 && first.iter().all(|it| it.revision == before + 1 && it.who == "me")
        );
        assert_eq!((last.key.as_str(), last.revision), ("*", before + 2), "all rows at once");
    });
}

#[test]
fn a_command_that_somebody_else_keeps_from_writing_says_to_try_again() {
    on_each(|base| {
        let held = base.hold(if base.is_postgres() {
            "BEGIN; LOCK TABLE globals"
        } else {
            "BEGIN IMMEDIATE; UPDATE revision SET value = value"
        });
        let told = base.run_with(&["global", "add", "name", "value"], "");
        assert_eq!(told.code, Some(1));
        assert!(told.err.contains("somebody else is writing there: try again"), "{}", told.err);
        drop(held);
        base.did(&["global", "add", "name", "value"]);
    });
}

#[test]
fn a_change_by_plain_sql_as_the_readme_has_it_is_a_change() {
    let readme = include_str!("../../README.md");
    let sql = readme.lines().find(|line| line.starts_with("UPDATE users")).expect("there is one");
    on_each(|base| {
        let before = base.open().revision().expect("readable");
        base.sql(sql);
        let mut database = base.open();
        let contents = database.load().expect("readable");
        assert!(database.revision().expect("readable") > before);
        let domain = &contents.domains[0];
        let user = domain.user("1000").expect("there");
        let variables: Vec<_> = user.variables().map(|it| (it.name, it.text)).collect();
        assert_eq!(variables, [("toll_allow", "local")]);
    });
}

#[test]
fn revisions_become_visible_in_their_order_and_writers_do_not_lock_each_other_out() {
    const WRITERS: usize = 4;
    const TRANSACTIONS: usize = 15;
    on_each(|base| {
        base.sql("INSERT INTO rooms (name, profile) VALUES ('a', 'p'), ('b', 'p')");
        let start = base.open().revision().expect("readable");
        let done = AtomicBool::new(false);
        let begin = if base.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        let count = |revision: i64| {
            let query =
                format!("SELECT count(*) || '' AS it FROM changes WHERE revision <= {revision}");
            base.select(&query).remove(0)
        };
        let seen = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn(move || {
                        for at in 0..TRANSACTIONS {
                            // In either order: two that hold one row each would wait for ever.
                            let rooms =
                                if (writer + at) % 2 == 0 { ["a", "b"] } else { ["b", "a"] };
                            let update = rooms.map(|room| {
                                format!("UPDATE rooms SET profile = '{at}' WHERE name = '{room}'")
                            });
                            base.sql(&format!("{begin}; {}; COMMIT", update.join("; ")));
                        }
                    })
                })
                .collect();
            let reader = scope.spawn(|| {
                let mut database = base.open();
                let mut seen = Vec::new();
                while !done.load(Ordering::SeqCst) {
                    let revision = database.revision().expect("readable");
                    seen.push((revision, count(revision)));
                }
                seen
            });
            for writer in writers {
                writer.join().expect("no writer fails");
            }
            done.store(true, Ordering::SeqCst);
            reader.join().expect("the reader does not fail")
        });
        assert!(seen.is_sorted_by_key(|(revision, _)| *revision), "{seen:?}");
        for (revision, counted) in seen {
            assert_eq!(count(revision), counted, "revision {revision} grew after it was seen");
        }
        let rows = i64::try_from(WRITERS * TRANSACTIONS).expect("few");
        let grown = base.open().revision().expect("readable") - start;
        assert_eq!(grown, if base.is_postgres() { rows } else { 2 * rows });
    });
}

#[test]
fn changes_are_listed_for_people_and_for_programs() {
    on_each(|base| {
        base.sql("INSERT INTO rooms (name, profile) VALUES ('\x1b[2Jnew', 'p')");
        let changes = |arguments: &[&str]| {
            let done = jackfield()
                .arg("changes")
                .args(arguments)
                .env("JACKFIELD_DATABASE_URL", &base.url)
                .output()
                .expect("the program runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).expect("UTF-8")
        };
        let lines = changes(&["--limit", "1"]);
        assert_eq!(lines.lines().count(), 1);
        assert!(lines.contains("insert  rooms") && lines.contains("[2Jnew"), "{lines}");
        assert!(!lines.contains('\x1b'), "no command to the terminal");
        let revision = base.open().revision().expect("readable");
        let json = changes(&["--json", "--since", &(revision - 1).to_string()]);
        assert!(json.trim_start_matches(['[', ' ', '\n', '{']).starts_with("\"id\""), "{json}");
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json[0]["revision"], revision);
        assert_eq!(json[0]["table"], "rooms");
        assert_eq!(json.as_array().expect("a list").len(), 1);
        assert_eq!(changes(&["--since", &revision.to_string()]), "nothing was changed\n");
    });
}
