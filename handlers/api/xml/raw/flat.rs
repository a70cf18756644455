//! XML as plain data: how a kept snapshot holds it.
//!
//! Not as text: globals have been put in, and a value that came so may be one that the writer refuses
//! when it is asked for. And not as a tree, whose depth would be that of the reader's stack.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::element::Element;
use super::super::value::{Place, Value};
use super::{MAX_DEPTH, Raw, checked_name};

/// One element, in the order of the text, and how many are around it.
#[derive(Serialize, Deserialize)]
struct Flat<'a>(usize, Cow<'a, str>, Vec<(Cow<'a, str>, Cow<'a, str>)>, Option<Cow<'a, str>>);

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn write<S: SerializeSeq>(
            to: &mut S,
            depth: usize,
            element: &Element<'_>,
        ) -> Result<(), S::Error> {
            let attributes = element.attributes().iter();
            let attributes = attributes.map(|(name, value, _)| (&**name, value.as_str()));
            let attributes = attributes.map(|(name, value)| (name.into(), value.into())).collect();
            let text = element.text().map(|text| text.as_str().into());
            to.serialize_element(&Flat(depth, element.name().into(), attributes, text))?;
            element.children().try_for_each(|child| write(to, depth + 1, child))
        }
        let mut list = serializer.serialize_seq(None)?;
        self.elements.iter().try_for_each(|element| write(&mut list, 0, element))?;
        list.end()
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Vec::<Flat<'static>>::deserialize(deserializer)?;
        let mut done = Vec::new();
        let mut open: Vec<Element<'static>> = Vec::new();
        for Flat(depth, name, attributes, text) in list {
            if depth > open.len() || depth >= MAX_DEPTH {
                return Err(D::Error::custom("an element stands in none"));
            }
            while open.len() > depth {
                close(&mut open, &mut done);
            }
            let mut element = Element::new(checked_name(&name).map_err(D::Error::custom)?);
            for (name, value) in attributes {
                let name = checked_name(&name).map_err(D::Error::custom)?;
                element.set(name, Value::Global(value), Place::Plain);
            }
            if let Some(text) = text {
                element.set_text(Value::Global(text), Place::Plain);
            }
            open.push(element);
        }
        while !open.is_empty() {
            close(&mut open, &mut done);
        }
        Ok(Self { elements: done })
    }
}

/// Ends the innermost element.
fn close(open: &mut Vec<Element<'static>>, done: &mut Vec<Element<'static>>) {
    if let Some(closed) = open.pop() {
        match open.last_mut() {
            Some(around) => around.push(closed),
            None => done.push(closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Global, Globals, Hosts};

    fn again(raw: &Raw) -> Raw {
        serde_json::from_str(&serde_json::to_string(raw).expect("plain data")).expect("its form")
    }

    #[test]
    fn what_is_kept_is_the_same_element_for_element() {
        let deep = "<a>".repeat(MAX_DEPTH) + &"</a>".repeat(MAX_DEPTH);
        for xml in [
            "<a/>",
            "<a b='1&amp;2' c=''><d>x &lt; $${y}</d><e><f g='${h}$1'/></e></a><i/><j>k</j>",
            &deep,
        ] {
            let raw = Raw::parse(xml).expect("valid");
            assert_eq!(format!("{:?}", again(&raw)), format!("{raw:?}"));
            assert_eq!(again(&raw).to_xml(), raw.to_xml());
        }
        assert!(again(&Raw::NONE).is_empty());
    }

    #[test]
    fn a_value_that_could_not_be_written_is_kept_and_is_refused_when_it_is_written() {
        let mut raw = Raw::parse("<a b='$${c}'/>").expect("valid");
        let global =
            |value: &str| Global { name: "c".into(), value: value.into(), hosts: Hosts::default() };
        raw.resolve(&Globals::new(&[global(" <!ENTITY \u{1}")]));
        assert_eq!(format!("{:?}", again(&raw)), format!("{raw:?}"));
        assert!(super::super::fragment(again(&raw).elements()).is_err());
    }

    #[test]
    fn what_no_raw_can_be_is_none() {
        for wrong in [
            r#"[[1,"a",[],null]]"#,
            r#"[[0,"a",[],null],[2,"b",[],null]]"#,
            r#"[[0,"a b",[],null]]"#,
            r#"[[0,"a",[["b c",""]],null]]"#,
            r#"[[0,"X-PRE-PROCESS",[],null]]"#,
            r"[0]",
        ] {
            assert!(serde_json::from_str::<Raw>(wrong).is_err(), "{wrong}");
        }
    }
}
