//! Where the futures of handlers run, and routes of modules: inside of a tokio runtime of their own.
//!
//! Each future of a handler has a thread to itself, so one that blocks, or never yields, holds up no other; what it
//! spawns, and the sockets and timers that it waits for, belong to a runtime that serves nobody else.
//! It starts with the first of them.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads for what futures spawn; each of them has one more to itself.
const THREADS: usize = 2;
/// Threads that clients of theirs may take for what blocks, as asking for an address does.
const SPARE: usize = 64;

/// A runtime of its own for what must not run where sockets are served.
pub(crate) struct Outside {
    runtime: OnceLock<Runtime>,
    name: &'static str,
    most: usize,
}

impl Outside {
    /// Room for so many futures at once; its threads have this name.
    pub(crate) fn new(name: &'static str, most: usize) -> Self {
        Self { runtime: OnceLock::new(), name, most }
    }

    /// The runtime, for threads that wait for one future each.
    pub(crate) fn handle(&self) -> std::io::Result<&Handle> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime.handle());
        }
        let made = Builder::new_multi_thread()
            .enable_all()
            .thread_name(self.name)
            .worker_threads(THREADS)
            .max_blocking_threads(self.most + SPARE)
            .build()?;
        if let Err(second) = self.runtime.set(made) {
            // Somebody else was faster.
            second.shutdown_background();
        }
        Ok(self.runtime.get().expect("set by now").handle())
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // Dropped as it is, it would wait for what runs, which may hang.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
