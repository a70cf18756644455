//! `jackfield check`: what is wrong, where, and what to do.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use serde_json::Value;

use super::{Failed, Source};
use crate::check::{Finding, KeptFacts, Level, Report};
use crate::kept::Age;
use crate::settings::{Settings, SettingsErrors, SettingsFile};

/// Arguments of `jackfield check`.
#[derive(Args)]
pub(super) struct Check {
    /// Look at these instead: files of the switch, nginx, systemd or Prometheus, or a folder of them
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(check: &Check) -> anyhow::Result<()> {
    let make = |file: &SettingsFile, settings: Result<&Settings, &SettingsErrors>| {
        if check.files.is_empty() {
            Report::make(file, settings)
        } else {
            Report::of_files(file, settings, &check.files)
        }
    };
    let report = match check.source.open() {
        Ok(opened) => make(&opened.file, Ok(&opened.settings)),
        Err(error) => match error.downcast::<SettingsErrors>() {
            Ok(errors) => make(&check.source.file(), Err(&errors)),
            Err(error) => return Err(error),
        },
    };
    let mut out = std::io::stdout().lock();
    if check.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&mut out, &report)?;
    }
    if report.has_errors() { Err(Failed.into()) } else { Ok(()) }
}

fn print(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    let file = report.settings_file.as_deref().unwrap_or("no file: defaults and the environment");
    writeln!(out, "{:<9} {file}", "settings")?;
    if let Some(database) = &report.database {
        let (url, revision) = (&database.url, database.revision);
        let (domains, users) = (database.domains, database.users);
        writeln!(out, "{:<9} {url}", "database")?;
        writeln!(out, "{:<9} revision {revision}, domains {domains}, users {users}", "")?;
    }
    if let Some(KeptFacts { file, revision, users, age_seconds }) = &report.kept {
        writeln!(out, "{:<9} {}", "kept", shown(file))?;
        writeln!(out, "{:<9} revision {revision}, users {users}, {age_seconds} s old", "")?;
    }
    for (at, file) in report.files.iter().enumerate() {
        let first = if at == 0 { "files" } else { "" };
        writeln!(out, "{first:<9} {}", shown(file))?;
    }
    if let Some(status) = &report.service {
        let mut rows = Vec::new();
        flatten("", &for_people(status), &mut rows);
        for (at, (name, value)) in rows.iter().enumerate() {
            let first = if at == 0 { "service" } else { "" };
            writeln!(out, "{first:<9} {name}: {}", value.escape_debug())?;
        }
    } else if report.files.is_empty() {
        let why = report.not_asked.unwrap_or("none that can be asked");
        writeln!(out, "{:<9} {why}", "service")?;
    }
    writeln!(out)?;
    for (at, Finding { level, about, what, place, why, remedy, write }) in
        report.findings.iter().enumerate()
    {
        let level = if *level == Level::Error { "error" } else { "warning" };
        // What the database says itself is often why the service is degraded, too.
        let told = report.findings[..at]
            .iter()
            .find(|earlier| report.files.is_empty() && what.contains(&earlier.what));
        let what = told.map_or(what.clone(), |told| what.replace(&told.what, "as above"));
        writeln!(out, "{level:<9} {about}: {}", shown(&what))?;
        writeln!(out, "{:<9} {}", "  where", shown(place))?;
        if let Some(why) = why {
            writeln!(out, "{:<9} {}", "  why", shown(why))?;
        }
        writeln!(out, "{:<9} {}", "  do", shown(remedy))?;
        if let Some(line) = write {
            writeln!(out, "{:<9} {}", "", shown(line))?;
        }
        writeln!(out)?;
    }
    let errors = report.findings.iter().filter(|finding| finding.level == Level::Error).count();
    let warnings = report.findings.len() - errors;
    let verdict = match errors {
        0 if report.service.is_none() && report.files.is_empty() => {
            "nothing is broken, and no service runs here".to_owned()
        }
        0 if warnings == 1 => "it works, with 1 warning".to_owned(),
        0 if warnings > 1 => format!("it works, with {warnings} warnings"),
        0 => "it works".to_owned(),
        _ => "SOMETHING DOES NOT WORK".to_owned(),
    };
    writeln!(out, "==> {verdict}: {errors} errors, {warnings} warnings")
}

/// What of a service's own words is not told below.
fn for_people(status: &Value) -> Value {
    let mut status = status.clone();
    if let Some(fields) = status.as_object_mut() {
        // They are findings.
        fields.remove("why");
        fields.remove("reasons");
    }
    if let Some(settings) = status["settings"].as_object_mut()
        && let Some(us) = settings.remove("modified_us").and_then(|us| us.as_u64())
    {
        let age = Age::since(UNIX_EPOCH + Duration::from_micros(us));
        settings.insert("modified".to_owned(), format!("{age} ago").into());
    }
    status
}

/// Text that may be somebody's, as a terminal can be trusted with it.
fn shown(text: &str) -> String {
    text.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// Every value with the way to it, as a person reads it.
fn flatten(name: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let inside = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&inside(key), value, rows);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&inside(&at.to_string()), item, rows);
            }
        }
        Value::Array(items) => {
            let words: Vec<_> = items.iter().map(word).collect();
            if !words.is_empty() {
                rows.push((name.to_owned(), words.join(", ")));
            }
        }
        value => rows.push((name.to_owned(), word(value))),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
