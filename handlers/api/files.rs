//! What is stored, as files of a switch's own disk: the elements of the answers, written for people to
//! work on, with `$${...}` and `${...}` as they would write them.
//!
//! A switch reads more from a file than from an answer, because nothing is completed when it asks. What
//! an answer would add is added here too, marked ([`ADDED`]), and left out again by the import. What no
//! switch has a place for stands in an element that none looks for ([`OURS`]), and not in a variable: each
//! call would carry it, and whoever sees the call's variables would see the hashes.

mod configuration;
mod directory;

pub use self::configuration::{Part, gateway, menu, profile};
pub use self::directory::{Listed, domain, user};

use crate::document::{context as context_element, extension as extension_element, group};
use crate::snapshot::{Context, Extension, Language, Macro, PhraseGroup};
use crate::xml::{Element, Place, Value, XmlError, file, piece};

/// The attribute of what is not stored.
pub const ADDED: (&str, &str) = ("jackfield", "added");

/// The attribute of a `set` line whose name sounds like that of a secret, and which is stored all the same.
pub const STORED: (&str, &str) = ("jackfield", "stored");

/// The attribute of a `set` line in the place of one that only the machine can answer.
pub const STAND_IN: (&str, &str) = ("jackfield", "stand-in");

/// The element that holds what no switch reads.
pub const OURS: &str = "jackfield";

/// Of a `<jackfield>` in a domain: users that no switch finds.
pub const DISABLED: &str = "disabled";

/// Of a `<room>`: the names of the room and of its profile, as they are stored.
pub const ROOM: [&str; 2] = ["jackfield-room", "jackfield-profile"];

/// What stands for "no PIN fits": not the form of any digest.
pub const NO_PIN: &str = "closed";

/// A context of the dialplan or of the chatplan.
pub fn context(context: &Context) -> Result<String, XmlError> {
    file([context_element(Value::from(context.name()), context.extensions())])
}

/// An extension by itself, with nothing around it.
pub fn extension(extension: &Extension) -> Result<String, XmlError> {
    piece(&extension_element(extension))
}

/// A language with its phrases, group by group; that of the macros in no group first.
pub fn language(language: &Language) -> Result<String, XmlError> {
    let mut element = Element::new("language").with("name", &language.name);
    for attribute in &language.attributes {
        element.set(attribute.name.as_str(), attribute.value(), Place::Plain);
    }
    let mut names = vec![""];
    let described = language.groups.iter().map(|PhraseGroup { name, .. }| name.as_str());
    for name in described.chain(language.macros.values().map(Macro::group)) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    let groups = names.into_iter().map(|name| {
        let phrases = language.macros.values();
        let phrases = phrases.filter(|phrase| phrase.group().eq_ignore_ascii_case(name));
        let elements = phrases.flat_map(|phrase| phrase.xml.elements().iter().cloned());
        group(language, name).holding(elements)
    });
    file([element.holding([Element::new("phrases").holding(groups)])])
}

/// Has the pre-processor put other files in. A star stands for any part of a file's name.
fn include(path: &str) -> Element<'_> {
    Element::new("X-PRE-PROCESS").with("cmd", "include").with("data", path)
}

fn added(element: Element<'_>) -> Element<'_> {
    element.with(ADDED.0, ADDED.1)
}

fn added_param<'a>(name: &'a str, value: impl Into<Value<'a>>, place: Place) -> Element<'a> {
    let mut param = Element::new("param").with("name", name);
    param.set("value", value, place);
    added(param)
}
