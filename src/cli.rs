//! The command line.

mod changes;
mod check;
mod completions;
mod explain;
mod export;
mod handlers;
mod import;
mod lookups;
mod man;
mod migrate;
mod new_handler;
mod nouns;
mod probe;
mod replay;
mod serve;
mod snippet;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use jackfield_api::registry::BuildError;
use jackfield_api::snapshot::{
    AccessList, Agent, Channel, Domain, Global, Language, Menu, Profile, Room, StoredDocument,
};
use tracing_appender::non_blocking::WorkerGuard;

use crate::control::{self, ControlError};
use crate::db::nouns::{
    DomainGroup, LanguagePhrase, OwnedGateway, PlacedExtension, ServedQueue, StoredContext,
};
use crate::db::{Database, DatabaseUrl};
use crate::fsapi::StartErrors;
use crate::secret::HIDDEN;
use crate::settings::{AT_START, Settings, SettingsErrors, SettingsFile, TABLE};
use crate::systemd::InheritedError;
use crate::{demo, logging, plug};

/// Exit codes of `sysexits.h`.
const USAGE: u8 = 64;
const CONFIG: u8 = 78;

/// The service behind FreeSWITCH's `mod_xml_curl`
///
/// Nouns such as user or extension take add, list, show, set and remove: `jackfield user add --help`.
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
    /// Tells who changed what and when
    Changes(changes::Changes),
    /// Says what is wrong, where, and what to do
    Check(check::Check),
    /// Prints a right file of the switch, nginx, systemd or Prometheus for these settings
    Snippet(snippet::Print),
    /// Takes a switch's configuration files into the database
    Import(import::Import),
    /// Writes what is stored as a switch's configuration files
    Export(export::Export),
    /// Network lists
    #[command(subcommand)]
    Acl(nouns::Verb<AccessList>),
    /// Domains of the directory
    #[command(subcommand)]
    Domain(nouns::Verb<Domain>),
    /// Gateways: peers that calls go through
    #[command(subcommand)]
    Gateway(nouns::Verb<OwnedGateway>),
    /// Groups of users
    #[command(subcommand)]
    Group(nouns::Verb<DomainGroup>),
    /// Profiles of sofia, verto, conference and voicemail
    #[command(subcommand)]
    Profile(nouns::Verb<Profile>),
    /// Users: who can log in and be called
    #[command(subcommand)]
    User(nouns::UserVerb),
    /// Contexts of dialplan and chatplan
    #[command(subcommand)]
    Context(nouns::Verb<StoredContext>),
    /// Extensions of a context: where calls and messages go
    #[command(subcommand)]
    Extension(nouns::Verb<PlacedExtension>),
    /// Conference rooms
    #[command(subcommand)]
    Room(nouns::Verb<Room>),
    /// IVR menus
    #[command(subcommand)]
    Menu(nouns::Verb<Menu>),
    /// Call-centre queues, and the agents that serve them
    #[command(subcommand)]
    Queue(nouns::Verb<ServedQueue>),
    /// Call-centre agents
    #[command(subcommand)]
    Agent(nouns::Verb<Agent>),
    /// Channels that browsers may join over verto
    #[command(subcommand)]
    Channel(nouns::Verb<Channel>),
    /// Clients of channels: each is one browser's login
    #[command(subcommand)]
    Client(nouns::ClientVerb),
    /// Languages that phrases are played in
    #[command(subcommand)]
    Language(nouns::Verb<Language>),
    /// Phrase macros of a language
    #[command(subcommand)]
    Phrase(nouns::Verb<LanguagePhrase>),
    /// Any other configuration document, as its XML
    #[command(subcommand)]
    Document(nouns::Verb<StoredDocument>),
    /// Global variables
    #[command(subcommand)]
    Global(nouns::Verb<Global>),
    /// Lists what answers which question
    Handlers(handlers::Handlers),
    /// Writes the skeleton of a handler, with its test
    NewHandler(new_handler::NewHandler),
    /// Says what answers a recorded look-up, why, and with what
    Explain(explain::Explain),
    /// Prints what makes a shell complete command lines
    Completions(completions::Completions),
    /// Prints the manual page, or writes all of them
    Man(man::Man),
    /// Shows what switches asked, who answered, and how
    Lookups(lookups::Lookups),
    /// Compares what recorded look-ups are answered by two versions or databases
    Replay(replay::Replay),
    /// Says what a switch would be told about a user or a number
    #[command(subcommand)]
    Probe(probe::Probe),
}

/// Where settings and data come from.
#[derive(Args)]
struct Source {
    /// Settings file [default: `$JACKFIELD_CONFIG`, else `/etc/jackfield/jackfield.toml` if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Use example data in a state folder of its own, made at the first start
    #[arg(long)]
    demo: bool,
    /// State folder of the example data [default: `$XDG_STATE_HOME/jackfield-demo`]
    #[arg(long, value_name = "DIR", requires = "demo")]
    state: Option<PathBuf>,
}

/// A wrong command line that is seen late, so that what is wrong with it is not repeated.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(&'static str);

/// A failure of which everything has been told.
#[derive(Debug, thiserror::Error)]
#[error("something is wrong")]
struct Failed;

/// Settings and data, opened.
struct Opened {
    settings: Settings,
    /// Where the settings come from, and when that had been changed.
    file: SettingsFile,
    modified_us: Option<u64>,
    demo: Option<demo::Demo>,
    /// Kept until the command ends, so that its last lines are written.
    #[expect(dead_code, reason = "held, not read")]
    log: WorkerGuard,
}

/// A value that is refused may be a secret, and others may read what a command says.
fn hide_value(error: &mut clap::Error) {
    let told = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let holds_text = told.contains('=') || error.kind() == ErrorKind::TooManyValues;
    if holds_text && error.get(ContextKind::InvalidValue).is_some() {
        error.insert(ContextKind::InvalidValue, ContextValue::String(HIDDEN.to_owned()));
    }
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    // No line can be read before the commands fit together.
    if !plug::commands_fit() {
        return told(plug::check().map_err(Into::into));
    }
    let mut line = command();
    let read = line.try_get_matches_from_mut(std::env::args_os());
    match read.and_then(|given| job(&given)).map_err(|error| error.format(&mut line)) {
        Ok(job) => told(job()),
        Err(mut error) => {
            hide_value(&mut error);
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
        }
    }
}

/// What a command line asks for.
type Job = Box<dyn FnOnce() -> anyhow::Result<()>>;

fn job(given: &ArgMatches) -> Result<Job, clap::Error> {
    let (name, own) = given.subcommand().unzip();
    let of_module = plug::commands().into_iter().find(|command| Some(command.name) == name);
    let (Some(command), Some(own)) = (of_module, own.cloned()) else {
        let cli = Cli::from_arg_matches(given)?;
        return Ok(Box::new(move || run_own(cli.command)));
    };
    let source = Source::from_arg_matches(&own)?;
    Ok(Box::new(move || {
        let opened = source.open()?;
        StartErrors::check_names(&opened.settings)?;
        (command.run)(&own, &plug::Opened::new(opened.settings.clone()))
    }))
}

/// The whole command line, with the commands of modules.
fn command() -> clap::Command {
    plug::commands().into_iter().fold(Cli::command(), |whole, command| {
        let own = Source::augment_args((command.arguments)(clap::Command::new(command.name)));
        // What a table of arguments says of itself it would say of the command.
        whole.subcommand(own.about(command.about).long_about(None))
    })
}

/// The names that no module can have for its commands.
pub(crate) fn built_in() -> Vec<String> {
    let own = Cli::command();
    own.get_subcommands().map(|own| own.get_name().to_owned()).chain(["help".to_owned()]).collect()
}

/// Arguments that every command of a module has, or that are the program's.
pub(crate) fn each_takes() -> Vec<clap::Arg> {
    let own = Source::augment_args(clap::Command::new("source"));
    let of_clap = [("help", 'h'), ("version", 'V')]
        .map(|(name, short)| clap::Arg::new(name).long(name).short(short));
    own.get_arguments().cloned().chain(of_clap).collect()
}

fn run_own(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(source) => serve::run(&source),
        Command::Migrate(source) => migrate::run(&source),
        Command::Changes(changes) => changes::run(&changes),
        Command::Check(check) => check::run(&check),
        Command::Snippet(print) => snippet::run(&print),
        Command::Import(import) => import::run(&import),
        Command::Export(export) => export::run(&export),
        Command::Acl(verb) => nouns::run(&verb),
        Command::Agent(verb) => nouns::run(&verb),
        Command::Channel(verb) => nouns::run(&verb),
        Command::Client(verb) => nouns::run_client(verb),
        Command::Context(verb) => nouns::run(&verb),
        Command::Document(verb) => nouns::run(&verb),
        Command::Domain(verb) => nouns::run(&verb),
        Command::Extension(verb) => nouns::run(&verb),
        Command::Gateway(verb) => nouns::run(&verb),
        Command::Global(verb) => nouns::run(&verb),
        Command::Group(verb) => nouns::run(&verb),
        Command::Language(verb) => nouns::run(&verb),
        Command::Menu(verb) => nouns::run(&verb),
        Command::Phrase(verb) => nouns::run(&verb),
        Command::Profile(verb) => nouns::run(&verb),
        Command::Queue(verb) => nouns::run(&verb),
        Command::Room(verb) => nouns::run(&verb),
        Command::User(verb) => nouns::run_user(verb),
        Command::Handlers(handlers) => handlers::run(&handlers),
        Command::NewHandler(new) => new_handler::run(new),
        Command::Explain(explain) => explain::run(&explain),
        Command::Completions(completions) => completions::run(&completions),
        Command::Man(man) => man::run(&man),
        Command::Lookups(lookups) => lookups::run(&lookups),
        Command::Replay(replay) => replay::run(&replay),
        Command::Probe(probe) => probe::run(&probe),
    }
}

/// What the program ends with.
fn told(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<Failed>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("jackfield: {error:#}");
            let config = error.is::<SettingsErrors>()
                || error.is::<StartErrors>()
                || error.is::<BuildError>()
                || error.is::<InheritedError>();
            match (config, error.is::<UsageError>()) {
                (true, _) => ExitCode::from(CONFIG),
                (_, true) => ExitCode::from(USAGE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<std::io::Error>();
    let json = error.root_cause().downcast_ref::<serde_json::Error>();
    let kind = io.map(std::io::Error::kind).or(json.and_then(serde_json::Error::io_error_kind));
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

impl Source {
    /// Where the settings are, without the example data's.
    fn file(&self) -> SettingsFile {
        SettingsFile::named(self.config.clone())
    }

    /// Reads the settings, sets up the log, and opens the example data where it is asked for.
    fn open(&self) -> anyhow::Result<Opened> {
        let mut file = self.file();
        let modified_us = file.modified_us();
        let mut settings = file.read()?;
        let log = logging::start(&settings);
        let mut demo = None;
        if self.demo {
            let env = |name: &str| std::env::var(name).ok();
            let state = self.state.clone().unwrap_or_else(|| demo::default_state(env));
            let opened = demo::open(&state)?;
            settings.database_url = opened.database.clone();
            settings.state_dir.clone_from(&state);
            file = file.with_demo(opened.database.clone(), state);
            demo = Some(opened);
        }
        Ok(Opened { settings, file, modified_us, demo, log })
    }
}

impl Opened {
    fn database(&self) -> &DatabaseUrl {
        &self.settings.database_url
    }

    /// Refuses to change a database while the service of this state folder serves another one.
    fn check_served(&self, database: &mut Database) -> anyhow::Result<()> {
        match control::reload_at(&self.settings.state_dir, database.mark()?) {
            Err(error @ ControlError::Another(_)) => Err(anyhow!(
                "nothing was stored in {}, for {error}; give the command the settings of the service, \
                 or a `state_dir` of its own to a database that no service serves",
                self.database()
            )),
            // What else may be wrong keeps nobody from changing what is stored.
            _ => Ok(()),
        }
    }

    /// Has the running service answer from what a command changed; says what came of it.
    fn publish(&self) -> anyhow::Result<String> {
        let state = &self.settings.state_dir;
        let mark = Database::open(self.database()).and_then(|mut database| database.mark());
        match mark.map_or_else(|_| control::reload(state), |mark| control::reload_at(state, mark)) {
            Ok(Some(revision)) => Ok(format!("the service answers from revision {revision}")),
            Ok(None) => Ok("no service runs here that had to be told".to_owned()),
            Err(error @ ControlError::Refused(_)) => Err(error).context("stored, but not served"),
            Err(error @ ControlError::Another(_)) => {
                Err(error).context(format!("stored in {}, but not served", self.database()))
            }
            Err(error) => {
                Ok(format!("{error}; a service that runs sees the change within a second"))
            }
        }
    }
}

/// The table of settings, for `serve --help`.
fn settings_help() -> String {
    let rows = TABLE.iter().map(|(key, default, what)| {
        let default = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let name = key.trim_start_matches('[').split(['.', ']']).next().unwrap_or_default();
        let restart = if AT_START.contains(&name) { '*' } else { ' ' };
        format!("{restart} {key:<26} {what}{default}\n")
    });
    format!(
        "Settings (TOML; each of the first ones also as JACKFIELD_ and its name in upper case).\n\
         Those with a * take a restart, the others a reload:\n{}",
        rows.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
