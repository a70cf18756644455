//! The tree that the typed documents are made of, and its way into bytes.

use std::borrow::Cow;
use std::fmt;

use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;

use super::value::{Place, Refused, Value};

/// One element. Private to this crate: documents are made of typed builders, each of which knows
/// the names and the places of its values.
#[derive(Debug, Clone)]
pub(crate) struct Element<'a> {
    name: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, Value<'a>, Place)>,
    text: Option<Value<'a>>,
    children: Vec<Element<'a>>,
}

/// A value that the switch would not take as it was meant, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlError {
    /// The elements and the attribute that lead to the value, as in `user/param[vm-password]@value`.
    pub path: String,
    /// Why it was refused. The value itself is not repeated: it may be a secret.
    pub reason: Refused,
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for XmlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.reason)
    }
}

impl<'a> Element<'a> {
    pub(crate) fn new(name: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), text: None, children: Vec::new() }
    }

    /// A `<param name="" value=""/>` and its like.
    pub(crate) fn pair(
        element: &'static str,
        name: impl Into<Value<'a>>,
        value: impl Into<Value<'a>>,
        place: Place,
    ) -> Self {
        let mut pair = Self::new(element);
        pair.attributes.reserve_exact(2);
        pair.attributes.push((Cow::Borrowed("name"), name.into(), Place::Plain));
        pair.attributes.push((Cow::Borrowed("value"), value.into(), place));
        pair
    }

    pub(crate) fn with(
        mut self,
        attribute: impl Into<Cow<'a, str>>,
        value: impl Into<Value<'a>>,
    ) -> Self {
        self.set(attribute, value, Place::Plain);
        self
    }

    pub(crate) fn set(
        &mut self,
        attribute: impl Into<Cow<'a, str>>,
        value: impl Into<Value<'a>>,
        place: Place,
    ) {
        self.attributes.push((attribute.into(), value.into(), place));
    }

    pub(crate) fn push(&mut self, child: Element<'a>) {
        self.children.push(child);
    }

    pub(crate) fn holding(mut self, children: impl IntoIterator<Item = Element<'a>>) -> Self {
        self.children.extend(children);
        self
    }

    pub(crate) fn set_text(&mut self, text: Value<'a>) {
        self.text = Some(text);
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn children(&self) -> &[Element<'a>] {
        &self.children
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _, _)| key == name).map(|(_, value, _)| value.as_str())
    }

    /// Writes the element and what it holds, one element a line.
    pub(crate) fn write(&self, writer: &mut Writer<Vec<u8>>) -> Result<(), XmlError> {
        let mut start = BytesStart::new(&*self.name);
        for (key, value, place) in &self.attributes {
            let value = value
                .escaped(*place)
                .map_err(|reason| XmlError { path: format!("{}@{key}", self.label()), reason })?;
            start.push_attribute(Attribute { key: QName(key), value });
        }
        if self.text.is_none() && self.children.is_empty() {
            emit(writer, Event::Empty(start));
            return Ok(());
        }
        emit(writer, Event::Start(start));
        if let Some(text) = &self.text {
            let text = text
                .escaped(Place::Plain)
                .map_err(|reason| XmlError { path: self.label(), reason })?;
            emit(writer, Event::Text(BytesText::from_escaped(text)));
        }
        for child in &self.children {
            child.write(writer).map_err(|error| XmlError {
                path: format!("{}/{}", self.label(), error.path),
                reason: error.reason,
            })?;
        }
        emit(writer, Event::End(BytesEnd::new(&*self.name)));
        Ok(())
    }

    /// The element's name, and the name or id it carries where that may be shown.
    fn label(&self) -> String {
        match self.attribute("name").or_else(|| self.attribute("id")) {
            Some(name) if Value::from(name).check().is_ok() => format!("{}[{name}]", self.name),
            _ => self.name.to_string(),
        }
    }
}

/// Writing into a `Vec` cannot fail.
fn emit(writer: &mut Writer<Vec<u8>>, event: Event<'_>) {
    writer.write_event(event).expect("a Vec takes every byte");
}
