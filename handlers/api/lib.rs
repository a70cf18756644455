//! What a handler of Jackfield sees.
//!
//! A FreeSWITCH asks over HTTP how to configure itself, who a caller is and where a call goes. A
//! handler answers one kind of these questions: it implements a trait of [`kinds`], registers with
//! [`register!`], reads its question from a typed view in [`lookup`] and its [`Facts`] from the
//! [`snapshot`], and returns a typed answer of [`document`] or a [`Refusal`].
//!
//! What is to be written goes through the [`Store`].
//!
//! This crate depends on nothing of Jackfield's own and does no input or output.

mod answer;
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
