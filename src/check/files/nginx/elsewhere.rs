//! What a site passes on to where nobody of the service's listens.

use super::public::reached;
use super::{Behind, Server, is_loopback, listener, sockets};
use crate::check::files::fault::{Fault, Mend};
use crate::check::files::nginx::block::Directive;
use crate::export::Service;
use crate::settings::Settings;

/// `is_named` is whether the site says that it is the service's. A site may be of much else, so only look-ups
/// are surely meant for the service; of its own site what stands for every path, where nothing else leads there.
pub(super) fn check(
    servers: &[Server<'_>],
    upstreams: &[&Directive],
    is_named: bool,
    settings: &Settings,
    faults: &mut Vec<Fault>,
) {
    for server in servers {
        let strays = |socket: &&str| {
            let host = socket.rsplit_once(':').map_or(*socket, |(host, _)| host);
            is_loopback(host) && listener(socket, settings) == Behind::SomebodyElse
        };
        let found = |proxy| sockets(proxy, upstreams).unwrap_or_default();
        let is_left = |proxy| found(proxy).iter().all(strays);
        for proxy in &server.proxies {
            let Some(socket) = found(proxy).first().copied().filter(|_| is_left(proxy)) else {
                continue;
            };
            let location = proxy.around.iter().find(|block| block.is("location"));
            let path = location.and_then(|block| block.args().last());
            let of_lookups = path.is_some_and(|path| path.contains("/fsapi"));
            let of_all = path.is_none_or(|path| path == "/") && server.proxies.iter().all(is_left);
            let right = if of_lookups || server.is_of_this_machine() {
                Service::of(settings).address
            } else {
                reached(settings)
            };
            let what = format!("none of these settings listens at {socket}");
            let mend = Mend::Instead(format!("proxy_pass http://{right};"));
            if of_lookups {
                let why = "no look-up is answered, and the switch goes on to its disk";
                faults.push(Fault::error(proxy.place(), what, why, mend));
            } else if is_named && of_all {
                let why = "whatever is asked for there, nobody answers";
                faults.push(Fault::warning(proxy.place(), what, why, mend));
            }
        }
    }
}
