//! Puts a tree in its place, whole or not at all.
//!
//! The files hold hashes and passwords of gateways, so they are for their owner alone. They are written in a
//! folder beside the target whose name nobody can foresee and which was not there before, because others may
//! be allowed to write there, too. What somebody has put beside them, as the templates of mails, stays.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use thiserror::Error;

use super::Tree;
use super::manifest::{self, Manifest};

/// How many of such files an error names.
const NAMED: usize = 10;

/// Why a tree was not written. What was there before is there still, or where the error says.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// Somebody's own files.
    #[error("{} holds files that no export wrote; name a folder that is empty or not there yet", .0.display())]
    Occupied(PathBuf),
    /// One of somebody's own files where a file is to be.
    #[error("{} is not from an export, and this one would write it; move it away", .0.display())]
    InTheWay(PathBuf),
    /// Files of the earlier export that somebody changed.
    #[error(
        "in {} files were changed since they were exported, and that would be lost: {}; store what they say \
         and move them away, or name another folder",
        folder.display(),
        list(files)
    )]
    Changed {
        /// The exported folder.
        folder: PathBuf,
        /// Paths in it.
        files: Vec<String>,
    },
    /// A file where a folder is to be.
    #[error("{} is not a folder; name another", .0.display())]
    NotAFolder(PathBuf),
    /// A link, which somebody else may have put there.
    #[error(
        "{} is a symbolic link, and what it leads to is not replaced; name the folder itself, or remove the link",
        .0.display()
    )]
    Link(PathBuf),
    /// No such folder around it.
    #[error("there is no folder {}; make it first", .0.display())]
    NoParent(PathBuf),
    /// The file system refused.
    #[error("cannot write {}: {error}", path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Its reason.
        error: io::Error,
    },
    /// The new files did not get to their place, and the earlier ones not back.
    #[error(
        "cannot write {}: {error}; the earlier files are in {}: move them back",
        target.display(),
        earlier.display()
    )]
    Aside {
        /// Where they were.
        target: PathBuf,
        /// Where they are.
        earlier: PathBuf,
        /// Why they were not replaced.
        error: io::Error,
    },
    /// The new files are in their place, and something is left of the earlier ones.
    #[error(
        "{} is written, but the files before it are still in {}: {error}; remove them",
        target.display(),
        earlier.display()
    )]
    Left {
        /// What was written.
        target: PathBuf,
        /// What is left.
        earlier: PathBuf,
        /// Why it could not be removed.
        error: io::Error,
    },
}

fn list(files: &[String]) -> String {
    let named: Vec<_> = files.iter().take(NAMED).map(String::as_str).collect();
    match files.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WriteError + '_ {
    |error| WriteError::Io { path: path.to_owned(), error }
}

/// Where an export goes: a folder that is not there yet, is empty, or holds what an earlier export wrote.
#[derive(Debug)]
pub(crate) struct Place {
    /// Its real path.
    target: PathBuf,
    workshop: TempDir,
}

impl Place {
    /// That of a path; nothing is changed there yet.
    pub(crate) fn find(folder: &Path) -> Result<Self, WriteError> {
        let target = real(folder)?;
        earlier(&target)?;
        let workshop = beside(&target)?;
        Ok(Self { target, workshop })
    }

    /// A file of the earlier export; `None`, too, where somebody else can have put the folder.
    pub(crate) fn earlier(&self, path: &str) -> Option<String> {
        if !self.is_ours().unwrap_or(false) {
            return None;
        }
        fs::read_to_string(self.target.join(path)).ok()
    }

    fn is_ours(&self) -> io::Result<bool> {
        let us = self.workshop.path().metadata()?.uid();
        if self.target.symlink_metadata()?.uid() == us {
            return Ok(true);
        }
        // It may have been given to the user whom the switch runs as, but only where nobody else writes.
        let Some(parent) = self.target.parent() else { return Ok(false) };
        let around = parent.metadata()?;
        Ok([0, us].contains(&around.uid()) && around.mode() & 0o022 == 0)
    }

    /// Writes the files beside the folder and then puts them in its place. Its real path is the answer.
    pub(crate) fn write(self, tree: &Tree) -> Result<PathBuf, WriteError> {
        let Self { target, workshop } = self;
        let fresh = workshop.path().join("new");
        fill(&fresh, tree)?;
        // Once more, because many files take their time.
        let earlier = earlier(&target)?;
        if let Some(manifest) = &earlier {
            keep_others(&target, &fresh, manifest)?;
        }
        put_in_place(workshop, &fresh, &target, earlier.is_some())?;
        Ok(target)
    }
}

/// The path, with the links to its parent resolved: what is replaced has to be itself what was named.
fn real(folder: &Path) -> Result<PathBuf, WriteError> {
    let mut absolute = std::path::absolute(folder).map_err(failed(folder))?;
    if absolute.file_name().is_none() {
        // It ends in `..`, which is never a link.
        absolute = absolute.canonicalize().map_err(failed(folder))?;
    }
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(WriteError::NotAFolder(absolute));
    };
    match parent.canonicalize() {
        Ok(parent) if parent.is_dir() => Ok(parent.join(name)),
        _ => Err(WriteError::NoParent(parent.to_owned())),
    }
}

/// What an earlier export wrote, unchanged; nothing of an empty folder, `None` where none is.
fn earlier(target: &Path) -> Result<Option<Manifest>, WriteError> {
    let found = match target.symlink_metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(target)(error)),
    };
    if found.is_symlink() {
        return Err(WriteError::Link(target.to_owned()));
    }
    if !found.is_dir() {
        return Err(WriteError::NotAFolder(target.to_owned()));
    }
    if fs::read_dir(target).map_err(failed(target))?.next().is_none() {
        return Ok(Some(Manifest::default()));
    }
    let Some(manifest) = Manifest::read(target).map_err(failed(target))? else {
        return Err(WriteError::Occupied(target.to_owned()));
    };
    let files = manifest.changed(target).map_err(failed(target))?;
    if !files.is_empty() {
        return Err(WriteError::Changed { folder: target.to_owned(), files });
    }
    Ok(Some(manifest))
}

/// A folder of ours in that of the target, for what comes and what goes; it is removed with all that is in it.
fn beside(target: &Path) -> Result<TempDir, WriteError> {
    let parent = target.parent().unwrap_or(target);
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name().unwrap_or(OsStr::new("export")));
    prefix.push(".");
    tempfile::Builder::new()
        .prefix(&prefix)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .map_err(failed(parent))
}

fn fill(folder: &Path, tree: &Tree) -> Result<(), WriteError> {
    make(folder)?;
    let manifest = Manifest::of(tree).text();
    let files = tree.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    for (path, text) in files.chain([(manifest::NAME, manifest.as_str())]) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            make(parent)?;
        }
        let mut file = create(&path).map_err(failed(&path))?;
        file.write_all(text.as_bytes()).map_err(failed(&path))?;
    }
    Ok(())
}

/// Copies what no export wrote.
fn keep_others(old: &Path, fresh: &Path, manifest: &Manifest) -> Result<(), WriteError> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let within = old.join(&folder);
        for entry in fs::read_dir(&within).map_err(failed(&within))? {
            let entry = entry.map_err(failed(&within))?;
            let (from, path) = (entry.path(), folder.join(entry.file_name()));
            let kind = entry.file_type().map_err(failed(&from))?;
            if kind.is_dir() {
                folders.push(path);
            } else if !manifest.lists(&path) {
                let to = fresh.join(&path);
                if to.symlink_metadata().is_ok() {
                    return Err(WriteError::InTheWay(from));
                }
                make(to.parent().unwrap_or(fresh))?;
                let copied = if kind.is_symlink() {
                    fs::read_link(&from).and_then(|link| symlink(link, &to))
                } else if kind.is_file() {
                    fs::copy(&from, &to).map(|_| ())
                } else {
                    // Reading a pipe or a device would not end.
                    return Err(WriteError::Occupied(old.to_owned()));
                };
                copied.map_err(failed(&from))?;
            }
        }
    }
    Ok(())
}

fn make(folder: &Path) -> Result<(), WriteError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed(folder))
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn put_in_place(
    workshop: TempDir,
    fresh: &Path,
    target: &Path,
    taken: bool,
) -> Result<(), WriteError> {
    if !taken {
        return fs::rename(fresh, target).map_err(failed(target));
    }
    let old = workshop.path().join("old");
    fs::rename(target, &old).map_err(failed(target))?;
    if let Err(error) = fs::rename(fresh, target) {
        if fs::rename(&old, target).is_ok() {
            return Err(failed(target)(error));
        }
        let earlier = workshop.keep().join("old");
        return Err(WriteError::Aside { target: target.to_owned(), earlier, error });
    }
    let earlier = workshop.path().to_owned();
    workshop.close().map_err(|error| WriteError::Left { target: target.to_owned(), earlier, error })
}
