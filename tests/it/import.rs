//! `jackfield import`: a switch's configuration files become what is served, and whatever cannot is
//! told with its file and line.

mod again;
mod compare;
pub(crate) mod reference;
mod rules;
pub(crate) mod served;
mod vanilla;

use std::fs;
use std::path::{Path, PathBuf};

use served::{Served, import};

use crate::support::DOMAIN;

/// A tree of the tests.
fn tree(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name)
}

#[test]
fn what_is_answered_is_what_the_switch_makes_of_the_files() {
    let (served, _) = Served::new(&tree("pbx"), DOMAIN);
    let documents = served.check_documents();
    assert_eq!(documents.len(), 8, "{documents:?}");
    let default = ("default".to_owned(), 6);
    assert_eq!(served.check_contexts("dialplan"), [default, ("public".to_owned(), 0)]);
    assert_eq!(served.check_contexts("chatplan"), [("public".to_owned(), 1)]);
    assert_eq!(served.check_phrases(), [("en".to_owned(), 2)]);
    assert_eq!(served.check_users(), ["1000", "1001", "trunk", "closed"]);
    let groups = [("sales".to_owned(), 2), ("all".to_owned(), 3)];
    assert_eq!(served.check_groups(), groups);
}

#[test]
fn the_report_tells_what_was_taken_kept_left_out_and_found_with_its_line() {
    let (_, report) = Served::new(&tree("pbx"), DOMAIN);
    for line in [
        "       4 users\n",
        "       1 gateways\n",
        "       6 dialplan extensions\n",
        "  autoload_configs/b.conf.xml:14: kept.conf\n",
        "  freeswitch.xml:19: <X-NO-PRE-PROCESS> in section languages",
        "  freeswitch.xml:21: section «odd»",
        "  directory/main.xml:23: member «gone» of group «all»: there is no such user\n",
        "  lang/en/a.xml:8: a second macro «hello»",
        "  directory/main/1000.xml:2: cacheable of user «1000»",
        "  vars.xml:8: `user_password` is not stored: only secrets were made of it\n",
        "  vars.xml:11: `from_environment` was not set",
        "  vars.xml:12: `stun-set` is not run here: `external_ip` has no value\n",
        "  vars.xml:13: `exec-set` is not run here: `revision` has no value\n",
        "  vars.xml:14: `exec` is not run here: its output is missing\n",
        "  directory/main.xml:31: user «closed» has no password",
        "  directory/main/1001.xml:4: user «1001» has the password 1234",
        "  directory/main/1001.xml:5: user «1001» has a mailbox that opens with their own number",
        "  sip_profiles/internal.xml:10: profile «internal» challenges with realm «auto_from», and \
         secrets are made for the domain: write <param name=\"challenge-realm\" \
         value=\"pbx.example.test\"/>",
        "  $${external_ip} in one text, the first at sip_profiles/internal.xml:9: set by \
         `stun-set` (vars.xml:12)\n",
        "  vars.xml:12: `external_ip` is empty on a switch whose own vars.xml lacks this \
         `stun-set` line, and sip_profiles/internal.xml:9 reads it",
        "  dialplan/main.xml:21: calls read ${domain_name}: where a call has no such variable",
        "  $${local_ip_v4} in 6 texts, the first at autoload_configs/a.conf.xml:7: the switch \
         knows it\n",
    ] {
        assert!(report.contains(line), "{line:?} is not in\n{report}");
    }
    for secret in ["correct horse", "4711", "gate way"] {
        assert!(!report.contains(secret), "{report}");
    }
}

#[test]
fn nothing_is_run() {
    let ran = Path::new("/tmp/jackfield-import-ran");
    let _ = fs::remove_file(ran);
    Served::new(&tree("pbx"), DOMAIN);
    assert!(!ran.exists());
}

#[test]
fn importing_twice_changes_nothing_and_a_change_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("jackfield.db");
    let copy = folder.path().join("pbx");
    copy_tree(&tree("pbx"), &copy);
    let told = || {
        let done = import(&copy, &database, &["--set", "domain=pbx.example.test"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let out = String::from_utf8(done.stdout).expect("UTF-8");
        out.lines().last().expect("a line").split_once(".db: ").expect("counts").1.to_owned()
    };
    let first = told();
    assert!(first.ends_with("were added, 0 changed; 0 say the same"), "{first}");
    let rows = first.split(' ').next().expect("a number");
    let second = told();
    assert!(second.starts_with("0 rows were added, 0 changed; "), "{second}");
    // Members of groups are counted when they are written only.
    let same: usize = second.split(' ').nth(6).and_then(|n| n.parse().ok()).expect("a number");
    assert_eq!(Ok(same + 5), rows.parse::<usize>(), "{second}");

    let file = copy.join("directory/main/1001.xml");
    let text = fs::read_to_string(&file).expect("readable").replace("\"1234\"", "\"other\"");
    fs::write(&file, text).expect("writable");
    let third = told();
    assert!(third.starts_with("0 rows were added, 1 changed; "), "{third}");
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("jackfield.db");
    let set = ["--set", "domain=pbx.example.test"];
    let dry = import(&tree("pbx"), &database, &[&set[..], &["--dry-run"]].concat());
    assert!(dry.status.success(), "{}", String::from_utf8_lossy(&dry.stderr));
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
    let wet = import(&tree("pbx"), &database, &set);
    let told =
        String::from_utf8(wet.stdout).expect("UTF-8").replace("were added", "would be added");
    assert_eq!(String::from_utf8(dry.stdout).expect("UTF-8"), told);
}

#[test]
fn the_database_holds_no_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("jackfield.db");
    let done = import(&tree("pbx"), &database, &["--set", "domain=pbx.example.test"]);
    assert!(done.status.success());
    let mut bytes = fs::read(&database).expect("there");
    bytes.extend(fs::read(folder.path().join("jackfield.db-wal")).unwrap_or_default());
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("gate way"), "the switch needs a gateway's in clear");
    assert!(!holds("correct horse") && !holds("4711"));
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}
