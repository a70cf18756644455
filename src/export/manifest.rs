//! What an export wrote: a list among its files, so that the next export removes nothing else.
//!
//! It is in the form of `sha256sum`, which can check it, too.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use super::Tree;
use crate::secret::hex;

/// The list's own file.
pub(super) const NAME: &str = ".jackfield-export";

const HEAD: &str = "# Written by jackfield export. The next export takes the place of these files, and of no others.\n";

/// Digests of the files by their paths.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    digests: BTreeMap<String, String>,
}

impl Manifest {
    /// That of files which are to be written.
    pub(super) fn of(tree: &Tree) -> Self {
        let digests = tree.files.iter().map(|(path, text)| (path.clone(), digest(text.as_bytes())));
        Self { digests: digests.collect() }
    }

    /// That of a folder; `None` if no export wrote it.
    pub(super) fn read(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(NAME);
        match path.symlink_metadata() {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        // A line that says nothing vouches for no file, and what is not vouched for is not removed.
        let text = fs::read(&path)?;
        let text = String::from_utf8_lossy(&text);
        let digests = text.lines().filter_map(|line| line.split_once("  "));
        let digests = digests.map(|(digest, path)| (path.to_owned(), digest.to_owned()));
        Ok(Some(Self { digests: digests.collect() }))
    }

    /// The text of its file.
    pub(super) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for (path, digest) in &self.digests {
            let _ = writeln!(text, "{digest}  {path}");
        }
        text
    }

    /// Whether an export wrote a file, by its path in the folder.
    pub(super) fn lists(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| path == NAME || self.digests.contains_key(path))
    }

    /// The files that say something else than the export did; one that is gone is no loss.
    pub(super) fn changed(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut changed = Vec::new();
        for (path, written) in &self.digests {
            let file = folder.join(path);
            let same = match file.symlink_metadata() {
                Ok(found) => found.is_file() && *written == digest(&fs::read(&file)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => true,
                Err(error) => return Err(error),
            };
            if !same {
                changed.push(path.clone());
            }
        }
        Ok(changed)
    }
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
