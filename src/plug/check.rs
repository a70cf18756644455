//! Whether what modules bring along fits together.

use jackfield_api::counter::{self, Family};
use jackfield_api::registry::Origin;
use matchit::InsertError;

use super::command::commands;
use super::route::{protected, routes};
use super::service::services;
use super::{Command, Listener, ProtectedPath, Route, Service};
use crate::cli;
use crate::fsapi::StartErrors;
use crate::fsapi::registry::linked_handlers;

/// Whether routes, protected paths, commands, background services and counters fit together; all
/// contradictions are reported at once.
pub fn check() -> Result<(), StartErrors> {
    let commands = commands();
    let mut wrong = contradictory_routes(&routes(), &protected());
    wrong.extend(contradictory_commands(&commands, &cli::built_in()));
    wrong.extend(contradictory_services(&services(), &linked_handlers()));
    wrong.extend(contradictory_counters(&counter::linked()));
    wrong.sort();
    if wrong.is_empty() { Ok(()) } else { Err(StartErrors::Plugged(wrong)) }
}

/// Whether the commands alone do.
pub(crate) fn commands_fit() -> bool {
    let commands = commands();
    commands.is_empty() || contradictory_commands(&commands, &cli::built_in()).is_empty()
}

/// Two things of one name: what they are, its name, and both places.
fn twins(what: &str, name: &str, one: Origin, other: Origin) -> String {
    format!("two {what} are named «{}»: {one} and {other}; rename one", name.escape_debug())
}

fn contradictory_routes(routes: &[&Route], protected: &[&ProtectedPath]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        let Route { name, path, listener, origin, .. } = route;
        for other in &routes[..at] {
            if other.name == *name {
                wrong.push(twins("routes", name, other.origin, *origin));
            } else if other.listener == *listener && clash(other.path, path) {
                let paths = match other.path {
                    same if same == *path => format!("two routes have the path {path}"),
                    other => format!("two routes have paths of one shape, {other} and {path}"),
                };
                wrong.push(format!("{paths}: {} and {origin}; change one", other.origin));
            }
        }
        if let Err(why) = readable(path) {
            let path = path.escape_debug();
            wrong.push(format!("route «{name}» ({origin}): its path {path} {why}"));
        }
        if *listener == Listener::Public && protected.iter().any(|path| path.route == *name) {
            wrong.push(format!(
                "route «{name}» ({origin}) is protected and on the public listener; write `Machine`, \
                 or take `protect!` away"
            ));
        }
    }
    for ProtectedPath { route, origin } in protected {
        if !routes.iter().any(|known| known.name == *route) {
            wrong.push(format!(
                "protected path «{route}» ({origin}) is no route; `jackfield handlers --all` lists \
                 those that are"
            ));
        }
    }
    wrong
}

/// Whether a router cannot have both of these paths, each of which it can have.
fn clash(one: &str, other: &str) -> bool {
    let mut router = matchit::Router::new();
    router.insert(one, ()).is_ok()
        && matches!(router.insert(other, ()), Err(InsertError::Conflict { .. }))
}

/// Whether a router can have this path; if not, why.
fn readable(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("begins without `/`");
    }
    if path.split('/').any(|part| part.starts_with([':', '*'])) {
        return Err("has a part that begins with `:` or `*`; write `{name}` or `{*rest}`");
    }
    matchit::Router::new().insert(path, ()).map_err(|error| match error {
        InsertError::InvalidCatchAll => "has `{*rest}` before its end",
        InsertError::InvalidParamSegment => {
            "has a part of more than `{name}` and what is before it"
        }
        _ => "has a `{` or `}` that is no `{name}`; what is meant as itself is written twice",
    })
}

fn contradictory_commands(commands: &[&Command], built_in: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        let Command { name, origin, .. } = command;
        for other in &commands[..at] {
            if other.name == *name {
                wrong.push(twins("commands", name, other.origin, *origin));
            }
        }
        if built_in.iter().any(|own| own == name) {
            wrong.push(format!(
                "command «{name}» ({origin}) is one of the program itself (src/cli.rs); rename it"
            ));
        }
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.starts_with('-') || !name.bytes().all(is_plain) {
            wrong.push(format!(
                "command «{}» ({origin}): nobody can type that; write small letters, digits and `-`",
                name.escape_debug()
            ));
        }
        let own = (command.arguments)(clap::Command::new(*name));
        let taken: Vec<_> = cli::each_takes().iter().flat_map(words).collect();
        for argument in own.get_arguments() {
            if words(argument).iter().any(|word| taken.contains(word)) {
                let id = argument.get_id();
                wrong.push(format!(
                    "command «{name}» ({origin}): its argument «{id}» is one that each command takes; \
                     rename it"
                ));
            }
        }
    }
    wrong
}

/// What an argument is known by, and what is typed for it.
fn words(argument: &clap::Arg) -> Vec<String> {
    let long =
        argument.get_long().into_iter().chain(argument.get_all_aliases().into_iter().flatten());
    let short = argument.get_short().into_iter();
    let short = short.chain(argument.get_all_short_aliases().into_iter().flatten());
    let typed = long.map(|long| format!("--{long}")).chain(short.map(|short| format!("-{short}")));
    typed.chain([argument.get_id().to_string()]).collect()
}

fn contradictory_services(
    services: &[&Service],
    handlers: &[(&'static str, Origin)],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (at, service) in services.iter().enumerate() {
        let Service { name, origin, .. } = service;
        for other in services[..at].iter().filter(|other| other.name == *name) {
            wrong.push(twins("background services", name, other.origin, *origin));
        }
        for (_, handler) in handlers.iter().filter(|(handler, _)| handler == name) {
            wrong.push(format!(
                "a handler and a background service are named «{name}»: {handler} and {origin}; rename \
                 one, for `disabled_handlers` would take out both"
            ));
        }
        if name.is_empty() || name.contains(char::is_control) {
            let name = name.escape_debug();
            wrong.push(format!("background service «{name}» ({origin}): this is no name"));
        }
    }
    wrong
}

fn contradictory_counters(families: &[&Family]) -> Vec<String> {
    let found = counter::contradictions(families.iter().copied());
    found.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    fn at(line: u32) -> Origin {
        Origin { package: "acme", module: "acme", file: "src/acme.rs", line }
    }

    fn route(
        name: &'static str,
        path: &'static str,
        listener: Listener,
        line: u32,
    ) -> &'static Route {
        let methods = || get(async || "");
        Box::leak(Box::new(Route { name, path, listener, methods, origin: at(line) }))
    }

    fn command(name: &'static str, line: u32) -> &'static Command {
        let (arguments, run) = (|command: clap::Command| command, |_: &_, _: &_| Ok(()));
        Box::leak(Box::new(Command { name, about: "", arguments, run, origin: at(line) }))
    }

    fn told(wrong: &[String], words: &[&str]) {
        let all = |line: &&String| words.iter().all(|word| line.contains(word));
        assert!(wrong.iter().any(|line| all(&line)), "{words:?} in {wrong:?}");
    }

    #[test]
    fn every_contradiction_of_routes_is_told_with_its_places() {
        let routes = [
            route("one", "/a/{user}", Listener::Machine, 1),
            route("two", "/a/{number}", Listener::Machine, 2),
            route("one", "/b", Listener::Machine, 3),
            route("open", "/c", Listener::Public, 4),
            route("bare", "d", Listener::Public, 5),
            route("elsewhere", "/a/{user}", Listener::Public, 6),
            route("rest", "/a/{*rest}", Listener::Machine, 9),
            route("beside", "/a/list", Listener::Machine, 10),
            route("open-ended", "/e/{", Listener::Machine, 11),
            route("unnamed", "/e/{}", Listener::Machine, 12),
            route("early", "/e/{*x}/b", Listener::Machine, 13),
            route("old", "/e/:x", Listener::Machine, 14),
        ];
        let protected = [
            &ProtectedPath { route: "open", origin: at(7) },
            &ProtectedPath { route: "none", origin: at(8) },
        ];
        let wrong = contradictory_routes(&routes, &protected);
        assert_eq!(wrong.len(), 11, "{wrong:?}");
        told(&wrong, &["/a/{user} and /a/{number}", "acme.rs:1", "acme.rs:2"]);
        told(&wrong, &["/a/{user} and /a/{*rest}", "acme.rs:1", "acme.rs:9"]);
        told(&wrong, &["/a/{number} and /a/{*rest}", "acme.rs:2", "acme.rs:9"]);
        told(&wrong, &["«open-ended»", "acme.rs:11", "no `{name}`"]);
        told(&wrong, &["«unnamed»", "acme.rs:12", "no `{name}`"]);
        told(&wrong, &["«early»", "acme.rs:13", "before its end"]);
        told(&wrong, &["«old»", "acme.rs:14", "`:` or `*`"]);
        told(&wrong, &["two routes are named «one»", "acme.rs:1", "acme.rs:3"]);
        told(&wrong, &["«open»", "acme.rs:4", "public listener"]);
        told(&wrong, &["«bare»", "acme.rs:5", "`/`"]);
        told(&wrong, &["«none»", "acme.rs:8", "is no route"]);
    }

    #[test]
    fn every_contradiction_of_commands_is_told_with_its_places() {
        let config = Command {
            arguments: |command| command.arg(clap::arg!(--config <WHAT>)),
            ..Command { name: "c", ..*command("c", 5) }
        };
        let known_otherwise = Command {
            arguments: |command| {
                let state = clap::Arg::new("where").long("where").alias("state");
                command
                    .arg(state)
                    .arg(clap::arg!(help: -x "Helps"))
                    .arg(clap::arg!(host: -h <HOST>))
            },
            ..Command { name: "d", ..*command("d", 6) }
        };
        let commands = [
            command("a", 1),
            command("a", 2),
            command("serve", 3),
            command("A b", 4),
            &config,
            &known_otherwise,
        ];
        let wrong = contradictory_commands(&commands, &["serve".to_owned()]);
        assert_eq!(wrong.len(), 7, "{wrong:?}");
        for argument in ["«where»", "«help»", "«host»"] {
            told(&wrong, &["«d»", "acme.rs:6", argument]);
        }
        told(&wrong, &["two commands are named «a»", "acme.rs:1", "acme.rs:2"]);
        told(&wrong, &["«serve»", "acme.rs:3", "src/cli.rs"]);
        told(&wrong, &["«A b»", "acme.rs:4", "small letters"]);
        told(&wrong, &["«c»", "acme.rs:5", "«config»"]);
    }

    #[test]
    fn a_background_service_of_another_ones_or_a_handlers_name_is_told_with_both_places() {
        let service = |line| Service {
            name: "sync",
            run: |_, _| Box::pin(async { Ok(()) }),
            origin: at(line),
        };
        let wrong = contradictory_services(&[&service(1), &service(2)], &[("crm", at(3))]);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        told(&wrong, &["background services are named «sync»", "acme.rs:1", "acme.rs:2"]);
        let wrong = contradictory_services(&[&service(1)], &[("crm", at(3)), ("sync", at(4))]);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        told(&wrong, &["a handler and a background service", "acme.rs:1", "acme.rs:4"]);
    }
}
