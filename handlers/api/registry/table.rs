//! A registry with its handlers made: what the service holds from start to stop.

use std::fmt;

use super::{BuildError, Claim, Keys, Origin, Registration, Routes, Settings, SettingsTable};
use crate::registry::Conflict;
use crate::snapshot::Snapshot;

/// The handlers of one registry, sorted by where they are written.
pub struct Table<H: ?Sized + 'static> {
    handlers: Vec<Handler<H>>,
}

/// One handler and what was registered with it.
pub struct Handler<H: ?Sized + 'static> {
    /// Its name.
    pub name: &'static str,
    /// What it is asked by.
    pub keys: Keys,
    /// Of those that claim a key the highest answers.
    pub priority: i16,
    /// Where it is written.
    pub origin: Origin,
    /// The handler itself.
    pub handler: Box<H>,
}

impl<H: ?Sized> Handler<H> {
    /// What it wants to be asked for.
    pub fn claim(&self) -> Claim {
        let Self { name, keys, priority, origin, .. } = *self;
        Claim { name, keys, priority, origin }
    }
}

/// A handler that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    /// Its name.
    pub name: &'static str,
    /// Where it is written.
    pub origin: Origin,
    /// What its constructor said.
    pub error: BuildError,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "handler «{}» ({}) could not be made: {}", self.name, self.origin, self.error)
    }
}

impl std::error::Error for StartError {}

impl<H: ?Sized> Table<H> {
    /// Makes every registered handler that is not disabled; all that fail are reported at once.
    pub fn build<'r, 's>(
        registrations: impl IntoIterator<Item = &'r Registration<H>>,
        settings: impl Fn(&str) -> Option<&'s SettingsTable>,
        disabled: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<StartError>> {
        let mut registrations: Vec<_> =
            registrations.into_iter().filter(|reg| !disabled(reg.name)).collect();
        registrations.sort_by_key(|reg| (reg.origin, reg.name));
        let mut handlers: Vec<Handler<H>> = Vec::with_capacity(registrations.len());
        let mut errors = Vec::new();
        for reg in registrations {
            if let Some(other) = handlers.iter().find(|handler| handler.name == reg.name) {
                let error = BuildError::new(format!(
                    "{} has the same name; settings and metrics could not tell them apart, so give \
                     one of them another",
                    other.origin
                ));
                errors.push(StartError { name: reg.name, origin: reg.origin, error });
                continue;
            }
            match (reg.build)(&Settings::new(reg.name, settings(reg.name))) {
                Ok(handler) => handlers.push(Handler {
                    name: reg.name,
                    keys: reg.keys,
                    priority: reg.priority,
                    origin: reg.origin,
                    handler,
                }),
                Err(error) => {
                    errors.push(StartError { name: reg.name, origin: reg.origin, error });
                }
            }
        }
        if errors.is_empty() { Ok(Self { handlers }) } else { Err(errors) }
    }

    /// The handlers, in their fixed order.
    pub fn handlers(&self) -> &[Handler<H>] {
        &self.handlers
    }

    /// Resolves every key against a snapshot; all conflicts are reported at once.
    pub fn routes(&self, snapshot: &Snapshot) -> Result<Routes, Vec<Conflict>> {
        Routes::new(self.handlers.iter().map(Handler::claim), snapshot)
    }
}

impl<H: ?Sized> fmt::Debug for Table<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.handlers.iter().map(|handler| handler.name)).finish()
    }
}
