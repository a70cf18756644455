//! The tree that the typed documents are made of, and its way into bytes.

use std::borrow::Cow;
use std::fmt;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::refused::Refused;
use super::value::{Paper, Place, Value};
use crate::snapshot::Globals;

/// One element. Private to this crate: documents are made of typed builders, each of which knows
/// the names and the places of its values.
#[derive(Debug, Clone)]
pub(crate) struct Element<'a> {
    name: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, Value<'a>, Place)>,
    text: Option<(Value<'a>, Place)>,
    children: Vec<Node<'a>>,
}

/// What an element holds.
#[derive(Debug, Clone)]
pub(crate) enum Node<'a> {
    /// Another element.
    Element(Element<'a>),
    /// A `<param name="" value=""/>` or its like: what most documents mostly consist of.
    Pair { element: &'static str, name: Value<'a>, value: Value<'a>, place: Place },
    /// Elements that [`written`] wrote before, for this depth.
    Written(&'a str),
}

/// A value that the switch would not take as it was meant, and where it stands.
///
/// ```
/// use jackfield_api::snapshot::Menu;
///
/// let error = Menu::new("demo").entry("menu-exec-app", "1", "log ${x}").to_xml().expect_err("live");
/// assert_eq!(error.path, "menu[demo]/entry@param");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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

    pub(crate) fn push(&mut self, child: impl Into<Node<'a>>) {
        self.children.push(child.into());
    }

    pub(crate) fn holding<N: Into<Node<'a>>>(
        mut self,
        children: impl IntoIterator<Item = N>,
    ) -> Self {
        self.children.extend(children.into_iter().map(Into::into));
        self
    }

    pub(crate) fn set_text(&mut self, text: Value<'a>, place: Place) {
        self.text = Some((text, place));
    }

    #[cfg(feature = "stored")]
    pub(crate) fn text(&self) -> Option<&Value<'a>> {
        self.text.as_ref().map(|(text, _)| text)
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = &Element<'a>> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    pub(crate) fn attributes(&self) -> &[(Cow<'a, str>, Value<'a>, Place)] {
        &self.attributes
    }

    /// Puts stored globals into every value and text of operator-written XML.
    pub(super) fn resolve(&mut self, globals: &Globals) {
        let put_into = |value: &mut Value<'_>| {
            if let Value::Global(text) = value
                && text.contains("$${")
            {
                *text = Cow::Owned(globals.resolve(text));
            }
        };
        self.attributes.iter_mut().for_each(|(_, value, _)| put_into(value));
        if let Some((text, _)) = &mut self.text {
            put_into(text);
        }
        for child in &mut self.children {
            if let Node::Element(element) = child {
                element.resolve(globals);
            }
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _, _)| key == name).map(|(_, value, _)| value.as_str())
    }

    /// The element's name, and the name, id or application it carries where that may be shown.
    fn label(&self) -> String {
        label(&self.name, ["name", "id", "application"].iter().find_map(|key| self.attribute(key)))
    }
}

impl<'a> Node<'a> {
    /// A `<param name="" value=""/>` and its like.
    pub(crate) fn pair(
        element: &'static str,
        name: impl Into<Value<'a>>,
        value: impl Into<Value<'a>>,
        place: Place,
    ) -> Self {
        Self::Pair { element, name: name.into(), value: value.into(), place }
    }
}

impl<'a> From<Element<'a>> for Node<'a> {
    fn from(element: Element<'a>) -> Self {
        Self::Element(element)
    }
}

/// A document around one section: the declaration on a line of its own, because the switch drops
/// every line that holds `<?`, then one element a line.
pub(crate) fn document(section: Element<'_>) -> Result<Vec<u8>, XmlError> {
    let mut pen = Pen::new(2048, Paper::Answer);
    pen.emit(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), Some("no"))));
    pen.emit(Event::Text(BytesText::from_escaped("\n")));
    pen.element(&Element::new("document").with("type", "freeswitch/xml").holding([section]))?;
    let mut body = pen.writer.into_inner();
    body.push(b'\n');
    Ok(body)
}

/// Elements without a document around them.
pub(crate) fn fragment(elements: &[Element<'_>]) -> Result<String, XmlError> {
    let mut pen = Pen::new(256, Paper::Answer);
    elements.iter().try_for_each(|element| pen.element(element))?;
    Ok(pen.into_string(0))
}

/// A file of a switch's configuration around these elements, one or more. The switch drops the lines
/// of the element around them, which makes the file well-formed.
pub(crate) fn file<'a>(
    elements: impl IntoIterator<Item = Element<'a>>,
) -> Result<String, XmlError> {
    let mut pen = Pen::new(1024, Paper::File);
    pen.element(&Element::new("include").holding(elements))?;
    Ok(pen.into_string(0) + "\n")
}

/// An element of such a file by itself.
pub(crate) fn piece(element: &Element<'_>) -> Result<String, XmlError> {
    let mut pen = Pen::new(256, Paper::File);
    pen.element(element)?;
    Ok(pen.into_string(0) + "\n")
}

/// Elements as they are written inside of `depth` others, for [`Node::Written`].
pub(crate) fn written<'a>(
    depth: usize,
    nodes: impl IntoIterator<Item = Node<'a>>,
) -> Result<Box<str>, XmlError> {
    let mut pen = Pen::new(1024, Paper::Answer);
    for _ in 0..depth {
        pen.emit(Event::Start(BytesStart::new("_")));
    }
    let from = pen.writer.get_mut().len();
    nodes.into_iter().try_for_each(|node| pen.node(&node))?;
    Ok(pen.into_string(from).into_boxed_str())
}

/// Writes elements, one a line.
struct Pen {
    writer: Writer<Vec<u8>>,
    /// One tag with its attributes, reused.
    tag: String,
    paper: Paper,
}

impl Pen {
    fn new(capacity: usize, paper: Paper) -> Self {
        let writer = Writer::new_with_indent(Vec::with_capacity(capacity), b' ', 2);
        Self { writer, tag: String::with_capacity(256), paper }
    }

    fn element(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        self.tag.clear();
        self.tag.push_str(&element.name);
        for (at, (key, value, place)) in element.attributes.iter().enumerate() {
            let written = if element.attributes[..at].iter().any(|(before, ..)| before == key) {
                Err(Refused::Twice)
            } else {
                attribute(&mut self.tag, key, value, *place, self.paper)
            };
            written.map_err(|reason| XmlError {
                path: format!("{}@{}", element.label(), key.escape_debug()),
                reason,
            })?;
        }
        let start = BytesStart::from_content(&*self.tag, element.name.len());
        if element.text.is_none() && element.children.is_empty() {
            write(&mut self.writer, Event::Empty(start));
            return Ok(());
        }
        write(&mut self.writer, Event::Start(start));
        if let Some((text, place)) = &element.text {
            self.tag.clear();
            text.escape_into(*place, self.paper, &mut self.tag)
                .map_err(|reason| XmlError { path: element.label(), reason })?;
            write(&mut self.writer, Event::Text(BytesText::from_escaped(&*self.tag)));
        }
        for child in &element.children {
            self.node(child).map_err(|error| XmlError {
                path: format!("{}/{}", element.label(), error.path),
                reason: error.reason,
            })?;
        }
        self.emit(Event::End(BytesEnd::new(&*element.name)));
        Ok(())
    }

    fn node(&mut self, node: &Node<'_>) -> Result<(), XmlError> {
        match node {
            Node::Element(element) => self.element(element),
            Node::Pair { element, name, value, place } => {
                self.tag.clear();
                self.tag.push_str(element);
                for (key, value, place) in [("name", name, Place::Plain), ("value", value, *place)]
                {
                    attribute(&mut self.tag, key, value, place, self.paper).map_err(|reason| {
                        let path = format!("{}@{key}", label(element, Some(name.as_str())));
                        XmlError { path, reason }
                    })?;
                }
                let tag = BytesStart::from_content(&*self.tag, element.len());
                write(&mut self.writer, Event::Empty(tag));
                Ok(())
            }
            Node::Written(text) => {
                self.writer.get_mut().extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }

    fn emit(&mut self, event: Event<'_>) {
        write(&mut self.writer, event);
    }

    fn into_string(self, from: usize) -> String {
        // Parts of `str`s, and ASCII between them.
        String::from_utf8(self.writer.into_inner().split_off(from)).expect("UTF-8")
    }
}

fn attribute(
    tag: &mut String,
    key: &str,
    value: &Value<'_>,
    place: Place,
    paper: Paper,
) -> Result<(), Refused> {
    if !is_name(key) {
        return Err(Refused::Name);
    }
    tag.push(' ');
    tag.push_str(key);
    tag.push_str("=\"");
    value.escape_into(place, paper, tag)?;
    tag.push('"');
    Ok(())
}

/// Whether a name can stand in a tag, as that of an element or an attribute. Names are written as they
/// are, so only plain ones pass; some come from stored data.
pub fn is_name(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    // `X-PRE-PROCESS` is acted on as a name, too.
    begins && name.bytes().all(plain) && Value::from(name).check_plain().is_ok()
}

/// Writing into a `Vec` cannot fail.
fn write(writer: &mut Writer<Vec<u8>>, event: Event<'_>) {
    writer.write_event(event).expect("a Vec takes every byte");
}

fn label(element: &str, name: Option<&str>) -> String {
    match name {
        Some(name) if Value::from(name).check().is_ok() => format!("{element}[{name}]"),
        _ => element.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_stands_as_if_it_were_written_now() {
        let pairs = || [1, 2].map(|n| Node::pair("param", n.to_string(), "a<b", Place::Plain));
        let list = || Element::new("params").holding(pairs());
        let before = written(3, [list().into(), list().into()]).expect("safe");
        let around = |nodes: Vec<Node<'_>>| {
            document(Element::new("section").holding([Element::new("domain").holding(nodes)]))
        };
        assert_eq!(
            around(vec![Node::Written(&before)]),
            around(vec![list().into(), list().into()])
        );
    }

    #[test]
    fn two_attributes_of_one_name_are_no_xml() {
        let twice = Element::new("user").with("id", "1000").with("id", "1001");
        assert_eq!(document(twice).expect_err("twice").reason, Refused::Twice);
        // XML tells these apart.
        assert!(document(Element::new("user").with("id", "1000").with("ID", "1001")).is_ok());
    }

    #[test]
    fn an_error_says_where_the_value_stands_and_not_what_it_is() {
        let user = Element::new("user").with("id", "1000").holding([Node::pair(
            "param",
            "password",
            "secret<!",
            Place::Plain,
        )]);
        let error = document(user).expect_err("not safe");
        assert_eq!(error.path, "document/user[1000]/param[password]@value");
        assert!(!error.to_string().contains("secret"));
    }
}
