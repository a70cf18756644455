//! `jackfield completions SHELL`: what makes a shell complete command lines.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

/// Arguments of `jackfield completions`.
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

pub(super) fn run(completions: &Completions) -> anyhow::Result<()> {
    // Made first and then written, for the maker panics where the output is closed.
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut super::command(), "jackfield", &mut script);
    Ok(std::io::stdout().lock().write_all(&script)?)
}
