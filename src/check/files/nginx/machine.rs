//! A server in front of the machine listener: that of this machine, or one of remote switches with certificates.

use jackfield_api::Section;

use super::{Behind, Proxy, Server, has_tls, is_loopback};
use crate::check::files::fault::{Fault, Mend};
use crate::settings::Settings;

/// As much as the service takes.
const MOST: u64 = 256 << 10;

pub(super) fn check(
    server: &Server<'_>,
    behind: &dyn Fn(&Proxy<'_>) -> Behind,
    settings: &Settings,
    faults: &mut Vec<Fault>,
) {
    check_headers(server, behind, settings, faults);
    let why_host = "a page of somebody else's could ask by a name of its own that leads here";
    let ours = server.proxies.iter().filter(|proxy| behind(proxy) == Behind::Machine);
    for proxy in ours {
        faults.extend(proxy.without_host("$http_host", why_host));
        size(server, proxy, faults);
        let needed = settings.switch_timeout(&Section::ALL);
        if let Some(timeout) = proxy.get("proxy_read_timeout")
            && seconds(timeout.arg(0)).is_some_and(|given| given < needed)
        {
            let what = format!("nginx waits {} for an answer", timeout.arg(0));
            let why =
                "an answer may take longer, by `deadline_ms`: the switch then goes on to its disk";
            let right = format!("proxy_read_timeout {needed}s;");
            faults.push(Fault::error(&timeout.place, what, why, Mend::Instead(right)));
        }
    }
}

/// A header that says «forwarded» makes a request somebody else's; so does a name from elsewhere.
pub(super) fn check_headers(
    server: &Server<'_>,
    behind: &dyn Fn(&Proxy<'_>) -> Behind,
    settings: &Settings,
    faults: &mut Vec<Fault>,
) {
    for proxy in server.proxies.iter().filter(|proxy| behind(proxy) == Behind::Machine) {
        kept(proxy, faults);
        let is_ours = |name: &str| {
            let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
            is_loopback(name) || settings.machine_hosts.iter().any(|host| host == name)
        };
        if let Some(host) = proxy.header("Host").filter(|_| !server.is_of_this_machine())
            && !is_ours(host.arg(1))
            // Who asks by which name is not known here.
            && (settings.machine_hosts.is_empty() || !host.arg(1).starts_with('$'))
        {
            let what = format!("the machine listener is asked by the name {}", host.arg(1));
            let why = "it answers to loopback names and to `machine_hosts`: every look-up is an unknown path, and \
                       the switch goes on to its disk";
            let right = Mend::Instead("proxy_set_header Host localhost;".to_owned());
            faults.push(Fault::error(&host.place, what, why, right));
        }
        for header in proxy.headers() {
            let name = header.arg(0).to_ascii_lowercase();
            if crate::http::FORWARDING.contains(&name.as_str()) && !header.arg(1).is_empty() {
                let what = format!("{} goes to the machine listener", header.arg(0));
                let why = "a request that was forwarded is somebody else's: each look-up is an unknown path, and \
                           the switch goes on to its disk";
                let mend = if header.included {
                    Mend::Do("set the headers here, as `jackfield snippet nginx` does".to_owned())
                } else {
                    Mend::Remove
                };
                faults.push(Fault::error(&header.place, what, why, mend));
            }
        }
    }
}

/// An answer that is kept is given to another question: of a look-up the body is no part of the key.
fn kept(proxy: &Proxy<'_>, faults: &mut Vec<Fault>) {
    let methods = proxy.get("proxy_cache_methods");
    let posts = methods.filter(|methods| methods.args().iter().any(|word| word == "POST"));
    let keeps = proxy.get("proxy_cache").is_some_and(|cache| cache.arg(0) != "off");
    if let Some(posts) = posts.filter(|_| keeps) {
        let what = "answers to look-ups are kept, and given to others";
        let why =
            "one user's hash or route is then another one's answer, on the disk and out of date";
        faults.push(Fault::error(&posts.place, what, why, Mend::Remove));
    }
}

/// A server for certificates that lets in who has none.
pub(super) fn unasked(server: &Server<'_>) -> Fault {
    let what = "everybody is passed on to the machine listener: no certificate is needed";
    let why = "look-ups hold what is as good as passwords: they are for switches with a certificate alone";
    let right = "ssl_verify_client on;".to_owned();
    match server.get("ssl_verify_client") {
        Some(asked) => Fault::error(&asked.place, what, why, Mend::Instead(right)),
        None => Fault::error(&server.directive.place, what, why, Mend::Below(right)),
    }
}

/// A server of remote switches: it asks all of them for certificates, and has nothing but look-ups.
pub(super) fn check_certified(
    server: &Server<'_>,
    behind: &dyn Fn(&Proxy<'_>) -> Behind,
    faults: &mut Vec<Fault>,
) {
    let mut ours =
        server.proxies.iter().filter(|proxy| behind(proxy) == Behind::Machine).peekable();
    if ours.peek().is_none() {
        return;
    }
    for listen in server.listens().filter(|listen| !has_tls(listen)) {
        let what =
            format!("port {} asks for no certificate: it is served without TLS", listen.arg(0));
        let why = "everybody who reaches it is passed on to the machine listener";
        let right = format!("listen {} ssl;", listen.args().join(" "));
        faults.push(Fault::error(&listen.place, what, why, Mend::Instead(right)));
    }
    if server.listens().next().is_none() {
        let what = "port 80 asks for no certificate: there is no listen";
        let why = "everybody who reaches it is passed on to the machine listener";
        let right = Mend::Below("listen 443 ssl;".to_owned());
        faults.push(Fault::error(&server.directive.place, what, why, right));
    }
    for proxy in ours {
        let Some(location) = proxy.around.iter().find(|block| block.is("location")) else {
            continue;
        };
        let path = location.args().last().map_or("", String::as_str);
        if !path.trim_start_matches('^').starts_with("/fsapi") {
            let what = format!("location {path} passes on /metrics and /health, too");
            let why =
                "a remote switch needs look-ups alone; who has a certificate sees all the rest";
            let right = Mend::Instead("location = /fsapi {".to_owned());
            faults.push(Fault::warning(&location.place, what, why, right));
        }
    }
}

/// Look-ups are to fit, and to touch no disk.
fn size(server: &Server<'_>, proxy: &Proxy<'_>, faults: &mut Vec<Fault>) {
    let server = &server.directive.place;
    let longest = "long look-ups, as of calls with many variables, are refused: the switch goes on to its disk";
    if let Some(most) = proxy.get("client_max_body_size")
        && bytes(most.arg(0)).is_some_and(|most| most != 0 && most < MOST)
    {
        let what = format!("look-ups over {} are refused", most.arg(0));
        let right = "client_max_body_size 256k;".to_owned();
        faults.push(Fault::error(&most.place, what, longest, Mend::Instead(right)));
    }
    let disk = "look-ups and answers hold what no disk should keep";
    let right = "client_body_buffer_size 256k;".to_owned();
    match proxy.get("client_body_buffer_size") {
        None => {
            let what = "long look-ups are written to the disk: there is no client_body_buffer_size";
            faults.push(Fault::warning(server, what, disk, Mend::Below(right)));
        }
        Some(held) if bytes(held.arg(0)).is_some_and(|held| held < MOST) => {
            let what = format!("look-ups over {} are written to the disk", held.arg(0));
            faults.push(Fault::warning(&held.place, what, disk, Mend::Instead(right)));
        }
        Some(_) => {}
    }
    let right = "proxy_max_temp_file_size 0;".to_owned();
    match proxy.get("proxy_max_temp_file_size") {
        Some(none) if bytes(none.arg(0)) == Some(0) => {}
        Some(some) => {
            let what = "long answers are written to the disk";
            faults.push(Fault::warning(&some.place, what, disk, Mend::Instead(right)));
        }
        None => {
            let what = "long answers are written to the disk: there is no proxy_max_temp_file_size";
            faults.push(Fault::warning(server, what, disk, Mend::Below(right)));
        }
    }
}

/// A size as nginx writes it.
fn bytes(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' => (&text[..text.len() - 1], 10),
        b'm' => (&text[..text.len() - 1], 20),
        b'g' => (&text[..text.len() - 1], 30),
        _ => (text.as_str(), 0),
    };
    digits.parse::<u64>().ok()?.checked_shl(shift)
}

/// A time as nginx writes it, as far as it is of seconds.
fn seconds(text: &str) -> Option<u64> {
    match text.strip_suffix("ms") {
        Some(ms) => ms.parse::<u64>().ok().map(|ms| ms / 1000),
        None => text.strip_suffix('s').unwrap_or(text).parse().ok(),
    }
}
