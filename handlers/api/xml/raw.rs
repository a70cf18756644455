//! The escape hatch: XML that an operator wrote, checked and written anew.

#[cfg(feature = "stored")]
mod flat;

use std::fmt;

use memchr::memchr_iter;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::element::{Element, fragment, is_name};
use super::value::{Place, Value};
use crate::snapshot::Globals;

/// A piece of operator-authored XML, such as a stored configuration document or a phrase macro.
///
/// It is parsed once, when it is stored or loaded, and written by the same safe layer as everything
/// else, so comments, declarations and the writer's line breaks do not reach the switch. `$${...}`
/// and `${...}` stay live ([`Value::Global`]); pre-processor directives, document types and
/// processing instructions are refused: they are to be resolved before the XML gets here.
///
/// ```
/// use jackfield_api::xml::Raw;
///
/// let raw = Raw::parse("<vcard><!-- hers --><fn>Ann &amp; Co</fn></vcard>").expect("one element");
/// assert_eq!(raw.to_xml(), "<vcard>\n  <fn>Ann &amp; Co</fn>\n</vcard>");
///
/// let refused = Raw::parse("<a>\n<X-PRE-PROCESS cmd='exec' data='id'/></a>").expect_err("a directive");
/// assert_eq!(refused.line, 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Raw {
    elements: Vec<Element<'static>>,
}

/// Why a piece of XML was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawError {
    /// Line of the input, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for RawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for RawError {}

/// Deeper nesting than any document of a switch has; bounds the recursion of writing it.
const MAX_DEPTH: usize = 64;

impl Raw {
    /// Nothing at all.
    pub const NONE: Self = Self { elements: Vec::new() };

    /// Parses one or more sibling elements.
    ///
    /// Errors name the line: not well-formed, nested deeper than 64, text outside an element, or a
    /// value that the switch would not take as it was meant.
    pub fn parse(xml: &str) -> Result<Self, RawError> {
        let mut reader = Reader::from_str(xml);
        let result = read(&mut reader);
        let at = usize::try_from(reader.buffer_position()).unwrap_or(xml.len()).min(xml.len());
        let line = 1 + memchr_iter(b'\n', &xml.as_bytes()[..at]).count();
        let raw = Self { elements: result.map_err(|message| RawError { line, message })? };
        fragment(&raw.elements)
            .map_err(|error| RawError { line: 1, message: error.to_string() })?;
        Ok(raw)
    }

    /// Parses elements as [`Raw::parse`] does, or nothing at all.
    pub fn parse_any(xml: &str) -> Result<Self, RawError> {
        if xml.trim().is_empty() { Ok(Self::default()) } else { Self::parse(xml) }
    }

    /// The line of each element of an XML text that can be parsed, in the order in which they begin.
    pub(crate) fn lines(xml: &str) -> Vec<usize> {
        let mut reader = Reader::from_str(xml);
        let (mut lines, mut line, mut counted) = (Vec::new(), 1, 0);
        loop {
            // An element is told of once it has been read: it begins at the last `<` before that.
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(xml.len()).min(xml.len());
            match event {
                Ok(Event::Start(_) | Event::Empty(_)) => {
                    let begin = xml[..end].rfind('<').unwrap_or(end).max(counted);
                    line += memchr_iter(b'\n', &xml.as_bytes()[counted..begin]).count();
                    counted = begin;
                    lines.push(line);
                }
                Ok(Event::Eof) | Err(_) => return lines,
                Ok(_) => {}
            }
        }
    }

    /// Whether it holds no element.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// How many elements stand side by side in it.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Puts stored globals into every value and text.
    pub(crate) fn resolve(&mut self, globals: &Globals) {
        self.elements.iter_mut().for_each(|element| element.resolve(globals));
    }

    /// The name of the first element, as in `configuration` for a stored document.
    pub fn root(&self) -> Option<&str> {
        self.elements.first().map(Element::name)
    }

    /// An attribute of the first element, as in the `name` of a stored document.
    pub fn root_attribute(&self, name: &str) -> Option<&str> {
        self.elements.first().and_then(|element| element.attribute(name))
    }

    /// The XML, written anew: what the switch is sent, and what is stored.
    pub fn to_xml(&self) -> String {
        fragment(&self.elements).expect("checked when parsed")
    }

    pub(crate) fn elements(&self) -> &[Element<'static>] {
        &self.elements
    }
}

fn read(reader: &mut Reader<&[u8]>) -> Result<Vec<Element<'static>>, String> {
    let mut done = Vec::new();
    let mut open: Vec<(Element<'static>, String)> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(format!("elements are nested deeper than {MAX_DEPTH}"));
                }
                open.push((element(&start)?, String::new()));
            }
            Event::Empty(start) => close(&mut open, &mut done, element(&start)?),
            Event::End(_) => {
                let (mut element, text) = open.pop().ok_or("an element ends that never began")?;
                let text = text.trim();
                if !text.is_empty() && !element.is_empty() {
                    // The switch's serialiser writes such text twice, once unescaped.
                    return Err(format!("<{}> holds both text and elements", element.name()));
                }
                if !text.is_empty() {
                    element.set_text(Value::global(text.to_owned()), Place::Plain);
                }
                close(&mut open, &mut done, element);
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content())?,
            Event::CData(text) => add_text(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                let resolved = quick_xml::escape::unescape(&format!("&{};", &*reference))
                    .map_err(|error| error.to_string())?
                    .into_owned();
                add_text(&mut open, &resolved)?;
            }
            Event::Comment(_) | Event::Decl(_) => {}
            Event::PI(_) => return Err("processing instructions are not carried".into()),
            Event::DocType(_) => return Err("document types are not carried".into()),
            Event::Eof if open.is_empty() && done.is_empty() => return Err("no element".into()),
            Event::Eof if open.is_empty() => return Ok(done),
            Event::Eof => return Err(format!("<{}> is not closed", open[open.len() - 1].0.name())),
        }
    }
}

fn close(
    open: &mut [(Element<'static>, String)],
    done: &mut Vec<Element<'static>>,
    element: Element<'static>,
) {
    match open.last_mut() {
        Some((parent, _)) => parent.push(element),
        None => done.push(element),
    }
}

fn add_text(open: &mut [(Element<'static>, String)], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some((_, so_far)) => so_far.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside of an element".into()),
    }
    Ok(())
}

fn element(start: &BytesStart<'_>) -> Result<Element<'static>, String> {
    let name = start.name();
    let mut element = Element::new(checked_name(name.as_ref())?);
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = quick_xml::escape::unescape(&attribute.value)
            .map_err(|error| error.to_string())?
            .into_owned();
        element.set(
            checked_name(attribute.key.as_ref())?,
            Value::Global(value.into()),
            Place::Plain,
        );
    }
    Ok(element)
}

fn checked_name(name: &str) -> Result<String, String> {
    if is_name(name) && !name.eq_ignore_ascii_case("include") {
        Ok(name.to_owned())
    } else {
        Err(format!("the name «{}» cannot be carried", name.escape_debug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(xml: &str) -> String {
        Raw::parse(xml).expect("valid").to_xml()
    }

    #[test]
    fn comments_and_line_breaks_do_not_survive_and_values_do() {
        assert_eq!(
            written("<?xml version='1.0'?>\n<a b='1&amp;2'><!-- c -->\n <d>x &lt; y</d><e/></a>"),
            "<a b=\"1&amp;2\">\n  <d>x &lt; y</d>\n  <e/>\n</a>"
        );
    }

    #[test]
    fn globals_and_channel_variables_stay_live() {
        assert_eq!(written("<a b='$${x}${y}$1'/>"), "<a b=\"$${x}&#36;{y}&#36;1\"/>");
    }

    #[test]
    fn each_element_has_the_line_that_it_begins_on() {
        let xml = "<?xml version='1.0'?>\n<a>\n<!-- <x> -->\n <b\n c='1'/><d>e</d>\n</a>";
        assert_eq!(Raw::lines(xml), [2, 4, 5]);
    }

    #[test]
    fn errors_name_the_line() {
        for (xml, line) in [
            ("<a>\n<b></a>", 2),
            ("<a>\n", 2),
            ("", 1),
            ("\ntext", 2),
            ("<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>", 1),
            ("<a><?php x?></a>", 1),
            ("<X-PRE-PROCESS cmd='exec' data='id'/>", 1),
            ("<a b='<!'/>", 1),
            ("<include/>", 1),
            ("<a>text\n<b/></a>", 2),
            ("<a b='1' b='2'/>", 1),
        ] {
            let error = Raw::parse(xml).expect_err(xml);
            assert_eq!(error.line, line, "{xml:?}: {error}");
        }
    }
}
