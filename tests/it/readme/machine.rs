//! A folder that stands for the machine that the README is written for.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::{Base, PATIENCE, Program, jackfield, until};

const README: &str = include_str!("../../../README.md");

/// Programs that this machine may lack, or that would change it. What `apt` does is tried by `tests/package/run`,
/// what `freeswitch` does by `tests/switch/run`.
const STAND_INS: [(&str, &str); 6] = [
    ("sudo", "[ \"$1\" != -u ] || shift 2; exec \"$@\""),
    ("apt", ":"),
    ("chown", "for last; do :; done; test -e \"$last\""),
    ("freeswitch", "test -e \"$2/freeswitch.xml\""),
    ("journalctl", ":"),
    ("openssl", "echo 1f2e3d4c5b6a"),
];

/// Whether this machine lacks a program; it says so loudly.
pub(super) fn lacks(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        // Not by a macro, whose words the test harness would keep to itself.
        let told = format!("\nSKIPPED: commands of the README that take {program}\n");
        let _ = std::io::stderr().write_all(told.as_bytes());
    }
    !found
}

/// What stands under a heading of the README, up to the next one.
pub(super) fn chapter(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n{heading}\n")).expect(heading);
    let end = rest.find("\n## ").into_iter().chain(rest.find("\n### ")).min();
    &rest[..end.unwrap_or(rest.len())]
}

/// The commands that stand under a heading, block by block; those of a list, too.
pub(super) fn commands<const N: usize>(heading: &str) -> [Vec<&'static str>; N] {
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    let mut is_inside = false;
    for line in chapter(heading).lines().map(str::trim) {
        match (is_inside, line) {
            (false, "```sh") => {
                is_inside = true;
                blocks.push(Vec::new());
            }
            (true, "```") => is_inside = false,
            (true, line) => blocks.last_mut().expect("begun").push(line),
            _ => {}
        }
    }
    let found = blocks.len();
    blocks.try_into().unwrap_or_else(|_| panic!("{heading}: {found} blocks, not {N}"))
}

/// The machine, with this database. Its service is killed with this value.
pub(super) struct Machine<'a> {
    base: &'a Base,
    root: tempfile::TempDir,
    service: Option<Program>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(base: &'a Base) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let machine = Self { base, root, service: None };
        for folder in ["bin", "etc/jackfield", "etc/freeswitch", "var/lib", "var/backups", "root"] {
            fs::create_dir_all(machine.at(folder)).expect("writable");
        }
        fs::write(machine.at("etc/jackfield/jackfield.toml"), "max_lookups = 4095\n")
            .expect("writable");
        symlink(env!("CARGO_BIN_EXE_jackfield"), machine.at("bin/jackfield")).expect("writable");
        for (name, script) in STAND_INS {
            let program = machine.at("bin").join(name);
            fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("writable");
            fs::set_permissions(program, PermissionsExt::from_mode(0o755)).expect("ours");
        }
        // Where the README has the database.
        symlink(base.data(), machine.at("var/lib/jackfield")).expect("writable");
        machine
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn given_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.at("bin").display());
        command.env("PATH", path).env("JACKFIELD_DATABASE_URL", &self.base.url);
        command.env("JACKFIELD_STATE_DIR", self.base.state()).current_dir(self.root.path());
        command.env("JACKFIELD_CONFIG", self.at("etc/jackfield/jackfield.toml"))
    }

    /// Runs commands of the README as they stand there; what they printed.
    pub(super) fn run(&mut self, commands: &[&str]) -> String {
        let mut printed = String::new();
        let mut umask = "";
        for line in commands {
            let (code, told) = match line.split('#').next().expect("the first").trim() {
                "sudo systemctl stop jackfield" => (self.stop(), String::new()),
                "sudo systemctl start jackfield" => {
                    self.start();
                    continue;
                }
                "umask 077" => {
                    umask = "umask 077;";
                    continue;
                }
                line => self.shell(&format!("{umask} {line}")),
            };
            assert_eq!(code, Some(0), "{line}: {told}");
            printed.push_str(&told);
        }
        printed
    }

    /// Runs a line that may fail: its exit code, and what it printed.
    pub(super) fn shell(&self, line: &str) -> (Option<i32>, String) {
        let mut line = line.to_owned();
        for folder in ["/etc", "/var", "/root"] {
            let ours = self.at(&folder[1..]).display().to_string();
            line = line.replace(&format!(" {folder}"), &format!(" {ours}"));
        }
        // There is no such account here.
        line = line.replace("-o jackfield -g jackfield ", "");
        // Nor a database of this name, but a schema of another one; PostgreSQL's programs take a URL as well.
        if let Some((server, schema)) = self.base.url.split_once("?options=-csearch_path%3D") {
            let dumped = format!("custom --schema={schema} {server}");
            line = line.replace("custom jackfield", &dumped);
            line = line.replace("dbname=jackfield", &format!("dbname={server}"));
        }
        let mut shell = shielded_shell();
        let done = self.given_to(shell.args(["-ec", &line])).output().expect("sh");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout) + &text(&done.stderr))
    }

    pub(super) fn start(&mut self) {
        let mut command = jackfield();
        self.given_to(command.arg("serve"));
        self.service = Some(Program::start(command));
    }

    fn stop(&mut self) -> Option<i32> {
        self.service.take().expect("it runs").terminate().0
    }

    /// Waits until the service that runs serves these users and no others, and finds nothing wrong.
    #[track_caller]
    pub(super) fn serves(&self, users: &[&str]) {
        until("what is served", PATIENCE, || {
            let (code, told) = self.shell("jackfield check --json");
            let report: Value =
                serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
            code == Some(0) && report["service"]["users"] == users.len()
        });
        let (_, told) = self.shell("jackfield user list");
        for user in users {
            assert!(told.contains(user), "{user}: {told}");
        }
    }
}

/// A shell, shielded as the program is.
fn shielded_shell() -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().env("JACKFIELD_LISTEN_MACHINE", "127.0.0.1:0");
    shell
}
