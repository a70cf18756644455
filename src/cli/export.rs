//! `jackfield export`: writes what is stored as a switch's configuration files.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::Source;
use crate::db::Database;
use crate::export::{self, Place, Service, Tree};

/// What to write, and where.
#[derive(Args)]
pub(super) struct Export {
    /// Folder to write: one that is empty, not there yet, or written by an earlier export
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Write only the few files that a switch needs which this service answers
    #[arg(long)]
    bootstrap: bool,
    /// Write what this switch has, of what is limited to switches: the name that it sends as `hostname`
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    #[command(flatten)]
    source: Source,
}

pub(super) fn run(export: &Export) -> anyhow::Result<()> {
    let opened = export.source.open()?;
    let url = opened.database();
    let mut contents = Database::open(url)?.load().with_context(|| format!("reading {url}"))?;
    let mut unknown = None;
    if let Some(host) = &export.host {
        let named = contents.limits().iter().any(|(_, hosts)| hosts.name(host));
        unknown =
            (!named).then(|| format!("no limit names «{host}»: it has what is for every switch"));
        contents = contents.on(host);
    }
    let place = Place::find(&export.path)?;
    let mut tree = if export.bootstrap {
        export::bootstrap(&contents, &Service::of(&opened.settings), &place)?
    } else {
        export::whole(&contents)?
    };
    tree.notes.extend(unknown);
    let folder = place.write(&tree)?;
    let out = &mut std::io::stdout().lock();
    tell(out, &tree, &folder.display().to_string(), export.bootstrap)
        .with_context(|| format!("{} is written, and cannot be told of", folder.display()))
}

fn tell(out: &mut impl Write, tree: &Tree, folder: &str, bootstrap: bool) -> std::io::Result<()> {
    writeln!(out, "{} files are in {folder}, readable for you alone", tree.files.len())?;
    if !tree.notes.is_empty() {
        writeln!(out, "\nto be looked at")?;
    }
    for note in &tree.notes {
        writeln!(out, "  {note}")?;
    }
    writeln!(out, "\nwhat to do next")?;
    if bootstrap {
        writeln!(out, "  start the service, and then the switch: {}", started(folder))?;
        writeln!(out, "  when globals, modules.conf or switch.conf change, export once more")?;
    } else {
        writeln!(out, "  start the switch: {}", started(folder))?;
        writeln!(
            out,
            "  the switch takes one hash a user, MD5 of its id and domain: other names, realms and \
             SHA-256 log in again when this is imported"
        )?;
    }
    Ok(())
}

/// The command that starts a switch on a folder; it refuses `-conf` without the other two.
fn started(folder: &str) -> String {
    format!("freeswitch -conf {folder} -log LOG-FOLDER -db DB-FOLDER")
}
