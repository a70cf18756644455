//! What keeps the service from starting: handlers that contradict each other or the settings.

use std::fmt;

use jackfield_api::registry::{Conflict, StartError};

use super::registry::linked_names;
use crate::settings::Settings;

/// Why the stages could not be made.
#[derive(Debug)]
pub enum StartErrors {
    /// Handlers that could not be made.
    Handlers(Vec<StartError>),
    /// Keys that two handlers claim.
    Conflicts(Vec<Conflict>),
    /// Routes and protected paths that contradict each other.
    Routes(Vec<String>),
    /// No handler is linked in.
    NoHandlers,
    /// `disabled_handlers` or `[handlers.NAME]` names a handler that is not there.
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
            Self::Handlers(errors) => lines(f, errors),
            Self::Conflicts(conflicts) => lines(f, conflicts),
            Self::Routes(contradictions) => lines(f, contradictions),
            Self::NoHandlers => f.write_str(
                "no handler is linked into this program: its crate must say \
                 `use jackfield_handlers as _;` or the like, once for each crate of handlers",
            ),
            Self::Unknown(names) => write!(
                f,
                "the settings name handlers that are not there: {}; \
                 `jackfield handlers` lists those that are",
                names.join(", ")
            ),
        }
    }
}

impl std::error::Error for StartErrors {}

impl StartErrors {
    /// Names in the settings that no linked handler has are typing errors.
    pub(crate) fn check_names(settings: &Settings) -> Result<(), Self> {
        let linked = linked_names();
        let named = settings.handlers.keys().chain(&settings.disabled_handlers);
        let unknown: Vec<_> =
            named.filter(|name| !linked.contains(&name.as_str())).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { Err(Self::Unknown(unknown)) }
    }
}
