//! What is wrong with a line of somebody's file.

use super::super::Level;
use crate::import::Place;

/// Something wrong, where it stands, why that matters, and what to write.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) level: Level,
    pub(super) place: Place,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) mend: Mend,
}

/// What mends it.
#[derive(Debug)]
pub(super) enum Mend {
    /// This line in its place.
    Instead(String),
    /// This line right above it.
    Above(String),
    /// This line right below it.
    Below(String),
    /// The line is to go.
    Remove,
    /// More than one line.
    Do(String),
}

/// Stands in a line to write for something that nobody else may know.
pub(super) const OF_YOUR_OWN: &str = "...";

impl Mend {
    /// What to do, and the line to write.
    pub(super) fn told(self) -> (String, Option<String>) {
        let with = |words: &str, line: String| {
            let secret = line.contains(&format!("\"{OF_YOUR_OWN}\""))
                || line.contains(&format!("={OF_YOUR_OWN}\""));
            let rest = if secret { ", with a long random text for the dots" } else { "" };
            (format!("{words}{rest}"), Some(line))
        };
        match self {
            Self::Instead(line) => with("write in its place", line),
            Self::Above(line) => with("write above it", line),
            Self::Below(line) => with("write below it", line),
            Self::Remove => ("remove it".to_owned(), None),
            Self::Do(words) => (words, None),
        }
    }
}

impl Fault {
    /// Something does not work, or stands open.
    pub(super) fn error(
        place: &Place,
        what: impl Into<String>,
        why: impl Into<String>,
        mend: Mend,
    ) -> Self {
        let (place, what, why) = (place.clone(), what.into(), why.into());
        Self { level: Level::Error, place, what, why, mend }
    }

    /// Something is not what one may think.
    pub(super) fn warning(
        place: &Place,
        what: impl Into<String>,
        why: impl Into<String>,
        mend: Mend,
    ) -> Self {
        Self { level: Level::Warning, ..Self::error(place, what, why, mend) }
    }
}

/// Passwords that stand in documentation, and the dots of ours.
pub(super) fn is_known_to_all(password: &str) -> bool {
    ["1234", "0000", "password", "cluecon", OF_YOUR_OWN]
        .iter()
        .any(|known| password.eq_ignore_ascii_case(known))
}
