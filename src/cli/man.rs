//! `jackfield man`: the manual, made from what the command line says of itself.
//!
//! One page for each command, one for the settings file, and one for whoever runs the service.

mod chapters;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::settings::{AT_START, TABLE};

/// Arguments of `jackfield man`.
#[derive(Args)]
pub(super) struct Man {
    /// Write the pages of all commands, of the settings file and of operation into this folder
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// What no command says of itself: what there is on the machine, and how commands end.
const FILES: [(&str, &str); 5] = [
    ("/etc/jackfield/jackfield.toml", "settings; see jackfield.toml(5)"),
    ("/etc/jackfield/jackfield.env", "variables for the unit jackfield.service; need not exist"),
    ("/var/lib/jackfield/jackfield.db", "the database, where no other is set"),
    ("/var/lib/jackfield/snapshot.kept", "what is served at a start whose database is away"),
    ("/usr/share/jackfield/lua-hooks", "scripts for switches that serve verto clients"),
];
const EXIT: [(&str, &str); 4] =
    [("0", "done"), ("1", "failed"), ("64", "wrong command line"), ("78", "wrong settings")];

pub(super) fn run(man: &Man) -> anyhow::Result<()> {
    // The table of settings has a page of its own.
    let command = super::command().mut_subcommand("serve", |serve| {
        serve.after_help("The settings are described in jackfield.toml(5).")
    });
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = &man.to else {
        return top(command, &mut std::io::stdout().lock());
    };
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    write_all(&command, folder).with_context(|| folder.display().to_string())
}

fn write_all(command: &Command, folder: &Path) -> anyhow::Result<()> {
    for below in command.get_subcommands() {
        write_below(below, folder)?;
    }
    top(command.clone(), &mut fs::File::create(folder.join("jackfield.1"))?)?;
    settings().to_writer(&mut fs::File::create(folder.join("jackfield.toml.5"))?)?;
    operation().to_writer(&mut fs::File::create(folder.join("jackfield-operation.7"))?)?;
    Ok(())
}

fn write_below(command: &Command, folder: &Path) -> anyhow::Result<()> {
    for below in command.get_subcommands() {
        write_below(below, folder)?;
    }
    Page::new(command.clone()).source(source()).generate_to(folder)?;
    Ok(())
}

/// What stands at the foot of each page.
fn source() -> String {
    format!("jackfield {}", env!("CARGO_PKG_VERSION"))
}

/// `jackfield(1)`: the command, and what it stands on.
fn top(command: Command, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    Page::new(command).render(out)?;
    let mut more = Roff::new();
    listed(&mut more, "FILES", &FILES);
    listed(&mut more, "EXIT STATUS", &EXIT);
    more.control("SH", ["SEE ALSO"]).text([bold("jackfield.toml"), roman("(5), ")]);
    more.text([bold("jackfield-operation"), roman("(7)")]);
    more.to_writer(out)?;
    Ok(())
}

fn listed(page: &mut Roff, heading: &str, rows: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (what, says) in rows {
        page.control("TP", []).text([bold(*what)]).text([roman(*says)]);
    }
}

/// `jackfield-operation(7)`: switches, backups, upgrades, errors and figures.
fn operation() -> Roff {
    let mut page = Roff::new();
    page.control("TH", ["jackfield-operation", "7", "", &source()]).control("SH", ["NAME"]).text([
        roman("jackfield-operation - how to run jackfield, and what it means by what it says"),
    ]);
    chapters::write(&mut page);
    page.control("SH", ["SEE ALSO"]).text([bold("jackfield"), roman("(1), ")]);
    page.text([bold("jackfield.toml"), roman("(5)")]);
    page
}

/// `jackfield.toml(5)`: every setting.
fn settings() -> Roff {
    let mut page = Roff::new();
    page.control("TH", ["jackfield.toml", "5", "", &source()])
        .control("SH", ["NAME"])
        .text([roman("jackfield.toml - settings of jackfield")])
        .control("SH", ["DESCRIPTION"])
        .text([roman(
            "TOML, from --config FILE, $JACKFIELD_CONFIG or /etc/jackfield/jackfield.toml. All errors of \
             a file are reported at once, with their lines. Each setting outside of a table can also be \
             set in the environment, as JACKFIELD_ and its name in upper case. `jackfield check` says \
             what is wrong. SIGHUP has the file read again; what is marked \"restart\" is taken up by a \
             restart alone.",
        )])
        .control("PP", [])
        .text([roman(
            "A database_url may hold a password, so the file is for root and the service alone to read.",
        )])
        .control("SH", ["SETTINGS"]);
    for (key, default, says) in TABLE {
        let name = key.trim_start_matches('[').split(['.', ']']).next().unwrap_or_default();
        let restart = if AT_START.contains(&name) { " (restart)" } else { "" };
        page.control("TP", []).text([bold(key), roman(restart)]).text([roman(says)]);
        if !default.is_empty() {
            page.control("br", []).text([roman("Default: "), italic(default)]);
        }
    }
    page.control("SH", ["SEE ALSO"]).text([bold("jackfield"), roman("(1)")]);
    page
}

#[cfg(test)]
mod tests {
    use super::EXIT;

    #[test]
    fn the_readme_explains_every_exit_code() {
        let readme = include_str!("../../README.md");
        for (code, says) in EXIT {
            assert!(readme.contains(&format!("\n| `{code}` | {says} | ")), "{code}");
        }
    }
}
