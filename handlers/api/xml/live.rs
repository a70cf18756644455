//! Globals that are put into a document once it is written.
//!
//! A document holds `$${` only where a [`Value::Global`] was written: in all other values every `$` is
//! a reference. Quotes and angle brackets inside of values are references too, so that the value that
//! a name stands in can be told from what is around it. It is taken out, the globals are put into it,
//! and it is checked and written as a whole like any other value.

use memchr::memmem;
use quick_xml::escape::unescape;

use super::element::XmlError;
use super::value::{Paper, Place, Value};
use crate::snapshot::{Globals, global};

/// Puts in the globals that are limited to switches, as this switch has them.
pub(crate) fn put_globals(
    body: Vec<u8>,
    globals: &Globals,
    host: &str,
) -> Result<Vec<u8>, XmlError> {
    let finder = memmem::Finder::new("$${");
    if finder.find(&body).is_none() {
        return Ok(body);
    }
    let text = String::from_utf8(body).expect("documents are UTF-8");
    let mut out = String::with_capacity(text.len());
    let (mut done, mut from) = (0, 0);
    while let Some(found) = finder.find(&text.as_bytes()[from..]) {
        let at = from + found;
        let start = text[..at].rfind(BOUNDS).map_or(0, |before| before + 1);
        let end = text[at..].find(BOUNDS).map_or(text.len(), |behind| at + behind);
        from = end;
        let written = &text[start..end];
        if !global::names(written).any(|name| globals.is_limited(name)) {
            continue;
        }
        let value = unescape(written).expect("references that were written here");
        out.push_str(&text[done..start]);
        done = end;
        Value::global(globals.resolve_on(host, &value))
            .escape_into(Place::Plain, Paper::Answer, &mut out)
            .map_err(|reason| XmlError { path: path(&text[..start]), reason })?;
    }
    out.push_str(&text[done..]);
    Ok(out.into_bytes())
}

/// What stands around a value: quotes around one of an attribute, tags around one of an element.
const BOUNDS: [char; 3] = ['"', '<', '>'];

/// Where a value stands, by what was written before it: its element with its name, and its attribute.
fn path(before: &str) -> String {
    let tag = &before[before.rfind('<').map_or(0, |at| at + 1)..];
    let element = tag.split([' ', '>']).next().unwrap_or_default();
    let mut parts = tag.split('"');
    let attribute =
        |part: &str| part.trim_start_matches(element).trim().trim_end_matches('=').to_owned();
    let (mut name, mut last) = (None, String::new());
    while let Some(part) = parts.next() {
        last = attribute(part);
        let value = parts.next();
        if last == "name" && value.is_some_and(|value| !value.is_empty()) {
            name = value;
        }
    }
    let name = name.map(|name| format!("[{name}]")).unwrap_or_default();
    if tag.ends_with('"') { format!("{element}{name}@{last}") } else { format!("{element}{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Global, Hosts};
    use crate::xml::{Element, Node, document, written};

    fn globals(value: &str) -> Globals {
        let limited = Global { name: "it".into(), value: value.into(), hosts: Hosts::new(["a"]) };
        let deep =
            Global { name: "deep".into(), value: "<$${it}>".into(), hosts: Hosts::default() };
        Globals::new(&[limited, deep])
    }

    fn body(value: Value<'_>) -> Vec<u8> {
        let pair = |value: Value<'static>| Node::pair("param", "n", value, Place::Plain);
        let value: Value<'static> = match value {
            Value::Global(text) => Value::global(text.into_owned()),
            other => Value::text(other.as_str().to_owned()),
        };
        let before = written(2, [pair(value.clone())]).expect("safe");
        let mut text = Element::new("t");
        text.set_text(value.clone(), Place::Plain);
        let nodes = [Node::Written(&before), pair(value), text.into()];
        document(Element::new("section").holding(nodes)).expect("safe")
    }

    fn put(value: Value<'_>, it: &str, host: &str) -> Result<String, XmlError> {
        put_globals(body(value), &globals(it), host)
            .map(|body| String::from_utf8(body).expect("UTF-8"))
    }

    #[test]
    fn what_is_put_in_is_written_like_any_other_value() {
        let (live, it) = ("a\"$${it}<$${IT}$${other}${x}", "&\"<>\n$ é");
        let whole = live.replace("$${it}", it).replace("$${IT}", it);
        let expected = String::from_utf8(body(Value::global(whole))).expect("UTF-8");
        assert_eq!(put(Value::global(live), it, "A").as_ref(), Ok(&expected));
        assert_eq!(expected.matches("$${other}").count(), 3);
    }

    #[test]
    fn a_limited_global_may_be_made_of_others() {
        let globals = Globals::new(&[
            Global { name: "it".into(), value: "1$${deep}".into(), hosts: Hosts::new(["a"]) },
            Global { name: "deep".into(), value: "2$${deeper}".into(), hosts: Hosts::default() },
            Global { name: "deeper".into(), value: "3".into(), hosts: Hosts::new(["a"]) },
        ]);
        let put = put_globals(body(Value::global("$${it}")), &globals, "a").expect("safe");
        assert_eq!(put, body(Value::global("123")));
        let put = put_globals(body(Value::global("$${it}")), &globals, "b").expect("safe");
        assert_eq!(put, body(Value::global("$${it}")));
    }

    #[test]
    fn what_reads_no_limited_global_stays_as_it_is_byte_for_byte() {
        for value in ["$${other}<", "<$${deep}", ""]
            .map(Value::global)
            .into_iter()
            .chain([Value::text("$${it}")])
        {
            let before = String::from_utf8(body(value.clone())).expect("UTF-8");
            assert_eq!(put(value, "1", "a"), Ok(before));
        }
    }

    #[test]
    fn a_value_that_cannot_be_carried_is_refused_as_a_whole_and_its_place_is_told() {
        for (live, it) in [
            ("$${it}", "secret<!"),
            ("<$${it}", "!secret"),
            ("x-PRE-$${it}", "process secret"),
            ("<$${it}", "include secret"),
            ("$${it}", "secret\u{7}"),
            ("$${it}", "secret$${open"),
        ] {
            let error = put(Value::global(live), it, "a").expect_err(live);
            assert_eq!(error.path, "param[n]@value", "{live}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let mut text = Element::new("t").with("name", "x");
        text.set_text(Value::global("$${it}"), Place::Plain);
        let error = put_globals(document(text).expect("safe"), &globals("<!"), "a");
        assert_eq!(error.expect_err("refused").path, "t[x]");
    }
}
