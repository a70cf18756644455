//! The command line.

mod explain;
mod handlers;
mod migrate;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::db::DatabaseUrl;
use crate::fsapi::StartErrors;
use crate::settings::{Settings, SettingsErrors, TABLE};
use crate::{demo, logging};

/// Exit codes of `sysexits.h`.
const USAGE: u8 = 64;
const CONFIG: u8 = 78;

/// The service behind FreeSWITCH's mod_xml_curl.
#[derive(Parser)]
#[command(name = "jackfield", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answers switches until it is told to stop
    #[command(after_help = settings_help())]
    Serve(Source),
    /// Brings the database up to date
    Migrate(Source),
    /// Lists what answers which question
    Handlers(handlers::Handlers),
    /// Says what answers a recorded look-up, why, and with what
    Explain(explain::Explain),
}

/// Where settings and data come from.
#[derive(Args)]
struct Source {
    /// Settings file [default: $JACKFIELD_CONFIG, else /etc/jackfield/jackfield.toml if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Use example data in a state folder of its own, made at the first start
    #[arg(long)]
    demo: bool,
    /// State folder of the example data [default: $XDG_STATE_HOME/jackfield-demo]
    #[arg(long, value_name = "DIR", requires = "demo")]
    state: Option<PathBuf>,
}

/// Settings and data, opened.
struct Opened {
    settings: Settings,
    demo: Option<demo::Demo>,
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let done = match cli.command {
        Command::Serve(source) => serve::run(&source),
        Command::Migrate(source) => migrate::run(&source),
        Command::Handlers(handlers) => handlers::run(&handlers),
        Command::Explain(explain) => explain::run(&explain),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jackfield: {error:#}");
            let config = error.is::<SettingsErrors>() || error.is::<StartErrors>();
            if config { ExitCode::from(CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

impl Source {
    /// Reads the settings, sets up the log, and opens the example data where it is asked for.
    fn open(&self) -> anyhow::Result<Opened> {
        let env = |name: &str| std::env::var(name).ok();
        let path = self.config.clone().or_else(|| env("JACKFIELD_CONFIG").map(PathBuf::from));
        let text = match &path {
            Some(path) => Some((path.clone(), read(path)?)),
            None => {
                let default = Path::new("/etc/jackfield/jackfield.toml");
                match default.exists() {
                    true => Some((default.to_owned(), read(default)?)),
                    false => None,
                }
            }
        };
        let file = text.as_ref().map(|(path, text)| (path.clone(), text.as_str()));
        let mut settings = Settings::read(file, &env)?;
        logging::start(&settings);
        let demo = match self.demo {
            true => {
                let state = self.state.clone().unwrap_or_else(|| demo::default_state(env));
                let demo = demo::open(&state)?;
                settings.database_url = demo.database.clone();
                Some(demo)
            }
            false => None,
        };
        Ok(Opened { settings, demo })
    }
}

impl Opened {
    fn database(&self) -> &DatabaseUrl {
        &self.settings.database_url
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The table of settings, for `serve --help`.
fn settings_help() -> String {
    let rows = TABLE.iter().map(|(key, default, what)| {
        let default = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        format!("  {key:<26} {what}{default}\n")
    });
    format!(
        "Settings (TOML; each of the first ones also as JACKFIELD_ and its name in upper case):\n{}",
        rows.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
