//! The thread that writes what waits, at the lowest priority and a quarter of a second later.
//!
//! No look-up wakes it, but the first one after a pause: a wake-up costs more than the rest.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use super::line::begin;
use super::ring::Ring;
use super::{Recorder, Waiting};
use crate::settings::{InForce, RecordSettings, Settings};

/// Between two times that what waits is written.
const TICK: Duration = Duration::from_millis(250);
/// After that time without look-ups it looks whether it is still meant to write.
const LONG: Duration = Duration::from_secs(5);
/// Between two attempts on a disk that takes nothing.
const AGAIN: Duration = Duration::from_secs(1);
/// Bytes that are written at once.
const CHUNK: usize = 64 * 1024;
/// What the thread keeps for the next time, at most.
const KEPT: usize = 1 << 20;

/// The thread's own.
pub(super) struct Writing {
    recorder: Arc<Recorder>,
    settings: Arc<InForce>,
    ring: Option<Open>,
    /// The next number. It goes on where a folder was removed: whoever follows goes by it.
    next: u64,
    /// What is written at once.
    text: Vec<u8>,
    /// When something went wrong last, until it does not.
    trouble: Option<Instant>,
    /// Look-ups since the last line that are in none.
    lost: u64,
}

struct Open {
    ring: Ring,
    settings: RecordSettings,
}

impl Writing {
    fn new(recorder: &Arc<Recorder>, settings: &Arc<InForce>) -> Self {
        let (recorder, settings) = (Arc::clone(recorder), Arc::clone(settings));
        Self { recorder, settings, ring: None, next: 1, text: Vec::new(), trouble: None, lost: 0 }
    }

    pub(super) fn start(recorder: &Arc<Recorder>, settings: &Arc<InForce>) -> io::Result<()> {
        let mut writing = Self::new(recorder, settings);
        let run = move || {
            if catch_unwind(AssertUnwindSafe(|| writing.run())).is_err() {
                tracing::error!("look-ups are not recorded any more; restart the service");
            }
        };
        let thread = std::thread::Builder::new().name("record".to_owned()).spawn(run)?;
        let _ = recorder.thread.set(thread.thread().clone());
        Ok(())
    }

    fn run(&mut self) {
        // This thread alone, on Linux.
        let _ = rustix::process::nice(19);
        let mut written = Vec::new();
        loop {
            let (waiting, beyond) = self.recorder.take(written);
            let Waiting { lines, full, flushed, stopping, .. } = waiting;
            let is_idle = lines.is_empty();
            let settings = self.settings.now();
            // What came before it was turned off is still written.
            if settings.record.on || !is_idle {
                self.write(&settings, &lines, full, beyond);
            }
            if !settings.record.on {
                (self.ring, self.trouble) = (None, None);
            }
            for told in flushed {
                let _ = told.send(());
            }
            if stopping {
                return;
            }
            written = lines;
            written.shrink_to(KEPT);
            park_timeout(if is_idle { LONG } else { TICK });
        }
    }

    fn write(&mut self, settings: &Settings, lines: &[u8], full: u64, beyond: u64) {
        self.recorder.count("full", full);
        self.recorder.count("rate", beyond);
        if full > 0 {
            tracing::warn!(full, "look-ups came faster than they could be recorded");
        }
        if !lines.is_empty() {
            self.try_to_write(settings, lines);
        }
        // They came when these lines were there already.
        self.lost += full + beyond;
    }

    fn try_to_write(&mut self, settings: &Settings, lines: &[u8]) {
        let may_try = self.trouble.is_none_or(|last| last.elapsed() >= AGAIN);
        let tried = may_try.then(|| self.write_all(settings, lines));
        match tried {
            Some(Ok(())) => {
                if self.trouble.take().is_some() {
                    tracing::info!("look-ups are recorded again");
                }
            }
            Some(Err((failed, error))) => {
                self.fail(failed);
                // What is open may hold half of a line, which is ended when it is opened anew.
                self.ring = None;
                if self.trouble.replace(Instant::now()).is_none() {
                    let folder = settings.record_folder();
                    tracing::error!(
                        "look-ups are not recorded: {}: {error}; they are answered all the same",
                        folder.display()
                    );
                }
            }
            None => self.fail(count(lines)),
        }
    }

    /// Recording goes on without it: only the next service cannot compare.
    fn keep_key(&self, settings: &Settings) {
        let kept = self.recorder.seal.get().map(|seal| seal.keep(&settings.state_dir));
        if let Some(Err(error)) = kept {
            let state = settings.state_dir.display();
            tracing::warn!("the key of what is recorded is not kept: {state}: {error}");
        }
    }

    fn fail(&mut self, failed: u64) {
        self.recorder.count("failed", failed);
        self.lost += failed;
    }

    /// Writes lines, with their numbers; where that goes wrong, how many are not.
    fn write_all(&mut self, settings: &Settings, lines: &[u8]) -> Result<(), (u64, io::Error)> {
        let record = &settings.record;
        // Another one is closed before this one is opened: it holds the folder.
        let open = self.ring.take();
        let open = open.filter(|open| open.settings == *record && open.ring.is_there());
        let mut open = if let Some(open) = open {
            open
        } else {
            self.keep_key(settings);
            let opened = Ring::open(&settings.record_folder(), record.max_mib << 20);
            let (ring, next) = opened.map_err(|error| (count(lines), error))?;
            self.next = self.next.max(next);
            Open { ring, settings: record.clone() }
        };
        let (mut first, mut rest) = (self.next, lines);
        let mut told = 0;
        self.text.clear();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let lost = std::mem::take(&mut self.lost);
            told += lost;
            begin(&mut self.text, self.next, lost);
            self.text.extend_from_slice(&rest[..=end]);
            self.next += 1;
            rest = &rest[end + 1..];
            if self.text.len() >= CHUNK || rest.is_empty() {
                let written = self.next - first;
                if let Err(error) = open.ring.append(&self.text, first) {
                    // The lines that have these numbers and say what was lost are not there.
                    self.next = first;
                    self.lost += told;
                    return Err((written + count(rest), error));
                }
                told = 0;
                self.recorder.count("written", written);
                self.recorder.publish(&self.text);
                self.text.clear();
                first = self.next;
            }
        }
        self.ring = Some(open);
        Ok(())
    }
}

fn count(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::UNIX_EPOCH;

    use jackfield_api::testing::lookup;

    use super::super::Entry;
    use super::super::read::{Recorded, Wanted, last};
    use super::*;
    use crate::metrics::Metrics;

    fn writing(folder: &Path, more: &str) -> Writing {
        let text = format!("[record]\non = true\nfolder = {folder:?}\n{more}");
        let settings = Settings::read(Some(("test".into(), &text)), &|_| None).expect("valid");
        let settings: Arc<InForce> = settings.into();
        Writing::new(&Arc::new(Recorder::new(&Arc::new(Metrics::new()))), &settings)
    }

    impl Writing {
        /// A look-up that ended in this second.
        fn ended(&self, second: u64) {
            let lookup =
                lookup("hostname=vm&section=dialplan&tag_name=&key_name=&key_value=".to_owned());
            let entry = Entry {
                lookup: &lookup,
                handler: "dialplan",
                outcome: "answered",
                us: 1,
                at: UNIX_EPOCH + Duration::from_secs(second),
                sent: None,
                request: None,
            };
            self.recorder.take_in(&entry, &self.settings.now().record);
        }

        /// Writes what waits, as the thread does.
        fn turn(&mut self) {
            let (waiting, beyond) = self.recorder.take(Vec::new());
            let settings = self.settings.now();
            self.write(&settings, &waiting.lines, waiting.full, beyond);
        }

        fn counted(&self, outcome: &str) -> u64 {
            self.recorder.metrics.recorded.with_label_values(&[outcome]).get()
        }
    }

    /// The numbers in a folder, each with how many were lost before it.
    fn told(folder: &Path) -> Vec<(u64, u64)> {
        let found = last(folder, usize::MAX, &Wanted::default()).expect("readable");
        found.iter().map(|Recorded { id, lost, .. }| (*id, *lost)).collect()
    }

    #[test]
    fn what_was_lost_is_told_by_the_first_line_that_the_disk_takes() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let segment = |id: u64| folder.join(format!("lookups-{id:020}.jsonl"));
        // The last file is full, and something is in the way of the next one.
        fs::write(segment(1), format!("{{\"id\":6,{}\n", " ".repeat(200_000))).expect("writable");
        let mut writing = writing(folder, "max_mib = 1");
        let (ring, _) = Ring::open(folder, 1 << 20).expect("it is there");
        writing.ring = Some(Open { ring, settings: writing.settings.now().record.clone() });
        (writing.next, writing.lost) = (7, 5);
        fs::create_dir(segment(7)).expect("a folder");
        for _ in 0..2 {
            writing.ended(1);
        }
        writing.turn();
        assert_eq!((writing.lost, writing.counted("failed"), writing.next), (7, 2, 7));
        assert!(writing.ring.is_none() && writing.trouble.is_some());
        // It is not tried again at once.
        writing.ended(2);
        writing.turn();
        assert_eq!((writing.lost, writing.counted("failed")), (8, 3));
        fs::remove_dir(segment(7)).expect("removable");
        writing.trouble = None;
        writing.ended(3);
        writing.ended(3);
        writing.turn();
        assert_eq!((told(folder), writing.lost), (vec![(7, 8), (8, 0)], 0));
        assert_eq!(writing.counted("written"), 2);
    }

    #[test]
    fn the_line_after_those_beyond_what_is_recorded_of_a_second_tells_how_many_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let mut writing = writing(folder, "per_second = 2");
        for second in [1, 1, 2, 2, 2, 2, 2] {
            writing.ended(second);
        }
        writing.turn();
        writing.turn();
        writing.ended(3);
        writing.turn();
        let lost: Vec<_> = told(folder).into_iter().map(|(_, lost)| lost).collect();
        assert_eq!((lost, writing.counted("rate")), (vec![0, 0, 0, 0, 3], 3));
        for second in [3, 3, 3] {
            writing.ended(second);
        }
        writing.turn();
        writing.ended(4);
        writing.turn();
        assert_eq!(told(folder).into_iter().next_back(), Some((7, 2)));
        assert_eq!(writing.counted("written"), 7);
    }
}
