//! `jackfield handlers`: what answers which question, in the order in which it is tried.

use std::io::Write;

use clap::Args;
use jackfield_api::registry::Keys;
use jackfield_api::snapshot::Snapshot;
use serde::Serialize;

use super::Source;
use crate::app::{App, read_snapshot};
use crate::fsapi::Router;

/// Arguments of `jackfield handlers`.
#[derive(Args)]
pub(super) struct Handlers {
    #[command(flatten)]
    source: Source,
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
    place: String,
}

pub(super) fn run(handlers: &Handlers) -> anyhow::Result<()> {
    let opened = handlers.source.open()?;
    // Fixed keys need no data; those that the data tells are shown where it can be read.
    let snapshot = read_snapshot(opened.database()).unwrap_or_else(|error| {
        eprintln!("jackfield: keys that the data tells are not shown: {error:#}");
        Snapshot::default()
    });
    let app = App::new(opened.settings, snapshot)?;
    let rows = rows(&app.router);
    let mut out = std::io::stdout().lock();
    if handlers.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        return Ok(());
    }
    for Row { kind, name, keys, is_async, place, .. } in rows {
        let way = if is_async { "  async" } else { "" };
        writeln!(out, "{kind:<14} {name:<12} {:<44} {place}{way}", shown(&keys))?;
    }
    Ok(())
}

fn rows(router: &Router) -> Vec<Row> {
    let picture = router.picture();
    let keys = |kind: &str, at: usize, keys: Keys| match keys {
        Keys::Fixed(keys) => keys.iter().map(|key| (*key).to_owned()).collect(),
        Keys::CatchAll => vec!["(everything else)".to_owned()],
        Keys::From(_) => {
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
            Row {
                id: format!("{kind}/{}", entry.name),
                kind,
                name: entry.name,
                keys: keys(kind, place.1, entry.keys),
                is_async: entry.is_async,
                package: entry.origin.package,
                place: entry.origin.to_string(),
            }
        })
        .collect()
}

/// A cell of the table: as many keys as fit.
fn shown(keys: &[String]) -> String {
    const FEW: usize = 3;
    match keys.len() {
        0 => "(none in the data)".to_owned(),
        n if n > FEW => format!("{} and {} more", keys[..FEW].join(" "), n - FEW),
        _ => keys.join(" "),
    }
}
