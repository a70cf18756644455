//! The control socket: how a command tells the running service that it changed something.
//!
//! A unix socket in the state folder that only the service's own user can reach; no HTTP route does
//! what it does. One JSON object a line, and one as the answer:
//!
//! - `{"do":"reload"}` reads the database at once if it changed: `{"revision":7}`, once that is served
//! - `{"do":"settings"}` reads the settings again, as SIGHUP does: `{"settings":[...]}`, a line for each
//!   that is followed or takes a restart
//! - `{"do":"status"}`: what `/health` says
//! - anything that goes wrong: `{"error":"..."}`

mod client;
mod server;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::client::{ControlError, reload, status};
pub use self::server::{Control, OpenError};

/// What can be asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Request {
    Reload,
    Settings,
    Status,
}

/// What a reload is answered with. A status is answered as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Revision(i64),
    Settings(Vec<String>),
    Error(String),
}

fn path(state: &Path) -> PathBuf {
    state.join("control.sock")
}
