//! Whether a document answers the question that was asked.
//!
//! A document of another domain ends the switch's search and still lets it read its files on disk;
//! one that is too long it drops. A handler that returns such a document has failed.

use std::fmt;

use super::{Document, MAX_BYTES};
use crate::answer::Refusal;
use crate::lookup::{DirectoryFlow, DirectoryLookup, Lookup, Section, UserFlow};

/// Why a document is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is of another section.
    Section {
        /// The one that was asked.
        asked: Section,
        /// The one that it is of.
        answered: Section,
    },
    /// It is of another document, domain, context or language.
    Name {
        /// The one that was asked for.
        asked: String,
        /// Those that it is of.
        answered: Vec<String>,
    },
    /// It lists users without secrets where one user was asked for: the switch would take it for a
    /// user who needs none.
    Secretless,
    /// It tells a user with its secret where several were asked for.
    Secret,
    /// It tells a user to a part of the switch that lets everybody in as whoever it is told of.
    Unchecked,
    /// It is longer than the switch takes ([`MAX_BYTES`]).
    Length,
}

impl Document {
    /// Holds it against a look-up and the key that it was routed by; an empty key asks for everything.
    ///
    /// ```
    /// use jackfield_api::document::{Dialplan, Mismatch};
    /// use jackfield_api::testing::asking;
    ///
    /// let call = asking::dialplan("default").lookup();
    /// let answer = Dialplan::context("default", [])?;
    /// assert_eq!(answer.check(&call, "default"), Ok(()));
    /// assert!(matches!(answer.check(&call, "public"), Err(Mismatch::Name { .. })));
    /// # Ok::<(), jackfield_api::Refusal>(())
    /// ```
    pub fn check(&self, lookup: &Lookup, key: &str) -> Result<(), Mismatch> {
        if let Some((_, then)) = self.write_first() {
            then.check(lookup, key)?;
        }
        let (asked, answered) = (lookup.section(), self.section());
        if answered != asked {
            return Err(Mismatch::Section { asked, answered });
        }
        if self.lists_users() || self.tells_user() {
            match DirectoryLookup::new(lookup).flow() {
                DirectoryFlow::User(_) if self.lists_users() => return Err(Mismatch::Secretless),
                DirectoryFlow::User(asked) if asked.flow() == UserFlow::Unchecked => {
                    return Err(Mismatch::Unchecked);
                }
                DirectoryFlow::User(_) => {}
                _ if self.tells_user() => return Err(Mismatch::Secret),
                _ => {}
            }
        }
        if self.body().len() > MAX_BYTES {
            return Err(Mismatch::Length);
        }
        // The switch tries the context `global` where its own is missing.
        let is_global = |name: &str| answered == Section::Dialplan && name == "global";
        let fits = |name: &String| name.eq_ignore_ascii_case(key) || is_global(name);
        let names = self.names();
        if key.is_empty() || (!names.is_empty() && names.iter().all(fits)) {
            Ok(())
        } else {
            Err(Mismatch::Name { asked: key.to_owned(), answered: names.to_vec() })
        }
    }
}

/// In words for a line of the log: names are cut and escaped, whoever has chosen them.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Section { .. } => "the document is of another section",
            Self::Name { asked, answered } => {
                let answered: Vec<_> = answered.iter().take(3).map(|name| shown(name)).collect();
                return write!(
                    f,
                    "the document is not of the name that was asked for: asked was «{}», answered is \
                     «{}»",
                    shown(asked),
                    answered.join("», «")
                );
            }
            Self::Secretless => {
                "the document lists users without secrets, and one user was asked for"
            }
            Self::Secret => "the document tells a user's secret, and no single user was asked for",
            Self::Unchecked => UNCHECKED,
            Self::Length => "the document is longer than the switch takes (1 MiB)",
        })
    }
}

const UNCHECKED: &str = "the switch would not check the secret";

fn shown(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_debug).collect()
}

impl std::error::Error for Mismatch {}

/// The handler has failed; but for what nobody may be told, which is denied.
impl From<Mismatch> for Refusal {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::Unchecked => Self::Denied(UNCHECKED),
            mismatch => Self::Internal(mismatch.to_string()),
        }
    }
}
