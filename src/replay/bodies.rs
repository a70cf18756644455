//! Recorded look-ups: a folder of bodies, or a ring.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use jackfield_api::Form;
use jackfield_api::lookup::PinLookup;

use crate::record::{self, Subject, Wanted};

/// How a look-up ended that the same look-up ends as again; a failure is not repeated.
const COMPARED: [&str; 3] = ["answered", "not_found", "denied"];

/// One that can be asked again.
#[derive(Debug, Clone)]
pub(crate) struct Play {
    /// Its file, or its number.
    pub(crate) name: String,
    /// What it asks.
    pub(crate) asks: String,
    pub(crate) body: Vec<u8>,
    /// The seal of what was sent then.
    pub(crate) seal: Option<String>,
}

/// What there is to play.
#[derive(Debug, Default)]
pub(crate) struct Plays {
    pub(crate) plays: Vec<Play>,
    /// What is not played, and why, with how many there are.
    pub(crate) left_out: Vec<(&'static str, usize)>,
}

impl Plays {
    /// Reads a folder: `*.form`, a body each, or the files of a ring.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        let read = || format!("cannot read {shown}");
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).with_context(read)? {
            let path = entry.with_context(read)?.path();
            if path.extension().is_some_and(|ending| ending == "form") {
                files.push(path);
            }
        }
        files.sort();
        let mut plays = Self::default();
        for path in files {
            let body =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            plays.add(name, body, None);
        }
        let recorded = record::last(folder, usize::MAX, &Wanted::default()).with_context(read)?;
        for recorded in recorded {
            let seal = recorded.seal.filter(|_| COMPARED.contains(&recorded.outcome.as_str()));
            plays.add(format!("look-up {}", recorded.id), recorded.body.into_bytes(), seal);
        }
        if plays.plays.is_empty() && plays.left_out.is_empty() {
            bail!("{shown} holds neither bodies (*.form) nor recorded look-ups");
        }
        Ok(plays)
    }

    fn add(&mut self, name: String, body: Vec<u8>, seal: Option<String>) {
        let why = match Form::parse(body.clone()) {
            Err(_) => "that are no forms",
            Ok(form) if !form.is_lookup() => "channel events",
            // Played against a service that runs it would be stored.
            Ok(form) if PinLookup::is_meant(&form) => "changes of a PIN",
            Ok(form) => {
                let asks = Subject::of(&form).words;
                self.plays.push(Play { name, asks, body, seal });
                return;
            }
        };
        match self.left_out.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => self.left_out.push((why, 1)),
        }
    }
}
