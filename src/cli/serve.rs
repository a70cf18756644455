//! `jackfield serve`: answers switches until it is told to stop.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Source;
use crate::app::{App, read_snapshot};
use crate::demo::{DOMAIN, Demo, Login, NUMBERS};
use crate::plug::{self, Listener};
use crate::{http, runtime};

pub(super) fn run(source: &Source) -> anyhow::Result<()> {
    let opened = source.open()?;
    plug::check()?;
    let snapshot = read_snapshot(opened.database())?;
    let app = App::new(opened.settings, snapshot)?;
    runtime::run(serve(app, opened.demo))?
}

async fn serve(app: Arc<App>, demo: Option<Demo>) -> anyhow::Result<()> {
    // Before anything is served, so that no early signal ends the program without a drain.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let machine = listen(app.settings.listen_machine)?;
    let public = match app.settings.listen_public {
        Some(address) => Some(listen(address)?),
        None => None,
    };
    let (kind, entries) = ("handler", app.router.handlers());
    for (registry, entry) in entries {
        tracing::debug!(registry, kind, name = entry.name, origin = %entry.origin, "registered");
    }
    let picture = app.router.picture();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        machine = %machine.local_addr()?,
        users = picture.snapshot.user_count(),
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
    let mut serving = futures_util::future::select_all(serving);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = &mut serving => anyhow::bail!("a listener has ended by itself"),
    }
    tracing::info!("stopping");
    drop(stopping);
    for served in serving.into_inner() {
        served.await?;
    }
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    http::listen(address)
        .with_context(|| format!("cannot listen on {address}; another program may, see `ss -ltnp`"))
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

/// A right `xml_curl.conf.xml` for this service.
fn xml_curl_conf(address: &str) -> String {
    format!(
        r#"<configuration name="xml_curl.conf" description="cURL XML Gateway">
  <bindings>
    <binding name="jackfield">
      <param name="gateway-url" value="http://{address}/fsapi" bindings="configuration|directory|dialplan|languages|chatplan"/>
      <param name="timeout" value="2"/>
    </binding>
  </bindings>
</configuration>
"#
    )
}
