//! The file: whose it is, what is in it, and how it gets to its place.
//!
//! The first line says what it is and in which format, for people, too. All else is in checked blocks:
//! a [`Head`], then the snapshot. It takes the place of the one before at once and as a whole. Its time
//! of change is until when it was what the database holds, as far as is known.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jackfield_api::snapshot::Snapshot;
use jackfield_api::snapshot::kept::FORMAT;
use serde::{Deserialize, Serialize};

use super::blocks::{BlockReader, BlockWriter};
use super::disk::{Paced, see_room};
use crate::db::Mark;
use crate::settings::Settings;

const NAME: &str = "snapshot.kept";
/// What a file is called until it is whole, behind the name.
const PART: &str = ".part";
const MAGIC: &str = "jackfield kept snapshot, format ";

/// Why what was kept cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Somebody put another file there.
    #[error("{} is no kept snapshot", .0.display())]
    Foreign(PathBuf),
    /// Another version wrote it.
    #[error("{} is of format {format}, and this version reads format {FORMAT}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// `database_url` was another one.
    #[error("{} was kept of the database {of}, not of {wanted}", path.display())]
    OtherDatabase {
        /// The file.
        path: PathBuf,
        /// Its database.
        of: String,
        /// The one of the settings.
        wanted: String,
    },
    /// It is not what was written.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        source: io::Error,
    },
}

/// What is told of a kept snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Which database it is of, without a password.
    pub database: String,
    /// Which version wrote it.
    pub version: String,
    /// Where in the history of the database it was read.
    pub mark: Mark,
    /// How many users there are.
    pub users: usize,
    /// When the database was read, in seconds since 1970.
    pub made: u64,
}

/// A snapshot that was kept.
#[derive(Debug)]
pub struct Kept {
    /// What is told of it.
    pub head: Head,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Until when it was what the database holds, as far as is known.
    pub good: SystemTime,
}

/// The file, read as far as its head.
struct Opened {
    head: Head,
    blocks: BlockReader<BufReader<File>>,
    good: SystemTime,
}

impl Head {
    /// Of a snapshot that was read at this time.
    fn of(snapshot: &Snapshot, mark: &Mark, made: SystemTime, file: &KeptFile) -> Self {
        let since = made.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            database: file.database.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mark: mark.clone(),
            users: snapshot.user_count(),
            made: since.as_secs(),
        }
    }

    /// When the database was read.
    pub fn made(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.made)
    }
}

/// Where a service keeps its snapshot.
#[derive(Debug, Clone)]
pub struct KeptFile {
    path: PathBuf,
    database: String,
}

impl KeptFile {
    /// That of a service with these settings.
    pub fn of(settings: &Settings) -> Self {
        Self { path: settings.state_dir.join(NAME), database: settings.database_url.identity() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is told of what is kept; nothing where nothing is. All but the first lines may be damaged.
    pub fn head(&self) -> Result<Option<Head>, KeptError> {
        Ok(self.open()?.map(|opened| opened.head))
    }

    /// As [`KeptFile::head`], and looks for damage; and until when it was what the database holds, as
    /// far as is known.
    pub fn check(&self) -> Result<Option<(Head, SystemTime)>, KeptError> {
        let Some(Opened { head, mut blocks, good }) = self.open()? else { return Ok(None) };
        let read = io::copy(&mut blocks, &mut io::sink()).and_then(|_| blocks.end());
        let good = good.max(head.made());
        read.map(|()| Some((head, good))).map_err(|source| self.damaged(source))
    }

    /// Reads what is kept.
    pub fn read(&self) -> Result<Option<Kept>, KeptError> {
        let Some(Opened { head, mut blocks, good }) = self.open()? else { return Ok(None) };
        let snapshot = Snapshot::read_kept(&mut blocks).map_err(|source| self.damaged(source))?;
        blocks.end().map_err(|source| self.damaged(source))?;
        let good = good.max(head.made());
        Ok(Some(Kept { head, snapshot, good }))
    }

    fn open(&self) -> Result<Option<Opened>, KeptError> {
        let path = || self.path.clone();
        let unreadable = |source| KeptError::Unreadable { path: path(), source };
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let good = file.metadata().and_then(|found| found.modified()).map_err(unreadable)?;
        let mut file = BufReader::new(file);
        let mut line = Vec::new();
        (&mut file).take(80).read_until(b'\n', &mut line).map_err(unreadable)?;
        let line = String::from_utf8(line).unwrap_or_default();
        let format = line.strip_suffix('\n').and_then(|line| line.strip_prefix(MAGIC));
        match format.ok_or_else(|| KeptError::Foreign(path()))? {
            format if format == FORMAT.to_string() => {}
            format => {
                return Err(KeptError::Format {
                    path: path(),
                    format: format.escape_debug().to_string(),
                });
            }
        }
        let mut blocks = BlockReader::new(file);
        let head = Head::deserialize(&mut serde_json::Deserializer::from_reader(&mut blocks));
        let head = head.map_err(|error| self.damaged(error.into()))?;
        if head.database != self.database {
            let (of, wanted) = (head.database, self.database.clone());
            return Err(KeptError::OtherDatabase { path: path(), of, wanted });
        }
        Ok(Some(Opened { head, blocks, good }))
    }

    fn damaged(&self, source: io::Error) -> KeptError {
        KeptError::Damaged { path: self.path.clone(), source }
    }

    /// Puts a snapshot in the place of the one that is kept: read at this mark and at one time, and what
    /// the database held until another, as far as is known. After an error the one before is there.
    pub fn write(
        &self,
        snapshot: &Snapshot,
        mark: &Mark,
        made: SystemTime,
        good: SystemTime,
    ) -> io::Result<()> {
        let folder = self.folder();
        see_room(folder, snapshot)?;
        // For its owner alone, under a name that nobody knows; removed unless it gets to its place.
        let part = tempfile::Builder::new().prefix(NAME).suffix(PART).tempfile_in(folder)?;
        let mut to = Paced::new(part);
        writeln!(to, "{MAGIC}{FORMAT}")?;
        let mut blocks = BlockWriter::new(to);
        serde_json::to_writer(&mut blocks, &Head::of(snapshot, mark, made, self))?;
        snapshot.keep(&mut blocks)?;
        let part = blocks.end()?.into_inner();
        part.as_file().set_modified(good)?;
        part.as_file().sync_all()?;
        part.persist(&self.path)?;
        File::open(folder)?.sync_all()
    }

    /// Says until when what is kept was what the database holds.
    pub(super) fn set_good(&self, good: SystemTime) -> io::Result<()> {
        File::options().append(true).open(&self.path)?.set_modified(good)
    }

    /// Removes what a service that was killed while it wrote has left.
    pub(super) fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.folder())? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(NAME) && name.ends_with(PART) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}
