//! SIGHUP, and `{"do":"settings"}` through the control socket: the settings are read again.

use std::sync::{Arc, Mutex, PoisonError};

use crate::app::App;
use crate::fsapi::{StartErrors, refusal};
use crate::health::Cause;
use crate::logging;
use crate::settings::{Difference, Settings, SettingsError, SettingsErrors};
use crate::systemd;

/// Reads the settings again, and tells the service manager meanwhile. A line for each setting that
/// differs, or everything that is wrong.
pub(crate) async fn run(app: Arc<App>) -> Result<Vec<String>, String> {
    systemd::reloading();
    let reading = Arc::clone(&app);
    // It reads a file, which may be on a slow disk.
    let read = tokio::task::spawn_blocking(move || reading.read_settings_again()).await;
    if !app.health.is_stopping() {
        systemd::ready(&app.status().await.line());
    }
    match read {
        Ok(Ok(differences)) => Ok(differences.iter().map(line).collect()),
        Ok(Err(errors)) => Err(errors.to_string()),
        Err(_) => Err("reading the settings panicked".to_owned()),
    }
}

/// What becomes of a difference.
fn line(difference: &Difference) -> String {
    let what = if difference.live { "changed" } else { "takes a restart" };
    // A control character in a value must not look like another line.
    format!("{what}: {difference}").replace(char::is_control, "?")
}

impl App {
    /// Reads the settings again and follows what a running service can. Where anything is wrong
    /// nothing changes, and the service is degraded until it is put right.
    pub(crate) fn read_settings_again(&self) -> Result<Vec<Difference>, SettingsErrors> {
        // What is told of a reading must not come behind what is told of a later one.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.settings.read_again(check);
        match &read {
            Ok(differences) => {
                self.health.recovered(Cause::Settings);
                for difference in differences {
                    let line = line(difference);
                    if difference.live {
                        tracing::info!("{line}");
                    } else {
                        tracing::warn!("{line}");
                    }
                }
                let settings = self.settings();
                logging::filter(&settings.log);
                refusal::point_out(&settings);
                tracing::info!(differences = differences.len(), "the settings were read again");
            }
            Err(errors) => {
                for error in &errors.0 {
                    tracing::error!("{error}");
                }
                let why = format!(
                    "the settings file is wrong, and those from before are in force: {}",
                    errors.to_string().replace('\n', "; ")
                );
                self.health.degraded(Cause::Settings, why);
            }
        }
        read
    }
}

/// What a start would refuse besides.
fn check(settings: &Settings) -> Result<(), SettingsErrors> {
    StartErrors::check_names(settings).map_err(|error| {
        let place = "disabled_handlers, [handlers.NAME]".to_owned();
        SettingsErrors(vec![SettingsError { place, message: error.to_string() }])
    })
}
