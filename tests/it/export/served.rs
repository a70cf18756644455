//! A switch that reads the files, and one that asks the service: both know the same.

use std::fs;
use std::path::PathBuf;

use super::{export, nasty, on, told};
use crate::import::served::Served;
use crate::support::{Base, DOMAIN, on_each_empty};

/// The service over a database, beside what a switch makes of its exported files.
fn served(base: &Base) -> (Served, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tree");
    export(base, &[], &path);
    let root = fs::canonicalize(&path).expect("there");
    (Served::exported(&base.url(), &root, DOMAIN), folder)
}

#[test]
fn what_the_files_say_is_what_is_answered() {
    on_each_empty(|empty| {
        let base = empty();
        base.open().merge("test", &nasty::contents(), &|| {}).expect("it can be stored");
        let (served, _folder) = served(&base);
        assert_eq!(served.check_documents().len(), 11);
        let contexts = served.check_contexts("dialplan");
        assert_eq!(contexts.len(), 2, "{contexts:?}");
        assert_eq!(served.check_contexts("chatplan").len(), 1);
        assert_eq!(served.check_phrases(), [("en".to_owned(), 3)]);
        assert_eq!(served.check_users().len(), 11, "all but the disabled one");
    });
}

#[test]
fn what_the_files_of_the_default_tree_say_is_what_is_answered() {
    let Some(vanilla) = std::env::var_os("JACKFIELD_VANILLA").map(PathBuf::from) else {
        eprintln!("SKIPPED: JACKFIELD_VANILLA does not say where FreeSWITCH's own tree is");
        return;
    };
    on_each_empty(|empty| {
        let base = empty();
        told(&on(&base, &["import", "--set", "domain=pbx.example.test"], &vanilla));
        let (served, _folder) = served(&base);
        assert_eq!(served.check_documents().len(), 79);
        let extensions: usize =
            served.check_contexts("dialplan").iter().map(|(_, count)| count).sum();
        assert_eq!(extensions, 94);
        assert_eq!(served.check_contexts("chatplan").len(), 1);
        assert_eq!(served.check_users().len(), 24);
        assert_eq!(served.check_groups().len(), 4);
        assert_eq!(served.check_gateways(), ["example.com"]);
        assert_eq!(served.check_phrases().len(), 7);
    });
}
