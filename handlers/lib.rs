//! The handlers that Jackfield answers a FreeSWITCH with, one module each.
//!
//! They depend on `jackfield-api` alone and do no input or output. The `mod` lines are the only
//! list; everything else a handler needs stands in its own file.

mod chatplan;
mod configuration;
mod dialplan;
mod directory;
mod events;
mod languages;

pub use self::configuration::HOOKS;
