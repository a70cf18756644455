//! Export, import and export again: the same files byte for byte, and the same rows.

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
        turned.globals.reverse();
        turned.dialplan.reverse();
        turned.menus.reverse();
        turned.documents.reverse();
        turned.domains.reverse();
        let folder = tempfile::tempdir().expect("a folder");
        let written = ["a", "b"].map(|name| folder.path().join(name));
        for (contents, path) in [nasty::contents(), turned].iter().zip(&written) {
            export(&storing(empty, contents), &[], path);
        }
        let [one, other] = written.map(|path| files(&path));
        assert_eq!(one, other);
    });
}
