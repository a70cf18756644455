//! Registries: which handler answers which question.
//!
//! Handlers register at link time, wherever they are written, through [`register!`](crate::register).
//! The order in which the linker hands them over differs from build to build, so nothing depends on
//! it: a registry is sorted by where its handlers are written, and two handlers for one key are an
//! error that names both places.

mod routes;
mod table;

use std::fmt;

pub use routes::{Conflict, Match, Routes};
use serde::de::DeserializeOwned;
pub use table::{Handler, StartError, Table};

use crate::snapshot::Snapshot;

/// What a handler is asked by.
#[derive(Clone, Copy)]
pub enum Keys {
    /// These keys, as in `sofia.conf`. Compared without regard to ASCII case.
    Fixed(&'static [&'static str]),
    /// Keys that the snapshot tells, as its domains: a new one answers without a restart.
    From(fn(&Snapshot) -> Vec<String>),
    /// Whatever no other handler of the registry has a key for. There can be one.
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
    /// Makes the handler, once, when the service starts.
    pub build: fn(&Settings<'_>) -> Result<Box<H>, BuildError>,
    /// Where it is written.
    pub origin: Origin,
}

/// The module's own settings: the table `[handlers.NAME]` of the settings file.
#[derive(Debug)]
pub struct Settings<'a> {
    name: &'a str,
    table: Option<&'a serde_json::Value>,
}

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
    pub fn new(name: &'a str, table: Option<&'a serde_json::Value>) -> Self {
        Self { name, table }
    }

    /// Reads them into a type of the handler's.
    ///
    /// An absent table reads as an empty one, so a type whose fields all have defaults needs none;
    /// an error names the table and the field.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, BuildError> {
        let empty = serde_json::Value::Object(serde_json::Map::new());
        T::deserialize(self.table.unwrap_or(&empty)).map_err(|error| {
            let absent = if self.table.is_none() { " (there is no such table)" } else { "" };
            BuildError(format!("[handlers.{}]{absent}: {error}", self.name))
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

/// Registers a handler.
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
#[macro_export]
macro_rules! register {
    ($kind:ident, $name:expr, $keys:expr, new = $new:expr) => {
        $crate::inventory::submit! {
            $crate::registry::Registration::<dyn $crate::$kind> {
                name: $name,
                keys: $keys,
                build: |settings| {
                    let handler = ($new)(settings)?;
                    Ok(::std::boxed::Box::new(handler))
                },
                origin: $crate::registry::Origin {
                    package: env!("CARGO_PKG_NAME"),
                    module: module_path!(),
                    file: file!(),
                    line: line!(),
                },
            }
        }
    };
    ($kind:ident, $name:expr, $keys:expr, $handler:expr) => {
        $crate::register!(
            $kind,
            $name,
            $keys,
            new =
                |settings: &$crate::registry::Settings<'_>| { settings.none().map(|()| $handler) }
        );
    };
}
