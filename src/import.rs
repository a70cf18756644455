//! Reads a switch's configuration files into the tables.
//!
//! One way, in steps that each are a module: the files become one text as the switch's pre-processor
//! makes it ([`preprocess`]), the text a tree whose elements know their lines ([`tree`]), the tree what
//! the tables hold ([`take`]), with a word about everything that was kept, left out or found
//! ([`report`]). Nothing is written here; whatever is wrong is told with its file and line, all of it at
//! once, and then nothing is taken at all.

mod glob;
mod globals;
mod line;
mod look;
mod piece;
mod place;
mod preprocess;
mod report;
mod take;
mod tree;

use std::path::Path;

use jackfield_api::snapshot::Contents;

pub(crate) use self::globals::is_of_the_switch;
pub(crate) use self::look::{Looked, text_of};
pub(crate) use self::piece::{extension, menu};
pub(crate) use self::place::{Place, Problem, Problems};
pub(crate) use self::report::Report;
pub(crate) use self::take::is_true;
pub(crate) use self::tree::Element;

/// What a tree holds, and what is to be told of it.
pub(crate) struct Imported {
    /// What the tables take.
    pub(crate) contents: Contents,
    /// What became of the files.
    pub(crate) report: Report,
}

/// The file that every tree begins with.
pub(crate) const ROOT: &str = "freeswitch.xml";

/// Reads a tree: the folder that holds `freeswitch.xml`, or that file itself.
///
/// `sets` go before what the files say of the same names. `existing` is what is stored already. `tell`
/// hears of each file that is read.
pub(crate) fn read(
    path: &Path,
    sets: &[(String, String)],
    existing: &Contents,
    tell: &dyn Fn(&Path),
) -> Result<Imported, Problems> {
    let at_all = |error: &dyn std::fmt::Display| {
        let place = Place { file: path.display().to_string().into(), line: 0 };
        Problems(vec![Problem { place, message: error.to_string() }])
    };
    let found = path.canonicalize().map_err(|error| at_all(&format!("cannot be read: {error}")))?;
    let (root, file) = match found.parent() {
        Some(parent) if found.is_file() => (parent.to_owned(), found.clone()),
        _ => (found.clone(), found.join(ROOT)),
    };
    if !file.is_file() {
        return Err(at_all(&format!("there is no {ROOT} in it")));
    }
    let mut report = Report::default();
    let read = preprocess::read(&root, &file, sets, &mut report, tell).map_err(sorted)?;
    report.files = read.files;
    let unread = sets.iter().filter(|(name, _)| !is_read(name, &read));
    let unread: Vec<Problem> = unread
        .map(|(name, _)| {
            let place = Place { file: format!("--set {name}").into(), line: 0 };
            let message = "no line of the tree sets it and no text reads it: is it misspelt?";
            Problem { place, message: message.to_owned() }
        })
        .collect();
    if !unread.is_empty() {
        return Err(sorted(unread));
    }
    let document = tree::parse(&read.source).map_err(|problem| Problems(vec![problem]))?;
    let contents = take::take(&document, &read.globals, existing, &mut report).map_err(sorted)?;
    Ok(Imported { contents, report })
}

/// The elements of a text that is no file, as an answer.
pub(crate) fn elements(text: &str) -> Result<Element, Problem> {
    let mut source = preprocess::Source::default();
    let file: std::sync::Arc<str> = "answer".into();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        source.push(
            line,
            &Place { file: file.clone(), line: u32::try_from(at + 1).unwrap_or(u32::MAX) },
        );
    }
    tree::parse(&source)
}

/// Whether a name of the command line says anything about the tree.
fn is_read(name: &str, read: &preprocess::Read) -> bool {
    let reads = format!("{{{}}}", name.to_ascii_lowercase());
    read.globals.has_met(name) || read.source.text.to_ascii_lowercase().contains(&reads)
}

fn sorted(mut problems: Vec<Problem>) -> Problems {
    problems.sort();
    problems.dedup();
    Problems(problems)
}
