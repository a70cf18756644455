//! The tree that FreeSWITCH comes with, where `JACKFIELD_VANILLA` says that it is.

use std::path::PathBuf;

use super::served::{Served, import};
use crate::support::DOMAIN;

fn vanilla() -> Option<PathBuf> {
    let path = std::env::var_os("JACKFIELD_VANILLA").map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: JACKFIELD_VANILLA does not say where FreeSWITCH's own tree is");
    }
    path
}

#[test]
fn without_a_domain_the_error_names_it_and_its_line() {
    let Some(vanilla) = vanilla() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let done = import(&vanilla, &folder.path().join("jackfield.db"), &[]);
    let told = String::from_utf8(done.stderr).expect("UTF-8");
    assert_eq!(done.status.code(), Some(1));
    assert!(told.contains("`domain` (vars.xml:61) is $${local_ip_v4}"), "{told}");
    assert!(told.contains("directory/default.xml:22: the domain's name"), "{told}");
    assert!(told.contains("add --set domain=VALUE"), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn everything_is_answered_as_the_switch_reads_it_from_its_files() {
    let Some(vanilla) = vanilla() else { return };
    let (served, report) = Served::new(&vanilla, DOMAIN);
    let documents = served.check_documents();
    assert_eq!(documents.len(), 79, "{documents:?}");
    let files = std::fs::read_dir(vanilla.join("autoload_configs")).expect("readable").count();
    assert!(documents.len() > files, "one file holds two");

    let contexts = served.check_contexts("dialplan");
    let names: Vec<_> = contexts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["default", "features", "public", "skinny-patterns"]);
    let extensions: usize = contexts.iter().map(|(_, count)| count).sum();
    assert_eq!(extensions, 94);
    assert_eq!(served.check_contexts("chatplan"), [("default".to_owned(), 1)]);

    let users = served.check_users();
    assert_eq!(users.len(), 24, "{users:?}");
    let groups = [("default", 24), ("sales", 5), ("billing", 5), ("support", 5)];
    assert_eq!(served.check_groups(), groups.map(|(name, size)| (name.to_owned(), size)));
    assert_eq!(served.check_gateways(), ["example.com"]);

    let phrases = served.check_phrases();
    let languages: Vec<_> = phrases.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(languages, ["de", "en", "fr", "ru", "he", "es", "pt"]);
    assert!(phrases.iter().all(|(_, count)| *count > 10), "{phrases:?}");

    for line in [
        "user «default» has no password",
        "user «SEP001120AABBCC» has no password",
        "user «1000» and 20 more have the password 1234",
        "sip_profiles/internal.xml:368: profile «internal» challenges with realm «auto_from»",
        "autoload_configs/event_socket.conf.xml:",
    ] {
        assert!(report.contains(line), "{line:?} is not in\n{report}");
    }
}
