//! Contexts of the dialplan and of the chatplan: what happens to a call or a message.

use serde::{Deserialize, Serialize};

use super::Written;
use super::setting::Level;

/// A named list of extensions, tried in order.
#[derive(Debug, Clone, Default)]
pub struct Context {
    name: String,
    extensions: Vec<Extension>,
    written: Written,
}

impl Context {
    /// A context with these extensions. Their names may repeat.
    pub fn new(name: impl Into<String>, extensions: Vec<Extension>) -> Self {
        Self { name: name.into(), extensions, written: Written::default() }
    }

    /// The name, as in `user_context`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The extensions, in their order.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The extensions as an answer holds them.
    pub(crate) fn written(&self) -> &Written {
        &self.written
    }
}

/// A list of conditions with what to do where they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extension {
    /// The name.
    pub name: String,
    /// Whether later extensions are tried after this one has matched.
    #[serde(rename = "continue")]
    pub continues: bool,
    /// The conditions, in their order.
    pub conditions: Vec<Condition>,
}

/// One `<condition>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Attributes in their order, as in `field`, `expression`, `break` or `wday`. The operator's
    /// own: `${...}` stays live.
    pub attributes: Vec<(String, String)>,
    /// What to do where the condition holds.
    pub actions: Vec<Action>,
    /// What to do where it does not.
    pub anti_actions: Vec<Action>,
    /// Conditions inside this one.
    pub conditions: Vec<Condition>,
}

/// One `<action>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Action {
    /// The application, as in `bridge`.
    pub application: String,
    /// Its data.
    pub data: String,
    /// How far the switch may expand the data.
    pub level: Level,
    /// Whether the application runs while the call is still being routed.
    pub inline: bool,
}

impl Condition {
    /// A condition on one field.
    pub fn on(field: &str, expression: &str) -> Self {
        Self {
            attributes: vec![
                ("field".to_owned(), field.to_owned()),
                ("expression".to_owned(), expression.to_owned()),
            ],
            ..Self::default()
        }
    }

    /// Adds an action of the operator's.
    #[must_use]
    pub fn run(mut self, application: &str, data: &str) -> Self {
        self.actions.push(Action {
            application: application.to_owned(),
            data: data.to_owned(),
            level: Level::Channel,
            inline: false,
        });
        self
    }
}

impl Extension {
    /// An extension of one condition.
    pub fn new(name: &str, condition: Condition) -> Self {
        Self { name: name.to_owned(), continues: false, conditions: vec![condition] }
    }
}
