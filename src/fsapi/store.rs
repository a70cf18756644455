//! Carries out what an answer waits for: a write, off the threads that serve sockets, and the data
//! served with it.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jackfield_api::{NotWritten, Refusal, Store, Write};
use tokio::time::timeout_at;

use super::crew::Crew;
use super::run::Share;
use crate::db::Writer;
use crate::watch::Waker;

/// The way to the database, and to whoever reads it anew.
pub(super) struct Storing {
    writer: Writer,
    share: Share,
    waker: OnceLock<Waker>,
}

impl Storing {
    pub(super) fn new(writer: Writer, crew: &Crew) -> Self {
        Self { writer, share: Share::new(crew), waker: OnceLock::new() }
    }

    /// From now on a write is served before its look-up is answered.
    pub(super) fn serve_with(&self, waker: Waker) {
        // A second watch of one service would read the same.
        let _ = self.waker.set(waker);
    }

    /// Writes, and has it served. This ends by `end`; what is stored then but not yet served will
    /// be soon.
    pub(super) async fn carry_out(&self, write: Write, end: Instant) -> Result<(), NotWritten> {
        let left = end.saturating_duration_since(Instant::now());
        if left < Duration::from_millis(1) {
            return Err(NotWritten::Late);
        }
        let writer = self.writer.clone();
        let job = move || Ok::<_, Refusal>(writer.within(end).write(&write));
        // A refusal: it panicked, every place is taken by a database that hangs, or this one does.
        self.share.run(left, job).await.unwrap_or(Err(NotWritten::Late))?;
        if let Some(waker) = self.waker.get() {
            let _ = timeout_at(end.into(), waker.reload()).await;
        }
        Ok(())
    }
}
