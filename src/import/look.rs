//! Files that are only looked at: nothing is taken of them.

use std::path::Path;

use super::globals::{Giver, Globals};
use super::place::{Place, Problem, Problems};
use super::report::Report;
use super::tree::Element;
use super::{ROOT, preprocess, sorted, tree};

/// A file, or a tree of files, as a switch reads it.
#[derive(Debug)]
pub(crate) struct Looked {
    /// What stands side by side: one element, but in a file that others include.
    pub(crate) roots: Vec<Element>,
    globals: Globals,
}

impl Looked {
    /// Reads a file by itself. What it includes is not read.
    pub(crate) fn file(path: &Path) -> Result<Self, Problems> {
        let name = path.display().to_string();
        let read = preprocess::read_alone(path, &name).map_err(sorted)?;
        let roots = tree::parse_part(&read.source).map_err(|problem| Problems(vec![problem]))?;
        Ok(Self { roots, globals: read.globals })
    }

    /// Reads the tree of a folder. Its places are paths from there.
    pub(crate) fn tree(folder: &Path) -> Result<Self, Problems> {
        let root = folder.canonicalize().map_err(|error| {
            let place = Place { file: folder.display().to_string().into(), line: 0 };
            Problems(vec![Problem { place, message: format!("cannot be read: {error}") }])
        })?;
        let mut report = Report::default();
        let read = preprocess::read(&root, &root.join(ROOT), &[], &mut report, &|_| {});
        let read = read.map_err(sorted)?;
        let root = tree::parse(&read.source).map_err(|problem| Problems(vec![problem]))?;
        Ok(Self { roots: vec![root], globals: read.globals })
    }

    /// A text with the globals put in that are known.
    pub(crate) fn value(&self, text: &str) -> String {
        self.globals.resolve(text).0
    }

    /// The value of a global that a line sets, and that line.
    pub(crate) fn set(&self, name: &str) -> Option<(&str, &Place)> {
        let entry = self.globals.get(name)?;
        match &entry.giver {
            Giver::Line(place) => Some((entry.value.as_deref()?, place)),
            Giver::CommandLine | Giver::Foreign(..) => None,
        }
    }

    /// Whether any line sets a global.
    pub(crate) fn sets(&self) -> bool {
        !self.globals.stored().is_empty()
    }
}

/// The text of a file of any kind; if it cannot be had, why.
pub(crate) fn text_of(path: &Path) -> Result<String, Problem> {
    preprocess::read_file(path).map_err(|message| {
        let place = Place { file: path.display().to_string().into(), line: 0 };
        Problem { place, message }
    })
}
