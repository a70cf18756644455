//! `jackfield lookups`: what switches asked, who answered, and how.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;

use super::Source;
use crate::control;
use crate::record::{Recorded, Wanted, last};

/// Arguments of `jackfield lookups`.
#[derive(Args)]
pub(super) struct Lookups {
    #[command(flatten)]
    source: Source,
    /// Go on with every look-up that is recorded from now on
    #[arg(long)]
    follow: bool,
    /// Only those of a section, as `directory`
    #[arg(long, value_name = "SECTION")]
    section: Option<String>,
    /// Only those that went to a handler; `none` for those that went to nobody
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// Only those that ended so: answered, `not_found`, denied, internal, shed or abandoned
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Only those about a user, as `1000` or `1000@pbx.example.com`
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only those that took longer, in milliseconds
    #[arg(long, value_name = "MS")]
    slower_than: Option<f64>,
    /// Begin with so many that are recorded already
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
    /// Write JSON, a line for each
    #[arg(long)]
    json: bool,
}

pub(super) fn run(lookups: &Lookups) -> anyhow::Result<()> {
    let settings = lookups.source.open()?.settings;
    let state = &settings.state_dir;
    let (recording, live) = if lookups.follow {
        let followed = control::follow(state)?;
        let (recording, live) = followed.context("no service runs here that could be followed")?;
        (Some(recording), Some(live))
    } else {
        (control::recording(state)?, None)
    };
    let folder =
        recording.as_ref().map_or_else(|| settings.record_folder(), |it| it.folder.clone());
    let wanted = lookups.wanted();
    let read = || format!("cannot read {}", folder.display());
    let found = last(&folder, lookups.last, &wanted).with_context(read)?;
    match &recording {
        Some(recording) if !recording.on && (lookups.follow || found.is_empty()) => {
            bail!(
                "the service records no look-ups; write `on = true` below `[record]` and reload it"
            );
        }
        Some(recording) if !recording.on => eprintln!("recording is off: these are from before"),
        None if found.is_empty() => bail!(nothing(&folder, settings.record.on)),
        None => eprintln!("no service runs here: these are from before"),
        Some(_) => {}
    }
    let mut out = std::io::stdout().lock();
    let mut last_id = 0;
    for recorded in found {
        last_id = recorded.id;
        lookups.write(&mut out, &recorded)?;
    }
    let mut before: Option<u64> = None;
    for line in live.into_iter().flatten() {
        let Some(recorded) = Recorded::parse(line?.as_bytes()) else { continue };
        let left_out = before.map_or(0, |before| recorded.id.saturating_sub(before + 1));
        if left_out > 0 {
            eprintln!("{left_out} look-ups are left out: they came faster than they were read");
        }
        before = Some(recorded.id);
        if recorded.id > last_id && wanted.takes(&recorded) {
            lookups.write(&mut out, &recorded)?;
        }
    }
    Ok(())
}

fn nothing(folder: &Path, on: bool) -> String {
    let folder = folder.display();
    if on {
        return format!("no service runs here, and none has recorded anything in {folder}");
    }
    format!(
        "no service runs here, nothing is recorded in {folder}, and `[record]` has not `on = true`"
    )
}

impl Lookups {
    fn wanted(&self) -> Wanted {
        // Times of look-ups are far below what a float holds exactly.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let us = |ms: f64| (ms.max(0.0) * 1000.0) as u64;
        Wanted {
            section: self.section.clone(),
            handler: self.handler.clone(),
            outcome: self.outcome.clone(),
            user: self.user.clone(),
            slower_than: self.slower_than.map(us),
        }
    }

    fn write(&self, out: &mut impl Write, recorded: &Recorded) -> std::io::Result<()> {
        if self.json {
            writeln!(out, "{}", serde_json::to_string(recorded)?)?;
        } else {
            if recorded.lost > 0 {
                writeln!(out, "{:>8}  {} look-ups were not recorded", "", recorded.lost)?;
            }
            writeln!(out, "{}", row(recorded))?;
        }
        out.flush()
    }
}

/// One look-up as a person reads it.
fn row(recorded: &Recorded) -> String {
    let Recorded { id, at, section, handler, outcome, us, bytes, .. } = recorded;
    let (day, time) = at.split_once('T').unwrap_or(("", at));
    let time = time.get(..12).unwrap_or(time);
    let bytes = bytes.map_or_else(String::new, |bytes| format!("{bytes} B"));
    let ms = format!("{}.{:02} ms", us / 1000, us % 1000 / 10);
    let words = recorded.subject().words;
    // A name is somebody's text: it must not reach the terminal as a command.
    let words = words.escape_debug();
    format!(
        "{id:>8}  {day} {time}  {section:<13} {handler:<10} {outcome:<9} {ms:>9} {bytes:>8}  {words}"
    )
}
