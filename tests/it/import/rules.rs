//! What keeps a tree from being imported: told with file and line, and nothing is written.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use jackfield::app::read_snapshot;
use jackfield::db::{Database, DatabaseUrl};
use jackfield_api::snapshot::{Algorithm, Contents, Domain, SecretRef};

use super::served::import;
use super::tree;
use crate::support::jackfield;

/// What is told of a tree that cannot be imported. No database comes of it.
fn refused(tree: &Path, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let done = import(tree, &folder.path().join("jackfield.db"), arguments);
    let told = String::from_utf8(done.stderr).expect("UTF-8");
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.starts_with("jackfield: nothing was imported\n"), "{told}");
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is written");
    assert!(done.stdout.is_empty());
    told
}

#[test]
fn each_problem_is_told_with_its_line() {
    let lines: [(&str, &[&str]); 10] = [
        ("loop", &["b.xml:3: a.xml includes itself"]),
        ("missing", &["freeswitch.xml:3: there is no file gone.xml"]),
        ("malformed", &["a.xml:5: </settings> closes nothing; <param> (a.xml:4) is open"]),
        ("unclosed", &["freeswitch.xml:3: <configuration> has no closing bracket"]),
        (
            "unknown-key",
            &["freeswitch.xml:3: the domain's name is made of $${domain}: `domain` is set \
                 nowhere; add --set domain=VALUE"],
        ),
        (
            "unknown-secret",
            &["freeswitch.xml:4: the password of user «1» is made of $${password}: `password` \
                 (freeswitch.xml:2) is $${nowhere}, which is set nowhere; add --set password=VALUE"],
        ),
        (
            "wire",
            &[
                "freeswitch.xml:3: the user's id, «a%41»: the switch sends «%41» decoded",
                "freeswitch.xml:4: the user's id, «b\\tc»: the name holds a control character",
                "freeswitch.xml:7: the domain's name, «a b»: the switch sends a domain as it is",
            ],
        ),
        ("doctype", &["freeswitch.xml:1: a document type is not carried"]),
        ("unsendable", &["freeswitch.xml:3: a text cannot be sent to the switch: «<!»"]),
        ("other-root", &["freeswitch.xml:1: the tree begins with <configuration>"]),
    ];
    for (name, lines) in lines {
        let told = refused(&tree("rules").join(name), &[]);
        for line in lines {
            assert!(told.contains(&format!("\n  {line}")), "{line:?} is not in\n{told}");
        }
        assert_eq!(told.lines().count(), 1 + lines.len(), "{told}");
    }
}

#[test]
fn a_name_that_only_the_switch_knows_is_no_key_and_can_be_set() {
    let path = tree("rules").join("unknown-key");
    let told = refused(&path, &["--set", "domain=a.test"]);
    assert!(
        told.contains(
            "freeswitch.xml:4: the user's id is made of $${hostname}: `hostname` is known to the \
             switch alone; add --set hostname=VALUE"
        ),
        "{told}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["--set", "domain=a.test", "--set", "hostname=vm"];
    let done = import(&path, &folder.path().join("jackfield.db"), &sets);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_set_without_a_value_is_a_usage_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = import(&tree("pbx"), &folder.path().join("x.db"), &["--set", "domain"]);
    assert_eq!(done.status.code(), Some(64));
}

#[test]
fn a_set_that_the_tree_knows_nothing_of_is_refused_and_nothing_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("x.db");
    let done = import(&tree("pbx"), &database, &["--set", "domian=pbx.example.test"]);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1));
    assert!(told.contains("--set domian") && told.contains("misspelt"), "{told}");
    assert!(!database.exists());
}

/// A tree that includes one more file.
fn including(file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "<document type=\"freeswitch/xml\">\n<X-PRE-PROCESS cmd=\"include\" data=\"{file}\"/>\n\
         </document>\n"
    );
    fs::write(folder.path().join("freeswitch.xml"), text).expect("writable");
    folder
}

#[test]
fn nothing_is_read_from_outside_of_the_tree() {
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.xml");
    fs::write(&secret, "<section name=\"directory\"/>").expect("writable");
    let linked = including("a.xml");
    symlink(&secret, linked.path().join("a.xml")).expect("linked");
    let told = refused(linked.path(), &[]);
    assert!(told.contains("freeswitch.xml:2: a.xml leads out of the tree, to "), "{told}");
    let path = secret.to_str().expect("UTF-8");
    let told = refused(including(path).path(), &[]);
    assert!(told.contains("leads out of the tree"), "{told}");
    let name = outside.path().file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let told = refused(including(&format!("../{name}/s*.xml")).path(), &[]);
    assert!(told.contains("leads out of the tree"), "{told}");
}

#[test]
fn a_link_within_the_tree_is_followed() {
    let folder = including("a.xml");
    fs::write(folder.path().join("b.xml"), "<section name=\"directory\"/>\n").expect("writable");
    symlink("b.xml", folder.path().join("a.xml")).expect("linked");
    let database = folder.path().join("jackfield.db");
    let done = import(folder.path(), &database, &[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_file_without_end_is_not_read() {
    let folder = including("big.xml");
    let file = fs::File::create(folder.path().join("big.xml")).expect("made");
    file.set_len(1 << 30).expect("a sparse file");
    let told = refused(folder.path(), &[]);
    assert!(told.contains("freeswitch.xml:2: big.xml is longer than 16 MiB"), "{told}");
}

#[test]
fn what_is_no_file_or_no_text_is_told() {
    let folder = including("a.xml");
    fs::create_dir(folder.path().join("a.xml")).expect("made");
    assert!(refused(folder.path(), &[]).contains("freeswitch.xml:2: a.xml is not a file"));
    let folder = including("a.xml");
    fs::write(folder.path().join("a.xml"), b"<a>\n\xfc</a>").expect("writable");
    let told = refused(folder.path(), &[]);
    assert!(told.contains("freeswitch.xml:2: a.xml is not UTF-8 in line 2"), "{told}");
    let empty = tempfile::tempdir().expect("a folder");
    assert!(refused(empty.path(), &[]).contains("there is no freeswitch.xml in it"));
}

#[test]
fn a_variable_of_the_environment_and_phrases_of_the_older_kind_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "<document type=\"freeswitch/xml\">\n\
                <X-PRE-PROCESS cmd=\"env-set\" data=\"place=$JACKFIELD_TEST_PLACE\"/>\n\
                <section name=\"phrases\"><macros><language name=\"nl\">\n\
                <macro name=\"hoi\"><input pattern=\"$${place}\"/></macro>\n\
                </language></macros></section>\n</document>\n";
    fs::write(folder.path().join("freeswitch.xml"), text).expect("writable");
    let database = folder.path().join("jackfield.db");
    let done = jackfield()
        .env("JACKFIELD_DATABASE_URL", format!("sqlite:{}", database.display()))
        .env("JACKFIELD_TEST_PLACE", "Utrecht")
        .arg("import")
        .arg(folder.path())
        .output()
        .expect("the program runs");
    let told = String::from_utf8(done.stdout).expect("UTF-8");
    assert!(
        told.contains("freeswitch.xml:2: `place` was set from $JACKFIELD_TEST_PLACE"),
        "{told}"
    );
    let url = format!("sqlite:{}", database.display()).parse().expect("a database");
    let snapshot = read_snapshot(&url).expect("it can be read");
    let phrase = snapshot.language("nl").and_then(|nl| nl.macro_named("hoi")).expect("taken");
    assert!(phrase.xml.to_xml().contains("pattern=\"Utrecht\""), "{}", phrase.xml.to_xml());
}

#[test]
fn a_new_domain_gets_secrets_for_its_name_and_a_stored_one_for_its_realms_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "<document type=\"freeswitch/xml\">\n<section name=\"directory\">\
                <domain name=\"a.test\"><user id=\"1\" number-alias=\"2\"><params>\
                <param name=\"password\" value=\"secret word\"/></params></user></domain>\
                </section>\n</document>\n";
    fs::write(folder.path().join("freeswitch.xml"), text).expect("writable");
    let database = folder.path().join("jackfield.db");
    let url: DatabaseUrl = format!("sqlite:{}", database.display()).parse().expect("a URL");
    let secrets = || {
        let done = import(folder.path(), &database, &[]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let snapshot = read_snapshot(&url).expect("it can be read");
        let user = snapshot.domain("a.test").and_then(|domain| domain.user("2")).expect("taken");
        let of = |secret: SecretRef<'_>| format!("{}@{}", secret.username, secret.realm);
        user.secrets().map(of).collect::<BTreeSet<_>>()
    };
    assert_eq!(secrets(), ["1@a.test", "2@a.test"].map(str::to_owned).into());
    fs::remove_file(&database).expect("there");
    let domain = Domain::new("A.test")
        .with_aliases(vec!["b.test".into()])
        .with_digests(vec!["realm".into()], vec![Algorithm::Md5]);
    let mut stored = Database::make(&url).expect("made");
    stored.migrate().expect("up to date");
    stored
        .merge("test", &Contents { domains: [domain].into(), ..Contents::default() }, &|| {})
        .expect("stored");
    drop(stored);
    let names = ["1@A.test", "1@b.test", "1@realm", "2@A.test", "2@b.test", "2@realm"];
    assert_eq!(secrets(), names.map(str::to_owned).into());
}
