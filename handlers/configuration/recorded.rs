//! For the tests of this section: answers to look-ups, as text.

use jackfield_api::testing::{ask, pbx, seen, seen_with, written};
use jackfield_api::{Answer, ConfigurationHandler};

/// What a handler answers from the PBX of the tests.
pub(super) fn answer(handler: &impl ConfigurationHandler, body: impl Into<Vec<u8>>) -> Answer {
    ask(handler, body, &pbx())
}

/// That answer as text, past a switch that takes it.
pub(super) fn text(handler: &impl ConfigurationHandler, body: impl Into<Vec<u8>>) -> String {
    let document = answer(handler, body).expect("a document");
    seen(&document);
    written(&document).to_owned()
}

/// That answer as text, past a switch that takes it and has this one global variable.
pub(super) fn text_with(
    global: &str,
    handler: &impl ConfigurationHandler,
    body: impl Into<Vec<u8>>,
) -> String {
    let document = answer(handler, body).expect("a document");
    let tree = seen_with(&document, &[(global, "/var/lib")]).to_string();
    assert!(tree.contains("\"/var/lib"), "the variable is put in: {tree}");
    written(&document).to_owned()
}
