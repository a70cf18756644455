//! The service in this process: the real parts on real sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Once, OnceLock};

use jackfield::app::App;
use jackfield::http::{self, Drain, Serving, Socket};
use jackfield::plug::Listener;
use jackfield::settings::Settings;
use jackfield_api::snapshot::Snapshot;
use jackfield_api::testing::pbx;
use tokio::runtime::Runtime;

/// A running service. It ends with this value.
pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    pub(crate) machine: SocketAddr,
    pub(crate) public: SocketAddr,
    runtime: Option<Runtime>,
    drain: Mutex<Option<Drain>>,
}

/// The one service of all tests that change nothing and count nothing: settings as they are
/// without a file, over the PBX of the tests.
pub(crate) fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| Server::start(""))
}

impl Server {
    /// Starts with the text of a settings file, over the PBX of the tests.
    pub(crate) fn start(settings: &str) -> Self {
        Self::over(settings, pbx())
    }

    /// Starts over this snapshot, on loopback.
    pub(crate) fn over(settings: &str, snapshot: Snapshot) -> Self {
        Self::at("127.0.0.1:0", settings, snapshot).expect("127.0.0.1 is there")
    }

    /// Starts both listeners at this address. An error where there is no such address.
    pub(crate) fn at(address: &str, settings: &str, snapshot: Snapshot) -> std::io::Result<Self> {
        start_log();
        let settings = Settings::read(Some(("test.toml".into(), settings)), &|_| None)
            .unwrap_or_else(|errors| panic!("{errors}"));
        let app = App::new(settings, snapshot).unwrap_or_else(|errors| panic!("{errors}"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism()?.get() + SPARE_THREADS)
            .thread_name(THREAD)
            .max_blocking_threads(512)
            .enable_all()
            .build()?;
        let (drain, stop) = Drain::new();
        let listen = |kind| {
            let socket =
                runtime.block_on(async { Socket::open(address.parse().expect("an address")) })?;
            let bound = socket.address()?;
            let connections = app.metrics.connections.clone();
            let serving = Serving { router: http::router(&app, kind), connections, places: 4096 };
            runtime.spawn(http::serve(socket, serving, stop.clone()));
            std::io::Result::Ok(bound)
        };
        let (machine, public) = (listen(Listener::Machine)?, listen(Listener::Public)?);
        Ok(Self { app, machine, public, runtime: Some(runtime), drain: Mutex::new(Some(drain)) })
    }

    /// Waits for something of it.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("it runs").block_on(future)
    }

    /// Asks it to stop, as a signal does.
    pub(crate) fn stop(&self) {
        let drain = self.drain.lock().expect("whole").take().expect("it still runs");
        self.runtime.as_ref().expect("it still runs").spawn(drain.run());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// As many more than cores as the program has, so that handlers that hang leave enough.
const SPARE_THREADS: usize = 4;

const THREAD: &str = "jackfield-under-test";

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Everything that services in this process have logged so far, at every level of ours.
pub(crate) fn log() -> String {
    String::from_utf8_lossy(&LOG.lock().expect("the log is whole")).into_owned()
}

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().expect("the log is whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Collects the log, and keeps panics of handlers that are meant to panic out of the output.
pub(crate) fn start_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter("trace,hyper=off,mio=off")
            .with_ansi(false)
            .with_writer(|| Log)
            .init();
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(THREAD) {
                shown(panic);
            }
        }));
    });
}
