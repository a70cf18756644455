//! The parser of the switch: lenient, without a schema, and not quite XML.
//!
//! It takes the last byte of a document off and puts the end of the text there, which is why each
//! rule that asks for a closing bracket also accepts the end of the text if that byte was one.

use super::entities::{Entities, Kind, is_space};
use super::{Node, ParseError};

/// The switch has no bound: it follows the nesting with its stack until that is used up.
const DEEPEST: usize = 512;

const BLANKS: &[u8] = b"\t\r\n ";

/// Parses a text that was pre-processed, as the switch does.
///
/// # Errors
///
/// If the switch would refuse it, if the result is not UTF-8, or if this double stops short of it:
/// attribute defaults in a document type, unending entities, nesting deeper than 512.
pub fn parse(text: &str) -> Result<Node, ParseError> {
    match as_far_as_it_goes(text) {
        (node, None) => Ok(node),
        (_, Some(error)) => Err(error),
    }
}

/// What the switch has of a text when it stops, and why it stopped before the end. Only the look-up
/// itself asks for the latter.
pub(super) fn as_far_as_it_goes(text: &str) -> (Node, Option<ParseError>) {
    let Some((&last, body)) = text.as_bytes().split_last() else {
        let error = ParseError::Syntax { line: 1, what: "the text is empty".into() };
        return (Node::default(), Some(error));
    };
    let body = body.split(|&byte| byte == 0).next().unwrap_or(body);
    let mut parser = Parser { body, last, entities: Entities::new(), open: Vec::new(), root: None };
    let mut error = parser.run().err();
    while !parser.open.is_empty() {
        let at_closing = parser.close().err();
        error = error.or(at_closing);
    }
    (parser.root.unwrap_or_default(), error)
}

struct Parser<'a> {
    body: &'a [u8],
    /// The byte that the end of the text stands for.
    last: u8,
    entities: Entities,
    open: Vec<Element<'a>>,
    root: Option<Node>,
}

/// An element whose closing tag has not come yet. Its text is checked only once it is whole.
#[derive(Default)]
struct Element<'a> {
    name: &'a [u8],
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
    text: Vec<u8>,
    offset: usize,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), ParseError> {
        let mut at = self.find(0, b"<").ok_or_else(|| self.error(0, "there is no root element"))?;
        loop {
            let inside = at + 1;
            // Each of these ends at the byte that closes the markup, whatever that byte is.
            let end = match self.byte(inside) {
                b'_' | b':' | 0x80.. => self.tag(inside)?,
                byte if byte.is_ascii_alphabetic() => self.tag(inside)?,
                b'/' => self.closing_tag(inside)?,
                b'?' => self.instruction(inside)?,
                _ if self.starts_with(inside, b"!--") => self.comment(inside)?,
                _ if self.starts_with(inside, b"![CDATA[") => self.cdata(inside)?,
                _ if self.starts_with(inside, b"!DOCTYPE") => self.document_type(inside)?,
                _ => return Err(self.error(inside, "a bracket opens no markup")),
            };
            let next = self.find(end + 1, b"<");
            let (Some(next), true) = (next, end < self.body.len()) else { break };
            self.content(&self.body[end + 1..next], Kind::Text)?;
            at = next;
        }
        let end = self.body.len();
        match self.open.last() {
            Some(element) => {
                let name = String::from_utf8_lossy(element.name);
                Err(self.error(end, &format!("<{name}> is not closed")))
            }
            None if self.root.is_none() => Err(self.error(end, "there is no root element")),
            None => Ok(()),
        }
    }

    fn tag(&mut self, start: usize) -> Result<usize, ParseError> {
        if self.root.is_some() {
            return Err(self.error(start, "an element follows the root element"));
        }
        let end_of_name = self.span_until(start, b"\t\r\n />");
        let name = &self.body[start..end_of_name];
        let mut at = self.skip_spaces(end_of_name);
        let mut attributes = Vec::new();
        while !matches!(self.byte(at), 0 | b'/' | b'>') {
            let (attribute, end) = self.attribute(start, at)?;
            attributes.push(attribute);
            at = self.skip_spaces(end);
        }
        let empty = self.byte(at) == b'/';
        if empty {
            at += 1;
        }
        self.expect_bracket(at, start)?;
        if self.open.len() >= DEEPEST {
            return Err(ParseError::NotModelled("nesting deeper than 512"));
        }
        let offset = self.open.last().map_or(0, |parent| parent.text.len());
        self.open.push(Element { name, attributes, offset, ..Element::default() });
        if empty {
            self.close()?;
        }
        Ok(at)
    }

    /// Reads one attribute, which need have neither a value nor a name. A value without quotes is
    /// taken for the next attribute.
    fn attribute(&self, tag: usize, start: usize) -> Result<((String, String), usize), ParseError> {
        let end_of_name = self.span_until(start, b"\t\r\n =/>");
        let name = utf8(self.body[start..end_of_name].to_vec())?;
        if !(self.byte(end_of_name) == b'=' || is_space(self.byte(end_of_name))) {
            return Ok(((name, String::new()), end_of_name));
        }
        let mut at = end_of_name + 1;
        while b"\t\r\n =".contains(&self.byte(at)) {
            at += 1;
        }
        let quote = self.byte(at);
        if !matches!(quote, b'"' | b'\'') {
            return Ok(((name, String::new()), at));
        }
        let Some(end) = self.find(at + 1, &[quote]) else {
            return Err(self.error(tag, "a quote is missing"));
        };
        let value = self.entities.decode(&self.body[at + 1..end], Kind::Attribute)?;
        Ok(((name, utf8(value)?), end + 1))
    }

    fn closing_tag(&mut self, slash: usize) -> Result<usize, ParseError> {
        let end = self.span_until(slash + 1, b"\t\r\n >");
        let name = &self.body[slash + 1..end];
        if end == self.body.len() && self.last != b'>' {
            return Err(self.error(slash, "a closing bracket is missing"));
        }
        if self.open.last().is_none_or(|element| element.name != name) {
            let name = String::from_utf8_lossy(name);
            return Err(self.error(slash, &format!("</{name}> closes nothing")));
        }
        self.close()?;
        // Whatever comes after the white space is skipped as if it were the bracket.
        let blanks = self.body[end..].iter().take_while(|byte| BLANKS.contains(byte)).count();
        Ok(end + blanks)
    }

    fn close(&mut self) -> Result<(), ParseError> {
        let Some(element) = self.open.pop() else { return Ok(()) };
        let node = Node {
            name: utf8(element.name.to_vec())?,
            attributes: element.attributes,
            children: element.children,
            text: utf8(element.text)?,
            offset: element.offset,
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn comment(&mut self, start: usize) -> Result<usize, ParseError> {
        let end = self.find(start + 3, b"--").map(|dashes| dashes + 2);
        match end {
            Some(end) if self.is_bracket(end) => Ok(end),
            _ => Err(self.error(start, "a comment is not closed, or holds two dashes")),
        }
    }

    fn cdata(&mut self, start: usize) -> Result<usize, ParseError> {
        let Some(end) = self.find(start, b"]]>") else {
            return Err(self.error(start, "a CDATA section is not closed"));
        };
        self.content(self.body.get(start + 8..end).unwrap_or_default(), Kind::Cdata)?;
        Ok(end + 2)
    }

    fn instruction(&mut self, start: usize) -> Result<usize, ParseError> {
        let mut at = start;
        while let Some(mark) = self.find(at, b"?") {
            at = mark + 1;
            if self.byte(at) == b'>' || at == self.body.len() {
                break;
            }
        }
        if self.is_bracket(at) {
            return Ok(at);
        }
        Err(self.error(start, "a processing instruction is not closed"))
    }

    fn document_type(&mut self, start: usize) -> Result<usize, ParseError> {
        let mut at = start;
        let mut subset = None;
        while at < self.body.len() {
            match self.byte(at) {
                b'>' if subset.is_none() => return Ok(at),
                b']' if let Some(from) = subset => {
                    let blanks = self.body[at + 1..].iter().take_while(|b| BLANKS.contains(b));
                    if self.byte(at + 1 + blanks.count()) == b'>' {
                        let declared = self.entities.declare(&self.body[from..at]);
                        return declared.map(|()| at + 1).map_err(|error| match error {
                            ParseError::Syntax { what, .. } => self.error(start, &what),
                            other => other,
                        });
                    }
                }
                b'[' if subset.is_none() => subset = Some(at + 1),
                _ => {}
            }
            at = self.span_until(at + 1, b"[]>");
        }
        match subset {
            None if self.last == b'>' => Ok(at),
            _ => Err(self.error(start, "a document type is not closed")),
        }
    }

    /// Text outside of the root element is ignored.
    fn content(&mut self, text: &[u8], kind: Kind) -> Result<(), ParseError> {
        if let Some(element) = self.open.last_mut() {
            element.text.extend(self.entities.decode(text, kind)?);
        }
        Ok(())
    }

    fn expect_bracket(&self, at: usize, tag: usize) -> Result<(), ParseError> {
        if self.is_bracket(at) {
            return Ok(());
        }
        Err(self.error(tag, "a closing bracket is missing"))
    }

    fn is_bracket(&self, at: usize) -> bool {
        self.byte(at) == b'>' || (at >= self.body.len() && self.last == b'>')
    }

    /// Zero stands for the end.
    fn byte(&self, at: usize) -> u8 {
        self.body.get(at).copied().unwrap_or(0)
    }

    fn starts_with(&self, at: usize, mark: &[u8]) -> bool {
        self.body.get(at..).is_some_and(|rest| rest.starts_with(mark))
    }

    fn find(&self, from: usize, mark: &[u8]) -> Option<usize> {
        let rest = self.body.get(from..)?;
        Some(from + rest.windows(mark.len()).position(|window| window == mark)?)
    }

    fn span_until(&self, from: usize, ends: &[u8]) -> usize {
        let rest = self.body.get(from..).unwrap_or_default();
        let stop = rest.iter().position(|byte| ends.contains(byte));
        stop.map_or(self.body.len(), |stop| from + stop)
    }

    fn skip_spaces(&self, mut at: usize) -> usize {
        while is_space(self.byte(at)) {
            at += 1;
        }
        at
    }

    fn error(&self, at: usize, what: &str) -> ParseError {
        let before = &self.body[..at.min(self.body.len())];
        let line = before.split(|&byte| byte == b'\n').count();
        ParseError::Syntax { line, what: what.to_owned() }
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, ParseError> {
    String::from_utf8(bytes).map_err(|_| ParseError::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().attributes
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_last_bracket_need_not_be_followed_by_anything() {
        for text in ["<a/>", "<a></a>", "<a/>\n", "<a></a >", "x <a/> y", "<a/><!-- c -->"] {
            assert_eq!(parse(text).unwrap().name, "a", "{text}");
        }
    }

    #[test]
    fn broken_documents_are_refused() {
        for text in [
            "",
            "x",
            "<",
            "<a>",
            "<a><b></a>",
            "<a/><b/>",
            "<a/></a>",
            "<a>\n</A>",
            "<1/>",
            "<a b=\"c/>\n",
            "<a / >\n",
            "<a><!-- b -- c --></a>\n",
            "<a><![CDATA[b]]</a>\n",
            "<!DOCTYPE a [",
            "<? x",
            "<a>< b/></a>\n",
        ] {
            assert!(matches!(parse(text), Err(ParseError::Syntax { .. })), "{text}");
        }
    }

    #[test]
    fn an_error_names_its_line() {
        let error = parse("<a>\n\n<b>\n</a>\n").unwrap_err();
        assert_eq!(error.to_string(), "line 4: </a> closes nothing");
    }

    #[test]
    fn brackets_are_plain_text_inside_a_value() {
        assert_eq!(attributes("<a b=\"<c>&d</c>\"/>\n"), [pair("b", "<c>&d</c>")]);
    }

    #[test]
    fn attributes_need_no_value_and_a_value_without_quotes_is_another_attribute() {
        assert_eq!(attributes("<a b/>\n"), [pair("b", "")]);
        assert_eq!(
            attributes("<a b = c d='e'f=\"\"/>\n"),
            [pair("b", ""), pair("c", ""), pair("d", "e"), pair("f", "")]
        );
    }

    #[test]
    fn of_a_repeated_attribute_the_first_is_found() {
        let tree = parse("<a b=\"1\" b=\"2\" B=\"3\"/>\n").unwrap();
        assert_eq!(tree.attribute("b"), Some("1"));
        assert_eq!(tree.attributes.len(), 3);
    }

    #[test]
    fn literal_white_space_in_a_value_becomes_spaces() {
        assert_eq!(attributes("<a b=\" x\ty\r\nz \"/>\n"), [pair("b", " x y z ")]);
    }

    #[test]
    fn text_is_joined_around_elements_and_not_trimmed() {
        let tree = parse("<a> x<b/>y<![CDATA[&<]]> &amp;<c/></a>\n").unwrap();
        assert_eq!(tree.text, " xy&< &");
        assert_eq!(tree.children.iter().map(|child| child.offset).collect::<Vec<_>>(), [2, 7]);
    }

    #[test]
    fn a_closing_tag_hides_one_byte_behind_its_white_space() {
        assert_eq!(parse("<a><b></b xyz></a>\n").unwrap().text, "yz>");
    }

    #[test]
    fn entities_of_a_document_type_are_expanded_into_text_and_never_into_elements() {
        let text = "<!DOCTYPE a [\n<!ENTITY e \"<b/>&#36;\">\n] >\n<a c=\"&e;\">&e;</a>\n";
        let tree = parse(text).unwrap();
        assert_eq!(tree.attribute("c"), Some("<b/>$"));
        assert_eq!(tree.text, "<b/>$");
        assert!(tree.children.is_empty());
    }

    #[test]
    fn numbers_of_no_character_are_told_apart_from_syntax() {
        assert_eq!(parse("<a>&#xD800;</a>\n"), Err(ParseError::NotUtf8));
    }
}
