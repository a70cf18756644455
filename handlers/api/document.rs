//! Typed answers, and the documents they are written as.
//!
//! | section | builder | holds |
//! |---|---|---|
//! | `configuration` | [`Configuration`] | settings, profiles, lists, menus, ..., or what is [stored](Configuration::stored) |
//! | `directory` | [`Directory`] | one [`DirectoryUser`] with its [`Credential`], or lists of [`ListedUser`]s |
//! | `dialplan`, `chatplan` | [`Dialplan`], [`Chatplan`] | a context: [stored](Dialplan::stored), of [extensions](Dialplan::context), or of [XML](Dialplan::raw) |
//! | `languages` | [`Languages`] | a language with its phrases |
//!
//! What they are made of stands in [`snapshot`](crate::snapshot), and each value says who wrote it
//! ([`Value`](crate::xml::Value)). A builder fails only when it is written, and then the look-up does,
//! with the path to the value that could not be carried.
//!
//! A builder knows the elements of its part of the switch's XML and which of its values the switch
//! expands. [`Document`] is the result: bytes, and what they are an answer to, so that the router
//! can refuse a document that answers another question.

mod configuration;
mod dialplan;
mod directory;
mod fixed;
mod languages;
mod mismatch;
mod secret;

pub use configuration::{Configuration, Control, USUAL_CONTROLS};
pub(crate) use configuration::{gateway, menu, profile_settings};
pub use dialplan::{Chatplan, Dialplan};
pub(crate) use dialplan::{context, extension};
pub use directory::{
    Credential, DIAL_STRING, Directory, DirectoryDomain, DirectoryUser, ListedUser,
    decides_on_login,
};
pub(crate) use directory::{is_credential, place_of};
pub use fixed::{Fixed, FixedError};
pub use languages::Languages;
pub(crate) use languages::group;
pub use mismatch::Mismatch;
pub use secret::is_secret;

use crate::lookup::Section;
use crate::snapshot::{Globals, SettingRef};
use crate::store::Write;
use crate::xml::{Element, Node, Place, XmlError, document, put_globals};

/// The switch drops a longer answer (`response-max-bytes` of `mod_xml_curl`, default).
pub const MAX_BYTES: usize = 1024 * 1024;

/// A finished answer: XML, and what it is an answer to.
///
/// The router refuses one whose section is not the one asked for, or which holds neither the domain,
/// context, document or language asked for; one of more than [`MAX_BYTES`]; and one that lists users
/// where a single one was asked for.
///
/// ```
/// use jackfield_api::document::Configuration;
///
/// let document = Configuration::new("opus.conf").settings([("use-vbr", true)]).answer()?;
/// assert_eq!(document.names(), ["opus.conf"]);
/// assert!(document.body().starts_with(b"<?xml"));
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    section: Section,
    names: Vec<String>,
    lists_users: bool,
    tells_user: bool,
    body: Vec<u8>,
    write: Option<Box<(Write, Document)>>,
}

impl Document {
    /// Writes a section that holds these elements.
    pub(crate) fn write(
        section: Section,
        section_name: &str,
        elements: Vec<Element<'_>>,
    ) -> Result<Self, XmlError> {
        let names: Vec<_> = elements
            .iter()
            .filter_map(|element| element.attribute("name").map(str::to_owned))
            .collect();
        Self::write_parts(section, section_name, names, elements)
    }

    /// Writes a section that holds what was written before, as which these names stand in it.
    fn write_parts<'a>(
        section: Section,
        section_name: &'a str,
        names: Vec<String>,
        parts: impl IntoIterator<Item = impl Into<Node<'a>>>,
    ) -> Result<Self, XmlError> {
        let root = Element::new("section").with("name", section_name).holding(parts);
        Ok(Self {
            section,
            names,
            lists_users: false,
            tells_user: false,
            body: document(root)?,
            write: None,
        })
    }

    /// Answers with `then` once this is written. This document is the answer where it is not, be it
    /// that the database is away or that the look-up is only explained.
    #[must_use]
    pub(crate) fn once_stored(self, write: Write, then: Self) -> Self {
        Self { write: Some(Box::new((write, then))), ..self }
    }

    /// What is to be written first, and the answer once it is.
    pub fn write_first(&self) -> Option<(&Write, &Self)> {
        self.write.as_deref().map(|(write, then)| (write, then))
    }

    /// The same with the globals put in that are limited to switches, as this switch has them.
    pub(crate) fn with_globals(self, globals: &Globals, host: &str) -> Result<Self, XmlError> {
        let write = self.write.map(|stored| {
            let (write, then) = *stored;
            Ok(Box::new((write, then.with_globals(globals, host)?)))
        });
        Ok(Self { body: put_globals(self.body, globals, host)?, write: write.transpose()?, ..self })
    }

    /// The section it is an answer in.
    pub fn section(&self) -> Section {
        self.section
    }

    /// Names of the documents, domains, contexts or languages it holds.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it lists users without their secrets: no answer to a question about one user.
    pub fn lists_users(&self) -> bool {
        self.lists_users
    }

    /// Whether it tells one user with its secret: no answer to a question about several, nor to a part of
    /// the switch that checks no secret ([`UserFlow::Unchecked`](crate::lookup::UserFlow::Unchecked)).
    pub fn tells_user(&self) -> bool {
        self.tells_user
    }

    /// The XML.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The XML, given away.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// Shows what it is about, not what it says: that may be a secret.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("section", &self.section)
            .field("names", &self.names)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The document that tells the switch that there is nothing here.
pub fn not_found() -> Vec<u8> {
    let result = Element::new("result").with("status", "not found");
    document(Element::new("section").with("name", "result").holding([result]))
        .expect("fixed text is safe")
}

/// `<params>` or `<variables>` of stored settings; nothing where there are none.
pub(crate) fn settings<'a>(
    list: &'static str,
    item: &'static str,
    place: impl Fn(&str) -> Place,
    settings: impl IntoIterator<Item = impl Into<SettingRef<'a>>>,
) -> Option<Element<'a>> {
    let mut list = Element::new(list);
    for setting in settings {
        let setting = setting.into();
        list.push(Node::pair(item, setting.name, setting.value(), place(setting.name)));
    }
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_stands_on_a_line_of_its_own_and_every_element_too() {
        assert_eq!(
            String::from_utf8(not_found()).expect("UTF-8"),
            concat!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
                "<document type=\"freeswitch/xml\">\n",
                "  <section name=\"result\">\n",
                "    <result status=\"not found\"/>\n",
                "  </section>\n",
                "</document>\n",
            )
        );
    }
}
