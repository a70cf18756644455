//! The body of a post: pairs in the order they came, decoded only where somebody asks.
//!
//! `mod_xml_curl` writes its five base fields first and raw, then event fields with `%XX` in their
//! values. A form keeps one copy of the body and the bounds of its pairs; a dialplan post of 184
//! fields costs one pass and no allocation per field.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memchr2_iter};
use percent_encoding::percent_decode;

/// More pairs than any observed look-up has (184), with room for header-heavy trunks.
pub const MAX_PAIRS: usize = 1024;

/// The pairs of a body, duplicates included.
///
/// ```
/// use jackfield_api::Form;
///
/// let body = "hostname=vm&section=dialplan&tag_name=&key_name=&key_value=&Caller-Caller-ID-Name=A%20B";
/// let form = Form::parse(body.into())?;
/// assert!(form.is_lookup());
/// assert_eq!(form.base(1), "dialplan");
/// assert_eq!(form.field("Caller-Caller-ID-Name").as_deref(), Some("A B"));
/// # Ok::<(), jackfield_api::FormError>(())
/// ```
#[derive(Clone)]
pub struct Form {
    body: Vec<u8>,
    pairs: Vec<Bounds>,
}

/// Offsets into the body: `start..equals` is the name, `equals + 1..end` the value.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    start: u32,
    /// `None` for a name without a value.
    equals: Option<u32>,
    end: u32,
}

/// A body that cannot be taken as a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormError {
    /// The body holds no pair: the first leg of a digest, or a `GET` in disguise.
    Empty,
    /// More than [`MAX_PAIRS`] pairs.
    TooManyPairs,
    /// The body is longer than a `u32` can count. The server's own limit is far below.
    TooLong,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the body is empty"),
            Self::TooManyPairs => write!(f, "the body has more than {MAX_PAIRS} fields"),
            Self::TooLong => f.write_str("the body is too long"),
        }
    }
}

impl std::error::Error for FormError {}

/// One pair, still encoded.
///
/// ```
/// # use jackfield_api::Form;
/// let form = Form::parse("a=1&B=%2B2".into())?;
/// let pair = form.pair(1).expect("two pairs");
/// assert!(pair.is_named("b"));
/// assert_eq!((pair.raw, &*pair.decoded()), (&b"%2B2"[..], "+2"));
/// # Ok::<(), jackfield_api::FormError>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Pair<'a> {
    /// The name. FreeSWITCH never encodes names.
    pub name: &'a [u8],
    /// The value as it came.
    pub raw: &'a [u8],
}

impl<'a> Pair<'a> {
    /// The value with `%XX` resolved; bytes that are not UTF-8 become U+FFFD. `+` stays `+`.
    pub fn decoded(self) -> Cow<'a, str> {
        decode(self.raw)
    }

    /// The value with `%XX` resolved, whatever its bytes are.
    pub fn bytes(self) -> Cow<'a, [u8]> {
        percent_decode(self.raw).into()
    }

    /// Whether the name is this one, without regard to ASCII case.
    pub fn is_named(self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl Form {
    /// Splits a body into pairs. Never fails for what the bytes say, only for how many they are.
    pub fn parse(body: Vec<u8>) -> Result<Self, FormError> {
        let length = u32::try_from(body.len()).map_err(|_| FormError::TooLong)?;
        // An event field is about 35 bytes long; a guess that is right spares the growing.
        let mut pairs = Vec::with_capacity((body.len() / 28).clamp(8, 256));
        let mut pair = Bounds { start: 0, equals: None, end: 0 };
        let mut close = |mut pair: Bounds, end: u32| {
            pair.end = end;
            let is_pair = end > pair.start;
            if is_pair && pairs.len() < MAX_PAIRS {
                pairs.push(pair);
                Ok(())
            } else if is_pair {
                Err(FormError::TooManyPairs)
            } else {
                Ok(())
            }
        };
        for at in memchr2_iter(b'&', b'=', &body) {
            let byte = body[at];
            // Fits: `length` does.
            #[allow(clippy::cast_possible_truncation)]
            let at = at as u32;
            if byte == b'&' {
                close(pair, at)?;
                pair = Bounds { start: at + 1, equals: None, end: 0 };
            } else {
                pair.equals.get_or_insert(at);
            }
        }
        close(pair, length)?;
        if pairs.is_empty() { Err(FormError::Empty) } else { Ok(Self { body, pairs }) }
    }

    /// How many pairs there are; never 0.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The pair at a position, counted from 0.
    pub fn pair(&self, index: usize) -> Option<Pair<'_>> {
        self.pairs.get(index).map(|bounds| self.at(*bounds))
    }

    /// All pairs in the order they came.
    pub fn pairs(&self) -> impl DoubleEndedIterator<Item = Pair<'_>> {
        self.pairs.iter().map(|bounds| self.at(*bounds))
    }

    /// Whether this is a look-up of `mod_xml_curl`: its second pair is `section`.
    pub fn is_lookup(&self) -> bool {
        self.pair(1).is_some_and(|pair| pair.name == b"section")
    }

    /// A base field of a look-up, by position from 0, as it came: nothing decoded.
    pub fn base(&self, position: usize) -> Cow<'_, str> {
        debug_assert!(position < 5);
        self.pair(position).map_or(Cow::Borrowed(""), |pair| String::from_utf8_lossy(pair.raw))
    }

    /// The value of the first pair of this exact name behind the base fields, if it is not empty.
    pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw_field(name).map(decode)
    }

    /// The same as it came: nothing decoded.
    pub fn raw_field(&self, name: &str) -> Option<&[u8]> {
        self.pairs
            .iter()
            .skip(5)
            .map(|bounds| self.at(*bounds))
            .find(|pair| pair.name == name.as_bytes())
            .map(|pair| pair.raw)
            .filter(|raw| !raw.is_empty())
    }

    /// The body as it came. It may hold secrets: for decoding, never for a log.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    fn at(&self, bounds: Bounds) -> Pair<'_> {
        let (start, end) = (bounds.start as usize, bounds.end as usize);
        let equals = bounds.equals.map_or(end, |at| at as usize);
        Pair { name: &self.body[start..equals], raw: &self.body[(equals + 1).min(end)..end] }
    }
}

/// Shows names only: values may be secrets.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.pairs().map(|pair| String::from_utf8_lossy(pair.name).into_owned()))
            .finish()
    }
}

fn decode(raw: &[u8]) -> Cow<'_, str> {
    if memchr(b'%', raw).is_some() {
        Cow::Owned(percent_decode(raw).decode_utf8_lossy().into_owned())
    } else {
        String::from_utf8_lossy(raw)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(body: &str) -> Form {
        Form::parse(body.as_bytes().to_vec()).expect("a form")
    }

    const BASE: &str =
        "hostname=a+b&section=directory&tag_name=domain&key_name=name&key_value=x%41";

    #[test]
    fn base_fields_are_positional_and_raw() {
        let form = form(BASE);
        assert!(form.is_lookup());
        assert_eq!(form.base(0), "a+b");
        assert_eq!(form.base(4), "x%41");
    }

    #[test]
    fn later_fields_are_decoded_and_plus_stays() {
        let form = form(&format!("{BASE}&user=%2B49+1&FreeSWITCH-IPv6=fd00%3a%3A2&bad=%FF%fe%4"));
        assert_eq!(form.field("user").as_deref(), Some("+49+1"));
        assert_eq!(form.field("FreeSWITCH-IPv6").as_deref(), Some("fd00::2"));
        assert_eq!(form.field("bad").as_deref(), Some("\u{fffd}\u{fffd}%4"));
        assert_eq!(form.field("absent"), None);
    }

    #[test]
    fn duplicates_keep_their_order() {
        let form = form(&format!("{BASE}&key=id&key=number-alias"));
        let keys: Vec<_> = form.pairs().filter(|p| p.is_named("KEY")).map(Pair::decoded).collect();
        assert_eq!(keys, ["id", "number-alias"]);
    }

    #[test]
    fn a_base_field_is_not_found_by_name() {
        assert_eq!(form(BASE).field("section"), None);
    }

    #[test]
    fn an_event_post_is_no_look_up() {
        assert!(!form("hostname=vm&action=verto_client_login&client_id=a").is_lookup());
    }

    #[test]
    fn too_many_pairs_and_no_pair_are_refused() {
        assert_eq!(Form::parse(vec![]).err(), Some(FormError::Empty));
        assert_eq!(Form::parse(b"&&&".to_vec()).err(), Some(FormError::Empty));
        let body = "a=b&".repeat(MAX_PAIRS + 1).into_bytes();
        assert_eq!(Form::parse(body).err(), Some(FormError::TooManyPairs));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", form("a=secret&b=x")), "[\"a\", \"b\"]");
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(form) = Form::parse(body) {
                for i in 0..5 { form.base(i); }
                for pair in form.pairs() { pair.decoded(); }
                form.field("user");
            }
        }
    }
}
