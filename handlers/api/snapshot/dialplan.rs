//! Contexts of the dialplan and of the chatplan: what happens to a call or a message.
//!
//! A switch reads them as `switch_xml` and hunts with `mod_dialplan_xml` (calls) or `mod_sms`
//! (messages): extensions in their order, until one matches. [`Dialplan::context`] and
//! [`Chatplan::context`] answer with extensions made here; what is stored is a [`Context`].
//!
//! [`Dialplan::context`]: crate::document::Dialplan::context
//! [`Chatplan::context`]: crate::document::Chatplan::context

mod context;
mod sent;

pub use context::Context;

use super::setting::{Level, Setting};
use crate::xml::Value;

/// A list of conditions with what to do where they hold.
///
/// ```
/// use jackfield_api::snapshot::{Condition, Extension};
///
/// let office = Condition::default().attribute("wday", "2-6").attribute("break", "never");
/// let open = Extension::new("hours", office.run("set", "open=yes"))
///     .and(Condition::on("destination_number", "^2000$").run("log", "INFO 2000"))
///     .continues();
/// # assert_eq!(open.conditions.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(default, deny_unknown_fields))]
pub struct Extension {
    /// The name; none where it is empty.
    pub name: String,
    /// Whether later extensions are tried after this one has matched.
    #[cfg_attr(feature = "stored", serde(rename = "continue"))]
    pub continues: bool,
    /// The conditions, in their order.
    pub conditions: Vec<Condition>,
}

/// One `<condition>`.
///
/// ```
/// use jackfield_api::snapshot::Condition;
/// use jackfield_api::xml::Value;
///
/// # let agent_from_the_crm = "1000";
/// Condition::on("destination_number", r"^9(\d+)$")
///     .transfer(agent_from_the_crm, "default") // One word, or there is no answer.
///     .run("bridge", Value::channel("sofia/gateway/carrier/$1")) // `$1` is live: you wrote it.
///     .otherwise("hangup", "NO_ROUTE_DESTINATION");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(default, deny_unknown_fields))]
pub struct Condition {
    /// Attributes in their order, as in `field`, `expression`, `break`, `regex`, `require-nested`
    /// or `wday`.
    #[cfg_attr(feature = "stored", serde(skip_serializing_if = "Vec::is_empty"))]
    pub attributes: Vec<Setting>,
    /// What stands inside, in its order.
    #[cfg_attr(feature = "stored", serde(skip_serializing_if = "Vec::is_empty"))]
    pub steps: Vec<Step>,
}

/// What stands inside of a condition.
///
/// The switch reads each kind apart: all actions where the condition holds, all anti-actions where
/// it does not, and then the conditions inside. Between kinds the order is for people only, and is
/// kept for them.
///
/// ```
/// use jackfield_api::snapshot::{Action, Condition, Step};
///
/// let pause = Step::Action(Action::new("sleep", "500").attribute("loop", "3"));
/// let condition = Condition::default().step(pause);
/// # assert_eq!(condition.actions().count(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(rename_all = "kebab-case"))]
pub enum Step {
    /// Done where the condition holds.
    Action(Action),
    /// Done where it does not.
    AntiAction(Action),
    /// The expression, where it stands in an element of its own: it goes before the attribute.
    Expression(Expression),
    /// One of the tests of a condition with the attribute `regex`.
    Regex(Regex),
    /// A condition that is tried where this one holds.
    Condition(Condition),
}

/// An `<expression>`: a regular expression as text, for one that an attribute cannot hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(deny_unknown_fields))]
pub struct Expression {
    /// The expression.
    pub text: String,
    /// How far the switch may expand it.
    #[cfg_attr(feature = "stored", serde(default))]
    pub level: Level,
}

/// One `<regex>`: a test of a condition that has several ([`Condition::all`], [`Condition::any`]).
///
/// ```
/// use jackfield_api::snapshot::{Condition, Regex};
///
/// let from_sales = Regex::on("caller_id_number", "^10[0-4]$");
/// let abroad = Regex::on("destination_number", "^00");
/// Condition::all([from_sales, abroad]).run("hangup", "OUTGOING_CALL_BARRED");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(default, deny_unknown_fields))]
pub struct Regex {
    /// Attributes in their order, as in `field`, `expression` or `wday`.
    #[cfg_attr(feature = "stored", serde(skip_serializing_if = "Vec::is_empty"))]
    pub attributes: Vec<Setting>,
    /// The expression, where it stands in an element of its own.
    #[cfg_attr(feature = "stored", serde(skip_serializing_if = "Option::is_none"))]
    pub expression: Option<Expression>,
}

/// One `<action>`.
///
/// ```
/// use jackfield_api::snapshot::Action;
/// use jackfield_api::xml::Value;
///
/// let action = Action::new("set", Value::channel("caller=${caller_id_number}")).inline();
/// # assert!(action.inline);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(default, deny_unknown_fields))]
pub struct Action {
    /// The application, as in `bridge`.
    pub application: String,
    /// Its data.
    pub data: String,
    /// How far the switch may expand the data.
    pub level: Level,
    /// Whether the application runs while the call is still being routed.
    pub inline: bool,
    /// Further attributes, as in `loop`.
    #[cfg_attr(feature = "stored", serde(skip_serializing_if = "Vec::is_empty"))]
    pub attributes: Vec<Setting>,
}

impl Condition {
    /// A condition on one field of a call or message, as `destination_number`, `caller_id_number` or
    /// `${sip_h_X-Trunk}`.
    ///
    /// Both are [`Value`]s: of plain text that the switch would expand (`${...}`, `$1`) no answer is
    /// made, so that what a caller sent may stand in it. A field that is to be live is a
    /// [`Value::channel`]. Quote an expression all the same: `.` and `*` count in it as in any other.
    ///
    /// ```
    /// use jackfield_api::snapshot::Condition;
    /// use jackfield_api::xml::Value;
    ///
    /// let local = Condition::on(Value::channel("${toll_allow}"), "local").run("set", "local=true");
    /// # assert_eq!(local.attributes[0].text, "${toll_allow}");
    /// ```
    ///
    /// [`Condition::default`] is one that always holds.
    pub fn on<'f, 'e>(field: impl Into<Value<'f>>, expression: impl Into<Value<'e>>) -> Self {
        Self { attributes: Regex::on(field, expression).attributes, ..Self::default() }
    }

    /// One that holds where all of these tests do.
    pub fn all(tests: impl IntoIterator<Item = Regex>) -> Self {
        Self::of_tests("all", tests)
    }

    /// One that holds where any of these tests does.
    ///
    /// ```
    /// use jackfield_api::snapshot::{Condition, Regex};
    ///
    /// let known = ["^100[0-2]$", "^555100[0-2]$"].map(|number| Regex::on("caller_id_number", number));
    /// let greet = Condition::any(known).run("playback", "welcome.wav").otherwise("hangup", "");
    /// # assert_eq!(greet.steps.len(), 4);
    /// ```
    pub fn any(tests: impl IntoIterator<Item = Regex>) -> Self {
        Self::of_tests("any", tests)
    }

    fn of_tests(how: &str, tests: impl IntoIterator<Item = Regex>) -> Self {
        let steps = tests.into_iter().map(Step::Regex).collect();
        Self { attributes: vec![Setting::new("regex", how)], steps }
    }

    /// Adds an attribute, as `break` (`on-false`, `on-true`, `always`, `never`), `require-nested`, or
    /// a time: `wday` (1 is Sunday), `hour`, `time-of-day`, `date-time`, `mon`, `mday`.
    ///
    /// ```
    /// use jackfield_api::snapshot::Condition;
    ///
    /// let office = Condition::default().attribute("wday", "2-6").attribute("hour", "9-17");
    /// # assert_eq!(office.attributes.len(), 2);
    /// ```
    #[must_use]
    pub fn attribute<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.attributes.push(Setting::of(name, value));
        self
    }

    /// Adds an action, done where the condition holds.
    ///
    /// In plain data nothing is expanded: no answer is made of one that the switch would expand. What
    /// you wrote yourself, with `${...}` or `$1` to be live, is a [`Value::channel`].
    ///
    /// The application reads its data all the same. What a stranger chose can be another dialplan to
    /// `transfer`, and variables that run a command to `bridge`: it belongs into [`Condition::transfer`],
    /// [`Condition::bridge_user`] or [`Condition::callcenter`], or is a [`Value::word`] by itself.
    #[must_use]
    pub fn run<'a>(self, application: &str, data: impl Into<Value<'a>>) -> Self {
        self.step(Step::Action(Action::new(application, data)))
    }

    /// Adds an action that runs while the call is still being routed, so that later conditions see
    /// what it set.
    #[must_use]
    pub fn run_inline<'a>(self, application: &str, data: impl Into<Value<'a>>) -> Self {
        self.step(Step::Action(Action::new(application, data).inline()))
    }

    /// Adds an `<anti-action>`: done where the condition does not hold.
    #[must_use]
    pub fn otherwise<'a>(self, application: &str, data: impl Into<Value<'a>>) -> Self {
        self.step(Step::AntiAction(Action::new(application, data)))
    }

    /// Adds a condition that is tried where this one holds.
    #[must_use]
    pub fn nested(self, inner: Self) -> Self {
        self.step(Step::Condition(inner))
    }

    /// Adds whatever can stand in a condition.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What is done where the condition holds.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.steps.iter().filter_map(|step| match step {
            Step::Action(action) => Some(action),
            _ => None,
        })
    }
}

impl Regex {
    /// A test of one field, as of [`Condition::on`].
    pub fn on<'f, 'e>(field: impl Into<Value<'f>>, expression: impl Into<Value<'e>>) -> Self {
        let expression = match expression.into() {
            // Nothing in it is ever expanded, and people read it.
            Value::Text(text) if Value::text(&*text).check().is_ok() => Value::Channel(text),
            value => value,
        };
        let attributes = vec![Setting::of("field", field), Setting::of("expression", expression)];
        Self { attributes, ..Self::default() }
    }
}

impl Action {
    /// An action. In plain data nothing is expanded, as of [`Condition::run`].
    pub fn new<'a>(application: impl Into<String>, data: impl Into<Value<'a>>) -> Self {
        let Setting { text, level, .. } = Setting::of("", data);
        Self { application: application.into(), data: text, level, ..Self::default() }
    }

    /// The same, run while the call is still being routed.
    #[must_use]
    pub fn inline(self) -> Self {
        Self { inline: true, ..self }
    }

    /// Adds an attribute, as `loop`.
    #[must_use]
    pub fn attribute<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.attributes.push(Setting::of(name, value));
        self
    }
}

impl Extension {
    /// An extension of one condition.
    pub fn new(name: &str, condition: Condition) -> Self {
        Self { name: name.to_owned(), continues: false, conditions: vec![condition] }
    }

    /// Adds a condition: it is tried where those before it held, unless their `break` says otherwise.
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Has later extensions tried after this one has matched, too.
    #[must_use]
    pub fn continues(self) -> Self {
        Self { continues: true, ..self }
    }
}
