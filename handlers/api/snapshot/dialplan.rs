//! Contexts of the dialplan and of the chatplan: what happens to a call or a message.

use serde::{Deserialize, Serialize};

use super::global::Globals;
use super::setting::{Level, Setting};
use super::{List, Written};
use crate::xml::XmlError;

/// A named list of extensions, tried in order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "KeptContext")]
pub struct Context {
    name: String,
    extensions: List<Extension>,
    /// Each extension as an answer holds it, in the rows of these, and all of them together.
    #[serde(skip)]
    parts: List<Written>,
    #[serde(skip)]
    written: Written,
}

/// What is kept of a context.
#[derive(Deserialize)]
struct KeptContext {
    name: String,
    extensions: List<Extension>,
}

impl From<KeptContext> for Context {
    fn from(kept: KeptContext) -> Self {
        Self::new(kept.name, kept.extensions)
    }
}

impl Context {
    /// A context with these extensions. Their names may repeat.
    pub fn new(name: impl Into<String>, extensions: impl Into<List<Extension>>) -> Self {
        let (name, extensions) = (name.into(), extensions.into());
        let parts = extensions.like(|_| Written::default());
        Self { name, extensions, parts, written: Written::default() }
    }

    /// The name, as in `user_context`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The extensions, in their order.
    pub fn extensions(&self) -> &List<Extension> {
        &self.extensions
    }

    /// All extensions as an answer holds them: `write` writes one.
    pub(crate) fn written(
        &self,
        write: impl Fn(&Extension) -> Result<Box<str>, XmlError>,
    ) -> Result<&str, XmlError> {
        let all = || {
            let mut all = String::new();
            for (extension, part) in self.extensions.iter().zip(&self.parts) {
                all.push_str(part.get_or_init(|| write(extension)).as_ref().map_err(Clone::clone)?);
            }
            Ok(all.into_boxed_str())
        };
        self.written.get_or_init(all).as_deref().map_err(Clone::clone)
    }

    pub(super) fn rename(&mut self, name: String) {
        self.name = name;
    }

    pub(super) fn put(&mut self, position: i64, row: i64, extension: Extension) {
        self.extensions.put(position, row, extension);
        self.parts.put(position, row, Written::default());
        self.written = Written::default();
    }

    pub(super) fn remove(&mut self, row: i64) {
        self.extensions.remove(row);
        self.parts.remove(row);
        self.written = Written::default();
    }

    /// Puts globals into every extension, before the context is published.
    pub(super) fn resolve(&mut self, globals: &Globals) {
        self.extensions.iter_mut().for_each(|extension| extension.resolve(globals));
        *self = Self::new(std::mem::take(&mut self.name), std::mem::take(&mut self.extensions));
    }
}

/// A list of conditions with what to do where they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extension {
    /// The name; none where it is empty.
    pub name: String,
    /// Whether later extensions are tried after this one has matched.
    #[serde(rename = "continue")]
    pub continues: bool,
    /// The conditions, in their order.
    pub conditions: Vec<Condition>,
}

/// One `<condition>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Condition {
    /// Attributes in their order, as in `field`, `expression`, `break`, `regex`, `require-nested`
    /// or `wday`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Setting>,
    /// What stands inside, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

/// What stands inside of a condition.
///
/// The switch reads each kind apart: all actions where the condition holds, all anti-actions where
/// it does not, and then the conditions inside. Between kinds the order is for people only, and is
/// kept for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// An `<expression>`: a regular expression as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// The expression.
    pub text: String,
    /// How far the switch may expand it.
    #[serde(default)]
    pub level: Level,
}

/// One `<regex>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Regex {
    /// Attributes in their order, as in `field`, `expression` or `wday`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Setting>,
    /// The expression, where it stands in an element of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<Expression>,
}

/// One `<action>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Setting>,
}

impl Condition {
    /// A condition on one field. The operator's own: `${...}` stays live.
    pub fn on(field: &str, expression: &str) -> Self {
        let attributes =
            vec![Setting::channel("field", field), Setting::channel("expression", expression)];
        Self { attributes, ..Self::default() }
    }

    /// Adds an action of the operator's.
    #[must_use]
    pub fn run(mut self, application: &str, data: &str) -> Self {
        self.steps.push(Step::Action(Action {
            application: application.to_owned(),
            data: data.to_owned(),
            level: Level::Channel.within(data),
            ..Action::default()
        }));
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

impl Extension {
    /// An extension of one condition.
    pub fn new(name: &str, condition: Condition) -> Self {
        Self { name: name.to_owned(), continues: false, conditions: vec![condition] }
    }
}
