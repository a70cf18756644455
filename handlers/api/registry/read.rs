//! A table of the settings file, read into a type.
//!
//! What a field holds may be a password, so an error never repeats it: it tells the field, and what is
//! expected there. serde's own words repeat the value, so they are not used; and words of the handler's
//! type, as of a `FromStr`, are told only where they do not hold it.

use std::fmt::{self, Write as _};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// Why a table cannot be read.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The fields that lead to what is wrong, as in `hours.from`; none where the table itself is.
    path: String,
    what: What,
}

#[derive(Debug)]
enum What {
    /// This field is not there.
    Missing(&'static str),
    /// What is there is not what is expected, in words that name no value.
    Said(String),
    /// In words of the type, which may repeat the value.
    Own(String),
}

impl Wrong {
    fn said(words: String) -> Self {
        Self { path: String::new(), what: What::Said(words) }
    }

    /// The field that is missing in the table itself.
    pub(super) fn missing(&self) -> Option<&'static str> {
        match self.what {
            What::Missing(field) if self.path.is_empty() => Some(field),
            _ => None,
        }
    }

    /// The same about what stands in a field, or at a place of a list.
    fn within(mut self, field: &str, value: &Value) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{field}{dot}{}", self.path);
        self.hide(value);
        self
    }

    /// Keeps own words of a type from repeating what stands here.
    fn hide(&mut self, value: &Value) {
        if let What::Own(words) = &self.what
            && repeats(words, value)
        {
            self.what = What::Said("this value cannot be taken".to_owned());
        }
    }
}

/// Whether words hold a text or a number of a value.
fn repeats(words: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let shown = format!("{text:?}");
            !text.is_empty()
                && (words.contains(text.as_str()) || words.contains(shown.trim_matches('"')))
        }
        Value::Number(number) => words.contains(&number.to_string()),
        Value::Array(values) => values.iter().any(|value| repeats(words, value)),
        Value::Object(fields) => fields.values().any(|value| repeats(words, value)),
        Value::Null | Value::Bool(_) => false,
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path.escape_debug())?;
        }
        match &self.what {
            What::Missing(field) => write!(f, "missing field `{field}`"),
            What::Said(words) | What::Own(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self { path: String::new(), what: What::Own(words.to_string()) }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::said(format!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::said(format!("expected {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::said(format!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::said(format!("expected {}", one_of(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let field = field.escape_debug();
        Self::said(format!("unknown field `{field}`, expected {}", one_of(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { path: String::new(), what: What::Missing(field) }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::said(format!("duplicate field `{field}`"))
    }
}

fn one_of(names: &[&str]) -> String {
    let mut words = match names.len() {
        0 => return "nothing".to_owned(),
        1 => String::new(),
        _ => "one of ".to_owned(),
    };
    for (at, name) in names.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let _ = write!(words, "{comma}`{name}`");
    }
    words
}

/// Reads a table into a type.
pub(super) fn read<'a, T: serde::Deserialize<'a>>(table: &'a Value) -> Result<T, Wrong> {
    T::deserialize(Reader(table)).map_err(|mut wrong| {
        wrong.hide(table);
        wrong
    })
}

/// A value that is read, of which no error tells more than where it stands.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a Value);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(values) => {
                let mut places = Places { values, next: 0 };
                let read = visitor.visit_seq(&mut places)?;
                if places.next == values.len() {
                    return Ok(read);
                }
                Err(Wrong::said(format!("expected no more than {} items", places.next)))
            }
            Value::Object(table) => visitor.visit_map(Fields::of(table)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::String(text) => {
                let variant: StrDeserializer<'_, Wrong> = text.as_str().into_deserializer();
                visitor.visit_enum(variant)
            }
            Value::Object(table) if table.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Fields::of(table)))
            }
            _ => Err(Wrong::said("expected the name of a variant, or a table of one".to_owned())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The fields of a table, one after the other.
struct Fields<'a> {
    left: serde_json::map::Iter<'a>,
    open: Option<(&'a str, &'a Value)>,
}

impl<'a> Fields<'a> {
    fn of(table: &'a Map<String, Value>) -> Self {
        Self { left: table.iter(), open: None }
    }
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        let Some((field, value)) = self.left.next() else { return Ok(None) };
        self.open = Some((field, value));
        let name: StrDeserializer<'_, Wrong> = field.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((field, value)) = self.open.take() else {
            return Err(Wrong::said("expected a field before its value".to_owned()));
        };
        seed.deserialize(Reader(value)).map_err(|wrong| wrong.within(field, value))
    }
}

/// The items of a list, one after the other.
struct Places<'a> {
    values: &'a [Value],
    next: usize,
}

impl<'a> SeqAccess<'a> for Places<'a> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        let Some(value) = self.values.get(self.next) else { return Ok(None) };
        let place = self.next;
        self.next += 1;
        let read = seed.deserialize(Reader(value));
        read.map(Some).map_err(|wrong| wrong.within(&place.to_string(), value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len() - self.next)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::registry::Settings;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Crm {
        url: String,
        #[serde(default)]
        timeout_ms: u64,
        mode: Option<Mode>,
        #[serde(default)]
        hours: BTreeMap<String, u8>,
        #[serde(default)]
        hosts: Vec<std::net::IpAddr>,
        #[serde(default)]
        own: Own,
        #[serde(default)]
        pair: (i16, f64),
        inner: Option<Box<Crm>>,
        either: Option<Either>,
        letter: Option<char>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Fast,
        Slow { by: u32 },
        Named(String),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Port(u16),
        Flag(bool),
    }

    #[derive(Debug, PartialEq, Default, Deserialize)]
    #[serde(try_from = "String")]
    struct Own;

    impl TryFrom<String> for Own {
        type Error = String;

        fn try_from(text: String) -> Result<Self, String> {
            match text.as_str() {
                "own" => Ok(Self),
                "short" => Err("a word is wanted".to_owned()),
                _ => Err(format!("nobody knows {text:?}")),
            }
        }
    }

    fn told(table: &Value) -> String {
        Settings::new("crm", Some(table)).read::<Crm>().expect_err("wrong").to_string()
    }

    #[test]
    fn every_kind_of_value_is_read_as_serde_reads_it() {
        let table = json!({
            "url": "http://crm.test", "timeout_ms": 5, "mode": {"slow": {"by": 2}}, "hours": {"mon": 9},
            "hosts": ["127.0.0.1", "::1"], "own": "own", "pair": [-1, 0.5], "letter": "a",
            "inner": {"url": "", "mode": "fast", "either": true}, "either": 80,
        });
        let own: Crm = Settings::new("crm", Some(&table)).read().expect("right");
        assert_eq!(own, Crm::deserialize(&table).expect("right"));
        let named: Mode = read(&json!({"named": "x"})).expect("right");
        assert_eq!(named, Mode::Named("x".to_owned()));
    }

    #[test]
    fn an_error_tells_the_field_and_what_is_expected_and_never_the_value() {
        for (field, value, words) in [
            ("timeout_ms", json!("hunter2"), "`timeout_ms`: expected u64"),
            ("timeout_ms", json!(-987_654), "`timeout_ms`: expected u64"),
            ("timeout_ms", json!(987_654.5), "`timeout_ms`: expected u64"),
            ("timeout_ms", json!(["hunter2"]), "`timeout_ms`: expected u64"),
            ("timeout_ms", json!({"a": "hunter2"}), "`timeout_ms`: expected u64"),
            ("url", json!(987_654), "`url`: expected a string"),
            ("mode", json!("hunter2"), "`mode`: expected one of `fast`, `slow`, `named`"),
            ("mode", json!({"hunter2": 1}), "`mode`: expected one of `fast`, `slow`, `named`"),
            ("mode", json!({"slow": {"by": "hunter2"}}), "`mode.slow.by`: expected u32"),
            ("mode", json!({"slow": "hunter2"}), "expected struct variant Mode::Slow"),
            ("mode", json!({"fast": "hunter2"}), "`mode"),
            ("mode", json!(987_654), "`mode`: expected the name of a variant"),
            ("hours", json!({"mon": 987_654}), "`hours.mon`: expected u8"),
            ("hosts", json!(["::1", "hunter2"]), "`hosts.1`: "),
            ("own", json!("hunter2"), "`own`: this value cannot be taken"),
            ("own", json!("hunter2\"\\"), "`own`: this value cannot be taken"),
            ("own", json!("short"), "`own`: a word is wanted"),
            ("pair", json!([1, 2, 987_654]), "`pair`: expected no more than 2 items"),
            ("pair", json!([1]), "`pair`: expected a tuple of size 2"),
            ("either", json!("hunter2"), "`either`: data did not match any variant"),
            ("letter", json!("hunter2"), "`letter`: expected a character"),
            ("inner", json!({"url": 987_654}), "`inner.url`: expected a string"),
            ("inner", json!({}), "`inner`: missing field `url`"),
            ("typo", json!("hunter2"), "unknown field `typo`, expected one of `url`, "),
        ] {
            let mut table = json!({"url": "x"});
            table[field] = value;
            let told = told(&table);
            assert!(told.starts_with("[handlers.crm]: ") && told.contains(words), "{told}");
            assert!(!told.contains("hunter2") && !told.contains("987"), "{told}");
            assert!(
                told.ends_with("put it right below `[handlers.crm]` in the settings file"),
                "{told}"
            );
        }
        let words = "missing field `url`; write `url = ...` below `[handlers.crm]`";
        assert!(told(&json!({})).contains(words));
    }
}
