//! `jackfield migrate`: brings the database up to date.

use std::io::Write;

use super::Source;
use crate::db::Database;

pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let opened = source.open()?;
    let run = Database::make(opened.database())?.migrate()?;
    let mut out = std::io::stdout().lock();
    for name in &run {
        writeln!(out, "ran {name}")?;
    }
    writeln!(out, "{} is up to date", opened.database())?;
    Ok(())
}
