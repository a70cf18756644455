//! What became of a tree: told when the import is done.

use std::collections::BTreeMap;
use std::fmt;

use super::place::Place;

/// Something to tell of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// A global that stays live in what was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Live {
    /// Where it is read first.
    pub(crate) place: Place,
    /// In how many texts.
    pub(crate) texts: usize,
    /// Who knows its value.
    pub(crate) why: String,
}

/// All there is to tell.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// How many files were read.
    pub(crate) files: usize,
    /// How many of each kind were taken.
    pub(crate) taken: Vec<(&'static str, usize)>,
    /// Documents that are kept as they are.
    pub(crate) documents: Vec<Note>,
    /// What was not taken.
    pub(crate) left_out: Vec<Note>,
    /// What an operator should do something about.
    pub(crate) findings: Vec<Note>,
    /// What else there is to know.
    pub(crate) notes: Vec<Note>,
    /// Names that only a switch knows, by name.
    pub(crate) live: BTreeMap<String, Live>,
}

impl Report {
    /// Puts every list in the order of the files and lines.
    pub(super) fn sort(&mut self) {
        let lists = [&mut self.documents, &mut self.left_out, &mut self.findings, &mut self.notes];
        for list in lists {
            list.sort_by(|one, other| one.place.cmp(&other.place));
        }
    }

    pub(super) fn left_out(&mut self, place: &Place, text: impl Into<String>) {
        self.left_out.push(Note { place: place.clone(), text: text.into() });
    }

    pub(super) fn finding(&mut self, place: &Place, text: impl Into<String>) {
        self.findings.push(Note { place: place.clone(), text: text.into() });
    }

    pub(super) fn note(&mut self, place: &Place, text: impl Into<String>) {
        self.notes.push(Note { place: place.clone(), text: text.into() });
    }

    pub(super) fn document(&mut self, place: &Place, text: impl Into<String>) {
        self.documents.push(Note { place: place.clone(), text: text.into() });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Taken from {} files", self.files)?;
        for (what, count) in self.taken.iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "  {count:>6} {what}")?;
        }
        let lists = [
            ("Kept as a document", &self.documents),
            ("Left out", &self.left_out),
            ("Of note", &self.notes),
        ];
        lists.iter().try_for_each(|(title, notes)| told(f, title, notes))?;
        if !self.live.is_empty() {
            writeln!(f, "\nStay live: each switch puts in its own value")?;
            for (name, Live { place, texts, why }) in &self.live {
                let texts =
                    if *texts == 1 { "one text".to_owned() } else { format!("{texts} texts") };
                writeln!(f, "  $${{{name}}} in {texts}, the first at {place}: {why}")?;
            }
        }
        // Last, where it is seen.
        told(f, "To be looked at", &self.findings)
    }
}

fn told(f: &mut fmt::Formatter<'_>, title: &str, notes: &[Note]) -> fmt::Result {
    if !notes.is_empty() {
        writeln!(f, "\n{title}")?;
    }
    notes.iter().try_for_each(|Note { place, text }| writeln!(f, "  {place}: {text}"))
}
