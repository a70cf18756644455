//! XML that a FreeSWITCH can be trusted with.
//!
//! An answer of `mod_xml_curl` is run through the switch's configuration pre-processor line by line
//! before it is parsed: a value can make a line vanish, expand a global variable or run a shell
//! command. Later the switch re-serialises user answers with an encoder that stops escaping after
//! `<!`, and expands `${...}` in variables and action data. So a value here is never just a string:
//! it says who wrote it ([`Value`]), and the place it stands in says what the switch will do with it.
//! What cannot be carried unharmed is refused with an [`XmlError`], never altered.
//!
//! | written by | as | live in it |
//! |---|---|---|
//! | a caller, a CRM, anybody | `&str`, `String` ([`Value::Text`]) | nothing is expanded |
//! | the same, as all that an application is told | [`Value::word`] | nothing |
//! | you, or the operator | [`Value::channel`] | `${...}`, `$1` |
//! | the operator | [`Value::global`] | `$${...}` too |
//!
//! In text nothing is *expanded*, but the application of an action still reads its argument: `transfer`
//! splits it at spaces, `bridge` takes variables out of `[]`. So what a stranger chose does not belong
//! into a text that you make for [`run`](crate::snapshot::Condition::run), but into a builder that is
//! made for it: [`transfer`](crate::snapshot::Condition::transfer),
//! [`bridge_user`](crate::snapshot::Condition::bridge_user),
//! [`callcenter`](crate::snapshot::Condition::callcenter).
//!
//! A whole element that the operator wrote is [`Raw`]. What the documents are made of is in
//! [`document`](crate::document).

mod element;
mod live;
mod raw;
mod refused;
mod value;
mod word;

pub(crate) use element::{Element, Node, document, file, fragment, piece, written};
pub use element::{XmlError, is_name};
pub(crate) use live::put_globals;
pub use raw::{Raw, RawError};
pub use refused::Refused;
pub(crate) use value::Place;
pub use value::Value;
pub(crate) use word::{is_part_of_address, is_word};
