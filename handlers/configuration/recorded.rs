//! For the tests of this section: answers to look-ups, as text.

use jackfield_api::snapshot::Snapshot;
use jackfield_api::testing::{ask, lookup, pbx, seen, seen_with};
use jackfield_api::{Answer, ConfigurationHandler};

/// What a handler answers from a PBX to a body.
pub(super) fn answer_from(
    snapshot: &Snapshot,
    handler: &impl ConfigurationHandler,
    body: impl Into<Vec<u8>>,
) -> Answer {
    let body = body.into();
    let answer = ask(handler, body.clone(), snapshot);
    if let Ok(document) = &answer {
        let [name] = document.names() else { panic!("one document: {:?}", document.names()) };
        let file = lookup(body).key_value().into_owned();
        assert!(name.eq_ignore_ascii_case(&file), "{name} answers another question");
    }
    answer
}

/// What a handler answers from the PBX of the tests.
pub(super) fn answer(handler: &impl ConfigurationHandler, body: impl Into<Vec<u8>>) -> Answer {
    answer_from(&pbx(), handler, body)
}

/// That answer as text, past a switch that takes it.
pub(super) fn text(handler: &impl ConfigurationHandler, body: impl Into<Vec<u8>>) -> String {
    let document = answer(handler, body).expect("a document");
    seen(&document);
    String::from_utf8(document.into_body()).expect("UTF-8")
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
    String::from_utf8(document.into_body()).expect("UTF-8")
}
