//! The tokio runtime: the threads that serve sockets. Handlers run elsewhere.

use tokio::runtime::{Builder, Runtime};

/// Runs a program's asynchronous part to its end.
pub(crate) fn run<T>(program: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = new()?;
    let done = runtime.block_on(program);
    runtime.shutdown_background();
    Ok(done)
}

/// Half of the cores serve sockets, the others are for handlers and the kernel. Two threads that
/// hand short connections to each other do less together than one alone.
fn new() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism()?.get();
    Builder::new_multi_thread()
        .enable_all()
        .thread_name("sockets")
        .worker_threads((cores / 2).max(1))
        .build()
}
