//! `jackfield serve`: answers switches until it is told to stop.

mod signals;

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use futures_util::future::select_all;
use jackfield_api::Section;
use tokio::task::JoinHandle;

use self::signals::{Signal, Signals};
use super::Source;
use crate::app::App;
use crate::control::Control;
use crate::db::Mark;
use crate::demo::{DOMAIN, Demo, Login, NUMBERS};
use crate::export::xml_curl_conf;
use crate::fsapi::refusal;
use crate::http::{Drain, Serving, Socket, Stop};
use crate::kept::{self, Keeper};
use crate::plug::{self, Listener, Services};
use crate::presence::Presence;
use crate::settings::InForce;
use crate::systemd::{Inherited, Starting};
use crate::watch::{Follower, Watcher};
use crate::{descriptors, http, prune, reload, runtime, systemd};

pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    // Before the thread that writes the log.
    let inherited = Inherited::take()?;
    let opened = source.open()?;
    let starting = Starting::begin().context("cannot start a thread")?;
    plug::check()?;
    let settings = InForce::of(opened.settings, opened.file, opened.modified_us);
    let (app, mark) = kept::start(&Arc::new(settings))?;
    runtime::run(serve(app, mark, inherited, opened.demo, starting))?
}

async fn serve(
    app: Arc<App>,
    mark: Mark,
    mut inherited: Inherited,
    demo: Option<Demo>,
    starting: Starting,
) -> anyhow::Result<()> {
    // Before anything is served, so that no early signal ends the program without a drain.
    let mut signals = Signals::new()?;
    let settings = app.settings();
    let machine = sockets(&mut inherited, Listener::Machine, Some(settings.listen_machine))?;
    let public = sockets(&mut inherited, Listener::Public, settings.listen_public)?;
    let control = Control::open(&settings.state_dir).await?;
    let (keeper, follow) = Keeper::start(&app, &mark).context("cannot start a thread")?;
    app.recorder.start(&app.settings).context("cannot start a thread")?;
    app.switches.compare_with(Arc::new(Presence::new(&app)));
    let telling = app.switches.start().context("cannot start a thread")?;
    let tell: Follower = {
        let app = Arc::clone(&app);
        Box::new(move |step| app.switches.changed(step))
    };
    let watcher = Watcher::start(Arc::clone(&app), Some(mark), vec![follow, tell])
        .context("cannot start a thread")?;
    prune::start(settings.database_url.clone()).context("cannot start a thread")?;
    refusal::point_out(&settings);
    for (registry, entry) in app.router.handlers() {
        let (kind, origin) = ("handler", entry.origin);
        tracing::debug!(registry, kind, name = entry.name, %origin, "registered");
    }
    let address = machine.first().context("the machine listener has no socket")?.address()?;
    let open = public.first().map(Socket::address).transpose()?;
    let (drain, stop) = Drain::new();
    let places = descriptors::places(descriptors::raise(), machine.len() + public.len());
    let sockets = machine.into_iter().map(|socket| (socket, Listener::Machine));
    let sockets = sockets.chain(public.into_iter().map(|socket| (socket, Listener::Public)));
    let mut serving = select_all(sockets.map(|(socket, listener)| {
        let router = http::router(&app, listener);
        let connections = app.metrics.connections.clone();
        tokio::spawn(http::serve(socket, Serving { router, connections, places }, stop.clone()))
    }));
    let mut controlled = tokio::spawn(control.serve(Arc::clone(&app), watcher, stop.clone()));
    app.self_check().await.map_err(anyhow::Error::msg)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        machine = %address,
        public = open.map(display),
        users = app.router.picture().snapshot.user_count(),
        handlers = app.router.handlers().count(),
        "ready"
    );
    let services = Services::start(&app, plug::services()).context("cannot start a thread")?;
    drop(starting);
    systemd::ready(&app.status().await.line());
    let pulse = tokio::spawn(systemd::pulse(Arc::clone(&app)));
    if let Some(demo) = demo {
        // Written whole, so that a reader on the other end of a pipe never sees half of it.
        let mut text = Vec::new();
        let timeout = app.settings().switch_timeout(&Section::ALL);
        welcome(&mut text, &demo, &address.to_string(), timeout)?;
        std::io::stdout().lock().write_all(&text).context("cannot write to the terminal")?;
    }
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                // A file on a disk that hangs must not keep it from being stopped.
                Signal::Reload => drop(tokio::spawn(reload::run(Arc::clone(&app)))),
                Signal::Stop => break,
            },
            _ = &mut serving => anyhow::bail!("a listener has ended by itself"),
            _ = &mut controlled => anyhow::bail!("the control socket has ended by itself"),
        }
    }
    drop(telling);
    end(&app, [controlled, pulse], (drain, services), stop, signals, keeper).await
}

/// Ends what runs: nobody new comes, and what is under way is finished. A second signal ends it at
/// once.
async fn end(
    app: &App,
    tasks: [JoinHandle<()>; 2],
    (drain, services): (Drain, Services),
    stop: Stop,
    mut signals: Signals,
    keeper: Keeper,
) -> anyhow::Result<()> {
    tracing::info!("stopping");
    app.health.stopping();
    systemd::stopping();
    for task in tasks {
        // The control socket is removed with its task.
        task.abort();
        let _ = task.await;
    }
    drop(stop);
    let ended = async {
        let (all_answered, ()) = tokio::join!(drain.run(), services.end());
        if !all_answered {
            tracing::warn!("look-ups were still under way at the end");
        }
        app.recorder.stop().await;
        // What they have written last is kept, too.
        let _ = tokio::task::spawn_blocking(|| keeper.stop()).await;
    };
    tokio::select! {
        () = ended => tracing::info!("stopped"),
        () = signals.stop() => anyhow::bail!("told twice to stop: look-ups under way were cut off"),
    }
    Ok(())
}

/// The sockets of a listener: those that the service manager holds, else one of our own.
fn sockets(
    inherited: &mut Inherited,
    listener: Listener,
    address: Option<SocketAddr>,
) -> anyhow::Result<Vec<Socket>> {
    let held = inherited.of(listener);
    if held.is_empty() {
        return address.map(listen).into_iter().collect();
    }
    let sockets = held.into_iter().map(Socket::held).collect::<Result<Vec<_>, _>>();
    let sockets = sockets.context("cannot use a socket that was passed on")?;
    for socket in &sockets {
        let found = socket.address()?;
        if address != Some(found) {
            tracing::warn!(
                ?listener,
                "the service manager listens on {found}, the settings say otherwise, and it decides"
            );
        }
    }
    Ok(sockets)
}

fn listen(address: SocketAddr) -> anyhow::Result<Socket> {
    Socket::open(address).map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => "another program does, see `ss -ltnp`",
            ErrorKind::AddrNotAvailable => "this machine does not have that address",
            ErrorKind::PermissionDenied => "ports below 1024 need CAP_NET_BIND_SERVICE",
            _ => "choose another address or port",
        };
        anyhow::anyhow!("cannot listen on {address}: {error}; {remedy}")
    })
}

/// Tells the person who started the demo what to do with it.
fn welcome(to: &mut impl Write, demo: &Demo, address: &str, timeout: u64) -> std::io::Result<()> {
    writeln!(to, "\nJackfield serves the example PBX {DOMAIN} at http://{address}/fsapi")?;
    writeln!(to, "Data: {}\n\nWhat can be dialled", demo.database)?;
    for (number, what) in NUMBERS {
        writeln!(to, "  {number:<13} {what}")?;
    }
    writeln!(to, "\nUsers (SIP at 127.0.0.1:5060, verto at ws://127.0.0.1:8081)")?;
    for Login { user, password, pin } in &demo.logins {
        writeln!(to, "  {user}  password {password}  pin {pin}")?;
    }
    writeln!(to, "\nFor FreeSWITCH: autoload_configs/xml_curl.conf.xml\n")?;
    writeln!(to, "{}\nStop with Ctrl-C.", xml_curl_conf(address, timeout))?;
    to.flush()
}
