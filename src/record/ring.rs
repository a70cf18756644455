//! The files: segments of lines, of which the oldest goes where a new one needs its room.
//!
//! A line that was torn, because the machine or the service ended in the middle of it, is no JSON: it
//! is ended before anything follows, and left out by whoever reads.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A segment's name holds the id of its first look-up.
const PREFIX: &str = "lookups-";
const SUFFIX: &str = ".jsonl";
/// How many there are at most.
const SEGMENTS: u64 = 8;
/// What is to stay free on the disk, and after how many bytes that is looked at again.
const SPARE: u64 = 16 << 20;
const LOOK: u64 = 1 << 20;

/// The segments of a folder, oldest first.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().filter(|name| first_id(name).is_some()) {
            found.push(folder.join(name));
        }
    }
    found.sort();
    Ok(found)
}

fn first_id(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

/// The end of a ring that is written.
#[derive(Debug)]
pub(super) struct Ring {
    folder: PathBuf,
    /// What all segments may take, and what one of them.
    most: u64,
    segment: u64,
    /// What is written now, and what it is.
    path: PathBuf,
    file: File,
    /// Held while somebody writes here.
    _held: File,
    size: u64,
    /// What was written since somebody looked whether there is room.
    unseen: u64,
}

impl Ring {
    /// Opens the ring of a folder, and says which id comes next.
    pub(super) fn open(folder: &Path, most: u64) -> io::Result<(Self, u64)> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let held = hold(folder)?;
        let segment = most / SEGMENTS;
        let found = segments(folder)?;
        let (path, mut file, next, torn) = match found.into_iter().next_back() {
            None => {
                let (path, file) = create(folder, 1)?;
                (path, file, 1, false)
            }
            Some(last) => {
                let (next, torn) = end(&last)?;
                let file = OpenOptions::new().append(true).open(&last)?;
                (last, file, next, torn)
            }
        };
        if torn {
            file.write_all(b"\n")?;
        }
        let size = file.metadata()?.len();
        let folder = folder.to_owned();
        let ring = Self { folder, most, segment, path, file, _held: held, size, unseen: LOOK };
        ring.make_room(0)?;
        Ok((ring, next))
    }

    /// Whether what is written can be found: somebody may have removed it, or moved it away.
    pub(super) fn is_there(&self) -> bool {
        let which = |data: fs::Metadata| (data.dev(), data.ino());
        let (found, ours) = (fs::metadata(&self.path).map(which), self.file.metadata().map(which));
        found.is_ok_and(|found| ours.is_ok_and(|ours| found == ours))
    }

    /// Adds whole lines, the first of them of this id.
    pub(super) fn append(&mut self, lines: &[u8], id: u64) -> io::Result<()> {
        if self.unseen >= LOOK {
            see_room(&self.folder)?;
            self.unseen = 0;
        }
        if self.size > 0 && self.size + lines.len() as u64 > self.segment {
            self.make_room(self.segment)?;
            (self.path, self.file) = create(&self.folder, id)?;
            self.size = 0;
        }
        if let Err(error) = self.file.write_all(lines) {
            // Those of them that are there would be counted as lost.
            let _ = self.file.set_len(self.size);
            return Err(error);
        }
        self.size += lines.len() as u64;
        self.unseen += lines.len() as u64;
        Ok(())
    }

    /// Removes the oldest segments until there is so much room; never the last one.
    fn make_room(&self, wanted: u64) -> io::Result<()> {
        let mut found = segments(&self.folder)?;
        found.pop();
        let size = |path: &PathBuf| fs::metadata(path).map_or(0, |data| data.len());
        let mut all: u64 = found.iter().map(size).sum::<u64>() + self.size;
        for path in found {
            if all + wanted <= self.most {
                break;
            }
            all -= size(&path);
            fs::remove_file(&path)?;
        }
        Ok(())
    }
}

/// Two that write here would remove each other's lines, and give the same numbers.
fn hold(folder: &Path) -> io::Result<File> {
    let held = File::open(folder)?;
    match rustix::fs::flock(&held, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let why = "another service records there; give this one a `record.folder` of its own";
            Err(io::Error::new(ErrorKind::ResourceBusy, why))
        }
        // Some file systems cannot.
        _ => Ok(held),
    }
}

fn create(folder: &Path, id: u64) -> io::Result<(PathBuf, File)> {
    let path = folder.join(format!("{PREFIX}{id:020}{SUFFIX}"));
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
    Ok((path, file))
}

/// The id that follows on those of a segment, and whether its last line is torn.
fn end(path: &Path) -> io::Result<(u64, bool)> {
    let mut text = Vec::new();
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    // The last lines are enough.
    file.seek(SeekFrom::Start(size.saturating_sub(1 << 20)))?;
    file.read_to_end(&mut text)?;
    let torn = !text.is_empty() && !text.ends_with(b"\n");
    let id = |line: &[u8]| {
        let digits = line.strip_prefix(b"{\"id\":")?;
        let end = digits.iter().position(|b| !b.is_ascii_digit())?;
        str::from_utf8(&digits[..end]).ok()?.parse::<u64>().ok()
    };
    let last = text.rsplit(|b| *b == b'\n').find_map(id);
    let name = path.file_name().and_then(|name| name.to_str()).and_then(first_id);
    Ok((last.map(|id| id + 1).or(name).unwrap_or(1), torn))
}

/// An error where others have too little room left.
fn see_room(folder: &Path) -> io::Result<()> {
    let disk = rustix::fs::statvfs(folder)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // Some file systems do not know how large they are.
    if free >= SPARE + LOOK || disk.f_blocks == 0 {
        return Ok(());
    }
    let told = format!("{} MiB are free on its disk, and {} have to stay", free >> 20, SPARE >> 20);
    Err(io::Error::new(ErrorKind::StorageFull, told))
}

/// The lines of a folder from the newest on, until `take` has seen enough.
pub(super) fn read_back(folder: &Path, mut take: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    const PART: u64 = 256 * 1024;
    for path in segments(folder)?.iter().rev() {
        // It may go while it is read.
        let Ok(file) = File::open(path) else { continue };
        let (mut end, mut rest) = (file.metadata()?.len(), Vec::new());
        while end > 0 {
            let start = end.saturating_sub(PART);
            let mut part = vec![0; usize::try_from(end - start).unwrap_or_default()];
            file.read_exact_at(&mut part, start)?;
            part.append(&mut rest);
            let mut lines = part.rsplit(|b| *b == b'\n').peekable();
            while let Some(line) = lines.next() {
                // The first one of a part goes on in the part before it.
                if lines.peek().is_none() && start > 0 {
                    rest = line.to_vec();
                } else if !line.is_empty() && !take(line) {
                    return Ok(());
                }
            }
            end = start;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn lines(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let take = |line: &[u8]| {
            found.push(String::from_utf8_lossy(line).into_owned());
            true
        };
        read_back(folder, take).expect("readable");
        found.reverse();
        found
    }

    #[test]
    fn a_ring_keeps_the_newest_lines_within_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("ring");
        let (mut ring, mut id) = Ring::open(&folder, 80_000).expect("made");
        assert_eq!(id, 1);
        for _ in 0..5000 {
            ring.append(format!("{{\"id\":{id},\"x\":\"{}\"}}\n", "y".repeat(80)).as_bytes(), id)
                .expect("room");
            id += 1;
        }
        let found = segments(&folder).expect("readable");
        let size: u64 = found.iter().map(|path| fs::metadata(path).expect("there").len()).sum();
        assert!((60_000..=80_000).contains(&size), "{size}");
        assert!(found.len() <= 9, "{}", found.len());
        let kept = lines(&folder);
        assert!(kept.last().expect("some").starts_with("{\"id\":5000,") && kept.len() > 600);
        for (at, pair) in kept.windows(2).enumerate() {
            assert!(pair[0] < pair[1] || pair[0].len() < pair[1].len(), "{at}: {pair:?}");
        }
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert!(mode(&folder) == 0o700 && found.iter().all(|path| mode(path) == 0o600));
        let error = Ring::open(&folder, 80_000).expect_err("two write into one folder");
        assert!(error.to_string().contains("another service records there"), "{error}");
        drop(ring);
        let (ring, next) = Ring::open(&folder, 80_000).expect("open");
        assert!(next == 5001 && ring.is_there());
        fs::remove_dir_all(&folder).expect("removable");
        assert!(!ring.is_there());
    }

    #[test]
    fn a_torn_line_is_ended_and_nothing_after_it_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let (mut ring, _) = Ring::open(folder, 80_000).expect("made");
        ring.append(b"{\"id\":1}\n{\"id\":2,\"bo", 1).expect("room");
        drop(ring);
        let (mut ring, id) = Ring::open(folder, 80_000).expect("open");
        assert_eq!(id, 3);
        ring.append(b"{\"id\":3}\n", id).expect("room");
        assert_eq!(lines(folder), ["{\"id\":1}", "{\"id\":2,\"bo", "{\"id\":3}"]);
    }

    #[test]
    fn what_else_is_in_the_folder_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        for name in ["lookups-1.jsonl", "other", "lookups-0000000000000000000x.jsonl"] {
            fs::write(folder.join(name), "x").expect("writable");
        }
        assert_eq!(segments(folder).expect("readable"), [""; 0].map(PathBuf::from));
        let (mut ring, id) = Ring::open(folder, 8).expect("made");
        for id in id..9 {
            ring.append(b"{\"id\":1}\n", id).expect("room");
        }
        assert!(folder.join("other").exists() && folder.join("lookups-1.jsonl").exists());
    }
}
