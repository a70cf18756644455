//! Whether a document answers the question that was asked.
//!
//! A document of another domain ends the switch's search and still lets it read its files on disk;
//! one that is too long it drops. A handler that returns such a document has failed.

use std::fmt;

use jackfield_api::document::{Document, MAX_BYTES};
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup, UserFlow};
use jackfield_api::{Lookup, Refusal, Section};

/// Why a document is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// It is of another section.
    Section,
    /// It is of another document, domain, context or language: the one asked for, and these.
    Name(String, String),
    /// It lists users without secrets where one user was asked for: the switch would take it for a
    /// user who needs none.
    Secretless,
    /// It tells a user with its secret where several were asked for.
    Secret,
    /// It tells a user to a part of the switch that lets everybody in as whoever it is told of.
    Unchecked,
    /// It is longer than the switch takes.
    Length,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Section => "the document is of another section",
            Self::Name(asked, answered) => {
                return write!(
                    f,
                    "the document is not of the name that was asked for: asked was «{asked}», \
                     answered is {answered}"
                );
            }
            Self::Secretless => {
                "the document lists users without secrets, and one user was asked for"
            }
            Self::Secret => "the document tells a user's secret, and no single user was asked for",
            Self::Unchecked => "the switch would not check the secret",
            Self::Length => "the document is longer than the switch takes (1 MiB)",
        })
    }
}

impl From<Mismatch> for Refusal {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Unchecked => Self::Denied("the switch would not check the secret"),
            mismatch => Self::Internal(mismatch.to_string()),
        }
    }
}

/// A name for a line of the log, whoever has chosen it.
fn shown(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_debug).collect()
}

/// Compares a document with the look-up and its key. An empty key asks for everything.
pub(super) fn check(document: &Document, lookup: &Lookup, key: &str) -> Result<(), Mismatch> {
    if let Some((_, then)) = document.write_first() {
        check(then, lookup, key)?;
    }
    if document.section() != lookup.section() {
        return Err(Mismatch::Section);
    }
    if document.lists_users() || document.tells_user() {
        match DirectoryLookup::new(lookup).flow() {
            DirectoryFlow::User(_) if document.lists_users() => return Err(Mismatch::Secretless),
            DirectoryFlow::User(asked) if asked.flow() == UserFlow::Unchecked => {
                return Err(Mismatch::Unchecked);
            }
            DirectoryFlow::User(_) => {}
            _ if document.tells_user() => return Err(Mismatch::Secret),
            _ => {}
        }
    }
    if document.body().len() > MAX_BYTES {
        return Err(Mismatch::Length);
    }
    // The switch tries the context `global` where its own is missing.
    let is_global = |name: &str| document.section() == Section::Dialplan && name == "global";
    let fits = |name: &String| name.eq_ignore_ascii_case(key) || is_global(name);
    let names = document.names();
    if key.is_empty() || (!names.is_empty() && names.iter().all(fits)) {
        Ok(())
    } else {
        let answered: Vec<_> = names.iter().take(3).map(|name| shown(name)).collect();
        Err(Mismatch::Name(shown(key), format!("«{}»", answered.join("», «"))))
    }
}
