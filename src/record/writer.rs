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
    /// What is written at once.
    text: Vec<u8>,
    /// When something went wrong last, until it does not.
    trouble: Option<Instant>,
    /// Look-ups since the last line that are in none.
    lost: u64,
}

struct Open {
    ring: Ring,
    next: u64,
    settings: RecordSettings,
}

impl Writing {
    pub(super) fn start(recorder: &Arc<Recorder>, settings: &Arc<InForce>) -> io::Result<()> {
        let mut writing = Self {
            recorder: Arc::clone(recorder),
            settings: Arc::clone(settings),
            ring: None,
            text: Vec::new(),
            trouble: None,
            lost: 0,
        };
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
        self.lost += full + beyond;
        if full > 0 {
            tracing::warn!(full, "look-ups came faster than they could be recorded");
        }
        if lines.is_empty() {
            return;
        }
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
            Open { ring, next, settings: record.clone() }
        };
        let (mut first, mut rest) = (open.next, lines);
        let mut told = 0;
        self.text.clear();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let lost = std::mem::take(&mut self.lost);
            told += lost;
            begin(&mut self.text, open.next, lost);
            self.text.extend_from_slice(&rest[..=end]);
            open.next += 1;
            rest = &rest[end + 1..];
            if self.text.len() >= CHUNK || rest.is_empty() {
                let written = open.next - first;
                if let Err(error) = open.ring.append(&self.text, first) {
                    // The line that says so is not there.
                    self.lost += told;
                    return Err((written + count(rest), error));
                }
                told = 0;
                self.recorder.count("written", written);
                self.recorder.publish(&self.text);
                self.text.clear();
                first = open.next;
            }
        }
        self.ring = Some(open);
        Ok(())
    }
}

fn count(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}
