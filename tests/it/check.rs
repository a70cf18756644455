//! `jackfield check` finds what is wrong, says where and what to do, and nothing where all is right.

mod exposure;
mod files;
mod readers;
mod snippet;
mod vanilla;

use std::fs;
use std::os::unix::net::UnixListener;

use serde_json::{Value, json};

use crate::support::{Base, Program, jackfield, on_each, on_postgres, run};

/// What it says of a database of a test and the service over it, with its exit code.
fn checked(base: &Base) -> (Value, Option<i32>) {
    let told = base.run_with(&["check", "--json"], "");
    (told.json(), told.code)
}

/// The findings that contain these words; how bad, about what, and where.
fn found<'a>(report: &'a Value, words: &str) -> Vec<[&'a str; 3]> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let told = |finding: &&Value| finding["what"].as_str().is_some_and(|what| what.contains(words));
    let found = findings.filter(told).map(|finding| {
        assert!(finding["do"].as_str().is_some_and(|remedy| remedy.len() > 10), "{finding}");
        ["level", "about", "where"].map(|key| finding[key].as_str().expect("a word"))
    });
    found.collect()
}

#[test]
fn nothing_is_found_where_all_is_right() {
    on_each(|base| {
        let revision = base.open().revision().expect("readable");
        let (report, code) = checked(base);
        assert_eq!((code, &report["findings"]), (Some(0), &json!([])), "{report}");
        assert_eq!(
            (&report["database"]["revision"], &report["service"]),
            (&json!(revision), &Value::Null)
        );
        let told = base.did(&["check"]).out;
        assert!(
            told.contains("none that can be asked") && told.ends_with("0 errors, 0 warnings\n")
        );
        let _program = Program::serve(base);
        let (report, code) = checked(base);
        assert_eq!((code, &report["findings"]), (Some(0), &json!([])), "{report}");
        assert_eq!(report["service"]["status"], "ready");
        assert_eq!(report["service"]["revision"], revision);
        let told = base.did(&["check"]).out;
        assert!(told.contains("service   status: ready\n"), "{told}");
        for left_out in ["needs_restart", "modified_us"] {
            assert!(!told.contains(left_out), "{told}");
        }
        assert!(told.ends_with("\n\n==> it works: 0 errors, 0 warnings\n"), "{told}");
    });
}

#[test]
fn wrong_settings_are_all_found_with_their_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("j.toml");
    fs::write(&file, "guard = 'maybe'\nnonsense = 1\n").expect("writable");
    let done = run(&["check", "--json", "--config", file.to_str().expect("UTF-8")]);
    assert_eq!(done.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let place = |line: u32| format!("{}:{line}", file.display());
    assert_eq!(found(&report, "guard"), [["error", "settings", &place(1)]]);
    assert_eq!(found(&report, "nonsense"), [["error", "settings", &place(2)]]);
    let text = "disabled_handlers = ['nonsense']\nsections.dialplan.deadline_ms = 2500";
    fs::write(&file, text).expect("writable");
    let done = run(&["check", "--config", file.to_str().expect("UTF-8")]);
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(
        told.contains(
            "error     handlers: the settings name handlers that are not there: nonsense"
        )
    );
    assert!(told.contains("warning   settings: sections.dialplan.deadline_ms = 2500: "), "{told}");
    assert!(told.ends_with("2 errors, 1 warnings\n"), "and there is no database: {told}");
}

#[test]
fn a_service_is_asked_that_runs_with_other_settings_than_the_wrong_ones() {
    let base = Base::sqlite();
    let program = Program::serve(&base);
    let file = base.folder.path().join("j.toml");
    let check = |text: &str| {
        fs::write(&file, text).expect("writable");
        let mut check = jackfield();
        // The tests' own would be right whatever the file says.
        check.env_remove("JACKFIELD_STATE_DIR").arg("check").arg("--config").arg(&file);
        String::from_utf8(check.output().expect("it runs").stdout).expect("UTF-8")
    };
    let state = format!("state_dir = '{}'\n", base.state().display());
    let told = check(&format!("{state}guard = 'maybe'"));
    assert!(told.contains("settings: guard = «maybe»") && told.contains("status: ready"), "{told}");
    let told = check(&format!("{state}guard = = 'maybe'"));
    assert!(told.contains("service   not asked: the settings are wrong\n"), "{told}");
    assert!(program.terminate().0 == Some(0));
}

#[test]
fn a_database_that_is_away_or_old_is_found() {
    let base = Base::sqlite();
    let url = base.url.clone();
    base.sql("DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)");
    let (report, code) = checked(&base);
    assert_eq!(code, Some(1));
    assert_eq!(found(&report, "lacks 1 of"), [["error", "database", url.as_str()]]);
    fs::rename(base.data(), base.folder.path().join("away")).expect("moved");
    assert_eq!(found(&checked(&base).0, "not there"), [["error", "database", url.as_str()]]);
    let away = ["check", "--json"];
    let done = jackfield()
        .args(away)
        .env("JACKFIELD_DATABASE_URL", "postgres://u:hush@127.0.0.1:1/d")
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    let report: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        found(&report, "cannot open"),
        [["error", "database", "postgres://u@127.0.0.1:1/d"]]
    );
    assert!(!told.contains("hush"), "{told}");
}

#[test]
fn a_row_that_cannot_be_read_is_found_and_what_it_does_to_the_service() {
    on_each(|base| {
        let program = Program::serve(base);
        let row =
            base.select("SELECT CAST(id AS TEXT) AS it FROM users WHERE name = '1000'").remove(0);
        base.sql("UPDATE users SET params = '[42]' WHERE name = '1000'");
        program.logged("is not served");
        let (report, code) = checked(base);
        assert_eq!(code, Some(1));
        let url = base.url();
        let place = format!("{url}, table users, row {row}, column params");
        let rows = report["findings"].as_array().expect("a list");
        assert!(
            rows.iter().any(|it| it["about"] == "data" && it["where"] == place.as_str()),
            "{report}"
        );
        let socket = base.state().join("control.sock").display().to_string();
        assert_eq!(found(&report, "it is degraded: "), [["error", "service", socket.as_str()]]);
        base.sql("UPDATE users SET params = '[]' WHERE name = '1000'");
        assert_eq!(checked(base).0["findings"], json!([]), "the service is given time to follow");
    });
}

#[test]
fn a_service_that_lost_its_database_is_found() {
    on_postgres(|base| {
        // Only the service's own way to the database is cut.
        let (login, rest) = base.url.split_once('@').expect("user@server/database");
        let (server, rest) = rest.split_once('/').expect("user@server/database");
        let gate = crate::support::Gate::before(server.to_owned());
        let program = Program::serve_at(base, &format!("{login}@{}/{rest}", gate.address));
        gate.close();
        program.logged("not at hand");
        base.sql("INSERT INTO contexts (section, name) VALUES ('dialplan', 'later')");
        let (report, code) = checked(base);
        assert_eq!(code, Some(1));
        assert_eq!(found(&report, "not at hand").len(), 1, "{report}");
        let (revision, stored) = (&report["service"]["revision"], &report["database"]["revision"]);
        let behind = format!("it serves revision {revision}, the database is at {stored}");
        assert_eq!(found(&report, &behind).len(), 1, "{report}");
        // Who finds the same as the service says it once.
        let mut check = jackfield();
        check.env("JACKFIELD_STATE_DIR", base.state()).arg("check");
        check.env("JACKFIELD_DATABASE_URL", format!("{login}@{}/{rest}", gate.address));
        let told = String::from_utf8(check.output().expect("it runs").stdout).expect("UTF-8");
        assert_eq!(told.matches("server closed the connection").count(), 1, "{told}");
        assert!(told.contains("it is degraded: the database is not at hand: as above\n"), "{told}");
        assert!(told.contains("\n\n==> SOMETHING DOES NOT WORK: "), "{told}");
    });
}

#[test]
fn settings_that_the_service_does_not_go_by_are_found() {
    let base = Base::sqlite();
    let file = base.folder.path().join("j.toml");
    fs::write(&file, "").expect("writable");
    let mut command = jackfield();
    command.env("JACKFIELD_CONFIG", &file);
    let program = Program::serve_with(&base, command);
    let place = file.to_str().expect("UTF-8");
    assert_eq!(checked(&base).0["findings"], json!([]));
    let text = "guard = 'observe'\nlog_format = 'json'\nsections.dialplan.deadline_ms = 2500";
    fs::write(&file, text).expect("writable");
    let (report, code) = checked(&base);
    assert_eq!(code, Some(0), "nothing is broken");
    assert_eq!(found(&report, "has changed since"), [["warning", "settings", place]]);
    program.signal("HUP");
    program.logged("settings were read again");
    program.logged("sections.dialplan.deadline_ms = 2500: a switch");
    let told = base.did(&["check"]).out;
    assert!(told.contains(" settings.modified: 0 s ago\n"), "{told}");
    assert!(told.contains(" settings.needs_restart: log_format\n"), "{told}");
    let (report, code) = checked(&base);
    assert_eq!(code, Some(0));
    assert_eq!(found(&report, "has changed since"), [[""; 3]; 0]);
    assert_eq!(found(&report, "other values of log_format"), [["warning", "settings", place]]);
    fs::write(&file, "guard = 'maybe'").expect("writable");
    program.signal("HUP");
    program.logged("guard = «maybe»");
    let (report, code) = checked(&base);
    assert_eq!(
        (code, found(&report, "it is degraded: the settings file is wrong").len()),
        (Some(1), 1)
    );
    assert_eq!(found(&report, "has changed since"), [[""; 3]; 0], "told once");
}

#[test]
fn a_service_that_was_killed_is_found_and_one_that_was_ended_is_told() {
    let base = Base::sqlite();
    let place = base.state().join("control.sock").display().to_string();
    assert_eq!(Program::serve(&base).terminate().0, Some(0));
    let told = base.did(&["check"]).out;
    assert!(
        told.contains("==> nothing is broken, and no service runs here: 0 errors, 0"),
        "{told}"
    );
    drop(UnixListener::bind(&place).expect("a socket"));
    let (report, code) = checked(&base);
    assert_eq!(code, Some(0), "a command that writes works as before");
    assert_eq!(found(&report, "nobody answers here"), [["warning", "service", &place]]);
}

#[test]
fn a_password_file_that_cannot_be_read_is_found_without_a_service() {
    let base = Base::sqlite();
    let file = base.file_of(
        "j.toml",
        "[[switches]]\nname = 'a'\naddress = '127.0.0.1:1'\npassword_file = 'a.password'\n",
    );
    let find = || {
        let report = base.run_with(&["check", "--json", "--config", &file], "").json();
        found(&report, "the password of switch a cannot be read").len()
    };
    assert_eq!(find(), 1);
    base.file_of("a.password", "hush\n");
    assert_eq!(find(), 0);
}

#[test]
fn a_channel_whose_pages_cannot_ask_is_found() {
    let base = Base::sqlite();
    base.did(&["channel", "add", "desk", "--enabled=false"]);
    let file = base.file_of("j.toml", "");
    let report = || base.run_with(&["check", "--json", "--config", &file], "").json();
    assert_eq!(report()["findings"], json!([]), "nobody is to be let in");
    base.did(&["channel", "set", "desk", "--enabled=true"]);
    let what = "no page gets a session of channel «desk»";
    assert_eq!(found(&report(), what), [["warning", "settings", &*file]]);
    base.file_of("j.toml", "listen_public = '127.0.0.1:8090'\n");
    assert_eq!(report()["findings"], json!([]));
}

#[test]
fn a_socket_that_answers_nothing_is_found() {
    let base = Base::sqlite();
    fs::create_dir(base.state()).expect("a folder");
    let path = base.state().join("control.sock");
    let socket = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || socket.incoming().for_each(drop));
    let (report, code) = checked(&base);
    assert_eq!(code, Some(1));
    let place = path.to_str().expect("UTF-8");
    assert_eq!(found(&report, "cannot be told"), [["error", "service", place]]);
}
