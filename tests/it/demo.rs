//! `serve --demo`: example data, made once, that a bare switch works with.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jackfield_api::snapshot::Condition;
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::support::{
    DOMAIN, Login, Program, body, demo, find, jackfield, logins, post, run, tree,
};

/// What the welcome text says of the users.
fn printed(welcome: &str) -> Vec<Login> {
    welcome
        .lines()
        .filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            match words[..] {
                [user, "password", password, "pin", pin] => Some(Login {
                    user: user.to_owned(),
                    password: password.to_owned(),
                    pin: pin.to_owned(),
                }),
                _ => None,
            }
        })
        .collect()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digits = bytes.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

#[test]
fn the_welcome_tells_what_is_served_to_whom_and_how_a_switch_is_told() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[]);
    let welcome = program.told("Ctrl-C");
    let users = printed(&welcome);
    let ids: Vec<_> = users.iter().map(|login| login.user.clone()).collect();
    assert_eq!(ids, (1000..=1019).map(|id| id.to_string()).collect::<Vec<_>>());
    let passwords: BTreeSet<_> = users.iter().map(|login| &login.password).collect();
    assert_eq!(passwords.len(), 20, "each has its own");
    assert!(users.iter().all(|login| login.password.len() >= 16 && login.pin.len() >= 4));
    assert_eq!(users, logins(state.path()));
    for words in [
        DOMAIN,
        "1000 to 1019",
        "3000 to 3009",
        "2000",
        "5000",
        "9196",
        "*98",
        "support@default",
        "<configuration name=\"xml_curl.conf\"",
        &format!("value=\"http://{}/fsapi\"", program.machine),
        "<param name=\"timeout\" value=",
    ] {
        assert!(welcome.contains(words), "{words}: {welcome}");
    }
    let bindings = "bindings=\"configuration|directory|dialplan|languages|chatplan\"";
    assert!(welcome.contains(bindings), "no word that binds every section: {welcome}");
}

#[test]
fn it_is_made_once_and_kept_and_its_passwords_are_for_their_owner_alone() {
    let state = tempfile::tempdir().expect("a folder");
    let folder = state.path().join("not").join("yet");
    let first = Program::demo(&folder, &[]);
    let before = printed(&first.told("Ctrl-C"));
    assert_eq!(first.terminate().0, Some(0));
    let mode = fs::metadata(folder.join("demo-passwords.json")).expect("kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
    let second = Program::demo(&folder, &[]);
    assert_eq!(printed(&second.told("Ctrl-C")), before);
    assert_eq!(second.terminate().0, Some(0));
    let another = tempfile::tempdir().expect("a folder");
    demo(another.path());
    assert_ne!(logins(another.path()), before, "another demo has other passwords");
}

#[test]
fn the_database_holds_no_password_and_no_pin() {
    let state = tempfile::tempdir().expect("a folder");
    demo(state.path());
    let mut bytes = Vec::new();
    for file in ["demo.db", "demo.db-wal"] {
        bytes.extend(fs::read(state.path().join(file)).unwrap_or_default());
    }
    assert!(bytes.len() > 10_000);
    for Login { password, .. } in logins(state.path()) {
        let found = bytes.windows(password.len()).any(|part| part == password.as_bytes());
        assert!(!found, "a password is stored");
    }
}

#[test]
fn a_signal_stops_it_with_0() {
    for _ in 0..3 {
        let state = tempfile::tempdir().expect("a folder");
        let program = Program::demo(state.path(), &[]);
        let (code, log) = program.terminate();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("stopping"), "{log}");
    }
}

#[test]
fn no_other_database_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own.db");
    fs::write(&own, b"not even a database").expect("writable");
    let url = format!("sqlite:{}", own.display());
    let state = folder.path().join("state");
    let program = Program::demo(&state, &[("JACKFIELD_DATABASE_URL", &url)]);
    assert!(program.told("Data: ").contains("state/demo.db"));
    post(program.machine, body(22).bytes());
    assert_eq!(program.terminate().0, Some(0));
    assert_eq!(fs::read(&own).expect("still there"), b"not even a database");
    let names: BTreeSet<_> = fs::read_dir(folder.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    assert_eq!(names, ["own.db", "state"].map(str::to_owned).into());
}

#[test]
fn a_demo_whose_passwords_are_gone_says_what_to_do() {
    let state = tempfile::tempdir().expect("a folder");
    demo(state.path());
    fs::remove_file(state.path().join("demo-passwords.json")).expect("there");
    let folder = state.path().to_str().expect("UTF-8");
    let done = run(&["serve", "--demo", "--state", folder]);
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(told.contains("demo-passwords.json") && told.contains("remove"), "{told}");
}

#[test]
fn a_demo_interrupted_before_its_data_were_stored_is_finished_with_the_same_passwords() {
    let state = tempfile::tempdir().expect("a folder");
    demo(state.path());
    let before = logins(state.path());
    for file in ["demo.db", "demo.db-wal", "demo.db-shm"] {
        let _ = fs::remove_file(state.path().join(file));
    }
    let snapshot = demo(state.path());
    assert_eq!(snapshot.user_count(), 20);
    assert_eq!(logins(state.path()), before);
}

/// The HA1 that a switch is told for a user who proves itself with a response of this length.
fn told(program: &Program, user: &str, response: usize) -> String {
    let asked = body(42)
        .set("user", user)
        .set("sip_auth_username", user)
        .set("sip_auth_response", &"0".repeat(response));
    let tree = tree(&post(program.machine, asked.bytes()).body);
    let param = find(&tree, "section/domain/users/user/params/param[name=a1-hash]");
    param.and_then(|param| param.attribute("value")).expect("a hash").to_owned()
}

#[test]
fn the_printed_passwords_are_those_that_the_switch_is_told_the_hashes_of() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[]);
    for Login { user, password, pin } in printed(&program.told("Ctrl-C")) {
        for name in [user.clone(), format!("555{user}")] {
            let text = format!("{name}:{DOMAIN}:{password}");
            assert_eq!(told(&program, &name, 32), hex(Md5::digest(&text)), "{name}");
            assert_eq!(told(&program, &name, 64), hex(Sha256::digest(&text)), "{name}");
        }
        let verto = body(53).set("user", &user).bytes();
        let tree = tree(&post(program.machine, verto).body);
        let has = |name: &str, text: String| {
            let path = format!("section/domain/users/user/params/param[name={name}]@value=");
            find(&tree, &(path + &hex(Md5::digest(text)))).is_some()
        };
        assert!(has("a1-hash", format!("{user}:{DOMAIN}:{password}")), "verto of {user}");
        assert!(has("vm-a1-hash", format!("{user}:{DOMAIN}:{pin}")), "mailbox of {user}");
    }
}

#[test]
fn the_example_data_are_those_that_are_promised() {
    let state = tempfile::tempdir().expect("a folder");
    let snapshot = demo(state.path());
    let contents = snapshot.contents();
    let domain = snapshot.domain(DOMAIN).expect("the domain");
    let ids: Vec<_> = domain.users().iter().map(|user| user.id).collect();
    assert_eq!(ids, (1000..=1019).map(|id| id.to_string()).collect::<Vec<_>>());
    assert!(domain.users().iter().all(|user| user.voicemail_hash().is_some()), "mailboxes");
    assert_eq!(domain.group("sales").expect("the group").members, ["1000", "1001"]);
    let rooms: Vec<_> = contents.rooms.iter().map(|room| room.name.clone()).collect();
    assert_eq!(rooms, (3000..=3009).map(|room| room.to_string()).collect::<Vec<_>>());
    assert!(contents.rooms.iter().all(|room| room.profile == "default"));
    assert!(snapshot.menu("demo").is_some());
    assert!(contents.queues.iter().any(|queue| queue.name == "support@default"));
    assert_eq!(contents.tiers.len(), 2);
    let param = |profile: &str, name: &str| {
        let profile = contents.profiles.iter().find(|found| found.name == profile);
        let param = profile?.params.iter().find(|param| param.name == name)?;
        Some(param.text.clone())
    };
    for (profile, name, value) in [
        ("internal", "sip-ip", "127.0.0.1"),
        ("internal", "sip-port", "5060"),
        ("internal", "challenge-realm", DOMAIN),
        ("internal", "force-register-domain", DOMAIN),
        ("default-v4", "bind-local", "127.0.0.1:8081"),
        ("default-v4", "force-register-domain", DOMAIN),
    ] {
        assert_eq!(param(profile, name).as_deref(), Some(value), "{profile} {name}");
    }
    let context = snapshot.context("default").expect("the context");
    let applications: BTreeSet<_> = context
        .extensions()
        .iter()
        .flat_map(|extension| &extension.conditions)
        .flat_map(Condition::actions)
        .map(|action| action.application.as_str())
        .collect();
    for application in ["bridge", "conference", "ivr", "callcenter", "voicemail", "echo"] {
        assert!(applications.contains(application), "{application}: {applications:?}");
    }
}

#[test]
fn no_sound_file_is_needed() {
    let state = tempfile::tempdir().expect("a folder");
    let snapshot = demo(state.path());
    let english = snapshot.language("en").expect("the language");
    for (name, phrase) in &english.macros {
        let xml = phrase.xml.to_xml();
        let plays = xml.matches("data=\"").count();
        let streams = xml.matches("data=\"tone_stream://").count()
            + xml.matches("data=\"silence_stream://").count();
        assert!(plays > 0 && plays == streams, "{name}: {xml}");
    }
    for menu in &snapshot.contents().menus {
        for attribute in &menu.attributes {
            if attribute.name.starts_with("greet") || attribute.name.ends_with("sound") {
                let stream = attribute.text.starts_with("tone_stream://");
                let phrase = attribute.text.strip_prefix("phrase:");
                let known = phrase.is_some_and(|name| english.macro_named(name).is_some());
                assert!(stream || known, "{}: {}", menu.name, attribute.text);
            }
        }
    }
}

#[test]
fn the_default_state_folder_is_that_of_the_user() {
    let home = tempfile::tempdir().expect("a folder");
    for (variable, folder) in
        [("XDG_STATE_HOME", "jackfield-demo"), ("HOME", ".local/state/jackfield-demo")]
    {
        let done = jackfield().args(["migrate", "--demo"]).env(variable, home.path()).output();
        let done = done.expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(Path::new(&home.path().join(folder)).join("demo.db").exists(), "{folder}");
    }
}

#[test]
fn only_one_listener_is_needed_and_a_taken_port_is_told() {
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[]);
    let taken = program.machine.to_string();
    let done = jackfield()
        .args(["serve", "--demo", "--state"])
        .arg(state.path())
        .env("JACKFIELD_LISTEN_MACHINE", &taken)
        .output()
        .expect("the program runs");
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(told.contains(&taken) && told.contains("another program"), "{told}");
    assert!(program.id() > 0);
}
