//! Registries: which handler answers which question.
//!
//! Handlers register at link time, wherever they are written, through [`register!`](crate::register).
//! The order in which the linker hands them over differs from build to build, so nothing depends on
//! it: a registry is sorted by where its handlers are written, and two handlers for one key are an
//! error that names both places, unless one has the higher [priority](Registration::priority).

#[cfg(feature = "settings")]
mod read;
mod routes;
mod table;

use std::fmt;

pub use routes::{Claim, Conflict, Match, Routes};
#[cfg(feature = "settings")]
use serde::de::DeserializeOwned;
pub use table::{Handler, StartError, Table};

use crate::snapshot::Snapshot;

/// What a handler is asked by.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Keys {
    /// These keys, as in `sofia.conf`. Compared without regard to ASCII case.
    Fixed(&'static [&'static str]),
    /// Keys that the snapshot tells, as its domains: a new one answers without a restart.
    From(fn(&Snapshot) -> Vec<String>),
    /// Whatever no other handler of the registry has a key for, whatever the priorities are. There can
    /// be one, or one of the highest priority.
    CatchAll,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(keys) => f.debug_tuple("Fixed").field(keys).finish(),
            Self::From(_) => f.write_str("From(snapshot)"),
            Self::CatchAll => f.write_str("CatchAll"),
        }
    }
}

/// Where a registration is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The crate.
    pub package: &'static str,
    /// The module.
    pub module: &'static str,
    /// The source file, as the compiler was given it.
    pub file: &'static str,
    /// The line.
    pub line: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One registered handler. Made by [`register!`](crate::register).
pub struct Registration<H: ?Sized + 'static> {
    /// The handler's name: in settings, metrics, logs and on the command line.
    pub name: &'static str,
    /// What it is asked by.
    pub keys: Keys,
    /// Of the handlers that claim a key the one of the highest priority answers, and no other is asked.
    /// The built-in ones have 0. Not for a stored domain: see [`register!`](crate::register).
    pub priority: i16,
    /// Makes the handler, once, when the service starts.
    pub build: fn(&Settings<'_>) -> Result<Box<H>, BuildError>,
    /// Where it is written.
    pub origin: Origin,
}

/// The module's own settings: the table `[handlers.NAME]` of the settings file.
#[derive(Debug)]
pub struct Settings<'a> {
    name: &'a str,
    table: Option<&'a SettingsTable>,
}

/// A table of the settings file. Without the feature `settings` nobody reads one, and there is none.
#[cfg(feature = "settings")]
pub type SettingsTable = serde_json::Value;

/// A table of the settings file. Without the feature `settings` nobody reads one, and there is none.
#[cfg(not(feature = "settings"))]
#[derive(Debug)]
pub enum SettingsTable {}

/// Why a handler could not be made. The service does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(String);

impl BuildError {
    /// An error with a message that says what is wrong and what to do about it.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

impl<'a> Settings<'a> {
    /// The settings of the handler of this name.
    pub fn new(name: &'a str, table: Option<&'a SettingsTable>) -> Self {
        Self { name, table }
    }

    /// Reads them into a type of the handler's.
    ///
    /// An absent table reads as an empty one, so a type whose fields all have defaults needs none;
    /// an error names the table, the field and what is expected there, and never repeats the value: it
    /// may be a secret.
    ///
    /// Needs the feature `settings`, which the built-in handlers have, and each program with the
    /// service.
    #[cfg(feature = "settings")]
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, BuildError> {
        let empty = SettingsTable::Object(serde_json::Map::new());
        read::read(self.table.unwrap_or(&empty)).map_err(|error| {
            let name = self.name;
            let remedy = match (error.missing(), self.table) {
                (Some(field), None) => {
                    format!("write `[handlers.{name}]` and below it `{field} = ...`")
                }
                (Some(field), Some(_)) => {
                    format!("write `{field} = ...` below `[handlers.{name}]`")
                }
                (None, _) => format!("put it right below `[handlers.{name}]`"),
            };
            BuildError(format!("[handlers.{name}]: {error}; {remedy} in the settings file"))
        })
    }

    /// For a handler that has no settings: an error where the file has some.
    pub fn none(&self) -> Result<(), BuildError> {
        match self.table {
            None => Ok(()),
            Some(_) => Err(BuildError(format!(
                "[handlers.{}]: this handler takes no settings; remove the table",
                self.name
            ))),
        }
    }
}

/// Calls a constructor. A function of its own, so that the compiler says of a wrong one what is wanted.
#[doc(hidden)]
pub fn make<'r, 's, H>(
    new: impl FnOnce(&'r Settings<'s>) -> Result<H, BuildError>,
    settings: &'r Settings<'s>,
) -> Result<H, BuildError> {
    new(settings)
}

/// Registers a handler: its kind, its name, what it is asked by, and itself.
///
/// ```
/// use jackfield_api::{register, Answer, ConfigurationHandler, Facts, Keys};
/// use jackfield_api::document::Configuration;
/// use jackfield_api::lookup::ConfigurationLookup;
///
/// struct Weather;
///
/// impl ConfigurationHandler for Weather {
///     fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
///         Configuration::new("weather.conf").settings([("city", "Utrecht")]).answer()
///     }
/// }
///
/// register!(ConfigurationHandler, "weather", Keys::Fixed(&["weather.conf"]), Weather);
/// ```
///
/// A handler with settings is made by a function of [`Settings`] instead:
/// `register!(ConfigurationHandler, "weather", Keys::CatchAll, new = Weather::new)` where
/// `Weather::new` is a `fn(&Settings<'_>) -> Result<Weather, BuildError>`.
///
/// # Priority
///
/// Two handlers for one key stop the start. Where one is to answer instead of another, as instead of a
/// built-in one, it has a higher priority: `priority = 10`, an `i16` behind the keys; without it a
/// handler has 0. It is then the only one that is asked. Nothing falls through to a lower one, so a
/// handler that wants the stored answer for some of its look-ups makes it:
///
/// ```
/// use jackfield_api::document::Dialplan;
/// use jackfield_api::lookup::DialplanLookup;
/// use jackfield_api::snapshot::{Condition, Extension};
/// use jackfield_api::{register, Answer, DialplanHandler, Facts, Keys, Refusal};
///
/// struct Hotline;
///
/// impl DialplanHandler for Hotline {
///     fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
///         let name = lookup.context();
///         if lookup.destination() == "4242" {
///             let to_agents = Condition::default().run("callcenter", "support@default");
///             return Dialplan::context(name, [&Extension::new("hotline", to_agents)]);
///         }
///         let stored = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
///         Dialplan::stored(name, stored)
///     }
/// }
///
/// register!(DialplanHandler, "hotline", Keys::Fixed(&["default"]), priority = 10, Hotline);
/// ```
///
/// That holds for contexts and for documents. The answer about a user of a stored domain is made of more
/// than the snapshot shows, as which of its hashes fits the client, and only the built-in handler makes
/// it. So do not go before that with a domain that is stored: give the handler's domain another name.
///
/// With settings: `register!(DialplanHandler, "hotline", Keys::Fixed(&["default"]), priority = 10,
/// new = Hotline::new)`. Any other shape is an error of the compiler that shows the right ones:
///
/// ```compile_fail
/// jackfield_api::register!(DialplanHandler, "hotline", priority = 10);
/// ```
#[macro_export]
macro_rules! register {
    ($kind:ident, $name:expr, $keys:expr, priority = $priority:expr, new = $new:expr $(,)?) => {
        $crate::inventory::submit! {
            $crate::registry::Registration::<dyn $crate::$kind> {
                name: $name,
                keys: $keys,
                priority: $priority,
                build: |settings| {
                    let handler = $crate::registry::make($new, settings)?;
                    ::core::result::Result::Ok(::std::boxed::Box::new(handler))
                },
                origin: $crate::origin!(),
            }
        }
    };
    ($kind:ident, $name:expr, $keys:expr, priority = $priority:expr $(,)?) => {
        $crate::register!(@wrong);
    };
    ($kind:ident, $name:expr, $keys:expr, priority = $priority:expr, $handler:expr $(,)?) => {
        $crate::register!(
            $kind,
            $name,
            $keys,
            priority = $priority,
            new =
                |settings: &$crate::registry::Settings<'_>| { settings.none().map(|()| $handler) }
        );
    };
    ($kind:ident, $name:expr, $keys:expr, new = $new:expr $(,)?) => {
        $crate::register!($kind, $name, $keys, priority = 0, new = $new);
    };
    ($kind:ident, $name:expr, $keys:expr, $handler:expr $(,)?) => {
        $crate::register!($kind, $name, $keys, priority = 0, $handler);
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "`register!` takes one of these:\n  \
             register!(DialplanHandler, \"crm\", Keys::Fixed(&[\"default\"]), Crm);\n  \
             register!(DialplanHandler, \"crm\", Keys::Fixed(&[\"default\"]), new = Crm::new);\n  \
             register!(DialplanHandler, \"crm\", Keys::Fixed(&[\"default\"]), priority = 10, Crm);\n  \
             register!(DialplanHandler, \"crm\", Keys::Fixed(&[\"default\"]), priority = 10, new = Crm::new);\n\
             that is the kind of handler (a trait of `jackfield_api`), its name, its keys (`Keys::Fixed`, \
             `Keys::From` or `Keys::CatchAll`), a priority if not 0, and the handler or its constructor"
        );
    };
}

/// Where it is written.
#[doc(hidden)]
#[macro_export]
macro_rules! origin {
    () => {
        $crate::registry::Origin {
            package: ::core::env!("CARGO_PKG_NAME"),
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
        }
    };
}
