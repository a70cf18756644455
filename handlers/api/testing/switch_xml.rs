//! What a switch makes of an answer.
//!
//! The switch does not read an answer with an XML library. It treats it as one of its own
//! configuration files: a line-based pre-processor first, then a lenient parser, and for each
//! user look-up an encoder whose output is parsed once more. Text that is harmless to any other
//! XML reader can become markup, or a command, on that way. This double goes the same way with
//! the same quirks, so that a test can ask what the switch would have seen.

mod entities;
mod parse;
mod preprocess;
mod serialise;

use std::fmt;

pub use parse::parse;
pub use preprocess::{Preprocessed, preprocess};
pub use serialise::serialise;

/// An element as the switch keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The tag, in the case it was written in.
    pub name: String,
    /// Names and values in the order of the document. A repeated name stays, but only the first
    /// is ever found.
    pub attributes: Vec<(String, String)>,
    /// The elements inside, in the order of the document.
    pub children: Vec<Node>,
    /// All text directly inside, joined, with its white space.
    pub text: String,
    /// Where in the text of the parent this element stands, in bytes.
    pub offset: usize,
}

impl Node {
    /// The value of the first attribute of exactly this name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first element inside of exactly this name.
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements directly inside of exactly this name.
    pub fn children_named<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a Node> + use<'a, 'n> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Follows a path downwards from here; each step is a tag and, if given, an attribute whose
    /// value is compared without regard to case.
    ///
    /// Each step takes the first match and never comes back to try a later one, as the switch.
    pub fn find(&self, path: &[(&str, Option<(&str, &str)>)]) -> Option<&Node> {
        path.iter().try_fold(self, |node, (tag, wanted)| {
            node.children_named(tag).find(|child| {
                wanted.is_none_or(|(name, value)| {
                    child.attribute(name).is_some_and(|found| found.eq_ignore_ascii_case(value))
                })
            })
        })
    }
}

/// Why the switch would refuse an answer, or see something else in it than was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// The parser of the switch gives up.
    Syntax {
        /// The line after pre-processing, counted from 1.
        line: usize,
        /// What was wrong there.
        what: String,
    },
    /// The switch accepts it, but ends up with bytes that are not UTF-8.
    NotUtf8,
    /// The switch may accept it, but this double does not follow it there.
    NotModelled(&'static str),
    /// The pre-processor left something of a line out.
    Dropped {
        /// The line of the answer, counted from 1.
        line: usize,
        /// The line as it was answered.
        text: String,
    },
    /// The pre-processor would have run this.
    Command(String),
    /// The pre-processor would have put in this global variable.
    Global(String),
    /// A merged user look-up would see another tree than the answer holds.
    Changed(String),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, what } => write!(f, "line {line}: {what}"),
            Self::NotUtf8 => write!(f, "a character reference yields bytes that are not UTF-8"),
            Self::NotModelled(what) => write!(f, "not modelled by this double: {what}"),
            Self::Dropped { line, text } => {
                write!(f, "the switch leaves out all or part of line {line}: {text:?}")
            }
            Self::Command(command) => write!(f, "the switch would run a command: {command:?}"),
            Self::Global(name) => write!(f, "the switch would put in its global {name:?}"),
            Self::Changed(how) => write!(f, "a merged look-up would see another tree: {how}"),
        }
    }
}

impl std::error::Error for ParseError {}

/// The tree that a switch without global variables takes from an answer, if it is the tree that
/// was written and stays that through a merged user look-up.
///
/// # Errors
///
/// If the pre-processor would leave out anything but a declaration on a first line of its own, run
/// a command or read a global variable; if the parser would refuse the answer; or if encoding the
/// tree and parsing it again changes it by more than white space between elements.
pub fn as_the_switch_sees(answer: &str) -> Result<Node, ParseError> {
    let seen = preprocess(answer, &|_| None);
    if let Some(command) = seen.commands.into_iter().next() {
        return Err(ParseError::Command(command));
    }
    if let Some(name) = seen.globals_used.into_iter().next() {
        return Err(ParseError::Global(name));
    }
    if let Some((line, text)) = seen.dropped.into_iter().find(|dropped| !is_declaration(dropped)) {
        return Err(ParseError::Dropped { line, text });
    }
    let tree = parse(&seen.text)?;
    let (copy, error) = parse::as_far_as_it_goes(&serialise(&tree));
    let change = error.map(|error| error.to_string()).or_else(|| difference(&tree, &copy));
    change.map_or(Ok(tree), |how| Err(ParseError::Changed(how)))
}

/// The copy of an element that a merged user look-up works with.
///
/// The switch does not ask whether the copy could be parsed: what stood before an error counts,
/// the rest is gone.
pub fn copied(node: &Node) -> Node {
    parse::as_far_as_it_goes(&serialise(node)).0
}

fn is_declaration((line, text): &(usize, String)) -> bool {
    let text = text.trim();
    *line == 1
        && text.starts_with("<?xml")
        && text.ends_with("?>")
        && text.matches('<').count() == 1
}

/// The encoder indents, so white space between elements is not a difference. It is one inside an
/// element that holds nothing but text.
fn difference(before: &Node, after: &Node) -> Option<String> {
    let name = &before.name;
    if before.name != after.name {
        return Some(format!("<{name}> became <{}>", after.name));
    }
    if before.attributes != after.attributes {
        let (was, is) = (&before.attributes, &after.attributes);
        return Some(format!("the attributes {was:?} of <{name}> became {is:?}"));
    }
    if before.children.len() != after.children.len() {
        let (was, is) = (before.children.len(), after.children.len());
        return Some(format!("<{name}> had {was} elements inside, now {is}"));
    }
    let between_elements = !before.children.is_empty() || before.text.trim().is_empty();
    let same_text = if between_elements {
        before.text.split_whitespace().eq(after.text.split_whitespace())
    } else {
        before.text == after.text
    };
    if !same_text {
        return Some(format!("the text {:?} of <{name}> became {:?}", before.text, after.text));
    }
    before.children.iter().zip(&after.children).find_map(|(was, is)| difference(was, is))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<document type="freeswitch/xml">
  <section name="directory">
    <domain name="example.org">
      <groups><group name="default"><users>
        <user id="1000"><params><param name="a1-hash" value="x"/></params></user>
        <user id="1001"><params/></user>
      </users></group></groups>
    </domain>
  </section>
</document>
"#;

    #[test]
    fn an_ordinary_answer_is_seen_as_written() {
        let tree = as_the_switch_sees(ANSWER).unwrap();
        let user = tree.find(&[
            ("section", Some(("name", "Directory"))),
            ("domain", Some(("name", "EXAMPLE.org"))),
            ("groups", None),
            ("group", None),
            ("users", None),
            ("user", Some(("id", "1000"))),
        ]);
        let param = user.and_then(|user| user.child("params")).and_then(|p| p.child("param"));
        assert_eq!(param.and_then(|param| param.attribute("value")), Some("x"));
    }

    #[test]
    fn a_path_takes_the_first_match_and_does_not_come_back() {
        let tree = parse("<a><b/><b><c/></b></a>\n").unwrap();
        assert_eq!(tree.children_named("b").count(), 2);
        assert!(tree.find(&[("b", None), ("c", None)]).is_none());
    }

    #[test]
    fn the_declaration_must_stand_on_a_line_of_its_own() {
        let error = as_the_switch_sees("<?xml version=\"1.0\"?><document/>\n").unwrap_err();
        assert!(matches!(error, ParseError::Dropped { line: 1, .. }), "{error}");
        let error = as_the_switch_sees("<a>\n<?php ?>\n</a>\n").unwrap_err();
        assert!(matches!(error, ParseError::Dropped { line: 2, .. }), "{error}");
    }

    #[test]
    fn include_lines_and_the_preprocessor_tag_are_refused_even_inside_a_value() {
        for line in ["<a b=\"<include>\"/>", "</include>", "<a b=\"x-Pre-Process\"/>"] {
            let error = as_the_switch_sees(&format!("<d>\n{line}\n</d>\n")).unwrap_err();
            assert!(matches!(error, ParseError::Dropped { line: 2, .. }), "{error}");
        }
    }

    #[test]
    fn a_command_is_refused_in_both_spellings() {
        for line in [
            r#"<X-PRE-PROCESS cmd="exec-set" data="x=id"/>"#,
            r#"<!--#exec cmd="id" -->"#,
            r#"<!--#set "a=b"-->"#,
        ] {
            let error = as_the_switch_sees(&format!("<d>\n{line}\n</d>\n")).unwrap_err();
            assert!(matches!(error, ParseError::Command(_)), "{error}");
        }
    }

    #[test]
    fn a_global_is_refused_and_the_numeric_reference_is_not() {
        let error = as_the_switch_sees("<a b=\"$${default_password}\"/>\n").unwrap_err();
        assert_eq!(error, ParseError::Global("default_password".into()));
        let tree = as_the_switch_sees("<a b=\"&#36;&#36;{default_password}\"/>\n").unwrap();
        assert_eq!(tree.attribute("b"), Some("$${default_password}"));
    }

    #[test]
    fn a_global_is_expanded_inside_a_comment_too() {
        let error = as_the_switch_sees("<!-- $${x} -->\n<a/>\n").unwrap_err();
        assert_eq!(error, ParseError::Global("x".into()));
    }

    #[test]
    fn line_feed_tab_and_carriage_return_survive_as_references() {
        let tree = as_the_switch_sees("<a b=\"&#10;&#9;&#13;&#36;\"/>\n").unwrap();
        assert_eq!(tree.attribute("b"), Some("\n\t\r$"));
    }

    #[test]
    fn every_kind_of_character_survives_a_merged_look_up() {
        let value = "é ß \u{85}\u{a0}\u{2028}\u{fffe}\u{feff} 日本 \u{1f600}\u{10ffff}";
        let tree = as_the_switch_sees(&format!("<a b=\"{value}\">{value}</a>\n")).unwrap();
        assert_eq!(tree.attribute("b"), Some(value));
        assert_eq!(tree.text, value);
    }

    #[test]
    fn a_well_escaped_caller_id_with_a_declaration_opener_injects_a_variable() {
        let name = "Bob &lt;!&quot;/&gt;&lt;variable name=&quot;user_context&quot; \
                    value=&quot;admin&quot;/&gt;";
        let user = format!("<v>\n<variable name=\"caller_id\" value=\"{name}\"/>\n</v>\n");
        let merged = copied(&parse(&user).unwrap());
        let injected = merged.find(&[("variable", Some(("name", "user_context")))]);
        assert_eq!(injected.and_then(|found| found.attribute("value")), Some("admin"));
        let error = as_the_switch_sees(&user).unwrap_err();
        assert!(matches!(error, ParseError::Changed(_)), "{error}");
    }

    #[test]
    fn text_beside_elements_is_repeated_by_a_merged_look_up() {
        let error = as_the_switch_sees("<a><b/>text<c/></a>\n").unwrap_err();
        assert!(matches!(error, ParseError::Changed(_)), "{error}");
    }

    #[test]
    fn text_that_ends_in_a_line_feed_grows_in_a_merged_look_up() {
        let error = as_the_switch_sees("<a><b>text&#10;</b></a>\n").unwrap_err();
        assert!(matches!(error, ParseError::Changed(_)), "{error}");
        assert!(as_the_switch_sees("<a><b>text\nmore</b><c>\n</c></a>\n").is_ok());
    }

    #[test]
    fn a_repeated_attribute_is_lost_in_a_merged_look_up() {
        let error = as_the_switch_sees("<a b=\"1\" b=\"2\"/>\n").unwrap_err();
        assert!(matches!(error, ParseError::Changed(_)), "{error}");
    }
}
