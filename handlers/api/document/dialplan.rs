//! Answers in sections `dialplan` and `chatplan`.

use super::Document;
use crate::answer::{Answer, Refusal};
use crate::lookup::Section;
use crate::snapshot::{
    Action, Condition, Context, Expression, Extension, Level, Regex, Setting, Step,
};
use crate::xml::{Element, Node, Place, Raw, Value, XmlError, fragment, written};

/// Answers in section `dialplan`: one context, whose conditions the switch tries itself.
///
/// ```
/// use jackfield_api::document::Dialplan;
/// use jackfield_api::snapshot::{Condition, Extension};
///
/// let echo = Condition::on("destination_number", "^9196$").run("answer", "").run("echo", "");
/// let document = Dialplan::context("lobby", [&Extension::new("echo", echo)])?;
/// assert_eq!(document.names(), ["lobby"]);
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug)]
pub struct Dialplan;

/// Answers in section `chatplan`: one context, whose conditions the switch tries itself.
///
/// ```
/// use jackfield_api::document::Chatplan;
/// use jackfield_api::snapshot::{Condition, Extension};
///
/// let deliver = Condition::on("to", "^100[0-9]@").run("send", "");
/// Chatplan::context("public", [&Extension::new("deliver", deliver)])?;
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
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

    /// A context of XML that an operator wrote: what [`Dialplan::context`] has no words for.
    ///
    /// Checked when the XML is parsed: that it is well-formed, holds no directive of the pre-processor,
    /// no document type and no processing instruction, and that each value can be carried. Checked
    /// here: that it is one `<context>` of the name asked for, case apart, and holds extensions
    /// alone. `${...}` and `$${...}` in it are live, so never make it of what a caller sent.
    ///
    /// ```
    /// use jackfield_api::document::Dialplan;
    /// use jackfield_api::xml::Raw;
    ///
    /// let xml = Raw::parse(
    ///     r#"<context name="lobby"><extension name="all"><condition>
    ///          <action application="bridge" data="user/1000@${domain_name}"/>
    ///        </condition></extension></context>"#,
    /// )?;
    /// Dialplan::raw("lobby", &xml)?;
    /// assert!(Dialplan::raw("other", &xml).is_err());
    /// # Ok::<(), jackfield_api::Refusal>(())
    /// ```
    pub fn raw<'a>(name: impl Into<Value<'a>>, xml: &'a Raw) -> Answer {
        write(Section::Dialplan, [raw(name.into(), xml)?])
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

    /// A context of XML that an operator wrote, checked as [`Dialplan::raw`] does.
    pub fn raw<'a>(name: impl Into<Value<'a>>, xml: &'a Raw) -> Answer {
        write(Section::Chatplan, [raw(name.into(), xml)?])
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

/// What an operator wrote, under the name that was asked for.
fn raw<'a>(name: Value<'a>, xml: &'a Raw) -> Result<Element<'a>, Refusal> {
    let wrong = |what: String| Err(Refusal::Internal(format!("XML of a context: {what}")));
    let [context] = xml.elements() else {
        return wrong("write one <context>".to_owned());
    };
    let its = context.attribute("name").unwrap_or_default();
    if context.name() != "context" || !its.eq_ignore_ascii_case(name.as_str()) {
        let asked = name.as_str().escape_debug();
        return wrong(format!("write <context name=\"{asked}\">, the one that is asked for"));
    }
    if let Some(other) = context.children().find(|child| child.name() != "extension") {
        return wrong(format!("<{}> is no <extension>", other.name()));
    }
    Ok(Element::new("context").with("name", name).holding(context.children().cloned()))
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
    if !action.data.is_empty() || action.level == Level::Word {
        element.set("data", action.level.value(&action.data), Place::Captured);
    }
    if action.inline {
        element = element.with("inline", true);
    }
    with_attributes(element, &action.attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(condition: Condition) -> Result<String, Refusal> {
        let document = Dialplan::context("c", [&Extension::new("e", condition)])?;
        Ok(String::from_utf8(document.into_body()).expect("UTF-8"))
    }

    #[test]
    fn plain_data_is_a_strangers_and_is_never_expanded() {
        let nasty = || ["${system(id)}", "$1", "$${x}"].into_iter();
        for text in nasty() {
            for condition in [
                Condition::default().run("transfer", text),
                Condition::default().run_inline("set", text),
                Condition::default().otherwise("transfer", text),
                Condition::default().attribute("hour", text),
                Condition::on("destination_number", text),
                Condition::any([Regex::on("destination_number", text)]),
                Condition::on(text, "^1$"),
                Condition::any([Regex::on(text, "^1$")]),
            ] {
                assert!(matches!(told(condition), Err(Refusal::Internal(_))), "{text}");
            }
        }
        let own = Condition::on(Value::channel("${x}"), Value::channel("^${y}$"))
            .run("a", Value::channel("$1${z}"));
        assert!(told(own).expect("an operator's").contains("data=\"&#36;1&#36;{z}\""));
    }

    #[test]
    fn what_a_stranger_chose_is_one_word_to_the_application_or_refused() {
        let agent = "'system:touch /tmp/pwned' inline";
        let bridged = "[execute_on_answer='system touch /tmp/x']loopback/1";
        let condition = Condition::default;
        for hostile in [agent, bridged, "", "-bleg", "1 inline", "a,b", "${system(id)}", "$1"] {
            for (application, condition) in [
                ("transfer", condition().transfer(hostile, "default")),
                ("transfer", condition().transfer("1000", hostile)),
                ("bridge", condition().bridge_user(hostile, "pbx.example.test")),
                ("bridge", condition().bridge_user("1000", hostile)),
                ("callcenter", condition().callcenter(hostile)),
                ("park", condition().run("park", Value::word(hostile))),
            ] {
                let told = told(condition).expect_err(hostile).to_string();
                let place = format!("extension[e]/condition/action[{application}]@data: ");
                assert!(told.contains(&place) && !told.contains("system"), "{told}");
            }
        }
        for part in ["1000@elsewhere.test", "sofia/gateway", "a:b"] {
            assert!(told(condition().bridge_user(part, "a.test")).is_err(), "{part}");
            assert!(told(condition().bridge_user("1000", part)).is_err(), "{part}");
        }
        let good = condition()
            .transfer("*97", "default")
            .bridge_user("1000", "pbx.example.test")
            .callcenter("support@default");
        let text = told(good).expect("words");
        for data in ["*97 XML default", "user/1000@pbx.example.test", "support@default"] {
            assert!(text.contains(&format!("data=\"{data}\"")), "{text}");
        }
    }

    #[test]
    fn an_expression_without_anything_to_expand_is_stored_as_people_write_it() {
        let condition = Condition::on("destination_number", r"^(10\d\d)$");
        assert_eq!(condition.attributes[1].level, Level::Channel);
        assert_eq!(Condition::on("a", "1000").attributes[1].level, Level::Text);
    }

    #[test]
    fn a_condition_holds_all_that_a_switch_knows_in_the_order_of_writing() {
        let condition = Condition::all([Regex::on("a", "b"), Regex::on("c", "d")])
            .attribute("break", "never")
            .run_inline("set", "x=1")
            .otherwise("hangup", "")
            .nested(Condition::on("e", "f").step(Step::Action(Action::new("g", "h"))));
        let text = told(condition).expect("an answer");
        let lines: Vec<_> = text.lines().skip(5).map(str::trim).take(9).collect();
        assert_eq!(
            lines,
            [
                r#"<condition regex="all" break="never">"#,
                r#"<regex field="a" expression="b"/>"#,
                r#"<regex field="c" expression="d"/>"#,
                r#"<action application="set" data="x=1" inline="true"/>"#,
                r#"<anti-action application="hangup"/>"#,
                r#"<condition field="e" expression="f">"#,
                r#"<action application="g" data="h"/>"#,
                "</condition>",
                "</condition>",
            ]
        );
    }

    #[test]
    fn an_attribute_that_is_set_twice_is_refused_with_its_place() {
        let log = || Action::new("log", "a").attribute("data", "b");
        for (condition, place) in [
            (Condition::on("a", "x").attribute("expression", ".*"), "condition@expression"),
            (Condition::default().step(Step::Action(log())), "condition/action[log]@data"),
            (Condition::default().step(Step::AntiAction(log())), "condition/anti-action[log]@data"),
        ] {
            let told = told(condition).expect_err("twice").to_string();
            assert!(told.contains(place) && told.contains("twice"), "{told}");
        }
        let replaced = Action { data: String::new(), ..log() };
        assert!(told(Condition::default().step(Step::Action(replaced))).is_ok());
    }

    #[test]
    fn raw_xml_is_one_context_of_the_name_asked_for_with_extensions_alone() {
        let raw = |xml: &str| Raw::parse(xml).expect("well-formed");
        let context = raw("<context name='Lobby'><extension name='x'/></context>");
        for answer in [Dialplan::raw("lobby", &context), Chatplan::raw("lobby", &context)] {
            assert_eq!(answer.expect("an answer").names(), ["lobby"]);
        }
        for wrong in [
            "<context name='other'/>",
            "<context/>",
            "<context name='lobby'/><context name='lobby'/>",
            "<domain name='lobby'/>",
            "<context name='lobby'><user id='1000'/></context>",
        ] {
            assert!(
                matches!(Dialplan::raw("lobby", &raw(wrong)), Err(Refusal::Internal(_))),
                "{wrong}"
            );
        }
    }
}
