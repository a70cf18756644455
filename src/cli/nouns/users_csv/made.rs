//! The file that made-up passwords and PINs are written into.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::db::nouns::InDomain;

/// What was made up for a user.
pub(super) struct Made {
    pub(super) key: InDomain,
    pub(super) password: Option<String>,
    pub(super) pin: Option<String>,
}

/// A new file, for its owner alone. It goes away again unless it is kept: passwords that were not stored
/// are worth nothing.
pub(super) struct MadeFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl MadeFile {
    /// Makes it. One that is there already is left alone: its passwords may be nowhere else.
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file, kept: false }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
                "{name} is there already, and may hold passwords that are nowhere else: \
                 --passwords-to needs the name of a new file"
            ),
            Err(error) => Err(error).with_context(|| format!("{name} cannot be made")),
        }
    }

    /// Writes all of it, down to the disk.
    pub(super) fn write(&self, made: &[Made]) -> anyhow::Result<()> {
        self.try_write(made).with_context(|| format!("{} cannot be written", self.path.display()))
    }

    fn try_write(&self, made: &[Made]) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(&self.file);
        writer.write_record(["id", "domain", "password", "pin"])?;
        for Made { key, password, pin } in made {
            let cells = [&key.domain, password, pin].map(|cell| cell.as_deref().unwrap_or(""));
            writer.write_record([&key.name, cells[0], cells[1], cells[2]])?;
        }
        writer.flush()?;
        drop(writer);
        self.file.sync_all()?;
        Ok(())
    }

    /// Lets it stay.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for MadeFile {
    fn drop(&mut self) {
        if !self.kept {
            // Where that fails, the next run says that it is there.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
