//! A switch that asks: `mod_xml_curl` with its bindings and the files on its disk.
//!
//! Each look-up is a POST on a connection of its own. The bindings are asked in their order until one
//! answers with something that the switch can read and that is not "not found"; then that counts, and
//! where it does not hold what was looked for, what is on the disk. So it is with the switch (seen with
//! 1.11; `switch_xml_locate` in `switch_xml.c`, `xml_url_fetch` in `mod_xml_curl.c`).
//!
//! Left out are redirects, credentials, TLS, the words that bind a URL to sections, and the switch's
//! cache of users.

mod http;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use super::form;
use super::switch_xml::{Node, ParseError, as_the_switch_sees, parse, preprocess};
use crate::document::MAX_BYTES;
use crate::form::Form;

/// A switch under test, or the one that a service is tested with.
///
/// ```no_run
/// use jackfield_api::testing::{Switch, asking};
///
/// let switch = Switch::at("127.0.0.1:8080").or_at("http://127.0.0.2:8080/fsapi");
/// let told = switch.asks(asking::sip_auth("1000", "pbx.example.test"));
/// assert_eq!(told.document().user("1000").variable("user_context"), "default");
/// ```
#[derive(Debug, Clone)]
pub struct Switch {
    bindings: Vec<http::Url>,
    disk: Option<Node>,
    globals: Vec<(String, String)>,
    timeout: Duration,
}

/// What a look-up came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Why each binding that did not answer was passed over, in their order.
    pub passed_over: Vec<Why>,
    /// Who has answered.
    pub by: By,
    document: Option<Node>,
}

/// Who has answered a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The binding at this place, from 0.
    Binding(usize),
    /// The files of the switch.
    Disk,
    /// Nobody: for the switch there is no such thing.
    Nobody,
}

/// Why the switch asks on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// The answer has another status than 200.
    Status(u16),
    /// There is no connection, or it ended before the answer did.
    Gone(String),
    /// It took longer than the switch waits.
    Late,
    /// The answer is longer than the switch takes ([`MAX_BYTES`]).
    TooLong,
    /// The switch cannot read the answer.
    Unreadable(ParseError),
    /// The answer says that there is nothing.
    NotFound,
    /// The answer is about something else. No further binding is asked then, but the disk is.
    Elsewhere,
}

impl Switch {
    /// One with a binding of this URL, as in `http://127.0.0.1:8080/fsapi` or `127.0.0.1:8080`. It waits
    /// five seconds for an answer.
    ///
    /// # Panics
    /// Where it is no such URL.
    #[track_caller]
    pub fn at(url: impl fmt::Display) -> Self {
        let bindings = vec![http::Url::parse(&url.to_string())];
        let timeout = Duration::from_secs(5);
        Self { bindings, disk: None, globals: Vec::new(), timeout }
    }

    /// With a further binding, which is asked where those before it have no answer.
    ///
    /// # Panics
    /// Where it is no such URL.
    #[must_use]
    #[track_caller]
    pub fn or_at(mut self, url: impl fmt::Display) -> Self {
        self.bindings.push(http::Url::parse(&url.to_string()));
        self
    }

    /// With this document on its disk, with its sections in it.
    ///
    /// # Panics
    /// Where it is no XML.
    #[must_use]
    #[track_caller]
    pub fn with_disk(mut self, xml: &str) -> Self {
        self.disk = Some(parse(xml).unwrap_or_else(|error| panic!("on the disk: {error}\n{xml}")));
        self
    }

    /// With a global variable, which its pre-processor puts into answers. Others become empty.
    #[must_use]
    pub fn with_global(mut self, name: &str, value: &str) -> Self {
        self.globals.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waiting so long for an answer (`timeout`), as a whole.
    #[must_use]
    pub fn waiting(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Looks something up.
    ///
    /// # Panics
    /// Where the body is no look-up, and where an answer would harm the switch: where it would run a
    /// command of it, or where a merged user look-up would see another document than was written.
    #[track_caller]
    pub fn asks(&self, body: impl Into<Vec<u8>>) -> Told {
        let form = form(body);
        assert!(form.is_lookup(), "no look-up: {form:?}");
        let mut passed_over = Vec::new();
        for (at, binding) in self.bindings.iter().enumerate() {
            match self.fetch(binding, &form) {
                Ok(tree) if holds(&tree, &form) => {
                    return Told { passed_over, by: By::Binding(at), document: Some(tree) };
                }
                Ok(_) => {
                    passed_over.push(Why::Elsewhere);
                    break;
                }
                Err(why) => passed_over.push(why),
            }
        }
        let disk = self.disk.as_ref().filter(|disk| holds(disk, &form));
        let by = if disk.is_some() { By::Disk } else { By::Nobody };
        Told { passed_over, by, document: disk.cloned() }
    }

    /// Posts what a hook script tells, to the first binding; what it is told, as text.
    ///
    /// # Panics
    /// Where nobody answers with 200.
    #[track_caller]
    pub fn posts(&self, body: impl Into<Vec<u8>>) -> String {
        let answer = http::post(&self.bindings[0], &body.into(), self.timeout);
        let answer = answer.unwrap_or_else(|why| panic!("nobody hears the hook: {why}"));
        String::from_utf8(answer).expect("UTF-8")
    }

    #[track_caller]
    fn fetch(&self, binding: &http::Url, form: &Form) -> Result<Node, Why> {
        let answer = http::post(binding, form.body(), self.timeout)?;
        let text = String::from_utf8_lossy(&answer);
        let global = |name: &str| {
            let named = self.globals.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.clone())
        };
        let read = preprocess(&text, &global);
        assert!(
            read.commands.is_empty(),
            "{}\n{text}",
            ParseError::Command(read.commands.join(" "))
        );
        let tree = match as_the_switch_sees(&read.text) {
            Ok(tree) => tree,
            Err(error @ ParseError::Changed(_)) => panic!("{error}\n{text}"),
            Err(error) => return Err(Why::Unreadable(error)),
        };
        let result =
            [("section", Some(("name", "result"))), ("result", Some(("status", "not found")))];
        if tree.find(&result).is_some() { Err(Why::NotFound) } else { Ok(tree) }
    }
}

/// Whether a document holds what is looked for: the section, and in it the element of that name where
/// one is named.
fn holds(tree: &Node, form: &Form) -> bool {
    let (section, tag, key, value) = (form.base(1), form.base(2), form.base(3), form.base(4));
    let section = ("section", Some(("name", &*section)));
    if tag.is_empty() || key.is_empty() || value.is_empty() {
        return tree.find(&[section]).is_some();
    }
    tree.find(&[section, (&*tag, Some((&*key, &*value)))]).is_some()
}

impl Told {
    /// The document that has what was looked for.
    ///
    /// # Panics
    /// Where there is none.
    #[track_caller]
    pub fn document(&self) -> &Node {
        match &self.document {
            Some(document) => document,
            None => panic!("nobody has an answer: {:?}", self.passed_over),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the status is {status}"),
            Self::Gone(why) => write!(f, "no answer: {why}"),
            Self::Late => f.write_str("no answer in time"),
            Self::TooLong => write!(f, "more than {MAX_BYTES} bytes"),
            Self::Unreadable(error) => write!(f, "the switch cannot read it: {error}"),
            Self::NotFound => f.write_str("not found"),
            Self::Elsewhere => f.write_str("an answer to another question"),
        }
    }
}
