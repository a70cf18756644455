//! `jackfield replay`: what recorded look-ups are answered by two versions or databases.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Failed, Source, UsageError};
use crate::db::DatabaseUrl;
use crate::record::Seal;
use crate::replay::{Compared, Difference, Outcome, Plays, Side, VARYING, play};
use crate::runtime;

/// Arguments of `jackfield replay`.
///
/// One side that is named is compared with this program over the database of the settings, two are
/// compared with each other, and without any the answers are compared with those that were recorded.
#[derive(Args)]
pub(super) struct Replay {
    #[command(flatten)]
    source: Source,
    /// Bodies, `*.form`, or recorded look-ups [default: those of the service]
    dir: Option<PathBuf>,
    /// A service, as in `http://127.0.0.1:8080/fsapi`
    #[arg(long, value_name = "URL")]
    against: Vec<String>,
    /// This program over another database
    #[arg(long, value_name = "URL")]
    database: Vec<String>,
    /// A parameter or variable whose value does not count
    #[arg(long, value_name = "NAME")]
    ignore: Vec<String>,
    /// How many look-ups are under way at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    at_once: u8,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(replay: &Replay) -> anyhow::Result<()> {
    let settings = replay.source.open()?.settings;
    let here = |url: DatabaseUrl| Side::here(settings.clone(), url);
    let there = replay.against.iter().map(|url| Side::there(url));
    let over = replay.database.iter().map(|url| {
        // What is wrong with it is not told: it may hold a password.
        let url = url.parse().map_err(|_| {
            UsageError("--database: write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`")
        });
        here(url?)
    });
    let mut sides: Vec<Side> = there.chain(over).collect::<anyhow::Result<_>>()?;
    let compared = match sides.len() {
        0 => {
            let side = here(settings.database_url.clone())?;
            let state = &settings.state_dir;
            let seal = Seal::read(state)
                .with_context(|| format!("reading `record.key` in {}", state.display()))?;
            Compared::Recorded(Box::new(side), seal)
        }
        1 | 2 => {
            let last = sides.pop().ok_or(UsageError("no side"))?;
            let first = sides.pop().map_or_else(|| here(settings.database_url.clone()), Ok)?;
            Compared::Sides(Box::new([first, last]))
        }
        _ => {
            return Err(UsageError(
                "two are compared: name one or two with --against and --database",
            )
            .into());
        }
    };
    let folder = replay.dir.clone().unwrap_or_else(|| settings.record_folder());
    let Plays { plays, left_out } = Plays::read(&folder)?;
    let outcome = runtime::run(play(plays, &compared, replay.at_once.into(), &replay.ignore))?;
    let mut out = std::io::stdout().lock();
    if replay.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&outcome)?)?;
    } else {
        match &compared {
            Compared::Sides(sides) => {
                writeln!(out, "- {}\n+ {}\n", sides[0], sides[1])?;
            }
            Compared::Recorded(side, _) => writeln!(out, "{side}, and what was recorded\n")?,
        }
        print(&mut out, &outcome, &left_out)?;
    }
    let is_same = outcome.different.is_empty() && outcome.failed.is_empty();
    if is_same { Ok(()) } else { Err(Failed.into()) }
}

fn print(
    out: &mut impl Write,
    outcome: &Outcome,
    left_out: &[(&str, usize)],
) -> std::io::Result<()> {
    for Difference { name, asks, told, others } in outcome.different.iter().chain(&outcome.failed) {
        writeln!(out, "{}  {}", name.escape_debug(), asks.escape_debug())?;
        for line in told {
            // Text of an answer may be somebody's.
            writeln!(out, "    {}", line.replace(char::is_control, "?"))?;
        }
        if *others > 0 {
            writeln!(out, "    so do {others} more")?;
        }
        writeln!(out)?;
    }
    if !outcome.varying.is_empty() {
        let known = outcome.varying.iter().all(|name| VARYING.contains(&name.as_str()));
        let why = if known { "they vary" } else { "they vary, or are ignored" };
        writeln!(out, "not compared: {} ({why})", outcome.varying.join(", "))?;
    }
    for (what, count) in left_out {
        writeln!(out, "not played: {count} {what}")?;
    }
    let count = |noted: &[Difference]| -> usize { noted.iter().map(|one| 1 + one.others).sum() };
    let (different, failed) = (count(&outcome.different), count(&outcome.failed));
    let Outcome { played, same, .. } = outcome;
    writeln!(
        out,
        "==> {played} look-ups: {same} the same, {different} differ, {failed} not compared"
    )
}
