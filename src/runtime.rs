//! The tokio runtime: threads that serve sockets and answer, and threads for handlers that hang.

use tokio::runtime::{Builder, Runtime};

use crate::fsapi::SPARE_THREADS;

/// Threads for handlers are started when they are needed and end when they idle. There are more
/// than all handlers can hold at once while each keeps to its bound.
const HANDLER_THREADS: usize = 4096;

/// Runs a program's asynchronous part to its end. A handler that hangs does not hold up the stop.
pub(crate) fn run<T>(program: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = new()?;
    let done = runtime.block_on(program);
    runtime.shutdown_background();
    Ok(done)
}

fn new() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism()?.get();
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("jackfield")
        .worker_threads(cores + SPARE_THREADS)
        .max_blocking_threads(HANDLER_THREADS)
        .build()
}
