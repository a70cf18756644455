//! `jackfield migrate`: brings the database up to date.

use std::io::Write;

use anyhow::anyhow;

use super::Source;
use crate::control::ControlError;
use crate::db::{Database, DbError};

pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let opened = source.open()?;
    let url = opened.database();
    let run = Database::make(url).and_then(|mut database| database.migrate());
    let run = run.map_err(|error| match (&error, url.preparation()) {
        (DbError::Open { .. } | DbError::Migrate { .. }, Some(preparation)) => {
            anyhow!("{error}\nsee that it runs and lets this role in; {preparation}")
        }
        _ => error.into(),
    })?;
    let mut out = std::io::stdout().lock();
    for name in &run {
        writeln!(out, "ran {name}")?;
    }
    writeln!(out, "{url} is up to date")?;
    if !run.is_empty() {
        match opened.publish() {
            // A database is made ready before a service is given it.
            Err(error) if matches!(error.downcast_ref(), Some(ControlError::Another(_))) => {
                writeln!(out, "{error:#}")?;
            }
            told => writeln!(out, "{}", told?)?,
        }
    }
    Ok(())
}
