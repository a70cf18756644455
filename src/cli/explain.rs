//! `jackfield explain`: what answers a recorded look-up, why, and with what.

use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Opened, Source};
use crate::app::{App, read_snapshot};
use crate::record::{self, Recorded};
use crate::{control, runtime};

/// Arguments of `jackfield explain`.
#[derive(Args)]
pub(super) struct Explain {
    #[command(flatten)]
    source: Source,
    /// The body of the look-up, as the switch posted it; `-` for standard input
    #[arg(required_unless_present = "lookup", conflicts_with = "lookup")]
    file: Option<PathBuf>,
    /// One that was recorded, by its number in `jackfield lookups`
    #[arg(long, value_name = "ID")]
    lookup: Option<u64>,
}

pub(super) fn run(explain: &Explain) -> anyhow::Result<()> {
    let opened = explain.source.open()?;
    let mut out = std::io::stdout().lock();
    let body = match (&explain.file, explain.lookup) {
        (Some(file), _) if file.as_os_str() == "-" => {
            let mut body = Vec::new();
            std::io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
            body
        }
        (Some(file), _) => {
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?
        }
        (None, id) => {
            let recorded = recorded(&opened, id.unwrap_or_default())?;
            let Recorded { at, outcome, handler, us, fields, .. } = &recorded;
            let request = recorded.request.as_ref().map(|name| format!(", request {name}"));
            let request = request.unwrap_or_default();
            writeln!(out, "{:<14} {outcome} by {handler} in {us} µs, {at}{request}", "recorded")?;
            let told = "of which those are kept that are known to hold no secret";
            writeln!(out, "{:<14}   {fields} fields, {told}", "")?;
            recorded.body.into_bytes()
        }
    };
    let snapshot = read_snapshot(opened.database())?;
    let app = App::new(opened.settings, snapshot)?;
    let told = runtime::run(app.router.explain(body))?;
    out.write_all(told.as_bytes())?;
    Ok(())
}

fn recorded(opened: &Opened, id: u64) -> anyhow::Result<Recorded> {
    // What a service has not written yet it writes now; without one there is what was written.
    let recording = control::recording(&opened.settings.state_dir).ok().flatten();
    let folder = recording.map_or_else(|| opened.settings.record_folder(), |it| it.folder);
    let read = || format!("cannot read {}", folder.display());
    let found = record::find(&folder, id).with_context(read)?;
    found.with_context(|| format!("no look-up {id} is in {}", folder.display()))
}
