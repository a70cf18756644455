//! `jackfield import`: takes a switch's configuration files.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jackfield_api::snapshot::Contents;

use super::Source;
use crate::db::{Database, DatabaseUrl, Met, Tally};
use crate::import::{self, Imported, Report};

/// What to import, and where to.
#[derive(Args)]
pub(super) struct Import {
    /// Folder that holds freeswitch.xml, as /etc/freeswitch
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Value of a global variable, instead of what the files say
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = set)]
    sets: Vec<(String, String)>,
    /// Say what would be taken, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    source: Source,
}

fn set(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write NAME=VALUE, as in domain=pbx.example.test".to_owned()),
    }
}

pub(super) fn run(import: &Import) -> anyhow::Result<()> {
    let opened = import.source.open()?;
    let url = opened.database();
    if !import.dry_run && !url.is_new() {
        opened.check_served(&mut Database::open(url)?)?;
    }
    let existing = existing(url)?;
    let bar = bar();
    bar.set_message("reading");
    let read = import::read(&import.path, &import.sets, &existing, &|_| bar.inc(1));
    let Imported { contents, report } = read.inspect_err(|_| bar.finish_and_clear())?;
    let tally = if import.dry_run {
        bar.finish_and_clear();
        Database::rehearse(&existing, &contents)?
    } else {
        bar.set_position(0);
        bar.set_length(objects(&contents));
        bar.set_message("writing");
        let tally = write(url, &contents, &bar);
        bar.finish_and_clear();
        tally?
    };
    let telling = tell(&mut std::io::stdout().lock(), import.dry_run, url, &report, &tally);
    if !import.dry_run {
        // Not part of the report, which a dry run gives too; and done whether or not anybody reads that.
        let published = opened.publish()?;
        writeln!(std::io::stderr(), "{published}")?;
    }
    telling.context("the report cannot be written")
}

fn tell(
    out: &mut impl Write,
    dry_run: bool,
    url: &DatabaseUrl,
    report: &Report,
    tally: &Tally,
) -> std::io::Result<()> {
    write!(out, "{report}")?;
    write_met(out, &tally.met)?;
    let Tally { added, changed, same, .. } = tally;
    let done = if dry_run { "would be" } else { "were" };
    writeln!(out, "\n{url}: {added} rows {done} added, {changed} changed; {same} say the same")
}

/// Says where the tree and what was stored differ; names alone, no value.
fn write_met(out: &mut impl Write, met: &[Met]) -> std::io::Result<()> {
    let whose = |is_in: fn(&Met) -> bool| -> Vec<String> {
        met.iter().filter(|met| is_in(met)).map(|met| met.name.clone()).collect()
    };
    let kept = met.iter().filter(|met| !met.kept.is_empty());
    let lists = [
        ("The tree's password takes the place of what is stored", whose(|met| met.new_password)),
        ("The tree's PIN takes the place of what is stored", whose(|met| met.new_pin)),
        ("Disabled here, and stays so", whose(|met| met.stays_disabled)),
        (
            "Stays, though the tree lacks it",
            kept.map(|met| format!("{}: {}", met.name, met.kept.join(", "))).collect(),
        ),
    ];
    for (title, lines) in lists.iter().filter(|(_, lines)| !lines.is_empty()) {
        writeln!(out, "\n{title}")?;
        lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(())
}

fn existing(url: &DatabaseUrl) -> anyhow::Result<Contents> {
    if url.is_new() {
        return Ok(Contents::default());
    }
    Database::open(url)?.load().with_context(|| format!("reading {url}"))
}

fn write(url: &DatabaseUrl, contents: &Contents, bar: &ProgressBar) -> anyhow::Result<Tally> {
    let mut database = if url.is_new() {
        let mut made = Database::make(url)?;
        made.migrate()?;
        made
    } else {
        Database::open(url)?
    };
    Ok(database.merge("import", contents, &|| bar.inc(1))?)
}

/// How many objects [`Database::merge`] tells of.
fn objects(contents: &Contents) -> u64 {
    let of_domains: usize =
        contents.domains.iter().map(|domain| domain.users().len() + domain.groups().len()).sum();
    let others = [
        contents.globals.len(),
        contents.profiles.len(),
        contents.access_lists.len(),
        contents.dialplan.len(),
        contents.chatplan.len(),
        contents.rooms.len(),
        contents.menus.len(),
        contents.languages.len(),
        contents.documents.len(),
    ];
    (of_domains + others.iter().sum::<usize>()) as u64
}

/// Shown on a terminal only.
pub(super) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
