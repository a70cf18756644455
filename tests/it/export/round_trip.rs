//! Export, import and export again: the same files byte for byte, and the same rows.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use jackfield_api::snapshot::Contents;

use super::{export, files, nasty, on, told};
use crate::support::{Base, demo, on_each_empty};

/// The exported files of a database that says the same when they are imported into an empty one.
fn comes_back(from: &Base, empty: &dyn Fn() -> Base) -> std::collections::BTreeMap<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    export(from, &[], &first);
    let to = empty();
    told(&on(&to, &["import"], &first));
    export(&to, &[], &second);
    let (first, second) = (files(&first), files(&second));
    let names = |files: &std::collections::BTreeMap<String, String>| -> Vec<String> {
        files.keys().cloned().collect()
    };
    assert_eq!(names(&first), names(&second));
    for (path, text) in &first {
        assert_same(path, &second[path], text);
    }
    assert_same("the rows", &to.dump(), &from.dump());
    first
}

fn assert_same(what: &str, is: &str, expected: &str) {
    for (is, expected) in is.lines().zip(expected.lines()) {
        assert_eq!(is, expected, "{what}");
    }
    assert_eq!(is, expected, "{what}");
}

fn storing(empty: &dyn Fn() -> Base, contents: &Contents) -> Base {
    let base = empty();
    base.open().merge("test", contents, &|| {}).unwrap_or_else(|error| panic!("{error}"));
    base
}

#[test]
fn whatever_is_stored_comes_back_from_its_files() {
    on_each_empty(|empty| {
        let base = storing(empty, &nasty::contents());
        let files = comes_back(&base, empty);
        assert!(files.len() > 30, "{:?}", files.keys());
    });
}

#[test]
fn the_demo_comes_back_from_its_files() {
    on_each_empty(|empty| {
        let state = tempfile::tempdir().expect("a folder");
        comes_back(&storing(empty, demo(state.path()).contents()), empty);
    });
}

#[test]
fn an_imported_tree_comes_back_from_its_files() {
    let pbx = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/pbx");
    let vanilla = std::env::var_os("JACKFIELD_VANILLA").map(std::path::PathBuf::from);
    if vanilla.is_none() {
        eprintln!("SKIPPED: JACKFIELD_VANILLA does not say where FreeSWITCH's own tree is");
    }
    for tree in [Some(pbx), vanilla].into_iter().flatten() {
        on_each_empty(|empty| {
            let base = empty();
            told(&on(&base, &["import", "--set", "domain=pbx.example.test"], &tree));
            comes_back(&base, empty);
        });
    }
}

#[test]
fn the_same_database_always_gives_the_same_files() {
    on_each_empty(|empty| {
        let mut turned = nasty::contents();
        turned.globals = turned.globals.into_iter().rev().collect();
        turned.dialplan = turned.dialplan.into_iter().rev().collect();
        turned.menus = turned.menus.into_iter().rev().collect();
        turned.documents = turned.documents.into_iter().rev().collect();
        turned.domains = turned.domains.into_iter().rev().collect();
        let folder = tempfile::tempdir().expect("a folder");
        let written = ["a", "b"].map(|name| folder.path().join(name));
        for (contents, path) in [nasty::contents(), turned].iter().zip(&written) {
            export(&storing(empty, contents), &[], path);
        }
        let [one, other] = written.map(|path| files(&path));
        assert_eq!(one, other);
    });
}

#[test]
fn a_bootstrap_made_anew_says_the_same_and_keeps_the_password_of_the_event_socket() {
    on_each_empty(|empty| {
        let base = storing(empty, &nasty::contents());
        let folder = tempfile::tempdir().expect("a folder");
        let [path, elsewhere] = ["a", "b"].map(|name| folder.path().join(name));
        let event_socket = "autoload_configs/event_socket.conf.xml";
        let told = export(&base, &["--bootstrap"], &path);
        assert!(told.contains(&format!("{event_socket} is a new one; fs_cli")), "{told}");
        let first = files(&path);
        let told = export(&base, &["--bootstrap"], &path);
        assert!(told.contains(&format!("{event_socket} is that of the export before;")), "{told}");
        assert_eq!(files(&path), first);
        // Another folder is another switch, which has nothing else that is its own.
        export(&base, &["--bootstrap"], &elsewhere);
        let mut other = files(&elsewhere);
        assert_ne!(other[event_socket], first[event_socket]);
        for own in [event_socket, ".jackfield-export"] {
            other.insert(own.to_owned(), first[own].clone());
        }
        assert_eq!(other, first);
    });
}

/// A password that a stranger knows lets them command the switch.
#[test]
fn a_password_that_a_stranger_can_have_put_there_is_not_kept() {
    let base = storing(&Base::sqlite, &Contents::default());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    export(&base, &["--bootstrap"], &path);
    if chown(&path, Some(65534), None).is_err() {
        eprintln!("SKIPPED: only root can give a folder away");
        return;
    }
    // The folder was given to the switch's user, and nobody else can have put it here.
    let told = export(&base, &["--bootstrap"], &path);
    assert!(told.contains("is that of the export before"), "{told}");
    chown(&path, Some(65534), None).expect("given");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("opened");
    let told = export(&base, &["--bootstrap"], &path);
    assert!(told.contains("is a new one"), "{told}");
}
