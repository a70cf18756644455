//! What a handler of Jackfield sees.
//!
//! A FreeSWITCH asks over HTTP how to configure itself, who a caller is and where a call goes. A
//! handler answers one kind of these questions: it implements a trait of [`kinds`], registers with
//! [`register!`], reads its question from a typed view in [`lookup`] and its [`Facts`] from the
//! [`snapshot`], and returns a typed answer of [`document`] or a [`Refusal`].
//!
//! What is to be written goes through the [`Store`]. What only the handler knows it counts with
//! [`counter!`] and logs with [`tracing`]:
//!
//! ```
//! use jackfield_api::tracing::{info, warn};
//! # let (caller, took_ms, status, token) = ("1000", 12, 503, "secret");
//! // Fields for what differs, words for what does not; a stranger's text is escaped with `?`.
//! info!(?caller, took_ms, "the CRM knows the caller");
//! // Never a password, hash or token, nor a whole look-up, URL or error of a client that may hold one.
//! warn!(status, "the CRM has failed");
//! # let _ = token;
//! ```
//!
//! The service logs each look-up that fails with the handler's name, so a handler need not; a line for
//! each that succeeds is of level `debug`.
//!
//! This crate depends on nothing of Jackfield's own and does no input or output.

#![deny(missing_docs)]

mod answer;
pub mod counter;
pub mod document;
mod event;
pub mod files;
mod form;
pub mod kinds;
pub mod lookup;
pub mod registry;
pub mod snapshot;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod xml;

pub use answer::{Answer, Refusal};
pub use document::Document;
pub use event::{ClientEvent, Event, Right, Task, Verdict};
pub use form::{Form, FormError, MAX_PAIRS, Pair};
#[doc(hidden)]
pub use inventory;
pub use kinds::asynchronous::{
    Answering, AsyncChatplanHandler, AsyncConfigurationHandler, AsyncDialplanHandler,
    AsyncDirectoryHandler, AsyncFacts, AsyncFsapiHandler, AsyncLanguagesHandler, Lifetime,
};
pub use kinds::{
    ChannelEventHandler, ChatplanHandler, ConfigurationHandler, Deciding, DialplanHandler,
    DirectoryHandler, Facts, FsapiHandler, LanguagesHandler, Means,
};
pub use lookup::{Lookup, Section};
pub use registry::Keys;
pub use store::{
    Approval, ClientLeave, ClientLogin, LoginDecision, LoginRefusal, NotWritten, PinChange, Store,
    Storing, Write,
};
pub use tracing;
