//! `jackfield probe`: what a switch would be told about a user or a number.

use std::io::Write;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Failed, Source, UsageError};
use crate::app::{App, read_snapshot};
use crate::db::{Database, DatabaseUrl, nouns};
use crate::probe::{Answers, Call, Step, number, user};
use crate::{control, runtime};

/// What is asked about.
#[derive(Subcommand)]
pub(super) enum Probe {
    /// Whether a user could register, call, be called, open its mailbox and log in
    User(User),
    /// Where a call to a number would go
    Number(Number),
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    source: Source,
    /// The switch that asks, by its name [default: this machine's name]
    #[arg(long, value_name = "NAME")]
    switch: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct User {
    /// The user or its number, as `1000@pbx.example.com`; `1000` where there is one domain
    #[arg(value_name = "USER[@DOMAIN]")]
    name: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct Number {
    /// What is dialled
    #[arg(value_name = "NUMBER")]
    dialled: String,
    /// Where it is hunted [default: the context of who calls, else `default`]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Who calls, as `1000@pbx.example.com`
    #[arg(long, value_name = "USER")]
    from: Option<String>,
    /// A channel variable or a field of the caller that is known
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(probe: &Probe) -> anyhow::Result<()> {
    let common = match probe {
        Probe::User(User { common, .. }) | Probe::Number(Number { common, .. }) => common,
    };
    let opened = common.source.open()?;
    let host = common.switch.clone().unwrap_or_else(this_machine);
    // A service may answer from other data than the database holds now.
    let database = opened.database().clone();
    let runs = matches!(control::status(&opened.settings.state_dir), Ok(Some(_)));
    let (answers, whose) = if runs {
        (Answers::Service(Arc::new(opened.settings)), "the service that runs here")
    } else {
        let snapshot = read_snapshot(opened.database())?;
        let app = App::new(opened.settings, snapshot)?;
        (Answers::Here(app), "no service runs here: this program over the database")
    };
    let steps = match probe {
        Probe::User(asked) => {
            let (name, domain) = if asked.name.contains('@') {
                split(&asked.name)?
            } else {
                (asked.name.clone(), only_domain(&database)?)
            };
            runtime::run(user(&answers, &host, &name, &domain))??
        }
        Probe::Number(asked) => {
            let call = Call {
                host,
                number: asked.dialled.clone(),
                context: asked.context.clone(),
                from: asked.from.as_deref().map(split).transpose()?,
                sets: asked.set.iter().map(|set| pair(set)).collect::<Result<_, _>>()?,
            };
            runtime::run(number(&answers, &call))??
        }
    };
    let mut out = std::io::stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&steps)?)?;
    } else {
        writeln!(out, "asked: {whose}\n")?;
        let goes: Vec<_> = steps.iter().filter_map(|step| step.goes.as_deref()).collect();
        if !goes.is_empty() {
            writeln!(out, "{}\n", goes.join("; then ").replace(char::is_control, "?"))?;
        }
        print(&mut out, &steps)?;
    }
    let works = match probe {
        // One secret of several is enough.
        Probe::User(_) => steps.iter().any(|step| step.works),
        Probe::Number(_) => steps.iter().any(|step| step.works && step.section == "dialplan"),
    };
    if works { Ok(()) } else { Err(Failed.into()) }
}

fn print(out: &mut impl Write, steps: &[Step]) -> std::io::Result<()> {
    for Step { why, section, handler, outcome, refusal, works, then, .. } in steps {
        let sign = if *works { "yes" } else { "NO" };
        let outcome = refusal.as_ref().unwrap_or(outcome).escape_debug();
        writeln!(out, "{sign:<4} {}  ({section}, {handler}: {outcome})", why.escape_debug())?;
        for line in then {
            // What is dialled or stored may be somebody's text.
            writeln!(out, "       {}", line.replace(char::is_control, "?"))?;
        }
    }
    Ok(())
}

/// The domain that is meant where none is said.
fn only_domain(database: &DatabaseUrl) -> anyhow::Result<String> {
    let mut database = Database::open(database)?;
    let (_, domain) = database.read(|session| nouns::domain(session, None))?;
    Ok(domain.name().to_owned())
}

fn split(user: &str) -> Result<(String, String), UsageError> {
    match user.split_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() => {
            Ok((name.to_owned(), domain.to_owned()))
        }
        _ => Err(UsageError("write a user with its domain, as in 1000@pbx.example.com")),
    }
}

fn pair(set: &str) -> Result<(String, String), UsageError> {
    let (name, value) = set.split_once('=').ok_or(UsageError("--set: write NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn this_machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}
