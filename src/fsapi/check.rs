//! Whether a document answers the question that was asked.
//!
//! A document of another domain ends the switch's search and still lets it read its files on disk;
//! one that is too long it drops. A handler that returns such a document has failed.

use jackfield_api::document::{Document, MAX_BYTES};
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
use jackfield_api::{Lookup, Section};

/// Why a document is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// It is of another section.
    Section,
    /// It is of another document, domain, context or language.
    Name,
    /// It lists users without secrets where one user was asked for: the switch would take it for a
    /// user who needs none.
    Secretless,
    /// It is longer than the switch takes.
    Length,
}

impl Mismatch {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Section => "the document is of another section",
            Self::Name => "the document is not of the name that was asked for",
            Self::Secretless => {
                "the document lists users without secrets, and one user was asked for"
            }
            Self::Length => "the document is longer than the switch takes (1 MiB)",
        }
    }
}

/// Compares a document with the look-up and its key. An empty key asks for everything.
pub(super) fn check(document: &Document, lookup: &Lookup, key: &str) -> Result<(), Mismatch> {
    if let Some((_, then)) = document.write_first() {
        check(then, lookup, key)?;
    }
    if document.section() != lookup.section() {
        return Err(Mismatch::Section);
    }
    let is_about_one = || matches!(DirectoryLookup::new(lookup).flow(), DirectoryFlow::User(_));
    if document.lists_users() && is_about_one() {
        return Err(Mismatch::Secretless);
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
        Err(Mismatch::Name)
    }
}
