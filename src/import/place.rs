//! Where something stands in the operator's files, and what is wrong there.

use std::fmt;
use std::sync::Arc;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The file, by its path from the folder that is imported.
    pub(crate) file: Arc<str>,
    /// The line, counted from 1; 0 for the file as a whole.
    pub(crate) line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// Something that keeps the whole from being imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// Where.
    pub(crate) place: Place,
    /// What, and what to do about it. Never a secret.
    pub(crate) message: String,
}

/// All that is wrong with a tree.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

/// More are not of use to anybody.
const MOST_SHOWN: usize = 40;

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was imported")?;
        for Problem { place, message } in self.0.iter().take(MOST_SHOWN) {
            write!(f, "\n  {place}: {message}")?;
        }
        match self.0.len().checked_sub(MOST_SHOWN) {
            Some(more @ 1..) => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}
