//! `jackfield serve`: answers switches until it is told to stop.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Source;
use crate::app::App;
use crate::control::Control;
use crate::db::Mark;
use crate::demo::{DOMAIN, Demo, Login, NUMBERS};
use crate::export::xml_curl_conf;
use crate::kept::{self, Keeper};
use crate::plug::{self, Listener};
use crate::watch::Watcher;
use crate::{http, runtime};

pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let opened = source.open()?;
    plug::check()?;
    let (app, mark) = kept::start(&opened.settings)?;
    runtime::run(serve(app, mark, opened.demo))?
}

async fn serve(app: Arc<App>, mark: Mark, demo: Option<Demo>) -> anyhow::Result<()> {
    // Before anything is served, so that no early signal ends the program without a drain.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let machine = listen(app.settings.listen_machine)?;
    let public = match app.settings.listen_public {
        Some(address) => Some(listen(address)?),
        None => None,
    };
    let control = Control::open(&app.settings.state_dir).await?;
    let (keeper, follow) = Keeper::start(&app, &mark).context("cannot start a thread")?;
    let watcher = Watcher::start(Arc::clone(&app), Some(mark), vec![follow])
        .context("cannot start a thread")?;
    let (kind, entries) = ("handler", app.router.handlers());
    for (registry, entry) in entries {
        tracing::debug!(registry, kind, name = entry.name, origin = %entry.origin, "registered");
    }
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        machine = %machine.local_addr()?,
        users = app.router.picture().snapshot.user_count(),
        handlers = app.router.handlers().count(),
        "ready"
    );
    if let Some(demo) = demo {
        let address = machine.local_addr()?.to_string();
        // Written whole, so that a reader on the other end of a pipe never sees half of it.
        let mut text = Vec::new();
        welcome(&mut text, &demo, &address)?;
        std::io::stdout().lock().write_all(&text).context("cannot write to the terminal")?;
    }
    let (stopping, stop) = watch::channel(());
    let serving = [(Some(machine), Listener::Machine), (public, Listener::Public)]
        .into_iter()
        .filter_map(|(listener, kind)| {
            let router = http::router(&app, kind);
            let mut stop = stop.clone();
            let stopped = async move { drop(stop.changed().await) };
            let connections = app.metrics.connections.clone();
            Some(tokio::spawn(http::serve(listener?, router, connections, stopped)))
        })
        .collect::<Vec<_>>();
    let controlled = tokio::spawn(control.serve(Arc::clone(&app), watcher));
    let mut serving = futures_util::future::select_all(serving);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = &mut serving => anyhow::bail!("a listener has ended by itself"),
    }
    tracing::info!("stopping");
    controlled.abort();
    let _ = controlled.await;
    drop(stopping);
    for served in serving.into_inner() {
        served.await?;
    }
    keeper.stop();
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    http::listen(address).map_err(|error| {
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
fn welcome(to: &mut impl Write, demo: &Demo, address: &str) -> std::io::Result<()> {
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
    writeln!(to, "{}\nStop with Ctrl-C.", xml_curl_conf(address))?;
    to.flush()
}
