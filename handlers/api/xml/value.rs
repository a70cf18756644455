//! A value, who wrote it, and what the switch may do with it.

use std::borrow::Cow;

use super::refused::Refused;
use super::word::is_word;

/// A value of an answer, marked with how much of it the switch may expand.
///
/// A plain `&str` or `String` becomes [`Value::Text`], the level that trusts nobody.
///
/// ```
/// use jackfield_api::xml::{Refused, Value};
///
/// let from_a_caller = Value::from("${system(reboot)}");
/// assert_eq!(from_a_caller.check(), Err(Refused::Expansion)); // no answer is made of it
/// assert!(Value::channel("user/$1@${domain_name}").check().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Untrusted text: nothing in it is ever expanded. An application reads its argument all the same,
    /// as `transfer` at spaces.
    Text(Cow<'a, str>),
    /// Untrusted text as the whole argument of an application: refused unless it is one word, in which
    /// the application can find nothing else.
    Word(Cow<'a, str>),
    /// Written by the operator: `${name}` and `$1` stay live for the call, `$${name}` is refused.
    Channel(Cow<'a, str>),
    /// Written by the operator: as [`Value::Channel`], and `$${name}` is replaced by the switch's
    /// global variable when it reads the answer. An unset one becomes empty.
    Global(Cow<'a, str>),
}

/// What the switch does with a value at run time, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Taken as it is.
    Plain,
    /// `${...}` is expanded, API calls such as `${system(..)}` included: variables, dial strings.
    Expanded,
    /// As `Expanded`, and `$` + digit is a capture of the condition: action data.
    Captured,
    /// Nothing may stand here: the name is one that the builder gives itself.
    Forbidden,
}

/// What XML is written for. The switch reads the same of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paper {
    /// An answer.
    Answer,
    /// A file that people work on: what the switch may expand is written as they would, and a `$` that
    /// is none of that as a reference, so that the import knows one from the other.
    File,
}

/// Words that harm wherever they stand, compared without regard to ASCII case.
///
/// `<!` because the switch's encoder stops escaping there; `<?`, `<include` and the pre-processor's
/// own names because a line with one of them is dropped or run.
const DIRECTIVES: [&str; 5] = ["<!", "<?", "<include", "</include", "X-PRE-PROCESS"];

impl<'a> Value<'a> {
    /// Operator-authored text in which `${...}` and `$1` stay live.
    pub fn channel(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Channel(text.into())
    }

    /// Operator-authored text in which `$${...}` is live as well.
    pub fn global(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Global(text.into())
    }

    /// Untrusted text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// Untrusted text that an application reads as one word, as the queue of `callcenter`. It may not be
    /// empty, begin with `-`, or hold a space, a quote, a control character or one of `,|{}[]<>\^$`.
    pub fn word(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Word(text.into())
    }

    /// The same value, borrowed from nowhere.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Word(text) => Value::Word(Cow::Owned(text.into_owned())),
            Self::Channel(text) => Value::Channel(Cow::Owned(text.into_owned())),
            Self::Global(text) => Value::Global(Cow::Owned(text.into_owned())),
        }
    }

    /// The characters as they were given, without regard to their level.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(s) | Self::Word(s) | Self::Channel(s) | Self::Global(s) => s,
        }
    }

    /// Says whether the switch would take this value as meant in the most demanding place, the
    /// data of an action. What passes here passes everywhere.
    pub fn check(&self) -> Result<(), Refused> {
        self.check_at(Place::Captured)
    }

    /// Says whether the switch would take this value as meant where it expands nothing: as a name,
    /// an id, a parameter.
    pub fn check_plain(&self) -> Result<(), Refused> {
        self.check_at(Place::Plain)
    }

    /// Says whether the switch would take this value as meant where it expands `${...}` and puts no
    /// captures in: as a channel variable, a dial string.
    pub fn check_expanded(&self) -> Result<(), Refused> {
        self.check_at(Place::Expanded)
    }

    pub(crate) fn check_at(&self, place: Place) -> Result<(), Refused> {
        match classes(self.as_str()) {
            0 if !matches!(self, Self::Word(_)) => Ok(()),
            _ => self.check_closely(place),
        }
    }

    /// Writes the value as it stands in a document, or says why it cannot.
    pub(crate) fn escape_into(
        &self,
        place: Place,
        paper: Paper,
        out: &mut String,
    ) -> Result<(), Refused> {
        if place == Place::Forbidden {
            return Err(Refused::Credential);
        }
        let text = self.as_str();
        let classes = classes(text);
        if classes != 0 || matches!(self, Self::Word(_)) {
            self.check_closely(place)?;
        }
        if classes & ESCAPED == 0 {
            out.push_str(text);
            return Ok(());
        }
        let live = matches!(self, Self::Global(_));
        let as_it_is = paper == Paper::File && !matches!(self, Self::Text(_) | Self::Word(_));
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|b| CLASSES[b as usize] & ESCAPED != 0) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if live && rest.starts_with("$${") {
                let end = rest.find('}').map_or(rest.len(), |end| end + 1);
                out.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            out.push_str(match rest.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'$' if as_it_is => "$",
                // The pre-processor looks for `$${`; the numeric reference is resolved after it.
                b'$' => "&#36;",
                b'\n' => "&#10;",
                b'\r' => "&#13;",
                _ => "&#9;",
            });
            rest = &rest[1..];
        }
        out.push_str(rest);
        Ok(())
    }

    fn check_closely(&self, place: Place) -> Result<(), Refused> {
        let text = self.as_str();
        if let Some(c) = text.chars().find(|c| !is_carried(*c)) {
            return Err(Refused::Character(c));
        }
        if let Some(word) = DIRECTIVES.into_iter().find(|word| contains_ignore_case(text, word)) {
            return Err(Refused::Directive(word));
        }
        match self {
            Self::Text(_) if place != Place::Plain && text.contains("${") => {
                Err(Refused::Expansion)
            }
            Self::Text(_) if place == Place::Captured && has_capture(text) => Err(Refused::Capture),
            Self::Word(_) if !is_word(text) => Err(Refused::Word),
            Self::Channel(_) if text.contains("$${") => Err(Refused::Global),
            Self::Global(_) if !globals_are_whole(text) => Err(Refused::Global),
            _ => Ok(()),
        }
    }
}

/// A byte that is written as a reference.
const ESCAPED: u8 = 1;
/// A byte that is written as it is, in a value that may have to be refused.
const SUSPECT: u8 = 2;
/// A dash: of no interest but in a value long enough for `X-PRE-PROCESS`.
const DASH: u8 = 4;

/// What each byte of a value asks for. Nearly all bytes of nearly all values ask for nothing.
static CLASSES: [u8; 256] = {
    let mut classes = [SUSPECT; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        classes[byte as usize] = match byte {
            b'&' | b'<' | b'>' | b'"' | b'$' => ESCAPED,
            b'-' => DASH,
            _ => 0,
        };
        byte += 1;
    }
    classes[b'\t' as usize] = ESCAPED;
    classes[b'\n' as usize] = ESCAPED;
    classes[b'\r' as usize] = ESCAPED;
    classes
};

/// The classes of all bytes together; 0 for a value that is written as it is.
fn classes(text: &str) -> u8 {
    let classes = text.bytes().fold(0, |all, byte| all | CLASSES[byte as usize]);
    if classes == DASH && text.len() < "X-PRE-PROCESS".len() { 0 } else { classes }
}

/// XML 1.0 `Char`, less the C1 controls, which no caller needs and terminals act on.
fn is_carried(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    }
}

fn contains_ignore_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn has_capture(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit())
}

fn globals_are_whole(text: &str) -> bool {
    text.split("$${").skip(1).all(|rest| {
        rest.split_once('}').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        })
    })
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Text(Cow::Borrowed(if truth { "true" } else { "false" }))
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Text(Cow::Owned(number.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(value: &Value<'_>, place: Place) -> Result<String, Refused> {
        let mut out = String::new();
        value.escape_into(place, Paper::Answer, &mut out).map(|()| out)
    }

    fn on_file(value: &Value<'_>) -> String {
        let mut out = String::new();
        value.escape_into(Place::Plain, Paper::File, &mut out).expect("carried");
        out
    }

    #[test]
    fn a_file_shows_what_the_switch_may_expand_and_what_it_may_not() {
        assert_eq!(on_file(&Value::channel("a<${b}$1")), "a&lt;${b}$1");
        assert_eq!(on_file(&Value::global("$${a}:${b}")), "$${a}:${b}");
        assert_eq!(on_file(&Value::text("$${a} $1")), "&#36;&#36;{a} &#36;1");
    }

    #[test]
    fn ordinary_text_is_carried_as_it_is() {
        for text in ["1000", "Jürgen 李", "a-b", "359f3581-35de-4b97-ac9d-49dedbb7baa6", "", "~"]
        {
            assert_eq!(escaped(&text.into(), Place::Captured), Ok(text.to_owned()));
        }
    }

    #[test]
    fn markup_dollars_and_line_breaks_become_references() {
        assert_eq!(
            escaped(&Value::from("a&b<c>\"d\"\r\n\t$"), Place::Plain),
            Ok("a&amp;b&lt;c&gt;&quot;d&quot;&#13;&#10;&#9;&#36;".into())
        );
    }

    #[test]
    fn untrusted_text_never_reaches_an_expansion() {
        assert_eq!(Value::from("${system(x)}").check_at(Place::Plain), Ok(()));
        assert_eq!(Value::from("${system(x)}").check_at(Place::Expanded), Err(Refused::Expansion));
        assert_eq!(Value::from("cash $1").check_at(Place::Expanded), Ok(()));
        assert_eq!(Value::from("cash $1").check_at(Place::Captured), Err(Refused::Capture));
    }

    #[test]
    fn an_operator_may_expand_channel_variables_but_not_globals() {
        assert_eq!(
            escaped(&Value::channel("user/$1@${domain}"), Place::Captured),
            Ok("user/&#36;1@&#36;{domain}".into())
        );
        assert_eq!(Value::channel("$${domain}").check(), Err(Refused::Global));
    }

    #[test]
    fn a_global_stays_live_and_the_rest_of_its_text_does_not() {
        assert_eq!(
            escaped(&Value::global("a$${local_ip_v4}:${port}"), Place::Plain),
            Ok("a$${local_ip_v4}:&#36;{port}".into())
        );
        for broken in ["$${", "$${}", "$${a", "$${a b}", "$$${a"] {
            assert_eq!(Value::global(broken).check(), Err(Refused::Global), "{broken}");
        }
    }

    #[test]
    fn words_that_the_switch_acts_on_are_refused_at_every_level() {
        for word in ["a<!b", "<?xml", "<Include x", "</include>", "x-pre-process"] {
            for value in [Value::text(word), Value::channel(word), Value::global(word)] {
                assert!(
                    matches!(value.check_at(Place::Plain), Err(Refused::Directive(_))),
                    "{word}"
                );
            }
        }
    }

    #[test]
    fn control_and_non_characters_are_refused() {
        for c in ['\0', '\u{1}', '\u{7f}', '\u{85}', '\u{fffe}', '\u{ffff}'] {
            assert_eq!(
                Value::from(c.to_string()).check_at(Place::Plain),
                Err(Refused::Character(c))
            );
        }
    }
}
