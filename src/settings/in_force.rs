//! The settings that a running service goes by, and what became of reading them again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use serde::Serialize;

use super::{Difference, Settings, SettingsErrors, SettingsFile};

/// The settings in force. A look-up takes them once.
#[derive(Debug)]
pub struct InForce {
    now: ArcSwap<Settings>,
    /// Where they come from; nothing, if they cannot be read again.
    file: Option<SettingsFile>,
    /// Held while they are read again.
    reading: Mutex<()>,
    status: ArcSwap<SettingsStatus>,
}

/// What became of the settings file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SettingsStatus {
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    /// When the one that was taken up had been changed, in microseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_us: Option<u64>,
    /// Whether the last reading found it wrong.
    refused: bool,
    /// Names of settings that a start would take up.
    needs_restart: Vec<String>,
}

impl From<Settings> for Arc<InForce> {
    fn from(settings: Settings) -> Self {
        Self::new(InForce::new(settings, None, SettingsStatus::default()))
    }
}

impl InForce {
    /// Settings that were read from there, and can be again.
    pub fn of(settings: Settings, file: SettingsFile, modified_us: Option<u64>) -> Self {
        let status = SettingsStatus { file: file.path(), modified_us, ..SettingsStatus::default() };
        Self::new(settings, Some(file), status)
    }

    fn new(settings: Settings, file: Option<SettingsFile>, status: SettingsStatus) -> Self {
        let (now, status) = (ArcSwap::from_pointee(settings), ArcSwap::from_pointee(status));
        Self { now, file, reading: Mutex::default(), status }
    }

    /// As they are now.
    pub fn now(&self) -> Arc<Settings> {
        self.now.load_full()
    }

    /// Reads them again, has them checked, and follows what a running service can; everything that
    /// differs is told. Where anything is wrong nothing changes.
    pub(crate) fn read_again(
        &self,
        check: impl FnOnce(&Settings) -> Result<(), SettingsErrors>,
    ) -> Result<Vec<Difference>, SettingsErrors> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        // Before it is read: what changes in between is newer than what is read.
        let modified_us = file.modified_us();
        let read = file.read().and_then(|settings| check(&settings).map(|()| settings));
        let settings = read.inspect_err(|_| {
            let before = self.status.load();
            self.status
                .store(Arc::new(SettingsStatus { refused: true, ..before.as_ref().clone() }));
        })?;
        let before = self.now();
        let differences = before.differences(&settings);
        let at_start = differences.iter().filter(|difference| !difference.live);
        self.status.store(Arc::new(SettingsStatus {
            file: file.path(),
            modified_us,
            refused: false,
            needs_restart: at_start.map(|difference| difference.name.clone()).collect(),
        }));
        self.now.store(Arc::new(before.followed_by(settings)));
        Ok(differences)
    }

    /// What became of the settings file.
    pub fn status(&self) -> SettingsStatus {
        self.status.load().as_ref().clone()
    }
}
