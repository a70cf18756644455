//! The tree that FreeSWITCH comes with, where `JACKFIELD_VANILLA` says that it is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::served::{Served, import};
use crate::support::{DOMAIN, jackfield};

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

#[test]
fn of_all_that_the_tree_holds_the_secrets_alone_are_not_shown() {
    let Some(vanilla) = vanilla() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("jackfield.db");
    let done = import(&vanilla, &database, &["--set", "domain=pbx.example.test"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let mut hidden = BTreeSet::new();
    let mut all = String::new();
    for noun in [
        "acl",
        "agent",
        "context",
        "document",
        "domain",
        "extension",
        "gateway",
        "global",
        "group",
        "language",
        "menu",
        "phrase",
        "profile",
        "queue",
        "room",
        "user",
    ] {
        let told = jackfield()
            .args([noun, "list", "--json"])
            .env("JACKFIELD_DATABASE_URL", format!("sqlite:{}", database.display()))
            .output()
            .expect("the program runs");
        assert!(told.status.success(), "{noun}: {}", String::from_utf8_lossy(&told.stderr));
        let told = String::from_utf8(told.stdout).expect("UTF-8");
        let list: Value = serde_json::from_str(&told).expect("JSON");
        hidden_names(&list, &mut hidden);
        all.push_str(&told);
    }
    let expected = [
        "auth-pass",
        "cookie",
        "db-dsn",
        "db-password",
        "odbc-dsn",
        "pass",
        "password",
        "tls-passphrase",
        // An `api_key` is in it.
        "url",
        "whitepages-apikey",
    ];
    assert_eq!(hidden.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    for secret in [r#"value=\"ClueCon\""#, r#"value=\"works\""#, "MYAPIKEY"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

/// Collects the names of what is not shown, in lists of settings and in XML.
fn hidden_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| hidden_names(value, names)),
        Value::Object(fields) => {
            if fields.get("secret") == Some(&Value::Bool(true)) {
                names.insert(fields["name"].as_str().expect("a name").to_owned());
            }
            fields.values().for_each(|value| hidden_names(value, names));
        }
        Value::String(text) => {
            for line in text.lines().filter(|line| line.contains("(not shown)")) {
                let name = line.split_once("name=\"").and_then(|(_, rest)| rest.split_once('"'));
                names.insert(name.map_or(line, |(name, _)| name).to_owned());
            }
        }
        _ => {}
    }
}
