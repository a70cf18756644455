//! What a module of the service brings along besides handlers: routes ([`route!`](crate::route!)), which of
//! them are protected ([`protect!`](crate::protect!)), commands ([`command!`](crate::command!)), and
//! background services ([`service!`](crate::service!)).
//!
//! As with handlers, everything registers at link time and is shown in a fixed order
//! (`jackfield handlers --all`); the built-in routes register here too. What contradicts itself or
//! something else stops the start, which names every place.

mod check;
mod command;
mod route;
mod service;
mod supervisor;

#[doc(hidden)]
pub use inventory;
#[doc(hidden)]
pub use jackfield_api::origin;
#[doc(hidden)]
pub use jackfield_api::registry::Origin;
// Those that a module needs for what it registers, so that it has the same ones.
pub use {anyhow, axum, clap, tokio};

pub use self::check::check;
pub(crate) use self::check::commands_fit;
pub(crate) use self::command::commands;
pub use self::command::{Command, Opened};
pub(crate) use self::route::protected;
pub use self::route::{Listener, ProtectedPath, Route, is_protected, routes};
pub(crate) use self::service::services;
pub use self::service::{Running, Service};
pub(crate) use self::supervisor::Services;
pub use crate::http::Stop;
