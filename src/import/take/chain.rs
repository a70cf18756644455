//! Contexts of dialplan and chatplan.

use std::collections::BTreeSet;

use jackfield_api::snapshot::{
    Action, Condition, Context, Expression, Extension, List, Regex, Step,
};

use super::super::tree::Element;
use super::{Standing, Taker, is_true};

impl Taker<'_> {
    /// The contexts of a section. Of two with one name the switch finds the first.
    pub(super) fn contexts(&mut self, section: &Element) -> List<Context> {
        let mut contexts = List::default();
        let mut names = BTreeSet::new();
        for element in &section.children {
            if element.name != "context" {
                self.stray(element, "a section of contexts");
                continue;
            }
            let Some(name) = self.name_of(element) else { continue };
            if !names.insert(name.to_ascii_lowercase()) {
                let text = format!("a second context «{name}»: the switch finds the first alone");
                self.report.left_out(&element.place, text);
                continue;
            }
            let mut extensions = Vec::new();
            for inner in &element.children {
                if inner.name == "extension" {
                    extensions.extend(self.extension(inner));
                } else {
                    self.stray(inner, "a context");
                }
            }
            contexts.push(Context::new(name, extensions));
        }
        contexts
    }

    pub(super) fn extension(&mut self, element: &Element) -> Option<Extension> {
        let name = match element.attribute("name") {
            Some(name) if !name.is_empty() => {
                self.label("the extension's name", name, &element.place)?
            }
            _ => String::new(),
        };
        let continues = element.attribute("continue").is_some_and(is_true);
        for (attribute, _) in &element.attributes {
            if !matches!(attribute.as_str(), "name" | "continue") {
                let text = format!("the attribute {attribute} of extension «{name}»");
                self.report.left_out(&element.place, text);
            }
        }
        let mut conditions = Vec::new();
        for inner in &element.children {
            if inner.name == "condition" {
                conditions.push(self.condition(inner));
            } else {
                self.stray(inner, "an extension");
            }
        }
        Some(Extension { name, continues, conditions })
    }

    fn condition(&mut self, element: &Element) -> Condition {
        let attributes = element
            .attributes
            .iter()
            .map(|(name, _)| self.attribute(element, name, Standing::Captured))
            .collect();
        let mut steps = Vec::new();
        for inner in &element.children {
            match inner.name.as_str() {
                "action" => steps.extend(self.action(inner).map(Step::Action)),
                "anti-action" => steps.extend(self.action(inner).map(Step::AntiAction)),
                "expression" => steps.push(Step::Expression(self.expression(inner))),
                "regex" => steps.push(Step::Regex(self.regex(inner))),
                "condition" => steps.push(Step::Condition(self.condition(inner))),
                _ => self.stray(inner, "a condition"),
            }
        }
        Condition { attributes, steps }
    }

    fn regex(&mut self, element: &Element) -> Regex {
        let attributes = element
            .attributes
            .iter()
            .map(|(name, _)| self.attribute(element, name, Standing::Captured))
            .collect();
        let expression = element.child("expression").map(|inner| self.expression(inner));
        for inner in element.children.iter().filter(|inner| inner.name != "expression") {
            self.stray(inner, "a regex");
        }
        Regex { attributes, expression }
    }

    fn expression(&mut self, element: &Element) -> Expression {
        let (text, level) = self.leveled(element, "", &element.text, Standing::Captured);
        Expression { text, level }
    }

    /// Text inside of the element goes before the attribute `data`, as with the switch.
    fn action(&mut self, element: &Element) -> Option<Action> {
        let application = element.attribute("application").unwrap_or_default();
        let application = self.label("the application", application, &element.place)?;
        let text = element.text.trim();
        let (data, level) = if text.is_empty() {
            let data = element.attribute("data").unwrap_or_default();
            self.leveled(element, "data", data, Standing::Captured)
        } else {
            self.leveled(element, "", text, Standing::Captured)
        };
        let mut attributes = Vec::new();
        for (name, _) in &element.attributes {
            if !matches!(name.as_str(), "application" | "data" | "inline") {
                attributes.push(self.attribute(element, name, Standing::Captured));
            }
        }
        for inner in &element.children {
            self.stray(inner, "an action");
        }
        let inline = element.attribute("inline").is_some_and(is_true);
        Some(Action { application, data, level, inline, attributes })
    }
}
