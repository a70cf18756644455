//! Answers in sections `dialplan` and `chatplan`.

use super::Document;
use crate::answer::Answer;
use crate::lookup::Section;
use crate::snapshot::{Action, Condition, Context, Expression, Extension, Regex, Setting, Step};
use crate::xml::{Element, Node, Place, Value, XmlError, fragment, written};

/// Answers in section `dialplan`.
#[derive(Debug)]
pub struct Dialplan;

/// Answers in section `chatplan`.
#[derive(Debug)]
pub struct Chatplan;

impl Dialplan {
    /// A stored context, under the name that it was asked for.
    pub fn stored<'a>(name: impl Into<Value<'a>>, context: &'a Context) -> Answer {
        let context = stored(name.into(), context)?;
        write(Section::Dialplan, [context])
    }

    /// A context with these extensions. The switch still evaluates their conditions.
    pub fn context<'a>(
        name: impl Into<Value<'a>>,
        extensions: impl IntoIterator<Item = &'a Extension>,
    ) -> Answer {
        write(Section::Dialplan, [context(name.into(), extensions)])
    }

    /// Contexts in which every call is hung up: the switch stops there and does not go on to its
    /// files on disk. `CALL_REJECTED` is SIP 603.
    pub fn closed<'a>(names: impl IntoIterator<Item = Value<'a>>) -> Answer {
        let closed = Extension::new("denied", Condition::default().run("hangup", "CALL_REJECTED"));
        write(Section::Dialplan, names.into_iter().map(|name| context(name, [&closed])))
    }
}

impl Chatplan {
    /// A stored context, under the name that it was asked for.
    pub fn stored<'a>(name: impl Into<Value<'a>>, context: &'a Context) -> Answer {
        let context = stored(name.into(), context)?;
        write(Section::Chatplan, [context])
    }

    /// A context with these extensions.
    pub fn context<'a>(
        name: impl Into<Value<'a>>,
        extensions: impl IntoIterator<Item = &'a Extension>,
    ) -> Answer {
        write(Section::Chatplan, [context(name.into(), extensions)])
    }
}

impl Extension {
    /// Its `<extension>` element, as an answer holds it.
    pub fn to_xml(&self) -> Result<String, XmlError> {
        fragment(&[extension(self)])
    }
}

fn write<'a>(section: Section, contexts: impl IntoIterator<Item = Element<'a>>) -> Answer {
    Ok(Document::write(section, section.as_str(), contexts.into_iter().collect())?)
}

pub(crate) fn context<'a>(
    name: Value<'a>,
    extensions: impl IntoIterator<Item = &'a Extension>,
) -> Element<'a> {
    Element::new("context").with("name", name).holding(extensions.into_iter().map(extension))
}

/// The same for every call into the context: written once for each snapshot.
fn stored<'a>(name: Value<'a>, context: &'a Context) -> Result<Element<'a>, XmlError> {
    let write = |found: &Extension| written(CONTEXT_DEPTH, [Node::from(extension(found))]);
    let element = Element::new("context").with("name", name);
    Ok(match context.written(write)? {
        "" => element,
        written => element.holding([Node::Written(written)]),
    })
}

/// How many elements stand around what a context holds: document, section, context.
const CONTEXT_DEPTH: usize = 3;

pub(crate) fn extension(extension: &Extension) -> Element<'_> {
    let mut element = Element::new("extension");
    if !extension.name.is_empty() {
        element = element.with("name", &extension.name);
    }
    if extension.continues {
        element = element.with("continue", true);
    }
    element.holding(extension.conditions.iter().map(condition))
}

fn condition(condition: &Condition) -> Element<'_> {
    with_attributes(Element::new("condition"), &condition.attributes).holding(
        condition.steps.iter().map(|step| match step {
            Step::Action(found) => action("action", found),
            Step::AntiAction(found) => action("anti-action", found),
            Step::Expression(found) => expression(found),
            Step::Regex(found) => regex(found),
            Step::Condition(inner) => self::condition(inner),
        }),
    )
}

fn with_attributes<'a>(mut element: Element<'a>, attributes: &'a [Setting]) -> Element<'a> {
    for attribute in attributes {
        element.set(attribute.name.as_str(), attribute.value(), Place::Captured);
    }
    element
}

fn expression(found: &Expression) -> Element<'_> {
    let mut element = Element::new("expression");
    element.set_text(found.level.value(&found.text), Place::Captured);
    element
}

fn regex(found: &Regex) -> Element<'_> {
    with_attributes(Element::new("regex"), &found.attributes)
        .holding(found.expression.iter().map(expression))
}

fn action<'a>(element: &'static str, action: &'a Action) -> Element<'a> {
    let mut element = Element::new(element).with("application", &action.application);
    if !action.data.is_empty() {
        element.set("data", action.level.value(&action.data), Place::Captured);
    }
    if action.inline {
        element = element.with("inline", true);
    }
    with_attributes(element, &action.attributes)
}
