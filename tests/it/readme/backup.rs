//! Backup and restore, upgrade and roll back, as the README has them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::machine::{Machine, chapter, commands, lacks};
use crate::support::{Base, on_each_empty};

const BACKUP: &str = "### Backup and restore";
const UPGRADE: &str = "### Upgrade and roll back";

/// A database with the user 1000 and nobody else.
fn with_one_user(base: &Base) {
    base.did(&["domain", "add", "pbx.example.com"]);
    base.did(&["user", "add", "1000", "--no-password", "--no-pin"]);
}

fn add(base: &Base, user: &str) {
    base.did(&["user", "add", user, "--no-password", "--no-pin"]);
}

/// A database of SQLite at the place and by the name that the README has.
fn sqlite() -> Base {
    let mut base = Base::empty_sqlite();
    let file = base.data().join("jackfield.db");
    base.url = format!("sqlite:{}", file.display());
    base.did(&["migrate"]);
    with_one_user(&base);
    base
}

#[test]
fn a_backup_that_is_made_while_the_service_runs_is_served_again() {
    if lacks("sqlite3") {
        return;
    }
    let base = sqlite();
    let [backup, restore, anew, ..] = commands::<5>(BACKUP);
    let mut machine = Machine::new(&base);
    machine.start();
    machine.run(&backup);
    for kept in ["var/backups/jackfield.db", "var/backups/jackfield-settings.tar.gz"] {
        let mode = fs::metadata(machine.at(kept)).expect("it is made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{kept}");
    }
    add(&base, "1001");
    machine.serves(&["1000", "1001"]);
    machine.run(&restore);
    machine.serves(&["1000"]);
    // What has the same revision as what was thrown away is something else.
    add(&base, "1002");
    machine.serves(&["1000", "1002"]);
    machine.run(&restore);
    machine.serves(&["1000"]);

    let settings = machine.at("etc/jackfield/jackfield.toml");
    fs::write(&settings, "").expect("ours");
    add(&base, "1003");
    fs::write(base.data().join("jackfield.db"), "no database").expect("ours");
    machine.run(&anew);
    machine.serves(&["1000"]);
    assert!(fs::read_to_string(settings).expect("there").contains("4095"));
}

#[test]
fn a_backup_of_postgresql_that_is_made_while_the_service_runs_is_served_again() {
    if lacks("pg_dump") {
        return;
    }
    on_each_empty(|empty| {
        let base = empty();
        if !base.is_postgres() {
            return;
        }
        with_one_user(&base);
        let [.., backup, restore] = commands::<5>(BACKUP);
        let mut machine = Machine::new(&base);
        machine.start();
        machine.run(&backup);
        add(&base, "1001");
        machine.serves(&["1000", "1001"]);
        machine.run(&restore);
        machine.serves(&["1000"]);
        add(&base, "1002");
        machine.serves(&["1000", "1002"]);
    });
}

#[test]
fn what_the_readme_says_of_other_versions_is_so() {
    let base = sqlite();
    let [see, back] = commands::<2>(UPGRADE);
    let says = chapter(UPGRADE).replace('\n', " ");
    let mut machine = Machine::new(&base);
    machine.start();
    machine.run(&see);
    base.sql(&format!("VACUUM INTO '{}'", machine.at("var/backups/jackfield.db").display()));
    add(&base, "1001");
    machine.run(&back);
    machine.start();
    machine.serves(&["1000"]);

    // What a newer version has done to it, as far as it is in nobody's way.
    base.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')");
    base.did(&["user", "list"]);
    base.sql("ALTER TABLE users RENAME COLUMN cidr TO networks");
    let words = "the database refused: no such column";
    assert!(says.contains(words), "{says}");
    let told = base.run_with(&["user", "list"], "");
    assert!(told.code == Some(1) && told.err.contains(words), "{}", told.err);

    let older = sqlite();
    older.sql(
        "DELETE FROM __diesel_schema_migrations WHERE version = \
         (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let told = older.run_with(&["user", "list"], "").err.replace('`', "");
    let words = "lacks 1 of this version's migrations; run jackfield migrate";
    assert!(says.contains(words) && told.contains(words), "{told}");
}
