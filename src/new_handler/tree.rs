//! A tree that there is: Jackfield's own, or a crate of handlers.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Kind, NewHandlerError, Skeleton, lay_out, write};

/// Where handlers are written.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The folder that the paths of what was written are told from.
    root: PathBuf,
    /// The file that has the `mod` lines of the handlers at the top.
    top: PathBuf,
    is_jackfield: bool,
}

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// The handler.
    pub(crate) file: PathBuf,
    /// The file with the line that links it.
    pub(crate) linked_in: PathBuf,
    /// The package to test.
    pub(crate) package: Option<&'static str>,
}

impl Tree {
    /// The tree that a folder is in.
    pub(crate) fn around(folder: &Path) -> Result<Self, NewHandlerError> {
        folder
            .ancestors()
            .find_map(|root| {
                let (own, other) = (root.join("handlers/lib.rs"), root.join("src/lib.rs"));
                let is_jackfield = own.is_file() && root.join("handlers/api").is_dir();
                let is_crate = || {
                    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
                    other.is_file() && manifest.contains("jackfield-api")
                };
                let top = if is_jackfield { own } else { is_crate().then_some(other)? };
                Some(Self { root: root.to_owned(), top, is_jackfield })
            })
            .ok_or_else(|| NewHandlerError::NoTree(folder.to_owned()))
    }

    /// Writes the handler, and the line that links it.
    pub(crate) fn add(&self, skeleton: &Skeleton) -> Result<Written, NewHandlerError> {
        if self.is_jackfield && skeleton.kind.is_async() {
            return Err(NewHandlerError::Outside);
        }
        let module = skeleton.name.module();
        let (file, linked_in) = self.places(skeleton.kind, &module);
        let failed = |error| NewHandlerError::Io(linked_in.clone(), error);
        let text = fs::read_to_string(&linked_in).map_err(failed)?;
        let linked = with_module(&text, &module)
            .ok_or_else(|| NewHandlerError::NoModules(linked_in.clone(), module.clone()))?;
        write(&file, &skeleton.text())?;
        fs::write(&linked_in, linked).map_err(failed)?;
        lay_out(&file);
        let told = |path: &Path| path.strip_prefix(&self.root).unwrap_or(path).to_owned();
        let package = self.is_jackfield.then_some("jackfield-handlers");
        Ok(Written { file: told(&file), linked_in: told(&linked_in), package })
    }

    /// The handler's file, and the one that has its `mod` line.
    fn places(&self, kind: Kind, module: &str) -> (PathBuf, PathBuf) {
        let folder = self.top.parent().unwrap_or(&self.root);
        match kind.module().filter(|_| self.is_jackfield) {
            Some(around) => (
                folder.join(around).join(format!("{module}.rs")),
                folder.join(format!("{around}.rs")),
            ),
            None => (folder.join(format!("{module}.rs")), self.top.clone()),
        }
    }
}

/// A file with one more `mod` line, in its place by the alphabet.
fn with_module(text: &str, module: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let name = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    let last = lines.iter().rposition(|line| name(line).is_some())?;
    let next = lines.iter().position(|line| name(line).is_some_and(|other| *other > *module));
    let mut at = next.unwrap_or(last + 1);
    // What stands over a line belongs to it.
    while at > 0 && lines[at - 1].starts_with("#[") {
        at -= 1;
    }
    let line = format!("mod {module};");
    lines.insert(at, &line);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_to_its_place_and_leaves_attributes_with_theirs() {
        let text = "//! Doc.\n\nmod a;\n#[cfg(test)]\nmod c;\nmod e;\n\npub use self::a::A;\n";
        for (module, before) in [("b", "#[cfg(test)]\nmod c;"), ("d", "mod e;"), ("f", "\npub")] {
            let linked = with_module(text, module).expect("a place");
            let found = linked.contains(&format!("mod {module};\n{before}"));
            assert!(found, "{linked}");
        }
        assert_eq!(with_module("//! Doc.\n", "a"), None);
    }
}
