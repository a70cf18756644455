//! Where settings are read from, once and again.

use std::fs::Metadata;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::{Settings, SettingsError, SettingsErrors};
use crate::db::DatabaseUrl;

/// Where they are where nothing is said.
const DEFAULT: &str = "/etc/jackfield/jackfield.toml";

/// The settings file, and the environment over it.
#[derive(Debug, Clone, Default)]
pub struct SettingsFile {
    named: Option<PathBuf>,
    /// What the demo has of its own.
    demo: Option<(DatabaseUrl, PathBuf)>,
}

impl SettingsFile {
    /// This file; without one that of `$JACKFIELD_CONFIG`, or the usual one if it is there.
    pub fn named(file: Option<PathBuf>) -> Self {
        let named = file.or_else(|| std::env::var_os("JACKFIELD_CONFIG").map(PathBuf::from));
        Self { named, demo: None }
    }

    /// These take the place of what the file says, as often as it is read.
    pub(crate) fn with_demo(self, database: DatabaseUrl, state: PathBuf) -> Self {
        Self { demo: Some((database, state)), ..self }
    }

    /// The file, if there is one to be read.
    pub fn path(&self) -> Option<PathBuf> {
        let default = || Some(PathBuf::from(DEFAULT)).filter(|default| default.exists());
        self.named.clone().or_else(default)
    }

    /// When the file was changed last, in microseconds since 1970.
    pub fn modified_us(&self) -> Option<u64> {
        let modified = self.path()?.metadata().ok().filter(Metadata::is_file)?.modified().ok()?;
        u64::try_from(modified.duration_since(UNIX_EPOCH).ok()?.as_micros()).ok()
    }

    /// Reads it now.
    pub fn read(&self) -> Result<Settings, SettingsErrors> {
        let path = self.path();
        let text = match &path {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                let place = path.display().to_string();
                let message = format!("the settings cannot be read: {error}");
                SettingsErrors(vec![SettingsError { place, message }])
            })?),
            None => None,
        };
        let mut settings = Settings::read(path.zip(text.as_deref()), &variable)?;
        if let Some((database, state)) = &self.demo {
            settings.database_url = database.clone();
            settings.state_dir.clone_from(state);
        }
        Ok(settings)
    }

    /// The state folder, also where another setting is wrong.
    pub fn state_dir(&self) -> Option<PathBuf> {
        if let Some((_, state)) = &self.demo {
            return Some(state.clone());
        }
        let path = self.path();
        let text = path.as_ref().map(std::fs::read_to_string).transpose().ok()?;
        Settings::read_state_dir(path.zip(text.as_deref()), &variable)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
