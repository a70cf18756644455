//! The tokio runtime: threads that serve sockets, and threads that handlers run on.

use tokio::runtime::{Builder, Runtime};

/// Threads for handlers are started when they are needed and end when they idle. There are more
/// than all handlers can hold at once while each keeps to its bound.
const HANDLER_THREADS: usize = 4096;

/// A runtime with one serving thread for each core.
pub(crate) fn new() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("jackfield")
        .max_blocking_threads(HANDLER_THREADS)
        .build()
}
