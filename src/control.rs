//! The control socket: how a command tells the running service that it changed something.
//!
//! A unix socket in the state folder that only the service's own user can reach; no HTTP route does
//! what it does. One JSON object a line, and one as the answer:
//!
//! - `{"do":"reload"}` reads the database at once if it changed: `{"revision":7}`, once that is served.
//!   With a `mark`, which tells where a database is, `{"another":"sqlite:..."}` where the service serves
//!   another one: that one
//! - `{"do":"settings"}` reads the settings again, as SIGHUP does: `{"settings":[...]}`, a line for each
//!   that is followed or takes a restart
//! - `{"do":"status"}`: what `/health` says
//! - `{"do":"recording"}` has written what is recorded: `{"recording":{"on":true,"folder":"..."}}`
//! - `{"do":"follow"}`: the same, and from then on a line for each look-up that is recorded
//! - `{"do":"ask","body":"..."}`: what a look-up is answered, without its secrets, and by whom; nothing
//!   is written for it: `{"told":{...}}`
//! - `{"do":"counts"}`: how often each handler was asked, and the counters of modules: `{"counts":{...}}`
//! - anything that goes wrong: `{"error":"..."}`

mod client;
mod follow;
mod server;

use std::path::{Path, PathBuf};

use jackfield_api::counter;
use serde::{Deserialize, Serialize};

pub use self::client::{ControlError, reload, reload_at, status};
pub(crate) use self::client::{ask_about, counts, follow, recording};
pub use self::server::{Control, OpenError};
use crate::db::Mark;
use crate::fsapi::{Asked, Router};
use crate::metrics::Hits;
use crate::secret::redact;

/// What can be asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Request {
    Reload {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
    },
    Settings,
    Status,
    Recording,
    Follow,
    Ask {
        body: String,
    },
    Counts,
}

/// What a reload is answered with. A status is answered as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Revision(i64),
    Another(String),
    Settings(Vec<String>),
    Recording(Recording),
    Told(Told),
    Counts(Counts),
    Error(String),
}

/// Whether look-ups are recorded, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recording {
    pub(crate) on: bool,
    pub(crate) folder: PathBuf,
}

/// What a service has counted since it began.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) handlers: Vec<HandlerCounts>,
    pub(crate) counters: Vec<CounterCount>,
}

/// How often a handler was asked, and failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HandlerCounts {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) asked: u64,
    pub(crate) failed: u64,
}

/// The count of a module's counter for one value of its label.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CounterCount {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) count: u64,
}

impl Counts {
    /// What this service has counted.
    pub(crate) fn of(router: &Router) -> Self {
        let handlers = router.handlers().zip(router.hits()).map(|((kind, entry), hits)| {
            let Hits { asked, failed } = hits;
            HandlerCounts { kind: kind.to_owned(), name: entry.name.to_owned(), asked, failed }
        });
        let counters = counter::linked().into_iter().flat_map(|family| {
            family.counted().into_iter().map(|(value, count)| CounterCount {
                name: family.name.to_owned(),
                value: value.to_owned(),
                count,
            })
        });
        Self { handlers: handlers.collect(), counters: counters.collect() }
    }
}

/// What a look-up is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) handler: String,
    pub(crate) outcome: String,
    /// Why it was refused.
    #[serde(default)]
    pub(crate) why: Option<String>,
    pub(crate) status: u16,
    /// Without its secrets.
    pub(crate) answer: String,
}

impl Told {
    /// What a service told itself.
    pub(crate) fn of(asked: &Asked) -> Self {
        let Asked { reply, handler, outcome, why } = asked;
        Self {
            handler: (*handler).to_owned(),
            outcome: (*outcome).to_owned(),
            why: why.clone(),
            status: reply.status,
            answer: redact(&String::from_utf8_lossy(&reply.body)),
        }
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("control.sock")
}
