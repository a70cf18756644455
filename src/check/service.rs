//! The service that runs here, if one does, and whether it serves what it should.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Level, Report};
use crate::control::{self, ControlError};
use crate::settings::SettingsFile;

/// How long a service may need until it serves what the database holds.
const PATIENCE: Duration = Duration::from_secs(2);

impl Report {
    /// Asks it. That none runs is nothing wrong, unless one has ended without an end.
    pub(super) fn service(&mut self, state: &Path) {
        let socket = state.join("control.sock");
        let place = socket.display().to_string();
        match self.up_to_date_status(state) {
            Ok(None) if socket.exists() => {
                let what =
                    "nobody answers here, and a service has run: it has crashed or was killed";
                let remedy =
                    "start it, as with `systemctl start jackfield`; its log may say why it ended";
                self.add(Level::Warning, "service", what, place, remedy);
            }
            Ok(None) => {}
            Ok(Some(status)) => {
                self.condition(&status, &place);
                self.program(&status, &place);
                if let Some(why) = status["kept"]["why"].as_str() {
                    let what =
                        format!("a start without database would answer from older data: {why}");
                    let remedy = "make the state folder writable, or give its disk room";
                    self.add(Level::Warning, "service", what, &place, remedy);
                }
                self.revision(&status, &place);
                self.switches(&status["switches"]);
                self.settings_in_force(&status["settings"], &place);
                self.service = Some(status);
            }
            Err(error) => {
                let remedy = "run this as the user of the service, or as root";
                self.add(Level::Error, "service", error.to_string(), place, remedy);
            }
        }
    }

    /// How it is once it had time to serve what the database holds.
    fn up_to_date_status(&self, state: &Path) -> Result<Option<Value>, ControlError> {
        let started = Instant::now();
        loop {
            let status = control::status(state)?;
            let served = status.as_ref().and_then(|status| status["revision"].as_i64());
            if served >= self.stored() || served.is_none() || started.elapsed() > PATIENCE {
                return Ok(status);
            }
            std::thread::sleep(PATIENCE / 20);
        }
    }

    fn stored(&self) -> Option<i64> {
        self.database.as_ref().map(|database| database.revision)
    }

    fn condition(&mut self, status: &Value, place: &str) {
        let word = status["status"].as_str().unwrap_or_default();
        if word == "ready" {
            return;
        }
        let reasons = status["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
        for reason in reasons {
            let cause = reason["cause"].as_str().unwrap_or_default();
            let what = format!("it is {word}: {}", reason["why"].as_str().unwrap_or_default());
            self.add(Level::Error, "service", what, place, remedy(cause));
        }
        if reasons.is_empty() || word == "down" {
            let what = format!("it is {word}: {}", status["why"].as_str().unwrap_or_default());
            self.add(Level::Error, "service", what, place, "restart it; its log says more");
        }
    }

    fn program(&mut self, status: &Value, place: &str) {
        let (theirs, ours) = (status["version"].as_str(), env!("CARGO_PKG_VERSION"));
        if theirs != Some(ours) {
            let theirs = theirs.unwrap_or("unknown");
            let what = format!("it is version {theirs}, and this program version {ours}");
            self.add(Level::Warning, "service", what, place, "`systemctl restart jackfield`");
        }
    }

    fn revision(&mut self, status: &Value, place: &str) {
        let served = status["revision"].as_i64();
        if served < self.stored() {
            let what = format!(
                "it serves revision {}, the database is at {}",
                served.unwrap_or_default(),
                self.stored().unwrap_or_default()
            );
            let remedy =
                "see the other findings and its log; does it have the same `database_url`?";
            self.add(Level::Error, "service", what, place, remedy);
        }
    }

    /// Those that cannot be told what changes.
    fn switches(&mut self, switches: &Value) {
        for switch in switches.as_array().into_iter().flatten() {
            let text = |key: &str| switch[key].as_str().unwrap_or_default();
            if let Some(name) = switch["calls_itself"].as_str() {
                let what = format!(
                    "switch {} calls itself «{}»: what is for it, and who is connected to it, is not \
                     known by the name of the settings",
                    text("name"),
                    name.escape_debug()
                );
                let remedy =
                    format!("`hostname = \"{}\"` in its [[switches]]", name.escape_debug());
                self.add(Level::Warning, "service", what, text("address"), &remedy);
            }
            let remedy = match text("state") {
                "unreachable" => "see that it runs, and that its event socket listens there",
                "refused" => {
                    "put `password` or `password_file` right, or `apply-inbound-acl` in its \
                     event_socket.conf"
                }
                _ => continue,
            };
            let (name, pending) = (text("name"), &switch["pending"]);
            let what = format!(
                "switch {name} cannot be told what changes, {pending} things so far: {}",
                text("error")
            );
            self.add(Level::Warning, "service", what, text("address"), remedy);
        }
    }

    fn settings_in_force(&mut self, settings: &Value, place: &str) {
        let file = settings["file"].as_str().unwrap_or(place);
        // That they are wrong is a reason why it is degraded.
        let then = settings["modified_us"].as_u64();
        let now = SettingsFile::named(settings["file"].as_str().map(Into::into)).modified_us();
        if now > then && settings["refused"] != true {
            let what = "the settings file has changed since the service read it";
            let remedy = "`systemctl reload jackfield`, or send the service SIGHUP";
            self.add(Level::Warning, "settings", what, file, remedy);
        }
        let names = settings["needs_restart"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
        if !names.is_empty() {
            let what = format!("the service still goes by other values of {}", names.join(", "));
            self.add(Level::Warning, "settings", what, file, "`systemctl restart jackfield`");
        }
    }
}

/// What to do where a service is degraded for this.
fn remedy(cause: &str) -> &'static str {
    match cause {
        "database" => "see that the database runs and lets the service in; it goes on by itself",
        "data" => "put the data right; it goes on by itself",
        "settings" => "put the settings file right, then `systemctl reload jackfield`",
        "kept" => "bring the database back; it goes on by itself",
        "watch" => "`systemctl restart jackfield`",
        "service" => "put right what it says; it begins anew by itself within a minute",
        _ => "its log says more",
    }
}

#[cfg(test)]
mod tests {
    use super::remedy;
    use crate::health::Cause;

    #[test]
    fn the_readme_says_what_to_do_as_check_does() {
        let readme = include_str!("../../README.md");
        for cause in Cause::ALL.map(Cause::as_str) {
            let told = |line: &&str| line.starts_with(&format!("| `{cause}` | "));
            let row = readme.lines().find(told).expect(cause);
            assert!(row.ends_with(&format!(" | {} |", remedy(cause))), "{row}");
        }
    }
}
