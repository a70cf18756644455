//! A site of nginx: which of its servers lead to the machine listener, and what they say of who asks.

mod block;
mod machine;
mod public;

use std::net::IpAddr;

use self::block::Directive;
use super::fault::{Fault, Mend};
use crate::export::Service;
use crate::import::Place;
use crate::settings::Settings;
use crate::snippet::PUBLIC;

/// Paths that look unknown from anywhere but this machine.
const PROTECTED: [&str; 3] = ["/fsapi", "/metrics", "/health"];

/// One server, and what it passes on where.
struct Server<'d> {
    directive: &'d Directive,
    proxies: Vec<Proxy<'d>>,
}

/// A `proxy_pass` with the blocks around it, the innermost first.
struct Proxy<'d> {
    pass: &'d Directive,
    around: Vec<&'d Directive>,
}

/// Who is asked behind nginx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    Machine,
    Public,
    SomebodyElse,
}

pub(super) fn faults(file: &str, text: &str, settings: &Settings) -> Vec<Fault> {
    let all = match block::parse(file, text) {
        Ok(all) => all,
        Err(wrong) => return vec![*wrong.0],
    };
    let mut servers = Vec::new();
    find(&all, &mut servers);
    let upstreams: Vec<&Directive> = all.iter().filter(|one| one.is("upstream")).collect();
    let behind = |proxy: &Proxy<'_>| target(proxy, &upstreams, settings);
    let mut faults = Vec::new();
    for server in &servers {
        if server.is_of_this_machine() {
            machine::check(server, &behind, settings, &mut faults);
        } else if server.asks_for_certificates() {
            machine::check_headers(server, &behind, &mut faults);
        } else {
            public::check(server, &behind, settings, &mut faults);
        }
    }
    faults
}

fn find<'d>(directives: &'d [Directive], servers: &mut Vec<Server<'d>>) {
    for directive in directives {
        if directive.is("server") && !directive.children.is_empty() {
            let mut proxies = Vec::new();
            passes(directive, &[], &mut proxies);
            servers.push(Server { directive, proxies });
        } else if directive.is("http") {
            find(&directive.children, servers);
        }
    }
}

fn passes<'d>(block: &'d Directive, around: &[&'d Directive], found: &mut Vec<Proxy<'d>>) {
    let around: Vec<&Directive> = [&[block], around].concat();
    for inner in &block.children {
        if inner.is("proxy_pass") {
            found.push(Proxy { pass: inner, around: around.clone() });
        } else if !inner.children.is_empty() {
            passes(inner, &around, found);
        }
    }
}

fn target(proxy: &Proxy<'_>, upstreams: &[&Directive], settings: &Settings) -> Behind {
    let url = proxy.pass.arg(0);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let socket = rest.split('/').next().unwrap_or_default();
    let upstream = upstreams.iter().find(|upstream| upstream.arg(0) == socket);
    let server = upstream.and_then(|upstream| upstream.child("server"));
    let socket = server.map_or(socket, |server| server.arg(0));
    let leads_to = |port: u16| {
        let (host, given) = socket.rsplit_once(':').unwrap_or((socket, "80"));
        given == port.to_string()
            && (is_loopback(host) || host == settings.listen_machine.ip().to_string())
    };
    if leads_to(settings.listen_machine.port()) || socket == Service::of(settings).address {
        Behind::Machine
    } else if socket == PUBLIC
        || settings.listen_public.is_some_and(|public| leads_to(public.port()))
    {
        Behind::Public
    } else {
        Behind::SomebodyElse
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Server<'_> {
    fn listens(&self) -> impl Iterator<Item = &Directive> {
        self.directive.children.iter().filter(|one| one.is("listen"))
    }

    /// Whether nobody else reaches it. One that names no address is reached at every one.
    fn is_of_this_machine(&self) -> bool {
        let mut listens = self.listens().peekable();
        listens.peek().is_some()
            && listens.all(|listen| {
                let socket = listen.arg(0);
                let host = socket.rsplit_once(':').map_or(socket, |(host, _)| host);
                socket.starts_with("unix:") || is_loopback(host)
            })
    }

    fn asks_for_certificates(&self) -> bool {
        self.directive.child("ssl_verify_client").is_some_and(|one| one.arg(0) == "on")
    }
}

impl Proxy<'_> {
    /// A directive that holds here: nginx takes the innermost block's.
    fn get(&self, name: &str) -> Option<&Directive> {
        self.around.iter().find_map(|block| block.child(name))
    }

    /// The headers that are set here: those of the innermost block that sets any.
    fn headers(&self) -> Vec<&Directive> {
        let set = |block: &&&Directive| block.child("proxy_set_header").is_some();
        let block = self.around.iter().find(set);
        let all = block.into_iter().flat_map(|block| &block.children);
        all.filter(|one| one.is("proxy_set_header")).collect()
    }

    fn header(&self, name: &str) -> Option<&Directive> {
        self.headers().into_iter().find(|header| header.arg(0).eq_ignore_ascii_case(name))
    }

    /// A `Host` that is missing: the service is asked by its own name, whatever the client's request said.
    fn without_host(&self, value: &str, why: &str) -> Option<Fault> {
        let what = "the service does not get the Host that was asked for";
        let right = || format!("proxy_set_header Host {value};");
        match self.header("Host") {
            None => Some(Fault::error(&self.pass.place, what, why, Mend::Below(right()))),
            Some(host) if !["$http_host", "$host"].contains(&host.arg(1)) => {
                Some(Fault::error(&host.place, what, why, Mend::Instead(right())))
            }
            Some(_) => None,
        }
    }

    /// A path behind the address: nginx then decodes and cleans what was asked for.
    fn with_path(&self) -> Option<Fault> {
        let url = self.pass.arg(0);
        let (scheme, rest) = url.split_once("://")?;
        let (socket, _) = rest.split_once('/')?;
        let what = "nginx passes on a path of its own making";
        let why = "`//fsapi` and `/%66sapi` are then answered otherwise than an unknown path";
        let right = format!("proxy_pass {scheme}://{socket};");
        Some(Fault::error(&self.pass.place, what, why, Mend::Instead(right)))
    }

    fn place(&self) -> &Place {
        &self.pass.place
    }
}
