//! Contexts of dialplan and chatplan.

use std::fmt;

use diesel::prelude::*;

use super::super::schema::contexts;
use super::super::session::Session;
use super::row;

row!(contexts, ContextRow {
    pub(in crate::db) section: String,
    pub(in crate::db) name: String,
});

impl ContextRow {
    pub(in crate::db) fn of(section: Section, name: &str) -> Self {
        Self { section: section.to_string(), name: name.to_owned() }
    }
}

/// The sections that have contexts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Where a call goes.
    Dialplan,
    /// Where a message goes.
    Chatplan,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dialplan => "dialplan",
            Self::Chatplan => "chatplan",
        })
    }
}
