//! A document that an operator wrote for the look-ups that cannot be answered.
//!
//! It is a file as a switch would read it, of one section:
//!
//! ```xml
//! <document type="freeswitch/xml">
//!   <section name="dialplan">
//!     <context name="closed">
//!       <extension name="sorry">
//!         <condition>
//!           <action application="playback" data="tone_stream://%(500,500,480,620);loops=3"/>
//!           <action application="hangup" data="NORMAL_TEMPORARY_FAILURE"/>
//!         </condition>
//!       </extension>
//!     </context>
//!   </section>
//! </document>
//! ```
//!
//! A dialplan or chatplan has one context, which is sent under whatever name is asked for. Of the other
//! sections the elements of the name that is asked for are sent: a configuration, a domain, a language.

use std::collections::BTreeSet;
use std::fmt;

use super::{Document, MAX_BYTES, is_credential};
use crate::lookup::Section;
use crate::xml::{Element, Node, Raw, Value, XmlError, written};

/// What is sent where there is no answer (`fail = "document FILE"`).
///
/// ```
/// use jackfield_api::Section;
/// use jackfield_api::document::Fixed;
/// use jackfield_api::xml::Value;
///
/// let closed = Fixed::parse(Section::Dialplan, r#"<document type="freeswitch/xml">
///   <section name="dialplan"><context name="closed"><extension name="sorry"><condition>
///     <action application="hangup" data="NORMAL_TEMPORARY_FAILURE"/>
///   </condition></extension></context></section></document>"#)?;
/// let document = closed.contexts([Value::text("default")]).expect("carried");
/// assert_eq!(document.names(), ["default"]);
/// # Ok::<(), jackfield_api::document::FixedError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Fixed {
    section: Section,
    parts: Vec<Part>,
    applications: BTreeSet<String>,
}

/// Shows what it is about, not what it says: that may be a secret.
impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parts.iter().map(|part| &part.name).collect();
        f.debug_struct("Fixed")
            .field("section", &self.section)
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

/// One element inside the section.
#[derive(Clone, PartialEq, Eq)]
struct Part {
    /// What it is asked for by.
    name: String,
    /// All of it; of a context what is inside of it.
    written: Box<str>,
}

/// Why a document cannot be one of those.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FixedError {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is wrong there, and what to do.
    pub message: String,
}

impl fmt::Display for FixedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for FixedError {}

/// Elements around what is in a section, and around what is in a context.
const SECTION_DEPTH: usize = 2;
const CONTEXT_DEPTH: usize = 3;
/// Room for what stands around the parts, and for the name of a context.
const AROUND: usize = 4096;

impl Fixed {
    /// Takes a file's text for a section.
    ///
    /// It is refused where a switch would not take it as it was meant, and where it would let somebody
    /// in: a user has to have a secret for logging in and one for its mailbox, and nothing that opens
    /// either.
    pub fn parse(section: Section, xml: &str) -> Result<Self, FixedError> {
        let raw = Raw::parse(xml)
            .map_err(|error| FixedError { line: error.line, message: error.message })?;
        let [document] = raw.elements() else {
            return Err(FixedError { line: 1, message: "write one <document>".to_owned() });
        };
        let lines = Raw::lines(xml);
        let mut reading = Reading { section, lines: lines.into_iter(), line: 1 };
        let parts = reading.document(document)?;
        let length: usize = parts.iter().map(|part| part.written.len()).sum();
        if length > MAX_BYTES - AROUND {
            let message = "it is longer than the switch takes (1 MiB)".to_owned();
            return Err(FixedError { line: 1, message });
        }
        let mut applications = BTreeSet::new();
        list_applications(document, &mut applications);
        Ok(Self { section, parts, applications })
    }

    /// The section that it is of.
    pub fn section(&self) -> Section {
        self.section
    }

    /// The applications of a dialplan that it has calls run.
    pub fn applications(&self) -> impl Iterator<Item = &str> {
        self.applications.iter().map(String::as_str)
    }

    /// Its context, under each of these names.
    pub fn contexts<'a>(
        &self,
        names: impl IntoIterator<Item = Value<'a>>,
    ) -> Result<Document, XmlError> {
        let inside = self.parts.first().map_or("", |part| &part.written);
        let context = |name| {
            let context = Element::new("context").with("name", name);
            if inside.is_empty() { context } else { context.holding([Node::Written(inside)]) }
        };
        let contexts = names.into_iter().map(context).collect();
        Document::write(self.section, self.section.as_str(), contexts)
    }

    /// What it has of this name, case apart; none if there is nothing.
    pub fn named(&self, name: &str) -> Option<Result<Document, XmlError>> {
        let parts: Vec<_> =
            self.parts.iter().filter(|part| part.name.eq_ignore_ascii_case(name)).collect();
        let first = parts.first()?.name.clone();
        let parts = parts.into_iter().map(|part| Node::Written(&part.written));
        Some(Document::write_parts(self.section, self.section.as_str(), vec![first], parts))
    }
}

/// A file while it is read, element by element, with the line of each.
struct Reading {
    section: Section,
    lines: std::vec::IntoIter<usize>,
    /// Of the element that was come to last.
    line: usize,
}

impl Reading {
    /// Comes to the next element. All of them are come to, in their order.
    fn comes(&mut self) {
        self.line = self.lines.next().unwrap_or(self.line);
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Result<T, FixedError> {
        Err(FixedError { line: self.line, message: message.into() })
    }

    fn document(&mut self, document: &Element<'static>) -> Result<Vec<Part>, FixedError> {
        let section = self.section.as_str();
        self.comes();
        if document.name() != "document" {
            return self.wrong("write <document type=\"freeswitch/xml\">");
        }
        let mut sections = document.children();
        let found = sections.next();
        self.comes();
        let Some(found) = found.filter(|found| found.name() == "section") else {
            return self.wrong(format!("write one <section name=\"{section}\"> into the document"));
        };
        if found.attribute("name") != Some(section) {
            return self.wrong(format!("write <section name=\"{section}\">"));
        }
        let is_context = matches!(self.section, Section::Dialplan | Section::Chatplan);
        let words = if is_context { "one <context>" } else { "what is to be sent" };
        let mut parts = Vec::new();
        for element in found.children() {
            self.comes();
            if is_context && !parts.is_empty() {
                return self.wrong(format!("write {words} into the section, not two"));
            }
            parts.push(self.part(element)?);
        }
        if parts.is_empty() {
            return self.wrong(format!("write {words} into the section"));
        }
        if sections.next().is_some() {
            self.comes();
            return self.wrong("write one <section> into the document");
        }
        Ok(parts)
    }

    fn part(&mut self, element: &Element<'static>) -> Result<Part, FixedError> {
        let expected = match self.section {
            Section::Configuration => "configuration",
            Section::Directory => "domain",
            Section::Dialplan | Section::Chatplan => "context",
            Section::Languages => "language",
            Section::Channels => return self.wrong("nothing can be sent in section channels"),
        };
        if element.name() != expected {
            return self.wrong(format!("<{}> is no <{expected}>", element.name()));
        }
        let Some(name) = element.attribute("name").filter(|name| !name.is_empty()) else {
            return self.wrong(format!("a <{expected}> needs a name"));
        };
        let written = if expected == "context" {
            written(CONTEXT_DEPTH, element.children().cloned().map(Node::from))
        } else {
            written(SECTION_DEPTH, [element.clone().into()])
        };
        let Ok(written) = written else { return self.wrong("it cannot be sent") };
        let part = Part { name: name.to_owned(), written };
        self.inside(element, false)?;
        Ok(part)
    }

    /// Goes through all that is inside of an element.
    fn inside(&mut self, element: &Element<'static>, of_user: bool) -> Result<(), FixedError> {
        for child in element.children() {
            self.comes();
            let is_user = child.name() == "user";
            if self.section == Section::Directory {
                if child.attribute("cacheable").is_some() {
                    return self.wrong("«cacheable» would have the switch keep it: leave it out");
                }
                if is_user {
                    self.user(child)?;
                } else if child.name() == "param" {
                    self.param(child, of_user)?;
                }
            }
            self.inside(child, of_user || is_user)?;
        }
        Ok(())
    }

    /// A user without a secret is one that needs none, and so is a mailbox.
    fn user(&self, user: &Element<'static>) -> Result<(), FixedError> {
        let lists = user.children().filter(|list| list.name() == "params");
        let params: Vec<_> = lists.flat_map(Element::children).filter_map(name_of).collect();
        for (what, names) in [
            ("log in as", ["password", "a1-hash"]),
            ("open the mailbox of", ["vm-password", "vm-a1-hash"]),
        ] {
            let is_there = params
                .iter()
                .any(|param| names.iter().any(|name| param.eq_ignore_ascii_case(name)));
            if !is_there {
                let id = user.attribute("id").unwrap_or_default().escape_debug();
                let [clear, hash] = names;
                return self.wrong(format!(
                    "everybody could {what} user «{id}»: give it a «{clear}» or a «{hash}»"
                ));
            }
        }
        Ok(())
    }

    fn param(&self, param: &Element<'static>, of_user: bool) -> Result<(), FixedError> {
        let name = name_of(param).filter(|name| is_credential(name));
        let Some(name) = name else { return Ok(()) };
        let value = param.attribute("value").unwrap_or_default();
        if !of_user {
            return self.wrong(format!("«{name}» belongs to a user: write it there"));
        }
        let opens = if name.eq_ignore_ascii_case("allow-empty-password") {
            value != "false"
        } else {
            // What a variable holds may be nothing, too.
            value.trim().is_empty() || value.contains("${")
        };
        if opens {
            return self.wrong(format!("«{name}» with this value would let everybody in"));
        }
        Ok(())
    }
}

fn name_of<'a>(element: &'a Element<'static>) -> Option<&'a str> {
    element.attribute("name")
}

/// Every application that a call may come to, however deep in a condition.
fn list_applications(element: &Element<'static>, found: &mut BTreeSet<String>) {
    if matches!(element.name(), "action" | "anti-action") {
        found.extend(element.attribute("application").map(str::to_owned));
    }
    for child in element.children() {
        list_applications(child, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(section: &str, inside: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<document type=\"freeswitch/xml\">\n\
             <section name=\"{section}\">\n{inside}\n</section>\n</document>\n"
        )
    }

    fn fixed(section: Section, inside: &str) -> Result<Fixed, FixedError> {
        Fixed::parse(section, &file(section.as_str(), inside))
    }

    fn text(document: Result<Document, XmlError>) -> String {
        String::from_utf8(document.expect("safe").into_body()).expect("UTF-8")
    }

    const SORRY: &str = "<context name='any'><extension name='sorry'><condition>\n\
        <action application='playback' data='${sorry}'/>\n\
        <action application='hangup'/></condition></extension></context>";

    #[test]
    fn a_context_is_sent_under_the_names_that_are_asked_for() {
        let fixed = fixed(Section::Dialplan, SORRY).expect("accepted");
        assert_eq!(fixed.applications().collect::<Vec<_>>(), ["hangup", "playback"]);
        let document = fixed.contexts(["public".into(), "a<b".into()]).expect("safe");
        assert_eq!(document.section(), Section::Dialplan);
        assert_eq!(document.names(), ["public", "a<b"]);
        assert_eq!(
            text(fixed.contexts(["public".into()])),
            r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="dialplan">
    <context name="public">
      <extension name="sorry">
        <condition>
          <action application="playback" data="&#36;{sorry}"/>
          <action application="hangup"/>
        </condition>
      </extension>
    </context>
  </section>
</document>
"#
        );
    }

    #[test]
    fn of_other_sections_only_what_is_asked_for_is_sent() {
        let two = "<configuration name='a.conf'><settings/></configuration>\n\
                   <configuration name='b.conf'/>";
        let fixed = fixed(Section::Configuration, two).expect("accepted");
        let sent = text(fixed.named("A.conf").expect("there is one"));
        assert!(sent.contains("<configuration name=\"a.conf\">\n      <settings/>"), "{sent}");
        assert!(!sent.contains("b.conf"), "{sent}");
        assert!(fixed.named("c.conf").is_none());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let user = |params: &str| {
            format!("<domain name='d'>\n<users>\n<user id='1'>\n{params}\n</user></users></domain>")
        };
        let param = |name: &str, value: &str| format!("<param name='{name}' value='{value}'/>");
        let params = |list: &[(&str, &str)]| {
            let list: String = list.iter().map(|(name, value)| param(name, value)).collect();
            user(&format!("<params>{list}</params>"))
        };
        let known = [("password", "x"), ("vm-a1-hash", "y")];
        let accepted = fixed(Section::Directory, &params(&[("password", "hush"), known[1]]));
        let shown = format!("{:?}", accepted.expect("accepted"));
        assert!(!shown.contains("hush"), "{shown}");
        for (section, inside, line, words) in [
            (Section::Dialplan, "<context>".to_owned(), 5, "context"),
            (Section::Dialplan, String::new(), 3, "one <context>"),
            (Section::Dialplan, format!("{SORRY}\n{SORRY}"), 7, "one <context>"),
            (Section::Dialplan, "<domain name='d'/>".to_owned(), 4, "no <context>"),
            (Section::Dialplan, "<context/>".to_owned(), 4, "needs a name"),
            (Section::Dialplan, "<context name='&lt;!'/>".to_owned(), 1, "<!"),
            (Section::Channels, "<x/>".to_owned(), 4, "channels"),
            (Section::Directory, user(""), 6, "log in as user «1»"),
            (Section::Directory, params(&[("password", "x")]), 6, "mailbox"),
            (Section::Directory, params(&[("password", ""), known[1]]), 7, "«password»"),
            (Section::Directory, params(&[("password", "$${x}"), known[1]]), 7, "«password»"),
            (
                Section::Directory,
                params(&[known[0], known[1], ("Allow-Empty-Password", "true")]),
                7,
                "«Allow-Empty-Password»",
            ),
            (
                Section::Directory,
                format!(
                    "<domain name='d'>\n<params>\n{}</params></domain>",
                    param("password", "x")
                ),
                6,
                "belongs to a user",
            ),
            (
                Section::Directory,
                params(&known).replace("id='1'", "id='1' cacheable='60000'"),
                6,
                "cacheable",
            ),
        ] {
            let error = fixed(section, &inside).expect_err(&inside);
            assert_eq!(error.line, line, "{inside}: {error}");
            assert!(error.message.contains(words), "{inside}: {error}");
        }
        for (xml, line) in [
            ("<section name='dialplan'/>".to_owned(), 1),
            (file("directory", SORRY), 3),
            ("<document>\n<x/></document>".to_owned(), 2),
            ("<document/><document/>".to_owned(), 1),
        ] {
            let error = Fixed::parse(Section::Dialplan, &xml).expect_err(&xml);
            assert_eq!(error.line, line, "{xml}: {error}");
        }
        let long = format!("<context name='x'>{}</context>", "<a b='0123456789'/>".repeat(50_000));
        let error = fixed(Section::Dialplan, &long).expect_err("too long");
        assert!(error.message.contains("1 MiB"), "{error}");
    }
}
