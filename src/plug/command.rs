//! Commands of modules, beside the program's own.

use clap::ArgMatches;
use jackfield_api::registry::{BuildError, Origin};
use jackfield_api::snapshot::Snapshot;
use serde::de::DeserializeOwned;

use crate::app::read_snapshot;
use crate::settings::Settings;

/// A command of a module. Made by [`command!`](crate::command!).
pub struct Command {
    /// What is typed.
    pub name: &'static str,
    /// What it does, in a line of `jackfield --help`.
    pub about: &'static str,
    /// Adds its arguments.
    pub arguments: fn(clap::Command) -> clap::Command,
    /// Does it.
    pub run: fn(&ArgMatches, &Opened) -> anyhow::Result<()>,
    /// Where it is written.
    pub origin: Origin,
}

inventory::collect!(Command);

/// What a command is given besides its arguments: the settings, and the way to the data, both as
/// `--config`, `--demo` and `--state` name them. Every command of a module takes these three.
#[derive(Debug)]
pub struct Opened {
    settings: Settings,
}

impl Opened {
    /// Over these settings, as a test needs it.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The module's own settings, the table `[handlers.NAME]` of the name of one of its handlers,
    /// background services, routes or commands. An error says what is wrong and what to write, and ends
    /// the program with 78 if the command passes it on.
    pub fn module_settings<T: DeserializeOwned>(&self, name: &str) -> Result<T, BuildError> {
        self.settings.module(name)
    }

    /// What the database holds now. Nothing changes it.
    pub fn snapshot(&self) -> anyhow::Result<Snapshot> {
        let snapshot = read_snapshot(&self.settings.database_url)?;
        Ok(snapshot.with_verto(self.settings.verto.login.clone()))
    }
}

/// Registers a command: what is typed, what `jackfield --help` says of it, its arguments, and what it
/// does. It stands in the manual and in the completions, too.
///
/// ```
/// use jackfield::plug::anyhow::{self, ensure};
/// use jackfield::plug::clap::{ArgMatches, arg};
/// use jackfield::plug::Opened;
///
/// fn run(arguments: &ArgMatches, opened: &Opened) -> anyhow::Result<()> {
///     let number = arguments.get_one::<String>("NUMBER").expect("clap asks for it");
///     let known = opened.snapshot()?.domain("acme.example").is_some();
///     ensure!(known, "the data has no domain acme.example, so nobody has {number}");
///     println!("{number} is looked for in acme.example");
///     Ok(())
/// }
///
/// jackfield::command!(
///     "crm-test",
///     "Asks the CRM about one number",
///     |command| command.arg(arg!(<NUMBER> "The caller's number")),
///     run
/// );
/// ```
///
/// One without arguments: `command!("crm-test", "Asks the CRM about its health", run)`. An error ends the
/// program with 1 and its text on standard error, so it must hold no secret.
#[macro_export]
macro_rules! command {
    ($name:expr, $about:expr, $arguments:expr, $run:expr $(,)?) => {
        $crate::plug::inventory::submit! {
            $crate::plug::Command {
                name: $name,
                about: $about,
                arguments: $arguments,
                run: $run,
                origin: $crate::plug::origin!(),
            }
        }
    };
    ($name:expr, $about:expr, $run:expr $(,)?) => {
        $crate::command!($name, $about, |command| command, $run);
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "`command!` takes what is typed, what it does, its arguments if it has any, and a \
             `fn(&ArgMatches, &Opened) -> anyhow::Result<()>`:\n  \
             command!(\"crm-test\", \"Asks the CRM\", |command| command.arg(arg!(<NUMBER>)), run);"
        );
    };
}

/// All commands, in a fixed order.
pub(crate) fn commands() -> Vec<&'static Command> {
    let mut commands: Vec<_> = inventory::iter::<Command>.into_iter().collect();
    commands.sort_by_key(|command| (command.name, command.origin));
    commands
}
