//! The encoder that a merged user look-up passes through.
//!
//! The switch copies a user by writing it as XML and parsing that, before it merges the
//! parameters of group and domain into the copy; a cached user is copied so for each look-up.

use std::fmt::Write as _;

use super::Node;

const INDENT: &str = "  ";

/// The element written as the switch does it when it copies one.
///
/// In one case the switch writes more: an attribute without a value that is repeated.
pub fn serialise(node: &Node) -> String {
    let mut out = String::new();
    // A copy that broke off before its first tag has no name.
    if !node.name.is_empty() {
        element(node, 0, &mut out);
    }
    out
}

fn element(node: &Node, depth: usize, out: &mut String) {
    if out.ends_with('>') {
        out.push('\n');
    }
    indent(depth, out);
    out.push('<');
    out.push_str(&node.name);
    for (index, (name, value)) in node.attributes.iter().enumerate() {
        // A repeated name is looked up by its name, which finds the first.
        if node.attributes[..index].iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        encode(value, value.len(), Place::Attribute, out);
        out.push('"');
    }
    out.push('>');
    content(node, depth, out);
    // Also when the line feed belongs to the text of the element, which then gains white space.
    if out.ends_with('\n') {
        indent(depth, out);
    }
    out.push_str("</");
    out.push_str(&node.name);
    out.push_str(">\n");
}

fn content(node: &Node, depth: usize, out: &mut String) {
    let text_from = |start: usize| node.text.get(start..).unwrap_or("");
    let mut start = 0;
    for child in &node.children {
        let rest = text_from(start);
        // A length of zero is taken for "to the end": an element right after another one, or
        // first in its parent, is preceded by all the text that is left, not by none of it.
        let length = match child.offset.saturating_sub(start) {
            0 => rest.len(),
            length => length,
        };
        encode(rest, length.min(rest.len()), Place::Text, out);
        element(child, depth + 1, out);
        start = child.offset.min(node.text.len());
    }
    let rest = text_from(start);
    encode(rest, rest.len(), Place::Text, out);
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str(INDENT);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

/// Encodes so many bytes of the text, but looks one byte ahead of them.
fn encode(text: &str, length: usize, place: Place, out: &mut String) {
    let in_attribute = place == Place::Attribute;
    for (index, character) in text.char_indices().take_while(|(index, _)| *index < length) {
        match character {
            '<' if text[index..].starts_with("<!") => {
                // Meant for comments and CDATA: from here nothing is escaped any more, in
                // attributes as well, which is how a value becomes markup.
                out.push_str(&text[index..length]);
                return;
            }
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\n' if in_attribute => out.push_str("&#xA;"),
            '\t' if in_attribute => out.push_str("&#x9;"),
            '\r' => out.push_str("&#xD;"),
            _ if character.is_ascii() => out.push(character),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "&#x{:X};", u32::from(character));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn each_element_is_closed_by_a_tag_of_its_own_and_indented() {
        let tree = parse("<a><b/><c><d/></c></a>\n").unwrap();
        assert_eq!(serialise(&tree), "<a>\n  <b></b>\n  <c>\n    <d></d>\n  </c>\n</a>\n");
    }

    #[test]
    fn characters_outside_ascii_become_upper_case_references() {
        let tree = parse("<a b=\"é\u{1f600}\">日</a>\n").unwrap();
        assert_eq!(serialise(&tree), "<a b=\"&#xE9;&#x1F600;\">&#x65E5;</a>\n");
    }

    #[test]
    fn quotes_and_line_feeds_are_escaped_in_attributes_only() {
        let tree = parse("<a b='\"&#10;&#9;&#13;'>\"\n\t&#13;</a>\n").unwrap();
        assert_eq!(serialise(&tree), "<a b=\"&quot;&#xA;&#x9;&#xD;\">\"\n\t&#xD;</a>\n");
    }

    #[test]
    fn nothing_is_escaped_after_a_declaration_opener() {
        let tree = parse("<a b=\"&lt;&amp;&lt;!&amp;&quot;&lt;é\"/>\n").unwrap();
        assert_eq!(serialise(&tree), "<a b=\"&lt;&amp;<!&\"<é\"></a>\n");
    }

    #[test]
    fn an_opener_may_be_split_by_an_element() {
        let tree = parse("<a>x&lt;<b/>!</a>\n").unwrap();
        assert_eq!(serialise(&tree), "<a>x<  <b></b>\n!</a>\n");
    }

    #[test]
    fn text_right_after_an_element_is_written_before_it_as_well() {
        let tree = parse("<a><b/>text<c/></a>\n").unwrap();
        assert_eq!(serialise(&tree), "<a>text  <b></b>\ntext  <c></c>\n</a>\n");
    }
}
