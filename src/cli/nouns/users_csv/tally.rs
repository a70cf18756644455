//! What became of the rows of a file, and how that is told.

use std::fmt::Write as _;

use anyhow::bail;

use super::super::show::names;
use super::super::user::Bulk;
use super::Row;
use super::made::Made;
use crate::db::nouns::NounError;

/// How many bad rows are told.
const TOLD: usize = 50;

/// What became of a row.
pub(super) struct Outcome {
    /// Nobody can log in as this user.
    pub(super) closed: bool,
    /// It had a password, which fits its names no more.
    pub(super) void: bool,
    /// It can log in, but not by every name and in every realm.
    pub(super) lacks: bool,
    pub(super) made: Made,
}

/// Errors of rows, by their lines.
#[derive(Default)]
pub(super) struct BadRows(Vec<(u64, String)>);

impl BadRows {
    /// Keeps what is wrong with a row. An error of the database ends all: it answers nothing more in
    /// this transaction.
    pub(super) fn push(&mut self, row: &Row, why: anyhow::Error) -> anyhow::Result<()> {
        if let Some(NounError::Database(_)) = why.downcast_ref() {
            return Err(why.context(format!("line {}", row.line)));
        }
        self.0.push((row.line, format!("{why:#}")));
        Ok(())
    }

    pub(super) fn check(self, bulk: &Bulk) -> anyhow::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let name = bulk.from.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        let mut message = format!("{} rows cannot be taken, so none was:", self.0.len());
        for (line, why) in self.0.iter().take(TOLD) {
            let _ = write!(message, "\n  {name}, line {line}: {why}");
        }
        if self.0.len() > TOLD {
            let _ = write!(message, "\n  ... and {} more", self.0.len() - TOLD);
        }
        bail!(message)
    }
}

/// What a run came to.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) done: usize,
    pub(super) closed: usize,
    pub(super) void: Vec<String>,
    pub(super) lacking: Vec<String>,
    pub(super) made: Vec<Made>,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: Outcome) {
        let Outcome { closed, void, lacks, made } = outcome;
        self.closed += usize::from(closed);
        self.void.extend(void.then(|| made.key.to_string()));
        self.lacking.extend(lacks.then(|| made.key.to_string()));
        if made.password.is_some() || made.pin.is_some() {
            self.made.push(made);
        }
    }

    /// Says who cannot log in, or not in each way.
    pub(super) fn tell(&self) {
        let Self { closed, void, lacking, .. } = self;
        if *closed > 0 {
            eprintln!("{closed} of them have no password: nobody can log in as these");
        }
        if !void.is_empty() {
            eprintln!(
                "the passwords of {} of them fit their names no more and are void: {}",
                void.len(),
                names(void)
            );
        }
        if !lacking.is_empty() {
            eprintln!(
                "{} of them cannot log in by every name and realm until they get a new password: {}",
                lacking.len(),
                names(lacking)
            );
        }
    }
}
