//! The settings, and the handlers that they are for.

use super::{Level, Report};
use crate::app::App;
use crate::plug;
use crate::settings::{Password, Settings, SettingsErrors};

impl Report {
    pub(super) fn wrong_settings(&mut self, errors: &SettingsErrors) {
        for error in &errors.0 {
            let remedy = "put it right; `jackfield serve --help` lists the settings";
            self.add(Level::Error, "settings", &error.message, &error.place, remedy);
        }
    }

    /// What is taken, and may not do what somebody expects of it.
    pub(super) fn doubts(&mut self, settings: &Settings) {
        let place = self.settings_file.clone().unwrap_or_else(|| "the environment".to_owned());
        for doubt in settings.doubts() {
            let remedy = "less, or a longer `timeout` in the switch's xml_curl.conf.xml";
            self.add(Level::Warning, "settings", doubt, &place, remedy);
        }
    }

    /// Files of switches' passwords, which a service that runs tells of itself.
    pub(super) fn passwords(&mut self, settings: &Settings) {
        for switch in &settings.switches {
            let Password::File(path) = &switch.password else { continue };
            if let Err(error) = switch.password.read() {
                let what =
                    format!("the password of switch {} cannot be read: {error}", switch.name);
                let remedy = "write the event socket's password there, readable for the service, or \
                              put `password_file` right";
                self.add(Level::Warning, "settings", what, path.display().to_string(), remedy);
            }
        }
    }

    /// Whether a service would start with them, whatever the data is.
    pub(super) fn handlers(&mut self, settings: &Settings) {
        let started = App::new(settings.clone(), jackfield_api::snapshot::Snapshot::default());
        for errors in [plug::check().err(), started.err()].into_iter().flatten() {
            let remedy = "put the settings or the handlers right; no service starts with this";
            for line in errors.to_string().lines() {
                self.add(Level::Error, "handlers", line, "this program", remedy);
            }
        }
    }
}
