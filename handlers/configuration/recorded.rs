//! For the tests of this section: recorded look-ups, and the answers to them as text.

use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::snapshot::Snapshot;
use jackfield_api::testing::switch_xml::{parse, preprocess};
use jackfield_api::testing::{lookup, pbx, seen};
use jackfield_api::{Answer, ConfigurationHandler, Facts};

/// The body of this name that a switch has sent.
macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/bodies/", $name, ".form"))
    };
}

pub(super) use recorded;

/// A body that asks for `file`, with one more field as the switch adds them.
pub(super) fn asking(file: &str, field: &str) -> Vec<u8> {
    format!(
        "hostname=vm&section=configuration&tag_name=configuration&key_name=name&key_value={file}\
         &Event-Name=REQUEST_PARAMS&{field}"
    )
    .into_bytes()
}

/// What a handler answers from a PBX to a body.
pub(super) fn answer_from(
    snapshot: &Snapshot,
    handler: &impl ConfigurationHandler,
    body: impl Into<Vec<u8>>,
) -> Answer {
    let lookup = lookup(body);
    let lookup = ConfigurationLookup::new(&lookup);
    let answer = handler.answer(&lookup, Facts::new(snapshot));
    if let Ok(document) = &answer {
        let [name] = document.names() else { panic!("one document: {:?}", document.names()) };
        assert!(name.eq_ignore_ascii_case(&lookup.file()), "{name} answers another question");
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
    let text = String::from_utf8(document.into_body()).expect("UTF-8");
    let read = preprocess(&text, &|name| (name == global).then(|| "/var/lib".to_owned()));
    assert_eq!(read.commands, [""; 0]);
    assert!(read.globals_used.iter().all(|name| name == global), "{:?}", read.globals_used);
    assert!(read.text.contains("\"/var/lib"), "the variable is put in: {}", read.text);
    parse(&read.text).expect("the switch takes it");
    text
}
