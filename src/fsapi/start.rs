//! What keeps the service from starting: handlers, and what else modules bring along, that contradict
//! each other or the settings.

use std::fmt;

use jackfield_api::registry::{Conflict, StartError};

use super::registry::linked_names;
use crate::plug::{commands, routes, services};
use crate::settings::Settings;

/// Why the stages could not be made.
#[derive(Debug)]
pub enum StartErrors {
    /// Handlers that could not be made, and where their settings are.
    Handlers {
        /// One for each.
        errors: Vec<StartError>,
        /// Where the settings come from.
        whence: String,
    },
    /// Keys that two handlers claim.
    Conflicts(Vec<Conflict>),
    /// Routes, protected paths, commands, background services and counters that contradict each other.
    Plugged(Vec<String>),
    /// No handler is linked in.
    NoHandlers,
    /// `disabled_handlers` or `[handlers.NAME]` names nothing that is there.
    Unknown(Vec<String>),
}

impl fmt::Display for StartErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn lines(f: &mut fmt::Formatter<'_>, list: &[impl fmt::Display]) -> fmt::Result {
            list.iter()
                .enumerate()
                .try_for_each(|(at, line)| write!(f, "{}{line}", if at == 0 { "" } else { "\n" }))
        }
        match self {
            Self::Handlers { errors, whence } => {
                let told = errors.iter().map(|error| {
                    let name = error.name;
                    format!("{error} ({whence}; `disabled_handlers = [\"{name}\"]` leaves it out)")
                });
                lines(f, &told.collect::<Vec<_>>())
            }
            Self::Conflicts(conflicts) => lines(f, conflicts),
            Self::Plugged(contradictions) => lines(f, contradictions),
            Self::NoHandlers => f.write_str(
                "no handler is linked into this program: its crate must say \
                 `use jackfield_handlers as _;` or the like, once for each crate of handlers",
            ),
            Self::Unknown(names) => write!(
                f,
                "the settings name handlers that are not there: {}; \
                 `jackfield handlers --all` lists those that are, and what else may have settings",
                names.join(", ")
            ),
        }
    }
}

impl std::error::Error for StartErrors {}

impl StartErrors {
    pub(super) fn handlers(errors: Vec<StartError>, settings: &Settings) -> Self {
        Self::Handlers { errors, whence: settings.whence() }
    }

    /// Names in the settings that nothing linked has are typing errors. A module without a handler has its
    /// settings under the name of a service, a route or a command.
    pub(crate) fn check_names(settings: &Settings) -> Result<(), Self> {
        let mut linked = linked_names();
        linked.extend(services().iter().map(|service| service.name));
        let of_modules = routes().into_iter().filter(|route| route.is_of_a_module());
        let mut with_settings: Vec<_> = of_modules.map(|route| route.name).collect();
        with_settings.extend(commands().iter().map(|command| command.name));
        let is_linked = |name: &&String| linked.contains(&name.as_str());
        let has_settings = |name: &&String| with_settings.contains(&name.as_str());
        let tables =
            settings.handlers.keys().filter(|name| !is_linked(name) && !has_settings(name));
        // Routes and commands cannot be left out.
        let disabled = settings.disabled_handlers.iter().filter(|name| !is_linked(name));
        let unknown: Vec<_> = tables.chain(disabled).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { Err(Self::Unknown(unknown)) }
    }
}
