//! References in text and values, and the entities that a document type declares.

use super::ParseError;

/// How often references may be replaced, and how long a text may become. The switch has no such
/// bound here: a parameter entity that names itself keeps it busy for ever.
const MOST_REPLACEMENTS: usize = 100_000;
const LONGEST_TEXT: usize = 16 << 20;

/// The bounds the switch has when it looks for circles.
const DEEPEST: usize = 20;
const MOST_REFERENCES: usize = 10_000;

const BLANKS: &[u8] = b"\t\r\n ";

/// What kind of text is decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Attribute,
    Cdata,
    /// The value of an entity that is being declared.
    Declaration,
}

/// Names, each with its semicolon, and values; the first of a name counts.
type Table = Vec<(Vec<u8>, Vec<u8>)>;

/// The entities of a document.
pub(super) struct Entities {
    general: Table,
}

impl Entities {
    pub(super) fn new() -> Self {
        let builtin = [("lt", 60), ("gt", 62), ("quot", 34), ("apos", 39), ("amp", 38)];
        let reference = |(name, code)| (format!("{name};").into(), format!("&#{code};").into());
        Self { general: builtin.into_iter().map(reference).collect() }
    }

    /// The text that the switch keeps of a piece of the document.
    pub(super) fn decode(&self, text: &[u8], kind: Kind) -> Result<Vec<u8>, ParseError> {
        decode(text, &self.general, kind)
    }

    /// Takes in the declarations between the square brackets of a document type.
    pub(super) fn declare(&mut self, subset: &[u8]) -> Result<(), ParseError> {
        let mut parameters = Table::new();
        let mut rest = subset;
        while let Some(start) = rest.iter().position(|byte| matches!(byte, b'<' | b'%')) {
            rest = &rest[start..];
            let next = if let Some(entity) = rest.strip_prefix(b"<!ENTITY") {
                self.entity(entity, &mut parameters)?
            } else if rest.starts_with(b"<!ATTLIST") {
                return Err(ParseError::NotModelled("attribute defaults of a document type"));
            } else if let Some(comment) = rest.strip_prefix(b"<!--") {
                after(comment, b"-->")
            } else if let Some(instruction) = rest.strip_prefix(b"<?") {
                after(instruction, b"?>")
            } else if rest[0] == b'<' {
                after(rest, b">")
            } else {
                // A parameter entity between declarations ends them, without an error.
                None
            };
            rest = next.unwrap_or_default();
        }
        Ok(())
    }

    /// Returns what follows the declaration, if anything does.
    fn entity<'a>(
        &mut self,
        text: &'a [u8],
        parameters: &mut Table,
    ) -> Result<Option<&'a [u8]>, ParseError> {
        let text = skip(text, BLANKS);
        let is_parameter = text.first() == Some(&b'%');
        let text = skip(text, b"\t\r\n %");
        let length = text.iter().position(|byte| BLANKS.contains(byte)).unwrap_or(text.len());
        let (name, text) = text.split_at(length);
        let value = skip(text, BLANKS);
        let Some((quote @ (b'"' | b'\''), value)) = value.split_first() else {
            return Ok(after(text, b">"));
        };
        let end = value.iter().position(|byte| byte == quote);
        let following = end.map(|end| &value[end + 1..]);
        let value = decode(&value[..end.unwrap_or(value.len())], parameters, Kind::Declaration)?;
        let name = [name, b";"].concat();
        let table = if is_parameter { parameters } else { &mut self.general };
        if circular(&name, &value, table, 0, &mut 0) {
            let what = "an entity is declared in a circle or nested too deep".to_owned();
            return Err(ParseError::Syntax { line: 1, what });
        }
        table.push((name, value));
        Ok(following)
    }
}

fn decode(text: &[u8], table: &Table, kind: Kind) -> Result<Vec<u8>, ParseError> {
    let normalised = normalise_line_ends(text);
    if kind == Kind::Cdata {
        return Ok(normalised);
    }
    let marker = if kind == Kind::Declaration { b'%' } else { b'&' };
    let mut out = Vec::with_capacity(normalised.len());
    let mut rest = normalised;
    let mut at = 0;
    let mut replacements = 0;
    while let Some(&byte) = rest.get(at) {
        if let Some((code, length)) = numeric_reference(&rest[at..]) {
            push_utf8(code, &mut out);
            at += length;
        } else if byte == marker
            && let Some((name, value)) = lookup(&rest[at + 1..], table)
        {
            // What was put in is decoded as if it had stood there.
            rest = [value, &rest[at + 1 + name.len()..]].concat();
            at = 0;
            replacements += 1;
            if replacements > MOST_REPLACEMENTS || rest.len() + out.len() > LONGEST_TEXT {
                return Err(ParseError::NotModelled("entities that grow without end"));
            }
        } else {
            let blank = kind == Kind::Attribute && is_space(byte);
            out.push(if blank { b' ' } else { byte });
            at += 1;
        }
    }
    Ok(out)
}

fn normalise_line_ends(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            b'\r' => out.push(b'\n'),
            b'\n' if index > 0 && text[index - 1] == b'\r' => {}
            _ => out.push(byte),
        }
    }
    out
}

/// The number of a reference such as `&#36;` or `&#x24;`, and how long it is. What the switch
/// takes for none stays text: an upper-case `X`, zero, more than 31 bits.
fn numeric_reference(text: &[u8]) -> Option<(u32, usize)> {
    let digits = text.strip_prefix(b"&#")?;
    let (digits, radix) = match digits.strip_prefix(b"x") {
        // The conversion function of C takes a prefix of its own in base 16.
        Some(hex) => match hex {
            [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (&hex[2..], 16),
            _ => (hex, 16),
        },
        None => (digits, 10),
    };
    let count = digits.iter().take_while(|byte| char::from(**byte).is_digit(radix)).count();
    if digits.get(count) != Some(&b';') {
        return None;
    }
    let number = str::from_utf8(&digits[..count]).ok()?;
    let code = u32::from_str_radix(number, radix).ok()?;
    let length = text.len() - digits.len() + count + 1;
    (1..=0x7FFF_FFFF).contains(&code).then_some((code, length))
}

/// UTF-8 as it once was, with up to six bytes and without forbidden numbers.
fn push_utf8(code: u32, out: &mut Vec<u8>) {
    let low = |value: u32| value.to_le_bytes()[0];
    if code < 0x80 {
        out.push(low(code));
        return;
    }
    let following = (32 - code.leading_zeros() - 2) / 5;
    out.push(low((0xFF << (7 - following)) | (code >> (6 * following))));
    for place in (0..following).rev() {
        out.push(low(0x80 | ((code >> (6 * place)) & 0x3F)));
    }
}

fn lookup<'t>(text: &[u8], table: &'t Table) -> Option<(&'t [u8], &'t [u8])> {
    let entry = table.iter().find(|(name, _)| text.starts_with(name));
    entry.map(|(name, value)| (name.as_slice(), value.as_slice()))
}

fn circular(name: &[u8], value: &[u8], table: &Table, depth: usize, count: &mut usize) -> bool {
    if depth > DEEPEST {
        return true;
    }
    let references = value.iter().enumerate().filter(|(_, byte)| **byte == b'&');
    references.map(|(at, _)| &value[at + 1..]).any(|reference| {
        *count += 1;
        *count > MOST_REFERENCES
            || reference.starts_with(name)
            || lookup(reference, table)
                .is_some_and(|(_, inner)| circular(name, inner, table, depth + 1, count))
    })
}

/// White space to the switch: ASCII only, but with the vertical tab and the form feed.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn skip<'a>(text: &'a [u8], these: &[u8]) -> &'a [u8] {
    let start = text.iter().position(|byte| !these.contains(byte)).unwrap_or(text.len());
    &text[start..]
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let start = text.windows(mark.len()).position(|window| window == mark)?;
    Some(&text[start + mark.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, kind: Kind) -> String {
        String::from_utf8(Entities::new().decode(text.as_bytes(), kind).unwrap()).unwrap()
    }

    #[test]
    fn references_are_decoded_once() {
        assert_eq!(decoded("&amp;lt; &lt;&gt;&quot;&apos;", Kind::Text), "&lt; <>\"'");
        assert_eq!(decoded("&#38;#36; &#36;&#x24;&#x0X24;", Kind::Text), "&#36; $$$");
    }

    #[test]
    fn what_is_no_reference_stays_as_it_is() {
        for text in
            ["&nbsp;", "&", "a & b", "&#;", "&#X24;", "&#0;", "&#36", "&# 36;", "&#xFFFFFFFF;"]
        {
            assert_eq!(decoded(text, Kind::Text), text);
        }
    }

    #[test]
    fn white_space_is_flattened_in_attributes_unless_it_is_a_reference() {
        assert_eq!(decoded("a\tb\r\nc\rd&#10;e  f", Kind::Attribute), "a b c d\ne  f");
        assert_eq!(decoded("a\tb\r\nc\rd&#13;", Kind::Text), "a\tb\nc\nd\r");
        assert_eq!(decoded("a&amp;\r\n", Kind::Cdata), "a&amp;\n");
    }

    #[test]
    fn numbers_beyond_unicode_become_bytes_that_are_not_utf8() {
        for text in ["&#xD800;", "&#x110000;", "&#x7FFFFFFF;"] {
            let bytes = Entities::new().decode(text.as_bytes(), Kind::Text).unwrap();
            assert!(String::from_utf8(bytes).is_err(), "{text}");
        }
        assert_eq!(decoded("&#xE9;&#x20AC;&#x1F600;", Kind::Text), "é€\u{1f600}");
    }

    #[test]
    fn entities_may_hold_entities_and_the_first_of_a_name_counts() {
        let mut entities = Entities::new();
        let subset = r#"<!ENTITY % p "P"><!ENTITY a "1&b;%p;"><!ENTITY b '2&#36;'><!ENTITY a "3">"#;
        entities.declare(subset.as_bytes()).unwrap();
        assert_eq!(entities.decode(b"<&a;>", Kind::Text).unwrap(), b"<12$P>");
    }

    #[test]
    fn circles_are_refused() {
        for subset in ["<!ENTITY a \"&a;\">", "<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">"] {
            assert!(Entities::new().declare(subset.as_bytes()).is_err());
        }
        let subset = b"<!ENTITY % a \"%a;\"><!ENTITY b \"%a;\">";
        let error = Entities::new().declare(subset).unwrap_err();
        assert!(matches!(error, ParseError::NotModelled(_)));
    }
}
