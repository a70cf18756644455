//! An answer as lines that can be compared: how it is laid out does not count.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::import::{Element, elements};

/// Parameters and variables that say the time, or are made up for each answer.
pub(crate) const VARYING: [&str; 1] = ["login-expires"];

/// One element, attribute by attribute in the order of their names, with the text in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The elements around it, the outermost first.
    pub(super) within: String,
    /// As XML, secrets included.
    pub(super) xml: String,
    /// What counts, but is never shown.
    pub(super) hidden: Vec<u8>,
}

impl Line {
    /// One that counts as it is shown.
    pub(super) fn shown(within: &str, xml: String) -> Self {
        Self { within: within.to_owned(), xml, hidden: Vec::new() }
    }
}

/// What varies in answers, and which of it was met.
#[derive(Debug, Clone, Default)]
pub(crate) struct Varying {
    names: Vec<String>,
    pub(crate) met: BTreeSet<String>,
}

impl Varying {
    /// What always does, and these.
    pub(crate) fn new(more: &[String]) -> Self {
        let names = VARYING.iter().map(|name| (*name).to_owned()).chain(more.iter().cloned());
        Self { names: names.collect(), met: BTreeSet::new() }
    }
}

/// The lines of an answer. Where the secrets are in one that is no XML nobody knows.
pub(super) fn lines(status: u16, body: &[u8], varying: &mut Varying) -> Vec<Line> {
    let text = String::from_utf8_lossy(body);
    let mut lines = vec![Line::shown("", format!("HTTP {status}"))];
    if let Ok(root) = elements(&text) {
        add(&root, "", &mut lines, varying);
    } else {
        let told = format!("({} bytes that are no XML)", body.len());
        lines.push(Line { hidden: body.to_vec(), ..Line::shown("", told) });
    }
    lines
}

fn add(element: &Element, within: &str, lines: &mut Vec<Line>, varying: &mut Varying) {
    let Element { name, attributes, children, text, .. } = element;
    let named = element.attribute("name").or_else(|| element.attribute("id"));
    let varies = named.and_then(|named| {
        varying.names.iter().find(|name| name.eq_ignore_ascii_case(named)).cloned()
    });
    let mut sorted: Vec<_> = attributes.iter().collect();
    // What it is called comes first, as everywhere.
    sorted.sort_by_key(|(key, _)| (key != "name" && key != "id", key));
    let mut xml = format!("<{name}");
    for (key, value) in sorted {
        let value = if varies.is_some() && key == "value" { "(varies)" } else { value };
        let _ = write!(xml, " {key}=\"{}\"", escaped(value));
    }
    if let Some(name) = varies {
        varying.met.insert(name);
    }
    let text = text.trim();
    let _ = if text.is_empty() {
        write!(xml, "/>")
    } else {
        write!(xml, ">{}</{name}>", escaped(text))
    };
    lines.push(Line::shown(within, xml));
    let step = named.map_or_else(|| name.clone(), |named| format!("{name} {named}"));
    let inside = if within.is_empty() { step } else { format!("{within} > {step}") };
    for child in children {
        add(child, &inside, lines, varying);
    }
}

/// Text within one line: secrets are looked for line by line.
fn escaped(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            c if c.is_control() => {
                let _ = write!(to, "&#{};", u32::from(c));
            }
            c => to.push(c),
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(body: &str) -> Vec<String> {
        let mut varying = Varying::new(&["x-stamp".to_owned()]);
        lines(200, body.as_bytes(), &mut varying).into_iter().map(|line| line.xml).collect()
    }

    #[test]
    fn how_an_answer_is_laid_out_does_not_count() {
        let one = "<?xml version=\"1.0\"?>\n<a>\n  <b value=\"1 &amp; 2\" name=\"x\"/>\n  <c>t</c>\n</a>\n";
        let other = "<a><!-- x --><b  name='x' value='1 &#38; 2'></b><c> t\n</c></a>";
        assert_eq!(xml(one), xml(other));
        assert_eq!(
            xml(one),
            ["HTTP 200", "<a/>", "<b name=\"x\" value=\"1 &amp; 2\"/>", "<c>t</c>"]
        );
        assert_ne!(xml(one), xml(&one.replace("1 &amp;", "2 &amp;")));
        assert_ne!(xml("<a><b/><c/></a>"), xml("<a><c/><b/></a>"), "the order counts");
        assert_ne!(xml("<a><b><c/></b></a>").len(), xml("<a><b/></a>").len());
    }

    #[test]
    fn what_varies_is_left_out_and_named() {
        let answer = |at: &str| {
            format!(
                "<v><variable name=\"login-expires\" value=\"{at}\"/><p name=\"X-Stamp\" value=\"{at}\"/></v>"
            )
        };
        assert_eq!(xml(&answer("1")), xml(&answer("2")));
        let mut varying = Varying::new(&[]);
        lines(200, answer("1").as_bytes(), &mut varying);
        assert_eq!(varying.met.into_iter().collect::<Vec<_>>(), ["login-expires"]);
    }
}
