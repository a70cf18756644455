//! The tree of elements of a pre-processed text, each with the line that it comes from.
//!
//! The switch's parser is lenient, and trees that people have rest on that: a bare `&`, an attribute
//! without a value, a repeated attribute of which the first counts. So this one goes along with it, and
//! refuses what the switch refuses, with a line.

use super::place::{Place, Problem};
use super::preprocess::Source;

/// An element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Names and values in their order; of a repeated name the first alone.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// All text directly inside, joined.
    pub(crate) text: String,
    /// Names of the attributes, and nothing for the text, in which each `$` is written as a reference:
    /// nothing there is meant to be expanded.
    pub(super) literal: Vec<String>,
    /// Where it begins.
    pub(crate) place: Place,
}

impl Element {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether nothing in an attribute, or in the text for no name, is meant to be expanded.
    pub(super) fn is_literal(&self, name: &str) -> bool {
        self.literal.iter().any(|literal| literal == name)
    }

    /// The first element of this name inside.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements of this name directly inside.
    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Deeper than any file; bounds the recursion of what follows.
const DEEPEST: usize = 64;

/// Parses the text; the root element is the answer.
pub(super) fn parse(source: &Source) -> Result<Element, Problem> {
    let mut parser = Parser { source, text: &source.text, at: 0, most_roots: 1 };
    let root = parser.roots()?.pop();
    root.ok_or_else(|| parser.error(source.text.len(), "there is no element"))
}

/// Parses the text of a file that others include: it may hold any number of elements.
pub(super) fn parse_part(source: &Source) -> Result<Vec<Element>, Problem> {
    Parser { source, text: &source.text, at: 0, most_roots: usize::MAX }.roots()
}

struct Parser<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    most_roots: usize,
}

impl<'a> Parser<'a> {
    fn roots(&mut self) -> Result<Vec<Element>, Problem> {
        let mut open: Vec<Element> = Vec::new();
        let mut roots = Vec::new();
        while let Some(next) = self.text[self.at..].find('<') {
            if let Some(element) = open.last_mut() {
                let raw = &self.text[self.at..self.at + next];
                add_text(element, &decode(raw), is_literal(raw));
            }
            self.at += next;
            let start = self.at;
            let rest = &self.text[start..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                self.at += 7 + self.end_of(comment, "-->", start, "a comment is not closed")?;
            } else if let Some(text) = rest.strip_prefix("<![CDATA[") {
                let length = self.end_of(text, "]]>", start, "a CDATA section is not closed")?;
                if let Some(element) = open.last_mut() {
                    add_text(element, &text[..length], false);
                }
                self.at += 12 + length;
            } else if rest.starts_with("<!DOCTYPE") {
                return Err(self.error(start, "a document type is not carried; remove it"));
            } else if let Some(instruction) = rest.strip_prefix("<?") {
                let what = "a processing instruction is not closed";
                self.at += 4 + self.end_of(instruction, "?>", start, what)?;
            } else if let Some(closing) = rest.strip_prefix("</") {
                let length = self.end_of(closing, ">", start, "a bracket is not closed")?;
                let name = closing[..length].trim_end();
                let Some(element) = open.pop_if(|element| element.name == name) else {
                    return Err(self.error(start, &closes_nothing(name, open.last())));
                };
                self.at += 3 + length;
                place(&mut open, &mut roots, element);
            } else {
                if roots.len() == self.most_roots {
                    return Err(self.error(start, "an element follows the root element"));
                }
                let (element, empty) = self.tag(start)?;
                if empty {
                    place(&mut open, &mut roots, element);
                } else if open.len() == DEEPEST {
                    let message = format!("elements are nested deeper than {DEEPEST}");
                    return Err(self.error(start, &message));
                } else {
                    open.push(element);
                }
            }
        }
        if let Some(element) = open.pop() {
            let message = format!("<{}> is not closed", element.name);
            return Err(Problem { place: element.place, message });
        }
        Ok(roots)
    }

    /// Reads a tag; whether it closes itself.
    fn tag(&mut self, start: usize) -> Result<(Element, bool), Problem> {
        self.at += 1;
        let name = self.word(|c| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
        let begins = name.chars().next();
        if !begins.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | ':')) {
            return Err(self.error(start, "a bracket opens no element; write it as &lt;"));
        }
        let place = self.source.place(start);
        let mut attributes: Vec<(String, String)> = Vec::new();
        let mut literal = Vec::new();
        loop {
            self.skip_spaces();
            match self.text[self.at..].chars().next() {
                None => return Err(self.error(start, &format!("<{name}> has no closing bracket"))),
                Some('>') => {
                    self.at += 1;
                    break;
                }
                Some('/') => {
                    self.at += 1;
                    if self.text[self.at..].starts_with('>') {
                        self.at += 1;
                        let element = Element {
                            name: name.to_owned(),
                            attributes,
                            children: Vec::new(),
                            text: String::new(),
                            literal,
                            place,
                        };
                        return Ok((element, true));
                    }
                    return Err(self.error(start, &format!("<{name}> has a stray slash")));
                }
                Some(_) => {
                    let (key, raw) = self.attribute(start, name)?;
                    if !attributes.iter().any(|(known, _)| *known == key) {
                        if is_literal(&raw) {
                            literal.push(key.clone());
                        }
                        attributes.push((key, decode(&raw)));
                    }
                }
            }
        }
        let (children, text) = (Vec::new(), String::new());
        let name = name.to_owned();
        Ok((Element { name, attributes, children, text, literal, place }, false))
    }

    /// An attribute's name, and its value with its references.
    fn attribute(&mut self, start: usize, tag: &str) -> Result<(String, String), Problem> {
        let key = self.word(|c| c.is_ascii_whitespace() || matches!(c, '=' | '/' | '>')).to_owned();
        if key.starts_with('<') {
            return Err(self.error(start, &format!("<{tag}> has no closing bracket")));
        }
        self.skip_spaces();
        if !self.text[self.at..].starts_with('=') {
            if key.is_empty() {
                return Err(self.error(start, &format!("<{tag}> is not well-formed")));
            }
            return Ok((key, String::new()));
        }
        self.at += 1;
        self.skip_spaces();
        let quote = self.text[self.at..].chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else {
            let message = format!("the value of {key} in <{tag}> has no quotes");
            return Err(self.error(start, &message));
        };
        let Some(length) = self.text[self.at + 1..].find(quote) else {
            let message = format!("the value of {key} in <{tag}> has no closing quote");
            return Err(self.error(start, &message));
        };
        let raw = &self.text[self.at + 1..self.at + 1 + length];
        self.at += length + 2;
        // Line breaks within a value are spaces, as in any XML.
        let spaced: String = raw
            .replace("\r\n", "\n")
            .chars()
            .map(|c| if c.is_ascii_whitespace() { ' ' } else { c })
            .collect();
        Ok((key, spaced))
    }

    fn word(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        let rest = &self.text[start..];
        self.at += rest.find(ends).unwrap_or(rest.len());
        let text: &'a str = self.text;
        &text[start..self.at]
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_whitespace()).len();
    }

    fn end_of(&self, rest: &str, end: &str, start: usize, what: &str) -> Result<usize, Problem> {
        rest.find(end).ok_or_else(|| self.error(start, what))
    }

    fn error(&self, at: usize, message: &str) -> Problem {
        Problem { place: self.source.place(at), message: message.to_owned() }
    }
}

fn place(open: &mut [Element], roots: &mut Vec<Element>, element: Element) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => roots.push(element),
    }
}

/// Adds text; of text that is literal in part nothing is.
fn add_text(element: &mut Element, text: &str, literal: bool) {
    let so_far = element.is_literal("") || !element.text.contains('$');
    element.text.push_str(text);
    element.literal.retain(|name| !name.is_empty());
    if so_far && (literal || !text.contains('$')) && element.text.contains('$') {
        element.literal.push(String::new());
    }
}

/// Whether there is a `$`, and each one is written as a reference.
fn is_literal(raw: &str) -> bool {
    !raw.contains('$') && raw.contains("&#") && decode(raw).contains('$')
}

fn closes_nothing(name: &str, open: Option<&Element>) -> String {
    match open {
        Some(open) => format!("</{name}> closes nothing; <{}> ({}) is open", open.name, open.place),
        None => format!("</{name}> closes nothing"),
    }
}

/// Text with its references resolved. What is none stays as it is, as with the switch.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.find(';').and_then(|end| Some((resolved(&rest[1..end])?, end)));
        if let Some((c, end)) = reference {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn resolved(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "amp" => Some('&'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?).filter(|c| *c != '\0')
        }
    }
}
