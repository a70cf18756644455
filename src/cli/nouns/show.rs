//! How objects are shown to people.

use std::fmt::Write as _;

use comfy_table::{Table, presets};
use jackfield_api::snapshot::Setting;
use jackfield_api::xml::Raw;
use serde_json::{Map, Value, json};

use crate::secret::{hide, is_secret, redact};

/// A list: a line for each object, its id first.
pub(super) fn table(columns: &[&str], rows: impl Iterator<Item = (i64, Vec<String>)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(std::iter::once("ID").chain(columns.iter().copied()));
    for (id, cells) in rows {
        // A name is somebody's text: it must not reach the terminal as a command.
        let cells = cells.iter().map(|cell| plain(&hide(cell)));
        table.add_row(std::iter::once(id.to_string()).chain(cells));
    }
    table.trim_fmt()
}

/// One object: a line for each field, and for each entry of a list. What says nothing is left out.
pub(super) fn sheet(view: &Map<String, Value>) -> String {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    let said = || view.iter().filter(|(_, value)| says(value));
    let width = said().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut sheet = String::new();
    for (name, value) in said() {
        let lines = match value {
            Value::Array(list) => list.iter().map(entry).collect(),
            Value::String(text) if text.contains('\n') => text.lines().map(plain).collect(),
            other => vec![entry(other)],
        };
        for (at, line) in lines.iter().enumerate() {
            let name = if at == 0 { name.as_str() } else { "" };
            let _ = writeln!(sheet, "{name:<width$}  {line}");
        }
    }
    sheet
}

fn entry(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Object(fields) => {
            if let (Some(Value::String(name)), Some(Value::String(value))) =
                (fields.get("name"), fields.get("value"))
            {
                return format!("{}={}", plain(name), plain(value));
            }
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            said.map(|(key, value)| format!("{key}={}", entry(value))).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// Without control characters.
fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

/// How many names are told.
const NAMES: usize = 20;

/// Names in a sentence; of many the first.
pub(super) fn names(names: &[String]) -> String {
    let told: Vec<String> = names.iter().take(NAMES).map(|name| plain(name)).collect();
    let told = told.join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// The fields of an object.
pub(super) fn fields(view: Value) -> Map<String, Value> {
    match view {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// XML without what it holds of secrets.
pub(super) fn hidden(xml: &Raw) -> String {
    redact(&xml.to_xml())
}

/// Parameters or variables. The value of a secret is not told.
pub(super) fn settings(settings: &[Setting]) -> Value {
    let views = settings.iter().map(|setting| {
        if is_secret(&setting.name) {
            json!({ "name": setting.name, "secret": true })
        } else {
            json!({ "name": setting.name, "value": hide(&setting.text) })
        }
    });
    views.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_the_first_are_told() {
        let many: Vec<String> = (1..=22).map(|number| number.to_string()).collect();
        assert_eq!(names(&many[..2]), "1, 2");
        assert!(names(&many[..20]).ends_with("19, 20"));
        assert!(names(&many).ends_with("19, 20 and 2 more"));
    }

    #[test]
    fn a_sheet_has_a_line_for_each_field_and_each_entry() {
        let list = [
            Setting::new("a", "1"),
            Setting::new("password", "x"),
            Setting::new("dial-string", "[my_pwd=x]y"),
            Setting::new("b\x1b", "2"),
        ];
        let Value::Object(view) = json!({ "id": 7, "params": settings(&list), "none": null })
        else {
            unreachable!()
        };
        assert_eq!(
            sheet(&view),
            "id      7\nparams  a=1\n        name=password secret=true\n        \
             dial-string=[my_pwd=(not shown)]y\n        b\\u{1b}=2\n"
        );
    }
}
