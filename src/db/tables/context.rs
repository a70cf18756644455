//! Contexts of dialplan and chatplan.

use std::fmt;
use std::str::FromStr;

use diesel::prelude::*;

use super::super::schema::contexts;
use super::super::session::Session;
use super::{Columns, row};
use crate::db::DbError;

row!(contexts, ContextRow {
    pub(in crate::db) section: String,
    pub(in crate::db) name: String,
});

impl ContextRow {
    pub(in crate::db) fn of(section: Section, name: &str) -> Self {
        Self { section: section.to_string(), name: name.to_owned() }
    }
}

impl ContextRow {
    pub(in crate::db) fn section(&self, id: i64) -> Result<Section, DbError> {
        let malformed = |message| Columns::of::<Self>(id).malformed("section", message);
        self.section.parse().map_err(malformed)
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

impl FromStr for Section {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "dialplan" => Ok(Self::Dialplan),
            "chatplan" => Ok(Self::Chatplan),
            _ => Err("there are dialplan and chatplan".to_owned()),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dialplan => "dialplan",
            Self::Chatplan => "chatplan",
        })
    }
}
