//! A site of nginx: which of its servers lead to the machine listener, and what they say of who asks.

mod block;
mod include;
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
    /// What stands around it.
    http: Option<&'d Directive>,
    proxies: Vec<Proxy<'d>>,
}

/// A `proxy_pass` with the blocks around it, the innermost first.
struct Proxy<'d> {
    pass: &'d Directive,
    around: Vec<&'d Directive>,
}

/// Who is asked behind nginx; of several the last one of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Behind {
    SomebodyElse,
    /// That shows only in what is asked for.
    Unknown,
    Public,
    Machine,
}

pub(super) fn faults(file: &str, text: &str, settings: &Settings) -> Vec<Fault> {
    let all = match block::parse(file, text) {
        Ok(all) => all,
        Err(wrong) => return vec![*wrong.0],
    };
    let mut faults = Vec::new();
    let all = include::followed(file, all, &mut faults);
    let mut servers = Vec::new();
    find(&all, None, &mut servers);
    let http = all.iter().filter(|one| one.is("http")).flat_map(|http| &http.children);
    let upstreams: Vec<&Directive> =
        all.iter().chain(http).filter(|one| one.is("upstream")).collect();
    let behind = |proxy: &Proxy<'_>| target(proxy, &upstreams, settings);
    for server in &servers {
        if server.is_of_this_machine() {
            machine::check(server, &behind, settings, &mut faults);
            continue;
        }
        for proxy in server.proxies.iter().filter(|proxy| behind(proxy) == Behind::Unknown) {
            let what = format!("where {} leads is not known here", proxy.pass.arg(0));
            let why = "it may be the machine listener, which is there for the switch and Prometheus alone";
            let mend = Mend::Do("write the address itself".to_owned());
            faults.push(Fault::warning(proxy.place(), what, why, mend));
        }
        if server.asks_for_certificates() {
            machine::check_headers(server, &behind, &mut faults);
            machine::check_certified(server, &behind, &mut faults);
        } else {
            public::check(server, &behind, settings, &mut faults);
        }
    }
    faults
}

fn find<'d>(
    directives: &'d [Directive],
    http: Option<&'d Directive>,
    servers: &mut Vec<Server<'d>>,
) {
    for directive in directives {
        if directive.is("server") && !directive.children.is_empty() {
            let mut proxies = Vec::new();
            passes(directive, http.as_slice(), &mut proxies);
            servers.push(Server { directive, http, proxies });
        } else if directive.is("http") {
            find(&directive.children, Some(directive), servers);
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
    let rest = rest.strip_suffix("$request_uri").unwrap_or(rest);
    let socket = rest.split('/').next().unwrap_or_default();
    let socket = proxy.variable(socket).unwrap_or(socket);
    if socket.contains('$') {
        return Behind::Unknown;
    }
    let upstream = upstreams.iter().find(|upstream| upstream.arg(0) == socket);
    let servers = upstream.into_iter().flat_map(|upstream| &upstream.children);
    let servers =
        servers.filter(|one| one.is("server")).map(|server| listener(server.arg(0), settings));
    servers.max().unwrap_or_else(|| listener(socket, settings))
}

/// Which listener has a socket.
fn listener(socket: &str, settings: &Settings) -> Behind {
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

/// Whether a connection to it is one of TLS.
fn has_tls(listen: &Directive) -> bool {
    listen.args().iter().any(|word| word == "ssl" || word == "quic")
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

    /// Whether TLS lets in nobody without one; where there is no TLS, nobody is asked.
    fn asks_for_certificates(&self) -> bool {
        let mut blocks = [Some(self.directive), self.http].into_iter().flatten();
        let asked = blocks.find_map(|block| block.child("ssl_verify_client"));
        let has_guard = |block: &&Directive| block.children.iter().any(is_guard);
        match asked.map(|asked| asked.arg(0)) {
            Some("on") => true,
            // Who has none gets on, to where that is looked at.
            Some("optional") => self.proxies.iter().all(|proxy| proxy.around.iter().any(has_guard)),
            _ => false,
        }
    }
}

/// `if ($ssl_client_verify != SUCCESS) { return ...; }`
fn is_guard(directive: &Directive) -> bool {
    let tested: String = directive.args().concat();
    directive.is("if")
        && tested == "($ssl_client_verify!=SUCCESS)"
        && directive.children.first().is_some_and(|inner| inner.is("return"))
}

impl Proxy<'_> {
    /// A directive that holds here: nginx takes the innermost block's.
    fn get(&self, name: &str) -> Option<&Directive> {
        self.around.iter().find_map(|block| block.child(name))
    }

    /// What `set` says of a variable.
    fn variable(&self, name: &str) -> Option<&str> {
        let all = self.around.iter().flat_map(|block| &block.children);
        let mut set = all.filter(|one| one.is("set") && one.arg(0) == name);
        // More than one is more than can be told.
        set.next().filter(|_| set.next().is_none()).map(|set| set.arg(1))
    }

    /// Whether `allow` and `deny` let in only some: those of the innermost block that has any.
    fn is_for_some(&self) -> bool {
        let rules = |block: &&Directive| -> Vec<(bool, String)> {
            let rules = block.children.iter().filter(|one| one.is("allow") || one.is("deny"));
            rules.map(|one| (one.is("allow"), one.arg(0).to_owned())).collect()
        };
        let innermost = self.around.iter().map(rules).find(|rules| !rules.is_empty());
        let everybody = |from: &str| from == "all" || from.ends_with("/0");
        let any = self.get("satisfy").is_some_and(|satisfy| satisfy.arg(0) == "any");
        let first = innermost.and_then(|rules| rules.into_iter().find(|(_, from)| everybody(from)));
        !any && first == Some((false, "all".to_owned()))
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
