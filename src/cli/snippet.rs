//! `jackfield snippet`: a right file of what is around the service.

use std::io::Write;

use clap::Args;

use super::Source;
use crate::snippet::Snippet;

/// Arguments of `jackfield snippet`.
#[derive(Args)]
pub(super) struct Print {
    /// The file
    #[arg(value_enum, value_name = "WHICH")]
    which: Snippet,
    #[command(flatten)]
    source: Source,
}

pub(super) fn run(print: &Print) -> anyhow::Result<()> {
    let opened = print.source.open()?;
    let text = print.which.text(&opened.settings, opened.file.path().as_deref());
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}
