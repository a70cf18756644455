//! Look-ups on disk: what is recorded, what never is, and what becomes of it.

mod disk;
mod probe;
mod replay;
mod secrets;
mod shown;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{Program, jackfield};

/// A service over the demo that records.
fn recording(state: &Path, more: &[(&str, &str)]) -> Program {
    Program::demo(state, &[&[("JACKFIELD_RECORD_ON", "true")], more].concat())
}

/// A command over the demo.
fn tool(state: &Path, command: &str, arguments: &[&str]) -> Output {
    let mut program = jackfield();
    program.args(command.split(' ')).args(["--demo", "--state"]).arg(state);
    program.args(arguments).output().expect("the program runs")
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// What is recorded, as the service has it.
fn recorded(state: &Path) -> Vec<Value> {
    let shown = told(&tool(state, "lookups", &["--json", "--last", "100000"]));
    shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Everything that the files hold.
fn files(folder: &Path) -> String {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("there").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).expect("UTF-8")).collect()
}
