#![doc = include_str!("TUTORIAL.md")]
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
/// Reads settings, as `#[derive(Deserialize)] #[serde(crate = "jackfield_api::serde")]`. With the
/// feature `settings`.
#[cfg(feature = "settings")]
pub use serde;
pub use store::{
    Approval, ClientLeave, ClientLogin, LoginDecision, LoginRefusal, NotWritten, PinChange, Store,
    Storing, Write,
};
pub use tracing;
