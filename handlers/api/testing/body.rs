//! The body of a post as its pairs, to be changed as a stranger or another switch would.

use std::fmt::Write as _;

use crate::form::Form;
use crate::lookup::Lookup;

/// The pairs of a body in the order they come, names and values as they stand in it.
///
/// ```
/// use jackfield_api::lookup::DialplanLookup;
/// use jackfield_api::testing::recorded;
///
/// let body = recorded::CALL_TO_1002.body().set("Hunt-Context", "from%20customers");
/// let lookup = body.lookup();
/// assert_eq!(DialplanLookup::new(&lookup).context(), "from customers");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(Vec<(String, String)>);

/// A value as the switch writes it behind the base fields.
///
/// As the switch does, it leaves `%` before two upper-case hexadecimal digits as it is, so that `%41`
/// arrives as `A`.
pub fn encoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let is_digit = |at: usize| matches!(bytes.get(at), Some(b'0'..=b'9' | b'A'..=b'F'));
        let is_escape = *byte == b'%' && is_digit(at + 1) && is_digit(at + 2);
        let is_plain = matches!(byte, b'!'..=b'~') && !b"\"#%&+:;<=>?@[\\]^`{|}".contains(byte);
        if is_plain || is_escape {
            out.push(char::from(*byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

impl Body {
    /// Takes a body apart.
    pub fn parse(body: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        };
        Self(body.split('&').map(pair).collect())
    }

    /// Sets the first pair of this name, base fields first.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    #[track_caller]
    pub fn set(mut self, name: &str, raw: &str) -> Self {
        let at = self.place_of(name);
        raw.clone_into(&mut self.0[at].1);
        self
    }

    /// Sets the last pair of this name.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    #[track_caller]
    pub fn set_last(mut self, name: &str, raw: &str) -> Self {
        let pair = self.0.iter_mut().rev().find(|(found, _)| found == name);
        raw.clone_into(&mut pair.unwrap_or_else(|| panic!("no field {name}")).1);
        self
    }

    /// Puts a pair in front of the first of another name. Its own name may hold `&` and `=`, as what a
    /// stranger adds does.
    ///
    /// # Panics
    /// Where there is none of the other name.
    #[must_use]
    #[track_caller]
    pub fn before(mut self, other: &str, name: &str, raw: &str) -> Self {
        let at = self.place_of(other);
        self.0.insert(at, (name.to_owned(), raw.to_owned()));
        self
    }

    /// Adds a pair at the end.
    #[must_use]
    pub fn and(mut self, name: &str, raw: &str) -> Self {
        self.0.push((name.to_owned(), raw.to_owned()));
        self
    }

    /// Takes every pair of this name away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    /// Keeps the five base fields and the pairs of these names, as `enable-post-var` of
    /// `mod_xml_curl` does.
    #[must_use]
    pub fn reduced_to(mut self, names: &[&str]) -> Self {
        let mut at = 0;
        self.0.retain(|(name, _)| {
            at += 1;
            at <= 5 || names.contains(&name.as_str())
        });
        self
    }

    /// The first value of this name, as it stands there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The names of the pairs, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The whole, as it is posted.
    pub fn text(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    /// The same as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.text().into_bytes()
    }

    /// The form that the service makes of it.
    pub fn form(&self) -> Form {
        super::form(self.bytes())
    }

    /// The look-up that the service makes of it.
    ///
    /// # Panics
    /// Where it is none.
    pub fn lookup(&self) -> Lookup {
        super::lookup(self.bytes())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    #[track_caller]
    fn place_of(&self, name: &str) -> usize {
        let at = self.0.iter().position(|(found, _)| found == name);
        at.unwrap_or_else(|| panic!("no field {name}"))
    }
}

impl From<Body> for Vec<u8> {
    fn from(body: Body) -> Self {
        body.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_the_switch_does() {
        assert_eq!(encoded("a b,c/(d)'*!$~-_."), "a%20b,c/(d)'*!$~-_.");
        assert_eq!(encoded("\"#%&+:;<=>?@"), "%22%23%25%26%2B%3A%3B%3C%3D%3E%3F%40");
        assert_eq!(encoded("[\\]^`{|}\r\n\u{7f}é"), "%5B%5C%5D%5E%60%7B%7C%7D%0D%0A%7F%C3%A9");
        assert_eq!(encoded("%41 %4a %4"), "%41%20%254a%20%254", "an escape passes as it is");
    }

    #[test]
    fn a_body_is_changed_in_its_place() {
        let body = Body::parse("a=1&b=2&c=3&d=4&e=5&f=6&g=7&f=8");
        assert_eq!(
            body.clone().set("f", "x").set_last("f", "y").text(),
            "a=1&b=2&c=3&d=4&e=5&f=x&g=7&f=y"
        );
        assert_eq!(body.clone().before("g", "x&y", "0").and("z", "").get("x&y"), Some("0"));
        assert_eq!(body.clone().without("f").names().last(), Some("g"));
        assert_eq!(body.reduced_to(&["g"]).text(), "a=1&b=2&c=3&d=4&e=5&g=7");
    }
}
