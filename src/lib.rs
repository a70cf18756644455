//! Jackfield: the service behind FreeSWITCH's `mod_xml_curl`.
//!
//! - [`fsapi`]: the way of a look-up, from the body of a post to the answer
//! - [`http`]: the listeners, their routes and protected paths
//! - [`watch`], [`control`]: how a change of the data gets into the answers
//! - [`kept`]: what is served where the database is away at the start
//! - [`sessions`]: what a page is given for the verto client that it hosts
//! - [`switches`]: how a change gets to switches that remember what they were answered
//! - [`settings`], [`db`], [`app`]: what the service is made of, and the handle to it
//! - [`health`]: how it is, and why
//! - [`record`]: look-ups on disk, without secrets
//! - [`plug`]: what a module brings along besides handlers
//! - [`metrics`]: what is counted
//!
//! A program with handlers of its own links their crate and calls [`main`]:
//!
//! ```no_run
//! // use acme_handlers as _;
//! fn main() -> std::process::ExitCode {
//!     jackfield::main()
//! }
//! ```

pub mod app;
mod check;
mod cli;
mod clock;
pub mod control;
pub mod db;
mod demo;
mod descriptors;
mod export;
pub mod fsapi;
pub mod health;
pub mod http;
mod import;
pub mod kept;
mod logging;
mod logins;
pub mod metrics;
mod names;
pub mod plug;
mod presence;
mod probe;
mod prune;
pub mod record;
mod reload;
mod replay;
mod runtime;
mod secret;
pub mod sessions;
pub mod settings;
mod snippet;
pub mod switches;
mod systemd;
pub mod watch;

// Without this line the linker leaves the handlers out, and their registries are silently empty.
use jackfield_handlers as _;

/// The whole program: reads the command line, does what it says, and returns the exit code.
pub fn main() -> std::process::ExitCode {
    cli::run()
}
