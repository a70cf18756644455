//! A site of nginx: which of its servers lead to the machine listener, and what they say of who asks.

mod block;
mod elsewhere;
mod include;
mod logged;
mod machine;
mod public;

use std::net::IpAddr;
use std::path::Path;

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
        let asks = server.asks_for_certificates();
        if asks || server.is_of_remote_switches(&behind) {
            if !asks {
                faults.push(machine::unasked(server));
            }
            machine::check_headers(server, &behind, settings, &mut faults);
            machine::check_certified(server, &behind, &mut faults);
        } else {
            public::check(server, &behind, settings, &mut faults);
        }
    }
    let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_named = name.contains("jackfield") || text.contains("jackfield");
    elsewhere::check(&servers, &upstreams, is_named, settings, &mut faults);
    if servers.iter().flat_map(|server| &server.proxies).any(|it| behind(it) == Behind::Machine) {
        logged::check(&all, &mut faults);
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
    let listeners =
        |sockets: Vec<&str>| sockets.into_iter().map(|socket| listener(socket, settings)).max();
    sockets(proxy, upstreams)
        .map_or(Behind::Unknown, |sockets| listeners(sockets).unwrap_or(Behind::SomebodyElse))
}

/// The sockets that it leads to; nothing where they show only in what is asked for.
fn sockets<'p>(proxy: &'p Proxy<'_>, upstreams: &'p [&Directive]) -> Option<Vec<&'p str>> {
    let url = proxy.pass.arg(0);
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_suffix("$request_uri").unwrap_or(rest);
    let socket = rest.split('/').next().unwrap_or_default();
    let socket = proxy.variable(socket).unwrap_or(socket);
    if socket.contains('$') {
        return None;
    }
    let upstream = upstreams.iter().find(|upstream| upstream.arg(0) == socket);
    let servers = upstream.into_iter().flat_map(|upstream| &upstream.children);
    let servers: Vec<&str> =
        servers.filter(|one| one.is("server")).map(|server| server.arg(0)).collect();
    Some(if servers.is_empty() { vec![socket] } else { servers })
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

/// Whether this machine alone gets to it.
fn is_local(listen: &Directive) -> bool {
    let socket = listen.arg(0);
    let host = socket.rsplit_once(':').map_or(socket, |(host, _)| host);
    socket.starts_with("unix:") || is_loopback(host)
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
        listens.peek().is_some() && listens.all(is_local)
    }

    /// Whether it is meant for switches with certificates, and does not ask for them.
    fn is_of_remote_switches(&self, behind: &dyn Fn(&Proxy<'_>) -> Behind) -> bool {
        let passes = |to: Behind| {
            self.proxies.iter().any(|proxy| behind(proxy) == to && !proxy.is_for_some())
        };
        let knows = self.get("ssl_verify_client").or_else(|| self.get("ssl_client_certificate"));
        knows.is_some() && passes(Behind::Machine) && !passes(Behind::Public)
    }

    /// A directive of the whole server.
    fn get(&self, name: &str) -> Option<&Directive> {
        let mut blocks = [Some(self.directive), self.http].into_iter().flatten();
        blocks.find_map(|block| block.child(name))
    }

    /// Whether TLS lets in nobody without one; where there is no TLS, nobody is asked.
    fn asks_for_certificates(&self) -> bool {
        let asked = self.get("ssl_verify_client");
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

/// Whether a rule is for every address, of one family at least.
fn is_of_everybody(rule: &Directive) -> bool {
    rule.arg(0) == "all" || rule.arg(0).ends_with("/0")
}

impl<'d> Proxy<'d> {
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
        let first = self.rules().into_iter().find(|rule| is_of_everybody(rule));
        first.is_some_and(|rule| rule.is("deny") && rule.arg(0) == "all")
    }

    /// What lets everybody in, although everybody else is to be kept out behind it.
    fn opened(&self) -> Option<&Directive> {
        let mut rules = self.rules().into_iter().filter(|rule| is_of_everybody(rule));
        let first = rules.next().filter(|rule| rule.is("allow"))?;
        rules.any(|rule| rule.is("deny") && rule.arg(0) == "all").then_some(first)
    }

    /// The `allow` and `deny` that count, in their order; none where something else lets in, too.
    fn rules(&self) -> Vec<&Directive> {
        if self.get("satisfy").is_some_and(|satisfy| satisfy.arg(0) == "any") {
            return Vec::new();
        }
        let rules = |block: &&'d Directive| -> Vec<&'d Directive> {
            block.children.iter().filter(|one| one.is("allow") || one.is("deny")).collect()
        };
        self.around.iter().map(rules).find(|rules| !rules.is_empty()).unwrap_or_default()
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
