//! Somebody who works on a database of a test with the program's commands.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use super::{Base, Body, jackfield};

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) out: String,
    /// What it wrote to standard error.
    pub(crate) err: String,
}

impl Told {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What it wrote, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Everything it wrote.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Base {
    /// Runs a command that has to succeed.
    pub(crate) fn did(&self, arguments: &[&str]) -> Told {
        self.did_with(arguments, "")
    }

    /// Runs a command that has to succeed, with this on its standard input.
    pub(crate) fn did_with(&self, arguments: &[&str], input: &str) -> Told {
        let told = self.run_with(arguments, input);
        assert_eq!(told.code, Some(0), "{arguments:?}: {}", told.err);
        told
    }

    /// Runs a command that has to fail with this code and these words, and to change nothing.
    pub(crate) fn refuses(&self, arguments: &[&str], code: i32, words: &str) {
        self.refuses_with(arguments, "", code, words);
    }

    /// As [`Base::refuses`], with this on its standard input.
    pub(crate) fn refuses_with(&self, arguments: &[&str], input: &str, code: i32, words: &str) {
        let revision = self.open().revision().expect("readable");
        let told = self.run_with(arguments, input);
        assert_eq!(told.code, Some(code), "{arguments:?}: {}", told.all());
        assert!(told.err.contains(words), "{arguments:?}: {words:?} is not in {}", told.err);
        assert_eq!(self.open().revision().expect("readable"), revision, "{arguments:?}");
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Told {
        let mut child = jackfield()
            .args(arguments)
            .env("JACKFIELD_DATABASE_URL", &self.url)
            .env("JACKFIELD_STATE_DIR", self.state())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // One that does not read its input has closed it.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        Told::of(child.wait_with_output().expect("it ends"))
    }

    /// What `jackfield explain` says of a body.
    pub(crate) fn explained(&self, body: &Body) -> String {
        let file = self.file_of("asked.form", &body.text());
        self.did(&["explain", &file]).out
    }

    /// A file with this in it; its path.
    pub(crate) fn file_of(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("writable");
        path.to_str().expect("UTF-8").to_owned()
    }
}
