//! A server that everybody reaches.

use super::{Behind, PROTECTED, Proxy, Server, has_tls, is_local, machine};
use crate::check::files::fault::{Fault, Mend};
use crate::settings::Settings;
use crate::snippet::PUBLIC;

const FOR_MACHINES: &str = "the machine listener is there for the switch and Prometheus alone: look-ups hold what is as good as \
                            passwords";

pub(super) fn check(
    server: &Server<'_>,
    behind: &dyn Fn(&Proxy<'_>) -> Behind,
    settings: &Settings,
    faults: &mut Vec<Fault>,
) {
    // Who is let in by address is let in to look-ups as this machine is.
    let is_closed = |one: &Proxy<'_>| {
        behind(one) == Behind::Machine && (one.is_for_some() || one.opened().is_some())
    };
    for proxy in server.proxies.iter().filter(|one| is_closed(one)) {
        if let Some(opened) = proxy.opened() {
            let what = format!(
                "everybody is passed on to the machine listener: allow {} comes before deny all",
                opened.arg(0)
            );
            let why = "nginx goes by the first rule that fits: first `allow` for each address that may ask, then \
                       `deny all`";
            faults.push(Fault::error(&opened.place, what, why, Mend::Remove));
        }
    }
    if server.proxies.iter().any(is_closed) {
        machine::check_headers(server, behind, settings, faults);
    }
    let is_ours = |one: &&Proxy<'_>| behind(one) >= Behind::Public && !is_closed(one);
    let ours: Vec<_> = server.proxies.iter().filter(is_ours).collect();
    if ours.is_empty() {
        return;
    }
    let is_public = ours.iter().any(|proxy| behind(proxy) == Behind::Public);
    let open = || server.listens().filter(|listen| !has_tls(listen) && !is_local(listen));
    if !is_public && open().next().is_some() {
        // nginx takes no address twice.
        let mut is_there = server.listens().any(is_local);
        for listen in open() {
            let what = "the server of this machine is reached from everywhere";
            let port = listen.arg(0).rsplit(':').next().unwrap_or_default();
            let mend = if is_there {
                Mend::Remove
            } else {
                Mend::Instead(format!("listen 127.0.0.1:{port};"))
            };
            is_there = true;
            faults.push(Fault::error(&listen.place, what, FOR_MACHINES, mend));
        }
        return;
    }
    for proxy in &ours {
        if behind(proxy) == Behind::Machine {
            let what = "everybody is passed on to the machine listener";
            let mend = Mend::Instead(format!("proxy_pass http://{};", reached(settings)));
            faults.push(Fault::error(proxy.place(), what, FOR_MACHINES, mend));
            continue;
        }
        faults.extend(proxy.with_path());
        let why = "pages are let in by the host that they ask";
        faults.extend(proxy.without_host("$host", why));
        from_whom(proxy, faults);
    }
    for location in server.directive.children.iter().filter(|one| one.is("location")) {
        let path = location.args().last().map_or("", String::as_str);
        let is_pattern = location.arg(0).starts_with('~');
        let holds = |known: &&&str| {
            path.starts_with(**known)
                || (is_pattern && path.contains(known.trim_start_matches('/')))
        };
        if let Some(protected) = PROTECTED.iter().find(holds) {
            let what = format!("{protected} has a location of its own");
            let why = "a protected path is to be answered as an unknown one, byte for byte: so it shows that it is there";
            let mend = Mend::Do("remove the location".to_owned());
            faults.push(Fault::error(&location.place, what, why, mend));
        }
    }
    transport(server, faults);
}

/// Callers are told apart by their addresses, and what they say of themselves is not believed. The service
/// takes the last entry of `X-Forwarded-For`, so nginx may add to what it was sent, as `proxy_params` of
/// Debian does; and the public listener has no protected path that a header could open.
fn from_whom(proxy: &Proxy<'_>, faults: &mut Vec<Fault>) {
    let right = || "proxy_set_header X-Forwarded-For $remote_addr;".to_owned();
    match proxy.header("X-Forwarded-For") {
        None => {
            let what = "the service does not get the caller's address";
            let why = "without it all callers count as one, or each as the address that it claims";
            faults.push(Fault::error(proxy.place(), what, why, Mend::Below(right())));
        }
        Some(header) if !ends_with_caller(header.arg(1)) => {
            let what = format!("X-Forwarded-For is {}", header.arg(1));
            let why = "it holds what the caller says of itself";
            faults.push(Fault::warning(&header.place, what, why, Mend::Instead(right())));
        }
        Some(_) => {}
    }
}

/// Whether the last entry of a header is who has connected to nginx.
fn ends_with_caller(value: &str) -> bool {
    let entry = value.rsplit(',').next().unwrap_or_default().trim();
    ["$remote_addr", "$proxy_add_x_forwarded_for", "$proxy_protocol_addr"].contains(&entry)
}

/// Where nginx finds the public listener.
pub(super) fn reached(settings: &Settings) -> String {
    settings.listen_public.map_or_else(|| PUBLIC.to_owned(), |public| public.to_string())
}

fn transport(server: &Server<'_>, faults: &mut Vec<Fault>) {
    for listen in server.listens().filter(|listen| !has_tls(listen)) {
        let what = format!("port {} is served without TLS", listen.arg(0));
        let why = "pages get the passwords of their clients over it";
        let right = format!("listen {} ssl;", listen.args().join(" "));
        faults.push(Fault::error(&listen.place, what, why, Mend::Instead(right)));
    }
    let old = |word: &String| ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"].contains(&word.as_str());
    let protocols = server.directive.child("ssl_protocols");
    if let Some(protocols) = protocols.filter(|one| one.args().iter().any(old)) {
        let what = "old versions of TLS are spoken";
        let why = "they are broken, and no browser needs them";
        let right = "ssl_protocols TLSv1.2 TLSv1.3;".to_owned();
        faults.push(Fault::warning(&protocols.place, what, why, Mend::Instead(right)));
    }
}
