//! What a switch does with a context: its conditions, tried as far as what they ask is known.
//!
//! Where it is not, as with a time or with a variable that only a call has, an extension *may* match:
//! it is told with what it depends on, and the next one is tried too.

use std::collections::BTreeMap;

use regex::bytes::RegexBuilder;

use crate::import::Element;

/// What is known of a call: fields of its caller and variables of its channel. Nothing for one that is
/// known to be anything.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(BTreeMap<String, Option<String>>);

impl Known {
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), Some(value.into()));
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }

    /// A text with its variables put in; an error names one that is not known.
    fn expand(&self, text: &str) -> Result<String, String> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else { return Err(rest[at..].to_owned()) };
            let name = &rest[at + 2..at + end];
            out.push_str(self.get(name).ok_or_else(|| format!("${{{name}}}"))?);
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    /// The same, with what is not known left as it is.
    fn expand_known(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            out.push_str(before);
            let end = from.find('}').map_or(from.len(), |end| end + 1);
            let name = from[2..end].trim_end_matches('}');
            out.push_str(self.get(name).unwrap_or(&from[..end]));
            rest = &from[end..];
        }
        out.push_str(rest);
        out
    }
}

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) application: String,
    pub(super) data: String,
    /// What it depends on.
    pub(super) ifs: Vec<String>,
}

/// An extension that matches, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matching {
    pub(super) name: String,
    /// What it depends on; nothing where it surely matches.
    pub(super) ifs: Vec<String>,
    pub(super) acts: Vec<Act>,
    /// Whether the ones after it are tried all the same.
    pub(super) continues: bool,
}

/// The extensions of a context that a call may go to, up to the first one that it surely goes to.
pub(super) fn hunt(context: &Element, known: &Known) -> Vec<Matching> {
    let (mut found, mut known) = (Vec::new(), known.clone());
    for extension in context.children_named("extension") {
        let mut run =
            Run { known: &mut known, ifs: Vec::new(), acts: Vec::new(), captures: Vec::new() };
        let matches = run.conditions(extension, &[]);
        let (ifs, acts) = (run.ifs, run.acts);
        if !matches && acts.is_empty() {
            continue;
        }
        let continues = extension.attribute("continue").is_some_and(is_true);
        let is_sure = matches && ifs.is_empty();
        let name = extension.attribute("name").unwrap_or("(no name)").to_owned();
        found.push(Matching { name, ifs, acts, continues });
        if is_sure && !continues {
            break;
        }
    }
    found
}

fn is_true(word: &str) -> bool {
    ["true", "yes", "on", "1"].iter().any(|yes| yes.eq_ignore_ascii_case(word))
}

/// Attributes that ask what time it is.
const TIMES: [&str; 14] = [
    "year",
    "yday",
    "mon",
    "mday",
    "week",
    "mweek",
    "wday",
    "hour",
    "minute",
    "minute-of-day",
    "time-of-day",
    "date-time",
    "tz-offset",
    "dst",
];

/// One extension, while it is tried.
struct Run<'k> {
    known: &'k mut Known,
    /// What it depends on whether the extension matches.
    ifs: Vec<String>,
    acts: Vec<Act>,
    /// Of the last expression that matched.
    captures: Vec<String>,
}

impl Run<'_> {
    /// Tries conditions one after the other; whether none of them ends it. `within`: what the ones
    /// around depend on.
    fn conditions(&mut self, of: &Element, within: &[String]) -> bool {
        for condition in of.children_named("condition") {
            let held = self.holds(condition);
            let ends = condition.attribute("break").unwrap_or("on-false");
            let mut ifs = within.to_vec();
            match &held {
                Ok(true) => self.act(condition, "action", &ifs),
                Ok(false) => self.act(condition, "anti-action", &ifs),
                Err(why) => {
                    ifs.push(why.clone());
                    self.act(condition, "action", &ifs);
                    let not: Vec<_> =
                        within.iter().cloned().chain([format!("not {why}")]).collect();
                    self.act(condition, "anti-action", &not);
                }
            }
            if held != Ok(false) {
                self.conditions(condition, &ifs);
            }
            match (held, ends) {
                (Ok(false), "on-false" | "always") => return false,
                (Ok(true), "on-true" | "always") => return true,
                (Err(why), ends) if ends != "never" && !self.ifs.contains(&why) => {
                    let why = if ends == "on-true" { format!("not {why}") } else { why };
                    self.ifs.push(why);
                }
                _ => {}
            }
        }
        true
    }

    /// Whether a condition holds; an error says on what it depends.
    fn holds(&mut self, condition: &Element) -> Result<bool, String> {
        if let Some(time) = TIMES.iter().find(|name| condition.attribute(name).is_some()) {
            let value = condition.attribute(time).unwrap_or_default();
            return Err(format!("{time} is {value}"));
        }
        if let Some(kind) = condition.attribute("regex") {
            let mut held = Vec::new();
            for test in condition.children_named("regex") {
                held.push(self.holds(test)?);
            }
            let count = held.iter().filter(|held| **held).count();
            return Ok(match kind {
                "all" => count == held.len(),
                "xor" => count == 1,
                _ => count > 0,
            });
        }
        let inner = condition.child("expression").map(|it| it.text.trim());
        let expression = inner.or_else(|| condition.attribute("expression"));
        let (field, expression) = match (condition.attribute("field"), expression) {
            (None, None) => return Ok(true),
            (field, expression) => (field.unwrap_or_default(), expression.unwrap_or_default()),
        };
        let depends = |on: &str| format!("{on} is as {expression}");
        let value = if field.contains("${") {
            self.known.expand(field).map_err(|name| depends(&name))?
        } else {
            self.known.get(field).ok_or_else(|| depends(field))?.to_owned()
        };
        let expanded = self.known.expand(expression).map_err(|name| {
            format!("{field} ({value}) is as {expression}, which depends on {name}")
        })?;
        match matches(&expanded, &value) {
            Ok(Some(captures)) => {
                self.captures = captures;
                Ok(true)
            }
            Ok(None) => Ok(false),
            // Look-around, as only the switch's own engine has it.
            Err(()) => Err(depends(field)),
        }
    }

    fn act(&mut self, condition: &Element, kind: &str, ifs: &[String]) {
        for action in condition.children_named(kind) {
            let application = action.attribute("application").unwrap_or_default().to_owned();
            let data = action.attribute("data").unwrap_or(action.text.trim());
            let data = self.known.expand_known(&captured(data, &self.captures));
            if action.attribute("inline").is_some_and(is_true) {
                self.inline(&application, &data, ifs.is_empty() && self.ifs.is_empty());
            }
            self.acts.push(Act { application, data, ifs: ifs.to_vec() });
        }
    }

    /// Later conditions see what is set at once.
    fn inline(&mut self, application: &str, data: &str, is_sure: bool) {
        let Some((name, value)) = data.split_once('=') else { return };
        if application == "set" && is_sure && !value.contains("${") {
            self.known.set(name.trim(), value);
        } else {
            self.known.forget(name.trim());
        }
    }
}

/// What an expression captures of a value, the whole first.
fn matches(expression: &str, value: &str) -> Result<Option<Vec<String>>, ()> {
    let (pattern, flags) = match expression.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'))
    {
        Some((pattern, flags)) => (pattern, flags),
        // A pattern of another switch.
        None if expression.starts_with('_') => return Err(()),
        None => (expression, ""),
    };
    let regex = RegexBuilder::new(pattern)
        .unicode(false)
        .case_insensitive(flags.contains('i'))
        .build()
        .map_err(|_| ())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(regex.captures(value.as_bytes()).map(|captures| {
        captures
            .iter()
            .map(|part| part.map_or_else(String::new, |part| text(part.as_bytes())))
            .collect()
    }))
}

/// A text with `$1` put in.
fn captured(text: &str, captures: &[String]) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek().and_then(|digit| digit.to_digit(10)) {
            Some(digit) if c == '$' => {
                chars.next();
                out.push_str(captures.get(digit as usize).map_or("", String::as_str));
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::elements;

    fn hunted(extensions: &str, sets: &[(&str, &str)]) -> Vec<Matching> {
        let context = elements(&format!("<context>{extensions}</context>")).expect("XML");
        let mut known = Known::default();
        for (name, value) in sets {
            known.set(name, *value);
        }
        hunt(&context, &known)
    }

    fn told(found: &[Matching]) -> Vec<String> {
        let act = |act: &Act| format!("{} {} {:?}", act.application, act.data, act.ifs);
        found
            .iter()
            .map(|it| {
                let acts: Vec<_> = it.acts.iter().map(act).collect();
                format!("{} {:?}: {}", it.name, it.ifs, acts.join("; "))
            })
            .collect()
    }

    const TO: [(&str, &str); 1] = [("destination_number", "1002")];

    #[test]
    fn the_first_extension_that_matches_is_found_with_what_it_captured() {
        let found = hunted(
            r#"<extension name="other"><condition field="destination_number" expression="^2"/></extension>
               <extension name="users"><condition field="destination_number" expression="^(10[01]\d)$">
                 <action application="bridge" data="user/$1@${domain_name} ${x}"/></condition></extension>
               <extension name="late"><condition><action application="hangup"/></condition></extension>"#,
            &[TO[0], ("domain_name", "d")],
        );
        assert_eq!(told(&found), ["users []: bridge user/1002@d ${x} []"]);
    }

    #[test]
    fn what_is_not_known_may_match_and_the_next_one_is_tried_too() {
        let found = hunted(
            r#"<extension name="night"><condition wday="1-5"><action application="hangup"/></condition></extension>
               <extension name="toll"><condition field="${toll_allow}" expression="local"/>
                 <condition field="destination_number" expression="^1"><action application="answer"/></condition></extension>
               <extension name="never"><condition field="destination_number" expression="^9"/>
                 <condition field="${toll_allow}" expression="x"><action application="park"/></condition></extension>
               <extension name="ahead"><condition field="destination_number" expression="^(?=1)"><action application="echo"/></condition></extension>
               <extension name="rest"><condition><action application="park"/></condition></extension>"#,
            &TO,
        );
        assert_eq!(
            told(&found),
            [
                "night [\"wday is 1-5\"]: hangup  [\"wday is 1-5\"]",
                "toll [\"${toll_allow} is as local\"]: answer  []",
                "ahead [\"destination_number is as ^(?=1)\"]: echo  [\"destination_number is as ^(?=1)\"]",
                "rest []: park  []",
            ]
        );
    }

    #[test]
    fn breaks_anti_actions_nested_conditions_and_lists_of_tests_are_followed() {
        for (extension, expected) in [
            (
                r#"<condition field="destination_number" expression="^9" break="never"><anti-action application="a"/></condition>
                   <condition><action application="b"/></condition>"#,
                "x []: a  []; b  []",
            ),
            (
                r#"<condition field="destination_number" expression="^1" break="on-true"><action application="a"/></condition>
                   <condition><action application="b"/></condition>"#,
                "x []: a  []",
            ),
            (
                r#"<condition field="destination_number" expression="^1"><action application="a"/>
                     <condition field="destination_number" expression="2$"><action application="b"/></condition>
                     <condition field="destination_number" expression="3$"><action application="c"/></condition></condition>"#,
                "x []: a  []; b  []",
            ),
            (
                r#"<condition regex="any"><regex field="destination_number" expression="^9"/>
                     <regex field="destination_number" expression="^1(.*)"/><action application="a" data="$1"/></condition>"#,
                "x []: a 002 []",
            ),
            (
                r#"<condition><action application="set" data="k=v" inline="true"/></condition>
                   <condition field="${k}" expression="/^V$/i"><action application="a"/></condition>"#,
                "x []: set k=v []; a  []",
            ),
        ] {
            let found = hunted(&format!("<extension name=\"x\">{extension}</extension>"), &TO);
            assert_eq!(told(&found), [expected], "{extension}");
        }
        let two = r#"<extension name="x" continue="true"><condition><action application="a"/></condition></extension>
                     <extension name="y"><condition><action application="b"/></condition></extension>"#;
        assert_eq!(told(&hunted(two, &TO)), ["x []: a  []", "y []: b  []"]);
    }
}
