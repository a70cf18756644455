//! `<param name="..." value="..."/>`, as the switch's modules read them.

use crate::import::{Element, Looked, Place, is_true};

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Param<'e> {
    pub(super) name: &'e str,
    /// As it is written.
    pub(super) raw: &'e str,
    /// With the globals put in that are known.
    pub(super) value: String,
    pub(super) element: &'e Element,
}

impl<'e> Param<'e> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(super) fn place(&self) -> &'e Place {
        &self.element.place
    }

    /// Whether the switch alone knows what the value is.
    pub(super) fn is_unknown(&self) -> bool {
        self.value.contains("$${")
    }

    pub(super) fn is_true(&self) -> bool {
        is_true(&self.value)
    }

    /// Whether it is known to be false.
    pub(super) fn is_false(&self) -> bool {
        !self.is_true() && !self.is_unknown()
    }

    /// The line with another value.
    pub(super) fn with(&self, value: &str) -> String {
        line(self.name, value)
    }
}

/// The parameters directly inside an element, in their order.
#[derive(Debug)]
pub(super) struct Params<'e>(pub(super) Vec<Param<'e>>);

impl<'e> Params<'e> {
    pub(super) fn of(element: &'e Element, looked: &Looked) -> Self {
        let params = element.children_named("param").map(|param| {
            let raw = param.attribute("value").unwrap_or_default();
            let name = param.attribute("name").unwrap_or_default();
            Param { name, raw, value: looked.value(raw), element: param }
        });
        Self(params.collect())
    }

    /// The one that counts: modules go through them, so the last.
    pub(super) fn get(&self, name: &str) -> Option<&Param<'e>> {
        self.0.iter().rev().find(|param| param.is(name))
    }
}

/// The line of a parameter.
pub(super) fn line(name: &str, value: &str) -> String {
    format!("<param name=\"{}\" value=\"{}\"/>", escaped(name), escaped(value))
}

/// A text as it stands in an attribute.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
