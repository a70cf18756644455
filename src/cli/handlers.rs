//! `jackfield handlers`: what answers which question, in the order in which it is tried, and what else
//! modules bring along.

use std::fmt::Write as _;
use std::io::Write;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use jackfield_api::counter;
use jackfield_api::registry::Keys;
use jackfield_api::snapshot::Snapshot;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Source;
use crate::app::{App, read_snapshot};
use crate::control::{self, CounterCount, Counts};
use crate::fsapi::Router;
use crate::plug;

/// Arguments of `jackfield handlers`.
#[derive(Args)]
pub(super) struct Handlers {
    #[command(flatten)]
    source: Source,
    /// List routes, protected paths, commands, background services and counters, too
    #[arg(long)]
    all: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// One handler.
#[derive(Serialize)]
struct Row {
    id: String,
    kind: &'static str,
    name: &'static str,
    keys: Vec<String>,
    #[serde(rename = "async")]
    is_async: bool,
    package: &'static str,
    #[serde(rename = "crate")]
    of_crate: &'static str,
    place: String,
    priority: i16,
    /// How often it was asked since the service began; nothing, where none runs.
    asked: Option<u64>,
    failed: Option<u64>,
}

/// Something else that is registered: its name, what sets it apart, and where it is written.
#[derive(Serialize)]
struct Other {
    id: String,
    name: String,
    #[serde(flatten)]
    more: Value,
    #[serde(rename = "crate")]
    of_crate: &'static str,
    place: String,
}

/// Everything that is registered.
#[derive(Serialize)]
struct All {
    handlers: Vec<Row>,
    routes: Vec<Other>,
    protected: Vec<Other>,
    commands: Vec<Other>,
    services: Vec<Other>,
    counters: Vec<Other>,
}

pub(super) fn run(handlers: &Handlers) -> anyhow::Result<()> {
    let opened = handlers.source.open()?;
    // Fixed keys need no data; those that the data tells are shown where it can be read.
    let snapshot = read_snapshot(opened.database()).unwrap_or_else(|error| {
        eprintln!("jackfield: keys that the data tells are not shown: {error:#}");
        Snapshot::default()
    });
    let counts = control::counts(&opened.settings.state_dir).unwrap_or_else(|error| {
        eprintln!("jackfield: what the service has counted is not shown: {error}");
        None
    });
    let app = App::new(opened.settings, snapshot)?;
    let rows = rows(&app.router, counts.as_ref());
    let mut out = std::io::stdout().lock();
    if !handlers.all {
        let shown = if handlers.json { serde_json::to_string_pretty(&rows)? } else { table(&rows) };
        return Ok(writeln!(out, "{shown}")?);
    }
    let all = All::with(rows, counts.as_ref());
    let shown = if handlers.json { serde_json::to_string_pretty(&all)? } else { all.text() };
    Ok(writeln!(out, "{shown}")?)
}

fn rows(router: &Router, counts: Option<&Counts>) -> Vec<Row> {
    let picture = router.picture();
    let keys = |kind: &str, at: usize, keys: Keys| match keys {
        Keys::Fixed(keys) => keys.iter().map(|key| (*key).to_owned()).collect(),
        Keys::CatchAll => vec!["(everything else)".to_owned()],
        _ => {
            let registry = router.registries().iter().position(|reg| reg.kind() == kind);
            let keys = registry.map(|reg| picture.routes[reg].keys_of(at)).unwrap_or_default();
            keys.into_iter()
                .map(|key| if key.is_empty() { "(all)" } else { key }.to_owned())
                .collect()
        }
    };
    let mut place = (String::new(), 0);
    router
        .handlers()
        .map(|(kind, entry)| {
            place =
                if place.0 == kind { (place.0.clone(), place.1 + 1) } else { (kind.to_owned(), 0) };
            let of_this = |counts: &&Counts| {
                let mut all = counts.handlers.iter();
                all.find(|it| it.kind == kind && it.name == entry.name).cloned()
            };
            let counts = counts.as_ref().and_then(of_this);
            Row {
                id: format!("{kind}/{}", entry.name),
                kind,
                name: entry.name,
                keys: keys(kind, place.1, entry.keys),
                is_async: entry.is_async,
                package: entry.origin.package,
                of_crate: entry.origin.package,
                place: entry.origin.to_string(),
                priority: entry.priority,
                asked: counts.as_ref().map(|counts| counts.asked),
                failed: counts.as_ref().map(|counts| counts.failed),
            }
        })
        .collect()
}

/// The handlers for people. The place stands last, and behind it what few of them have.
fn table(rows: &[Row]) -> String {
    let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
    let shown = rows.iter().map(|row| {
        let mut place = row.place.clone();
        if row.priority != 0 {
            place = format!("{place}  priority {}", row.priority);
        }
        if row.is_async {
            place.push_str("  async");
        }
        let (asked, failed) = (count(row.asked), count(row.failed));
        let (kind, name, of_crate) = (row.kind.into(), row.name.into(), row.of_crate.into());
        vec![kind, name, few(&row.keys), asked, failed, of_crate, place]
    });
    let heads = ["KIND", "NAME", "KEYS", "ASKED", "FAILED", "CRATE", "PLACE"];
    aligned(&heads, shown, &[3, 4])
}

/// A table without lines; the columns of these numbers hold figures.
fn aligned(heads: &[&str], rows: impl Iterator<Item = Vec<String>>, figures: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(heads);
    for at in figures {
        if let Some(column) = table.column_mut(*at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.add_rows(rows);
    table.trim_fmt()
}

/// A cell of the table: as many keys as fit.
fn few(keys: &[String]) -> String {
    const FEW: usize = 3;
    match keys.len() {
        0 => "(none in the data)".to_owned(),
        n if n > FEW => format!("{} and {} more", keys[..FEW].join(" "), n - FEW),
        _ => keys.join(" "),
    }
}

impl Other {
    fn new(kind: &str, name: &str, origin: plug::Origin, more: Value) -> Self {
        Self {
            id: format!("{kind}/{name}"),
            name: name.to_owned(),
            more,
            of_crate: origin.package,
            place: origin.to_string(),
        }
    }
}

impl All {
    fn with(handlers: Vec<Row>, counts: Option<&Counts>) -> Self {
        let routes = plug::routes().into_iter().map(|route| {
            let is_protected =
                route.listener == plug::Listener::Machine || plug::is_protected(route.name);
            let listener = route.listener.to_string();
            let more =
                json!({ "path": route.path, "listener": listener, "protected": is_protected });
            Other::new("route", route.name, route.origin, more)
        });
        let protected = plug::protected().into_iter();
        let protected =
            protected.map(|path| Other::new("protected", path.route, path.origin, json!({})));
        let commands = plug::commands().into_iter().map(|command| {
            Other::new("command", command.name, command.origin, json!({ "about": command.about }))
        });
        let services = plug::services().into_iter();
        let services =
            services.map(|service| Other::new("service", service.name, service.origin, json!({})));
        let counters = counter::linked().into_iter().map(|family| {
            let counted = counts.map(|counts| {
                let own = counts.counters.iter().filter(|it| it.name == family.name);
                own.map(|CounterCount { value, count, .. }| (value.clone(), (*count).into()))
                    .collect::<Map<_, _>>()
            });
            let label = family.label.map(|(label, _)| label);
            let more = json!({ "help": family.help, "label": label, "counted": counted });
            Other::new("counter", family.name, family.origin, more)
        });
        Self {
            handlers,
            routes: routes.collect(),
            protected: protected.collect(),
            commands: commands.collect(),
            services: services.collect(),
            counters: counters.collect(),
        }
    }

    /// A part for each, those that are empty included.
    fn text(&self) -> String {
        let parts: [(&str, &[Other], &[&str]); 5] = [
            ("Routes", &self.routes, &["path", "listener", "protected"]),
            ("Protected paths", &self.protected, &[]),
            ("Commands", &self.commands, &["about"]),
            ("Background services", &self.services, &[]),
            ("Counters", &self.counters, &["label", "counted"]),
        ];
        let mut text = format!("Handlers\n{}\n", table(&self.handlers));
        for (title, rows, fields) in parts {
            // Writing into a `String` cannot fail.
            let _ = writeln!(text, "\n{title}");
            if rows.is_empty() {
                text.push_str("(none)\n");
                continue;
            }
            let heads: Vec<_> = ["name"].iter().chain(fields).chain(&["crate", "place"]).collect();
            let heads: Vec<_> = heads.into_iter().map(|head| head.to_uppercase()).collect();
            let heads: Vec<_> = heads.iter().map(String::as_str).collect();
            let rows = rows.iter().map(|row| {
                let cells = fields.iter().map(|field| cell(&row.more[*field]));
                let name = std::iter::once(row.name.clone());
                name.chain(cells).chain([row.of_crate.to_owned(), row.place.clone()]).collect()
            });
            text.push_str(&aligned(&heads, rows, &[]));
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// A value as people read it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(counted) => {
            let told = counted.iter().map(|(value, count)| {
                if value.is_empty() { count.to_string() } else { format!("{value} {count}") }
            });
            told.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
