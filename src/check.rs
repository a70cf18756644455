//! `jackfield check`: what is wrong with an installation, where, and what to do.
//!
//! Each part looks at one thing and adds what it finds; one that cannot be looked at because another is
//! wrong is left out. Files of the operator's are looked at by themselves.

mod database;
mod exposure;
mod files;
mod kept;
mod readers;
mod service;
mod settings;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use self::database::DatabaseFacts;
pub(crate) use self::kept::KeptFacts;
use crate::settings::{Settings, SettingsErrors, SettingsFile};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Something does not work.
    Error,
    /// Something is not what one may think.
    Warning,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// The part that it belongs to: `settings`, `handlers`, `database`, `data`, `kept` or `service`; of a file
    /// what it holds, as `xml_curl` or `nginx`.
    pub(crate) about: &'static str,
    /// What is wrong.
    pub(crate) what: String,
    /// The file and line, the row, or whatever else it is about.
    #[serde(rename = "where")]
    pub(crate) place: String,
    /// Why it matters, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// What to do.
    #[serde(rename = "do")]
    pub(crate) remedy: String,
    /// The line to write, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) write: Option<String>,
}

/// Everything that was found, and what was looked at.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    /// The settings file, where one is read.
    pub(crate) settings_file: Option<String>,
    /// The database, where it can be read.
    pub(crate) database: Option<DatabaseFacts>,
    /// The snapshot that is kept for a start without database.
    pub(crate) kept: Option<KeptFacts>,
    /// How the service is that runs here, in its own words.
    pub(crate) service: Option<Value>,
    /// Why it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_asked: Option<&'static str>,
    /// Files that were looked at, and what they hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<String>,
}

impl Report {
    /// Looks at what these settings lead to, or at what is wrong with them.
    pub(crate) fn make(file: &SettingsFile, settings: Result<&Settings, &SettingsErrors>) -> Self {
        let mut report = Self {
            settings_file: file.path().map(|path| path.display().to_string()),
            ..Self::default()
        };
        match settings {
            Ok(settings) => {
                report.doubts(settings);
                report.exposure(settings);
                report.readers(settings);
                report.handlers(settings);
                report.database(settings);
                report.kept(settings);
                report.service(&settings.state_dir);
                if report.service.is_none() {
                    report.passwords(settings);
                }
            }
            Err(errors) => {
                report.wrong_settings(errors);
                match file.state_dir() {
                    Some(state) => report.service(&state),
                    None => report.not_asked = Some("not asked: the settings are wrong"),
                }
            }
        }
        report
    }

    /// Looks at files of the operator's, which are held against these settings, or against those that hold
    /// where nothing is set.
    pub(crate) fn of_files(
        file: &SettingsFile,
        settings: Result<&Settings, &SettingsErrors>,
        paths: &[PathBuf],
    ) -> Self {
        let settings_file = file.path().map(|path| path.display().to_string());
        let mut report = Self { settings_file, ..Self::default() };
        match settings {
            Ok(settings) => report.files(settings, paths),
            Err(errors) => {
                report.wrong_settings(errors);
                let unset = Settings::read(None, &|_| None).expect("the defaults are right");
                report.files(&unset, paths);
            }
        }
        report
    }

    /// Whether something does not work.
    pub(crate) fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Error)
    }

    fn add(
        &mut self,
        level: Level,
        about: &'static str,
        what: impl Into<String>,
        place: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (what, place, remedy) = (what.into(), place.into(), remedy.into());
        let finding = Finding { level, about, what, place, why: None, remedy, write: None };
        self.findings.push(finding);
    }
}
