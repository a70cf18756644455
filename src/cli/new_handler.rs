//! `jackfield new-handler`: the skeleton of a handler.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::UsageError;
use crate::new_handler::{Kind, Name, OwnCrate, Skeleton, Source, Tree, key};

/// Arguments of `jackfield new-handler`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("place").required(true))]
pub(super) struct NewHandler {
    /// What it is called in settings and metrics: small letters and digits, as in `by-caller`
    name: Name,
    /// What it answers
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it is asked by [default: made from the name]
    #[arg(long, value_parser = key)]
    key: Option<String>,
    /// Write it into the checkout or the crate that the current folder is in
    #[arg(long, group = "place")]
    in_tree: bool,
    /// Write it into a new crate in this folder, with a program that links it
    #[arg(long = "crate", value_name = "DIR", group = "place", requires = "jackfield")]
    own_crate: Option<PathBuf>,
    /// Where that crate takes Jackfield from: a checkout, or the URL of a git repository
    #[arg(long, value_name = "PATH|GIT-URL", requires = "own_crate")]
    jackfield: Option<Source>,
}

pub(super) fn run(new: NewHandler) -> anyhow::Result<()> {
    let NewHandler { name, kind, key, own_crate, jackfield, .. } = new;
    let skeleton = Skeleton::new(name, kind, key)?;
    let mut out = std::io::stdout().lock();
    let Skeleton { name, key, .. } = &skeleton;
    let answers = format!("«{}» answers {} «{key}»", name.as_str(), kind.keyed_by());
    if let Some(folder) = own_crate {
        let source = jackfield.ok_or(UsageError("say where Jackfield is, with --jackfield"))?;
        let handler = OwnCrate::new(&folder, source)?.write(&skeleton)?;
        writeln!(out, "{answers}: {}", handler.display())?;
        writeln!(out, "\n    cd {}\n    cargo test", folder.display())?;
        writeln!(out, "    cargo run -- serve --demo")?;
        return Ok(());
    }
    let written = Tree::around(&std::env::current_dir()?)?.add(&skeleton)?;
    writeln!(out, "{answers}: {}", written.file.display())?;
    writeln!(out, "{} links it: mod {};", written.linked_in.display(), name.module())?;
    match written.package {
        Some(package) => writeln!(out, "\n    cargo test -p {package} {}::", name.module())?,
        None => writeln!(out, "\n    cargo test")?,
    }
    writeln!(out, "    cargo run -- handlers --demo")?;
    Ok(())
}
