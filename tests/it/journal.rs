//! The log where systemd's journal reads it.

use crate::support::{Program, body, jackfield_after, post};

/// The log of a demo that was started by a shell after this command, without and with the journal as
/// its reader, and was asked for a user that it does not have.
fn logged_after(command: &str, variables: &[(&str, &str)]) -> String {
    let state = tempfile::tempdir().expect("a folder");
    let mut shell = jackfield_after(command);
    shell.args(["serve", "--demo", "--state"]).arg(state.path());
    shell.envs(variables.iter().copied());
    let program = Program::start(shell);
    post(program.machine, body(42).set("user", "nobody").bytes());
    let (code, log) = program.terminate();
    assert_eq!(code, Some(0));
    log
}

/// As systemd tells a service whose standard error it reads.
const IN_THE_JOURNAL: &str = "export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)";

#[test]
fn in_the_journal_a_line_has_a_priority_and_neither_time_nor_colour() {
    let log = logged_after(IN_THE_JOURNAL, &[("JACKFIELD_LOG", "debug")]);
    let priority = |words: &str| {
        let line = log.lines().find(|line| line.contains(words));
        line.unwrap_or_else(|| panic!("{words} is not in {log}"))[..9].to_owned()
    };
    assert_eq!(priority(": ready "), "<6> INFO ");
    assert_eq!(priority(": look-up refused"), "<6> INFO ");
    assert_eq!(priority(": registered"), "<7>DEBUG ");
    assert!(log.lines().all(|line| line.starts_with('<')), "{log}");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn what_the_journal_does_not_read_has_the_time_and_no_priority() {
    // A shell of a service hands the variable on to what writes elsewhere.
    for elsewhere in ["export JOURNAL_STREAM=1:2", "true"] {
        let log = logged_after(elsewhere, &[]);
        assert!(log.lines().all(|line| line.starts_with("20")), "{log}");
    }
}

#[test]
fn json_is_json_in_the_journal_too() {
    let log = logged_after(IN_THE_JOURNAL, &[("JACKFIELD_LOG_FORMAT", "json")]);
    assert!(log.lines().count() > 1 && log.lines().all(|line| line.starts_with("{\"timestamp\"")));
}
