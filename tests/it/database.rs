//! The database's file: whose it is, and what happens where there is none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{Program, body, demo, jackfield, jackfield_after, on_postgres};

/// What is in a folder, with the permissions of each.
fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable"));
    entries.map(|entry| (entry.path(), mode(&entry.path()))).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

/// The program where everybody may read and write what nobody says more of.
fn careless(arguments: &[&str], folder: &Path) -> Output {
    let url = format!("sqlite:{}", folder.join("own.db").display());
    let mut command = jackfield_after("umask 0");
    command.args(arguments).env("JACKFIELD_DATABASE_URL", url);
    command.output().expect("the program runs")
}

#[test]
fn the_demo_is_for_its_owner_alone_while_it_is_served_and_after() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let mut command = jackfield_after("umask 0");
    command.args(["serve", "--demo", "--state"]).arg(&state);
    let program = Program::start(command);
    program.told("Ctrl-C");
    let is_private = |when: &str| {
        assert_eq!(mode(&state), 0o700, "{when}");
        let modes = modes(&state);
        assert!(modes.len() >= 2, "{when}: {modes:?}");
        for (path, mode) in modes {
            assert_eq!(mode, 0o600, "{when}: {}", path.display());
        }
    };
    is_private("served");
    assert_eq!(program.terminate().0, Some(0));
    is_private("stopped");
}

#[test]
fn migrate_says_what_a_server_needs_that_lacks_the_database_or_a_right() {
    let migrate = |url: &str| {
        let mut command = jackfield();
        command.arg("migrate").env("JACKFIELD_DATABASE_URL", url);
        let done = command.output().expect("the program runs");
        assert_eq!(done.status.code(), Some(1));
        String::from_utf8(done.stderr).expect("UTF-8")
    };
    let told = migrate("postgres://owner:hush@127.0.0.1:1/pbx");
    assert!(told.contains("`createdb --owner owner pbx`") && !told.contains("hush"), "{told}");
    on_postgres(|base| {
        let database = base.url.split('?').next().expect("a URL");
        let (server, _) = database.rsplit_once('/').expect("a database");
        let told = migrate(&format!("{server}/jackfield_no_such"));
        assert!(told.contains("jackfield_no_such") && told.contains("createdb --owner"), "{told}");
        // Nobody may make tables there.
        let told = migrate(&format!("{database}?options=-csearch_path%3Dpg_catalog"));
        assert!(told.contains("up to date: ") && told.contains("createdb --owner"), "{told}");
    });
}

#[test]
fn a_database_that_migrate_makes_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    for run in ["first", "second"] {
        let done = careless(&["migrate"], folder.path());
        assert!(done.status.success(), "{run}: {}", String::from_utf8_lossy(&done.stderr));
        let modes = modes(folder.path());
        assert!(modes.iter().any(|(path, _)| path.ends_with("own.db")), "{modes:?}");
        for (path, mode) in modes {
            assert_eq!(mode, 0o600, "{run}: {}", path.display());
        }
    }
}

#[test]
fn the_files_beside_an_open_database_are_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    demo(folder.path());
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let url = url.parse().expect("a database");
    let mut open = jackfield::db::Database::open(&url).expect("it is there");
    open.load().expect("readable");
    let modes = modes(folder.path());
    assert!(modes.iter().any(|(path, _)| path.ends_with("demo.db-wal")), "{modes:?}");
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_asking_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked = tempfile::NamedTempFile::new().expect("a file");
    fs::write(asked.path(), body(43).bytes()).expect("writable");
    let file = asked.path().to_str().expect("UTF-8");
    let is_empty = || fs::read_dir(folder.path()).expect("a folder").next().is_none();
    for arguments in [&["serve"][..], &["explain", file]] {
        let done = careless(arguments, folder.path());
        let told = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.contains("own.db") && told.contains("`jackfield migrate`"), "{told}");
        assert!(done.stdout.is_empty(), "{arguments:?}");
        assert!(is_empty(), "{arguments:?}");
    }
    let done = careless(&["handlers"], folder.path());
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{told}");
    assert!(told.contains("are not shown") && told.contains("`jackfield migrate`"), "{told}");
    let shown = String::from_utf8_lossy(&done.stdout);
    for (name, keys) in [("sofia", "sofia.conf"), ("dialplan", "(none in the data)")] {
        let line = shown.lines().find(|line| line.contains(&format!(" {name} ")));
        assert!(line.is_some_and(|line| line.contains(keys)), "{name}: {shown}");
    }
    assert!(is_empty());
}

#[test]
fn an_empty_database_is_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.db");
    fs::write(&file, b"").expect("writable");
    let url = format!("sqlite:{}", file.display());
    let done = jackfield().arg("serve").env("JACKFIELD_DATABASE_URL", url).output();
    let done = done.expect("the program runs");
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains("`jackfield migrate`"), "{told}");
}
