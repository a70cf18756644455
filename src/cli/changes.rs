//! `jackfield changes`: who changed what and when.

use std::io::Write;

use clap::Args;

use super::Source;
use crate::db::{Change, Database};

/// Arguments of `jackfield changes`.
#[derive(Args)]
pub(super) struct Changes {
    #[command(flatten)]
    source: Source,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Begin after this revision [default: show the last changes]
    #[arg(long, value_name = "REVISION")]
    since: Option<i64>,
    /// Show no more than this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

pub(super) fn run(changes: &Changes) -> anyhow::Result<()> {
    let opened = changes.source.open()?;
    let found = Database::open(opened.database())?.changes(changes.since, changes.limit)?;
    let mut out = std::io::stdout().lock();
    if changes.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
        return Ok(());
    }
    if found.is_empty() {
        writeln!(out, "nothing was changed")?;
    }
    for Change { revision, table, key, did, at, who, .. } in found {
        // A name is somebody's text: it must not reach the terminal as a command.
        let (key, who) = (key.escape_debug(), who.escape_debug());
        writeln!(out, "{revision:>8}  {at}  {did:<6}  {table:<13} {key}  ({who})")?;
    }
    Ok(())
}
