//! `jackfield explain`: what answers a recorded look-up, why, and with what.

use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::Source;
use crate::app::{App, read_snapshot};
use crate::runtime;

/// Arguments of `jackfield explain`.
#[derive(Args)]
pub(super) struct Explain {
    #[command(flatten)]
    source: Source,
    /// The body of the look-up, as the switch posted it; `-` for standard input
    file: PathBuf,
}

pub(super) fn run(explain: &Explain) -> anyhow::Result<()> {
    let opened = explain.source.open()?;
    let mut body = Vec::new();
    if explain.file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
    } else {
        body = std::fs::read(&explain.file)
            .with_context(|| format!("cannot read {}", explain.file.display()))?;
    }
    let snapshot = read_snapshot(opened.database())?;
    let app = App::new(opened.settings, snapshot)?;
    let told = runtime::run(app.router.explain(body))?;
    std::io::stdout().lock().write_all(told.as_bytes())?;
    Ok(())
}
