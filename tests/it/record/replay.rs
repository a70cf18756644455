//! `jackfield replay`: recorded look-ups, asked again.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::{recorded, recording, told, tool};
use crate::support::{Base, body, jackfield, post, recorded as bodies};

const BODIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bodies");

fn replayed(base: &Base, arguments: &[&str]) -> Output {
    let mut program = jackfield();
    program.arg("replay").args(arguments).env("JACKFIELD_DATABASE_URL", &base.url);
    program.env("JACKFIELD_STATE_DIR", base.state()).output().expect("the program runs")
}

/// A second database with the same in it.
fn copy(base: &Base, changes: &str) -> Base {
    let other = Base::sqlite();
    assert_eq!(base.dump(), other.dump());
    other.sql(changes);
    other
}

#[test]
fn two_databases_that_hold_the_same_answer_alike() {
    let base = Base::sqlite();
    let other = copy(&base, "SELECT 1");
    let said = told(&replayed(&base, &[BODIES, "--database", &other.url]));
    let all = bodies().len();
    let last =
        format!("==> {} look-ups: {} the same, 0 differ, 0 not compared\n", all - 6, all - 6);
    assert!(said.ends_with(&last), "{said}");
    assert!(
        said.contains("not played: 5 channel events\nnot played: 1 changes of a PIN\n"),
        "{said}"
    );
    assert_eq!(base.dump(), other.dump(), "nothing is written");
}

#[test]
fn what_differs_is_told_by_its_place_and_without_secrets() {
    let base = Base::sqlite();
    let other = copy(
        &base,
        "UPDATE users SET voicemail_hash = '0123456789abcdef0123456789abcdef' WHERE name = '1000';
         UPDATE extensions SET name = 'people' WHERE name = 'users'",
    );
    let output = replayed(&base, &[BODIES, "--database", &other.url]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    for words in [
        "@ document > section dialplan > context default",
        "- <extension name=\"users\"/>",
        "+ <extension name=\"people\"/>",
        "~ <param name=\"vm-a1-hash\" value=\"(not shown)\"/>  differs in what is not shown",
        "    so do ",
        "5555 in default from 1000",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("0123456789abcdef"), "{said}");
    let ignored =
        replayed(&base, &[BODIES, "--database", &other.url, "--json", "--ignore", "vm-a1-hash"]);
    let said: serde_json::Value = serde_json::from_slice(&ignored.stdout).expect("JSON");
    assert_eq!(said["varying"][0], "vm-a1-hash");
    let told = said["different"].to_string();
    assert!(told.contains("people") && !told.contains("hash"), "{told}");
}

#[test]
fn a_recorded_look_up_is_answered_as_the_whole_one_was() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    // But for the one that stores another PIN.
    for (_, bytes) in bodies().into_iter().filter(|(name, _)| !name.contains("change-password")) {
        post(service.machine, bytes);
    }
    let all = bodies().len() - 6;
    assert_eq!(recorded(state.path()).len(), all);
    // Without a side to compare with: with what was answered then, to the whole bodies.
    let last = format!("==> {all} look-ups: {all} the same, 0 differ, 0 not compared\n");
    let said = told(&tool(state.path(), "replay", &[]));
    assert!(said.ends_with(&last), "what was left out decides on no answer: {said}");
    let key = fs::read(state.path().join("record.key")).expect("kept");
    fs::remove_file(state.path().join("record.key")).expect("removable");
    let unknown = tool(state.path(), "replay", &[]);
    let said = String::from_utf8_lossy(&unknown.stdout);
    assert!(unknown.status.code() == Some(1) && said.contains("not comparable: "), "{said}");
    assert!(said.ends_with(&format!("0 the same, 0 differ, {all} not compared\n")), "{said}");
    fs::write(state.path().join("record.key"), key).expect("writable");
    assert!(recorded(state.path()).iter().all(|it| it["bytes"].is_u64() && it["seal"].is_null()));
    let ring = state.path().join("record");
    let url = format!("http://{}", service.machine);
    let said =
        told(&tool(state.path(), "replay", &[ring.to_str().expect("UTF-8"), "--against", &url]));
    assert!(said.ends_with(&last), "{said}");
    assert_eq!(recorded(state.path()).len(), 2 * all, "what was played is recorded, too");
}

#[test]
fn a_service_that_answers_otherwise_and_one_that_is_not_there_are_told() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    let base = Base::sqlite();
    let folder = base.folder.path().join("bodies");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("acl.form"), body(20).bytes()).expect("writable");
    let folder = folder.to_str().expect("UTF-8");
    let url = format!("http://{}/fsapi", service.machine);
    let output = replayed(&base, &[folder, "--against", &url]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains(&format!("+ {url}")) && said.contains("acl  acl.conf\n"), "{said}");
    let two = replayed(&base, &[folder, "--against", &url, "--against", &url]);
    assert!(told(&two).contains("1 the same"));
    service.signal("KILL");
    service.ended();
    let gone = replayed(&base, &[folder, "--against", &url]);
    assert_eq!(gone.status.code(), Some(1));
    let said = String::from_utf8(gone.stdout).expect("UTF-8");
    assert!(said.contains("0 differ, 1 not compared") && said.contains("refused"), "{said}");
}

#[test]
fn what_cannot_be_played_is_refused_with_what_to_write() {
    let base = Base::sqlite();
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let output = replayed(&base, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(code) && said.contains(words), "{said}");
        assert!(!said.contains("hush"), "{said}");
    };
    let nothing = base.folder.path().join("nothing");
    fs::create_dir(&nothing).expect("a folder");
    let nothing = nothing.to_str().expect("UTF-8");
    refused(&[nothing], 1, "holds neither bodies");
    refused(&[BODIES, "--against", "https://h/fsapi"], 1, "only http is spoken");
    refused(&[BODIES, "--against", "http://u:hush@h/"], 1, "no credentials are sent");
    refused(&[BODIES, "--database", "mysql://u:hush@h/"], 64, "write `sqlite:FILE`");
    let url = base.url.as_str();
    refused(
        &[BODIES, "--database", url, "--database", url, "--database", url],
        64,
        "two are compared",
    );
    assert!(Path::new(BODIES).exists());
}
