//! Settings that are taken, and leave something open.

use std::net::SocketAddr;

use jackfield_api::Section;

use super::{Finding, Level, Report};
use crate::settings::{FailPolicy, GuardMode, Settings, UnknownDomain};

/// A setting, and the value to write: as a word, or as a list of them.
enum Right {
    Word(String),
    List(Vec<String>),
}

impl Report {
    /// Who is let in by them, and where the switch is sent on to its disk.
    pub(super) fn exposure(&mut self, settings: &Settings) {
        let word = |word: &str| Right::Word(word.to_owned());
        let machine = settings.listen_machine;
        if machine.ip().is_unspecified() {
            let what = format!("the machine listener is on every address: {machine}");
            let why = "whoever is in `trusted_peers` is let in on each of them, and a mistake there opens look-ups, \
                       which hold what is as good as passwords";
            let right = SocketAddr::new([127, 0, 0, 1].into(), machine.port()).to_string();
            self.open(Level::Warning, settings, "listen_machine", what, why, &word(&right));
        }
        let (every, some): (Vec<&ipnet::IpNet>, Vec<_>) =
            settings.trusted_peers.iter().partition(|network| network.prefix_len() == 0);
        if let Some(every) = every.first() {
            let what = format!("everybody may use the machine listener: trusted_peers has {every}");
            let why =
                "look-ups hold what is as good as passwords: whoever reaches it gets all of them";
            let some = Right::List(some.iter().map(ToString::to_string).collect());
            self.open(Level::Error, settings, "trusted_peers", what, why, &some);
        }
        if settings.guard == GuardMode::Observe {
            let what = "polluted look-ups are answered: guard is observe";
            let why =
                "who sends the switch a message may write into a look-up, and so choose its answer";
            self.open(Level::Warning, settings, "guard", what, why, &word("enforce"));
        }
        if settings.unknown_domain == UnknownDomain::NotFound {
            let what = "an unknown domain is not found: unknown_domain is not-found";
            let why = "the switch goes on to its disk then: users that stand there are let in";
            self.open(Level::Warning, settings, "unknown_domain", what, why, &word("deny"));
        }
        for section in [Section::Directory, Section::Dialplan] {
            let fail = &settings.section(section).fail;
            if !matches!(fail, FailPolicy::NotFound | FailPolicy::Unavailable) {
                continue;
            }
            let what =
                format!("where a handler of the {section} fails, the answer is {}", fail.word());
            let why =
                "the switch goes on to its disk then: to users and ways that nobody stored here";
            let key = format!("sections.{section}.fail");
            self.open(Level::Warning, settings, &key, what, why, &word("deny"));
        }
    }

    fn open(
        &mut self,
        level: Level,
        settings: &Settings,
        key: &str,
        what: impl Into<String>,
        why: &str,
        right: &Right,
    ) {
        let variable = format!("JACKFIELD_{}", key.replace('.', "_").to_ascii_uppercase());
        let (place, write) = if std::env::var_os(&variable).is_some() {
            let right = match right {
                Right::Word(word) => word.clone(),
                Right::List(words) => words.join(","),
            };
            let write = format!("{variable}={right}");
            (variable, write)
        } else {
            let right = match right {
                Right::Word(word) => format!("{word:?}"),
                Right::List(words) => format!("{words:?}"),
            };
            let file = settings.file.as_deref();
            let text = file.and_then(|file| std::fs::read_to_string(file).ok());
            let line = text.as_deref().and_then(|text| line_of(text, key));
            let file =
                file.map_or_else(|| "the settings".to_owned(), |it| it.display().to_string());
            match line {
                Some((line, name)) => (format!("{file}:{line}"), format!("{name} = {right}")),
                None => (file, format!("{key} = {right}")),
            }
        };
        let (about, remedy) = ("settings", "write in its place".to_owned());
        let (what, why, write) = (what.into(), Some(why.to_owned()), Some(write));
        self.findings.push(Finding { level, about, what, place, why, remedy, write });
    }
}

/// The line of a setting, and what it is called there.
fn line_of<'t>(text: &'t str, key: &str) -> Option<(usize, &'t str)> {
    let mut table = String::new();
    text.lines().zip(1..).find_map(|(line, number)| {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            table = header.split(']').next().unwrap_or_default().trim().to_owned() + ".";
            return None;
        }
        let name = line.split_once('=')?.0.trim();
        (table.clone() + name == key).then_some((number, name))
    })
}
