//! The skeleton of a handler: a file that compiles, whose test passes, and the lines that link it.
//!
//! A skeleton is a handler like any other, built and tested with the service's own tests; only its
//! names are put in. It goes into a tree that is there ([`tree`]) or into a crate that is made around
//! it ([`own_crate`]).

mod kind;
mod name;
mod own_crate;
mod source;
mod tree;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use kind::Kind;
pub(crate) use name::{Name, key};
pub(crate) use own_crate::OwnCrate;
pub(crate) use source::Source;
pub(crate) use tree::Tree;

/// A handler to be.
#[derive(Debug)]
pub(crate) struct Skeleton {
    /// What it is called in settings and metrics.
    pub(crate) name: Name,
    /// What it answers.
    pub(crate) kind: Kind,
    /// What it is asked by.
    pub(crate) key: String,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewHandlerError {
    /// There is a handler of this name.
    #[error(
        "there is a handler «{0}» in this program already; settings and metrics could not tell two apart"
    )]
    Taken(String),
    /// Not inside of a tree.
    #[error(
        "{} is not inside a checkout of Jackfield or a crate of handlers; go there, or write a crate with --crate DIR --jackfield PATH",
        .0.display()
    )]
    NoTree(PathBuf),
    /// The built-in handlers do no input or output.
    #[error(
        "the handlers in Jackfield's own tree ask nobody outside; write a crate with --crate DIR --jackfield PATH"
    )]
    Outside,
    /// Something is there.
    #[error("{} is there already; choose another name", .0.display())]
    There(PathBuf),
    /// The folder's name is none of a package.
    #[error("{}: its last part names the package; write small letters, digits and hyphens, as in «acme-handlers»", .0.display())]
    Package(PathBuf),
    /// The checkout is none.
    #[error("{}: no checkout of Jackfield, which has a handlers/api/Cargo.toml", .0.display())]
    NoCheckout(PathBuf),
    /// No `mod` line to stand beside.
    #[error("{} has no `mod` line; add `mod {};` by hand", .0.display(), .1)]
    NoModules(PathBuf, String),
    /// The system refuses.
    #[error("cannot write {}", .0.display())]
    Io(PathBuf, #[source] io::Error),
}

impl Skeleton {
    /// A handler with the key that goes with its name, where none is given.
    pub(crate) fn new(
        name: Name,
        kind: Kind,
        key: Option<String>,
    ) -> Result<Self, NewHandlerError> {
        if crate::fsapi::registry::linked_names().contains(&name.as_str()) {
            return Err(NewHandlerError::Taken(name.as_str().to_owned()));
        }
        let key = key.unwrap_or_else(|| kind.key(name.as_str()));
        Ok(Self { name, kind, key })
    }

    /// Its file.
    fn text(&self) -> String {
        self.filled(self.kind.text())
    }

    /// A text with the names put in.
    fn filled(&self, text: &str) -> String {
        text.replace("example_key", &self.key)
            .replace("example_name", self.name.as_str())
            .replace("example_module", &self.name.module())
            .replace("ExampleType", &self.type_name())
    }

    /// The handler's type: its name, unless the skeleton has another type of that name.
    fn type_name(&self) -> String {
        let name = self.name.camel_case();
        let mut words = self.kind.text().split(|c: char| !c.is_alphanumeric());
        if words.any(|word| word == name) { name + "Handler" } else { name }
    }
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), NewHandlerError> {
    let failed = |error| NewHandlerError::Io(path.to_owned(), error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => NewHandlerError::There(path.to_owned()),
        _ => failed(error),
    })?;
    io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)
}

/// Lays a written file out as its tree does. Names may be longer than those of the skeleton; where there is no
/// `rustfmt`, nothing is lost but that.
fn lay_out(path: &Path) {
    let _ = std::process::Command::new("rustfmt")
        .args(["--edition", "2024"])
        .arg(path)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
}
