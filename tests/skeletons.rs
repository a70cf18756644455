//! The skeletons that `jackfield new-handler` writes: built here as they stand, with their own tests.
//!
//! A program of its own, because they all have one name.

#![allow(clippy::unused_async, reason = "whom they ask is for their author to say")]

macro_rules! skeletons {
    ($($kind:ident: $path:literal;)+) => {$(
        #[path = $path]
        mod $kind;
    )+};
}

skeletons! {
    async_dialplan: "../src/new_handler/kinds/async_dialplan.rs";
    async_directory: "../src/new_handler/kinds/async_directory.rs";
    channel_event: "../src/new_handler/kinds/channel_event.rs";
    chatplan: "../src/new_handler/kinds/chatplan.rs";
    configuration: "../src/new_handler/kinds/configuration.rs";
    dialplan: "../src/new_handler/kinds/dialplan.rs";
    directory: "../src/new_handler/kinds/directory.rs";
    languages: "../src/new_handler/kinds/languages.rs";
}
