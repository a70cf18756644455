//! Settings that leave something open: told with their line, and the line to write.

use serde_json::Value;

use crate::support::{Base, jackfield};

/// What is told of these settings; not of the database.
fn told(settings: &str, variable: Option<(&str, &str)>) -> Vec<[String; 4]> {
    let base = Base::sqlite();
    let file = base.file_of("j.toml", settings);
    let mut check = jackfield();
    check.env_remove("JACKFIELD_LISTEN_MACHINE").args(["check", "--json", "--config", &file]);
    check.env("JACKFIELD_DATABASE_URL", &base.url).env("JACKFIELD_STATE_DIR", base.state());
    check.envs(variable);
    let done = check.output().expect("it runs");
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("a list").iter();
    let findings = findings.map(|finding| {
        assert!(finding["why"].as_str().is_some_and(|why| why.len() > 20), "{finding}");
        ["level", "what", "where", "write"]
            .map(|key| finding[key].as_str().expect(key).replace(&format!("{file}:"), "line "))
    });
    findings.collect()
}

#[test]
fn each_of_them_is_told_with_its_line_and_the_right_one() {
    for (settings, level, what, write) in [
        (
            "listen_machine = '0.0.0.0:8080'",
            "warning",
            "is on every address: 0.0.0.0:8080",
            "listen_machine = \"127.0.0.1:8080\"",
        ),
        ("listen_machine = '[::]:81'", "warning", "[::]:81", "listen_machine = \"127.0.0.1:81\""),
        (
            "trusted_peers = ['10.0.0.0/8', '0.0.0.0/0']",
            "error",
            "trusted_peers has 0.0.0.0/0",
            "trusted_peers = [\"10.0.0.0/8\"]",
        ),
        ("trusted_peers = ['::/0']", "error", "trusted_peers has ::/0", "trusted_peers = []"),
        ("guard = 'observe'", "warning", "guard is observe", "guard = \"enforce\""),
        (
            "unknown_domain = 'not-found'",
            "warning",
            "unknown_domain is not-found",
            "unknown_domain = \"deny\"",
        ),
        (
            "sections.directory.fail = 'not-found'",
            "warning",
            "of the directory fails, the answer is not-found",
            "sections.directory.fail = \"deny\"",
        ),
    ] {
        let [found] = &told(&format!("# Mine.\n{settings}\n"), None)[..] else {
            panic!("one: {settings}")
        };
        assert_eq!([&found[0], &found[2], &found[3]], [level, "line 2", write], "{settings}");
        assert!(found[1].contains(what), "{found:?}");
    }
    let [found] = &told("[sections.dialplan]\nfail = 'unavailable'\n", None)[..] else {
        panic!("one")
    };
    assert_eq!([&found[2], &found[3]], ["line 2", "fail = \"deny\""]);
    let [found] = &told("", Some(("JACKFIELD_GUARD", "observe")))[..] else { panic!("one") };
    assert_eq!([&found[2], &found[3]], ["JACKFIELD_GUARD", "JACKFIELD_GUARD=enforce"]);
}

#[test]
fn settings_that_are_closed_are_told_nothing_of() {
    let closed = "listen_machine = '192.0.2.10:8080'\ntrusted_peers = ['192.0.2.0/24']\n\
                  sections.languages.fail = 'not-found'\nsections.dialplan.fail = 'stale'\n";
    assert_eq!(told(closed, None), Vec::<[String; 4]>::new());
}
