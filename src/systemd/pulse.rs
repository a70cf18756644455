//! The watchdog: tells the service manager again and again that the service answers, and how it is.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;

use super::notify::tell;
use crate::app::App;

/// How often the line is brought up to date where no watchdog is asked for.
const PERIOD: Duration = Duration::from_secs(5);

/// Tells, for ever. Runs on the threads that serve sockets: if they hang, nothing is told, and the
/// service manager starts the service anew. So it does where look-ups do not get through, or where
/// changes of the data are not looked for any more; but not for a database that is gone.
pub(crate) async fn pulse(app: Arc<App>) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let watchdog = sd_notify::watchdog_enabled();
    let mut ticks = tokio::time::interval(watchdog.map_or(PERIOD, |limit| limit / 4));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = String::new();
    loop {
        ticks.tick().await;
        let alive = app.self_check().await;
        if let Err(why) = &alive {
            tracing::error!("the service does not answer: {why}");
        } else if watchdog.is_some() {
            tell(&[NotifyState::Watchdog]);
        }
        let line = app.status().await.line();
        if line != told {
            tell(&[NotifyState::Status(&line)]);
            told = line;
        }
    }
}
