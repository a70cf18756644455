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
//! # What can be plugged in
//!
//! A program with modules of its own links their crates and calls [`main`]:
//!
//! ```no_run
//! // use acme_crm as _;
//! fn main() -> std::process::ExitCode {
//!     jackfield::main()
//! }
//! ```
//!
//! A module registers what it brings along, each in one line at the place where it is written. The first
//! four need [`jackfield_api`] alone:
//!
//! - a handler, with [`register!`](jackfield_api::register!); `priority = 10` has it answer instead of one
//!   that claims the same key
//! - a handler that needs the outside: one of [`jackfield_api::kinds::asynchronous`]
//! - a handler of what hook scripts post: a [`ChannelEventHandler`](jackfield_api::ChannelEventHandler)
//! - counters, with [`counter!`](jackfield_api::counter!); lines in the log, with
//!   [`jackfield_api::tracing`]
//! - a route, with [`route!`]; that it is for this machine alone, with [`protect!`]
//! - a command, with [`command!`]
//! - a background service, with [`service!`]
//!
//! Each of these pages has an example that compiles. All of them together are a module:
//!
//! ```
//! use std::sync::Arc;
//!
//! use jackfield::app::App;
//! use jackfield::plug::axum::{extract::State, routing::get};
//! use jackfield::plug::{Opened, Stop, anyhow, clap};
//! use jackfield_api::document::Dialplan;
//! use jackfield_api::lookup::DialplanLookup;
//! use jackfield_api::registry::{BuildError, Settings};
//! use jackfield_api::{Answer, DialplanHandler, Facts, Keys, Refusal, counter, register};
//!
//! /// `[handlers.crm]` of the settings file.
//! #[derive(serde::Deserialize)]
//! struct Crm {
//!     url: String,
//! }
//!
//! impl Crm {
//!     fn new(settings: &Settings<'_>) -> Result<Self, BuildError> {
//!         settings.read()
//!     }
//! }
//!
//! impl DialplanHandler for Crm {
//!     fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
//!         ASKED.add("stored");
//!         let name = lookup.context();
//!         let stored = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
//!         Dialplan::stored(name, stored)
//!     }
//! }
//!
//! register!(DialplanHandler, "crm", Keys::Fixed(&["default"]), priority = 10, new = Crm::new);
//! counter!(ASKED, "acme_crm_asked_total", "Calls by what was done.", what = ["agent", "stored"]);
//! jackfield::route!("crm", "/crm", Machine, get(users));
//! jackfield::protect!("crm");
//! jackfield::command!("crm-url", "Says where the CRM is", url);
//! jackfield::service!("crm-sync", sync);
//!
//! async fn users(State(app): State<Arc<App>>) -> String {
//!     app.snapshot().user_count().to_string()
//! }
//!
//! fn url(_: &clap::ArgMatches, opened: &Opened) -> anyhow::Result<()> {
//!     let crm: Crm = opened.module_settings("crm")?;
//!     println!("{}", crm.url);
//!     Ok(())
//! }
//!
//! async fn sync(app: Arc<App>, mut stop: Stop) -> anyhow::Result<()> {
//!     let crm: Crm = app.module_settings("crm")?;
//!     jackfield_api::tracing::info!(crm.url, "the CRM is told who is there");
//!     stop.begins().await;
//!     Ok(())
//! }
//! ```
//!
//! Everything that is linked in is listed by `jackfield handlers --all`; what contradicts itself stops the
//! start ([`plug::check`]). Of this crate a module may rely on [`plug`], on what [`App`](app::App)
//! documents, and on the macros; the rest is public for the tests alone, and changes.

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
mod new_handler;
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
