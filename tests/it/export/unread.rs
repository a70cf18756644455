//! What is done stays done, whether or not anybody reads what is told of it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{export, nasty};
use crate::support::{Base, jackfield, on_each_empty};

/// A place to write to whose reader is gone, as `head` is after its last line.
fn unread() -> Stdio {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn command(base: &Base, verb: &str, path: &Path) -> Command {
    let mut command = jackfield();
    command
        .env("JACKFIELD_DATABASE_URL", &base.url)
        .env("JACKFIELD_STATE_DIR", base.state())
        .arg(verb)
        .arg(path);
    command
}

fn run(command: &mut Command) -> Output {
    command.spawn().and_then(std::process::Child::wait_with_output).expect("the program runs")
}

#[test]
fn nobody_reading_makes_no_error_of_an_export_or_an_import() {
    on_each_empty(|empty| nobody_reads(&empty(), &empty()));
}

fn nobody_reads(base: &Base, to: &Base) {
    base.open().merge("test", &nasty::contents(), &|| {}).expect("it can be stored");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    let done = run(command(base, "export", &path).stdout(unread()).stderr(Stdio::piped()));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty() && path.join("freeswitch.xml").is_file());

    let done = run(command(to, "import", &path).stdout(unread()).stderr(Stdio::piped()));
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
    assert_eq!(told, "no service runs here that had to be told\n");
    assert!(to.dump() == base.dump(), "not all was taken");
    let done = run(command(to, "import", &path).stdout(unread()).stderr(unread()));
    assert!(done.status.success());
}

#[test]
fn a_report_that_cannot_be_written_is_told_when_all_else_is_done() {
    let base = Base::sqlite();
    let full = || File::create("/dev/full").expect("Linux");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("conf");
    let done = run(command(&base, "export", &path).stdout(full()).stderr(Stdio::piped()));
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1));
    assert!(told.contains("conf is written, and cannot be told of: "), "{told}");
    export(&base, &[], &path);
    let done = run(command(&base, "import", &path).stdout(full()).stderr(Stdio::piped()));
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1));
    assert!(told.starts_with("no service runs here that had to be told\njackfield: "), "{told}");
}
