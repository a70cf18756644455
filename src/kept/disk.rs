//! What is written is not to harm others on the same disk, as the database.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use jackfield_api::snapshot::Snapshot;
use tempfile::NamedTempFile;

/// Bytes between two times that they are put on the disk: many at once would hold up others.
const PACE: u64 = 16 << 20;
/// What is to stay free, besides a quarter of what is written.
const SPARE: u64 = 1 << 20;

/// An error where a snapshot would leave others no room in a folder.
pub(super) fn see_room(folder: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let mut count = Count(0);
    snapshot.keep(&mut count)?;
    let disk = rustix::fs::statvfs(folder)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let wanted = count.0 + count.0 / 4 + SPARE;
    // Some file systems do not know how large they are.
    if free >= wanted || disk.f_blocks == 0 {
        return Ok(());
    }
    let (free, wanted) = (free >> 20, wanted.div_ceil(1 << 20));
    let told = format!("{free} MiB are free on its disk, and {wanted} MiB have to be");
    Err(io::Error::new(ErrorKind::StorageFull, told))
}

/// Puts what is written on the disk bit by bit.
pub(super) struct Paced {
    file: NamedTempFile,
    left: u64,
}

impl Paced {
    pub(super) fn new(file: NamedTempFile) -> Self {
        Self { file, left: PACE }
    }

    pub(super) fn into_inner(self) -> NamedTempFile {
        self.file
    }
}

impl Write for Paced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = self.file.write(bytes)?;
        self.left = self.left.saturating_sub(size as u64);
        if self.left == 0 {
            self.left = PACE;
            self.file.as_file().sync_data()?;
        }
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Counts what is written, and keeps nothing.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
