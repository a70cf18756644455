//! The kept snapshot: whether a start without database could answer from it.

use std::time::SystemTime;

use serde::Serialize;

use super::{Level, Report};
use crate::kept::KeptFile;
use crate::settings::Settings;

/// What is kept.
#[derive(Debug, Serialize)]
pub(crate) struct KeptFacts {
    pub(crate) file: String,
    pub(crate) revision: i64,
    pub(crate) users: usize,
    /// For how long it may have been out of date.
    pub(crate) age_seconds: u64,
}

impl Report {
    pub(super) fn kept(&mut self, settings: &Settings) {
        let file = KeptFile::of(settings);
        let place = file.path().display().to_string();
        match file.check() {
            Ok(Some((head, good))) => {
                let age = SystemTime::now().duration_since(good).unwrap_or_default();
                self.kept = Some(KeptFacts {
                    file: place,
                    revision: head.mark.revision,
                    users: head.users,
                    age_seconds: age.as_secs(),
                });
            }
            // None has run here.
            Ok(None) => {}
            Err(error) => {
                let what = format!("a start without database could not answer from it: {error}");
                let remedy = "it is replaced once a service has read its database";
                self.add(Level::Warning, "kept", what, place, remedy);
            }
        }
    }
}
