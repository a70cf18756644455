//! Elements that are kept as XML.

use jackfield_api::xml::Raw;

use super::super::tree::Element;
use super::Taker;
use crate::secret::is_secret;

/// Passwords of the files that FreeSWITCH comes with.
const KNOWN_TO_ALL: [&str; 4] = ["1234", "ClueCon", "works", "password"];

impl Taker<'_> {
    /// These elements as they are; secrets in them resolved.
    pub(super) fn raw<'e>(&mut self, elements: impl IntoIterator<Item = &'e Element>) -> Raw {
        let mut xml = String::new();
        let mut first = None;
        let problems = self.problems.len();
        for element in elements {
            first.get_or_insert(element);
            self.write(element, &mut xml);
        }
        match (Raw::parse_any(&xml), first) {
            (Ok(raw), _) => raw,
            // Told already, with the line itself.
            (Err(_), _) if self.problems.len() > problems => Raw::default(),
            (Err(error), Some(first)) => {
                let message = format!("<{}> cannot be kept: {}", first.name, error.message);
                self.problem(&first.place, message);
                Raw::default()
            }
            (Err(_), None) => Raw::default(),
        }
    }

    fn write(&mut self, element: &Element, xml: &mut String) {
        xml.push('<');
        xml.push_str(&element.name);
        let holds_secret = element.attribute("name").is_some_and(is_secret);
        for (name, value) in &element.attributes {
            let value = if holds_secret && name == "value" {
                let what = format!("the value of <{}>", element.name);
                let Some(secret) = self.secret(&what, value, &element.place) else { continue };
                if KNOWN_TO_ALL.contains(&secret.as_str()) {
                    let name = element.attribute("name").unwrap_or_default();
                    let text =
                        format!("«{name}» has a value that everybody knows: give it another");
                    self.report.finding(&element.place, text);
                }
                secret
            } else {
                self.text(value, &element.place)
            };
            xml.push(' ');
            xml.push_str(name);
            xml.push_str("=\"");
            escape(&value, xml);
            xml.push('"');
        }
        xml.push('>');
        let text = element.text.trim();
        if !text.is_empty() {
            if element.children.is_empty() {
                let text = self.text(text, &element.place);
                escape(&text, xml);
            } else {
                let what = format!("the text beside the elements of <{}>", element.name);
                self.report.left_out(&element.place, what);
            }
        }
        for child in &element.children {
            self.write(child, xml);
        }
        xml.push_str("</");
        xml.push_str(&element.name);
        xml.push('>');
    }
}

fn escape(text: &str, xml: &mut String) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' => xml.push_str("&#10;"),
            '\r' => xml.push_str("&#13;"),
            '\t' => xml.push_str("&#9;"),
            c => xml.push(c),
        }
    }
}
