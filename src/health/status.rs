//! How a service is: what `/health` and the control socket answer.

use serde::Serialize;

use super::Reason;
use crate::app::App;
use crate::kept;
use crate::settings::SettingsStatus;
use crate::switches::SwitchStatus;

/// Whether look-ups are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Condition {
    /// From the data and by the settings that they should be.
    Ready,
    /// From data or by settings that are not the last ones.
    Degraded,
    /// They are not, or not much longer.
    Down,
}

/// How a service is.
#[derive(Debug, Serialize)]
pub struct Status {
    #[serde(rename = "status")]
    condition: Condition,
    /// All reasons, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
    version: &'static str,
    revision: i64,
    domains: usize,
    users: usize,
    settings: SettingsStatus,
    /// The snapshot that is kept for a start without database.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<kept::Told>,
    /// One that is away makes no answer worse, so the service is not degraded for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    switches: Vec<SwitchStatus>,
}

impl Status {
    /// How a service is whose own look-up came to this.
    pub(crate) fn of(app: &App, answers: Result<(), &'static str>) -> Self {
        let reasons = app.reasons();
        let stopping = app.health.is_stopping().then_some("the service is stopping");
        let down = stopping.or(answers.err());
        let told = down.into_iter().chain(reasons.iter().map(|reason| reason.why.as_str()));
        let why = told.collect::<Vec<_>>().join("; ");
        let picture = app.router.picture();
        Self {
            condition: match down {
                Some(_) => Condition::Down,
                None if reasons.is_empty() => Condition::Ready,
                None => Condition::Degraded,
            },
            why: (!why.is_empty()).then_some(why),
            reasons,
            version: env!("CARGO_PKG_VERSION"),
            revision: picture.snapshot.revision(),
            domains: picture.snapshot.contents().domains.len(),
            users: picture.snapshot.user_count(),
            settings: app.settings.status(),
            kept: app.keeping.told(),
            switches: app.switches.status(),
        }
    }

    /// Whether nobody should ask it.
    pub fn is_down(&self) -> bool {
        self.condition == Condition::Down
    }

    /// A line for people, as `systemctl status` shows it.
    pub fn line(&self) -> String {
        let word = match self.condition {
            Condition::Ready => "ready",
            Condition::Degraded => "degraded",
            Condition::Down => "down",
        };
        let served = format!("{} users, revision {}", self.users, self.revision);
        match &self.why {
            Some(why) => format!("{word}: {}; {served}", why.replace('\n', " ")),
            None => format!("{word}: {served}"),
        }
    }
}
