//! A crate of its own around a handler: a library of handlers, and the program that links it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{NewHandlerError, Skeleton, Source, lay_out, write};

/// A crate to be.
#[derive(Debug)]
pub(crate) struct OwnCrate {
    folder: PathBuf,
    package: String,
    source: Source,
}

/// Its files but for the handler: where, and what. `gitignore` would be one for this tree, with its dot.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("crate/Cargo.toml.in")),
    ("src/lib.rs", include_str!("crate/src/lib.rs")),
    ("src/main.rs", include_str!("crate/src/main.rs")),
    ("tests/linked.rs", include_str!("crate/tests/linked.rs")),
    ("README.md", include_str!("crate/README.md")),
    (".gitignore", include_str!("crate/gitignore")),
];

impl OwnCrate {
    /// A crate in a folder that is not there yet, or empty.
    pub(crate) fn new(folder: &Path, source: Source) -> Result<Self, NewHandlerError> {
        let package = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let starts = package.starts_with(|first: char| first.is_ascii_lowercase());
        let ours = ["jackfield", "jackfield-api", "jackfield-handlers", "test"].contains(&package);
        if ours || !starts || package.ends_with('-') || !package.bytes().all(is_plain) {
            return Err(NewHandlerError::Package(folder.to_owned()));
        }
        if fs::read_dir(folder).is_ok_and(|mut found| found.next().is_some()) {
            return Err(NewHandlerError::There(folder.to_owned()));
        }
        source.checkout()?;
        Ok(Self { folder: folder.to_owned(), package: package.to_owned(), source })
    }

    /// Writes it; returns the handler's file.
    pub(crate) fn write(&self, skeleton: &Skeleton) -> Result<PathBuf, NewHandlerError> {
        let failed = |error| NewHandlerError::Io(self.folder.clone(), error);
        fs::create_dir_all(&self.folder).map_err(failed)?;
        for (path, text) in FILES {
            write(&self.folder.join(path), &self.filled(skeleton, text))?;
        }
        // What is built is what Jackfield was tested with.
        if let Some(checkout) = self.source.checkout()? {
            let locked = fs::read_to_string(checkout.join("Cargo.lock")).map_err(failed)?;
            write(&self.folder.join("Cargo.lock"), &locked)?;
        }
        let handler = self.folder.join("src").join(format!("{}.rs", skeleton.name.module()));
        write(&handler, &skeleton.text())?;
        lay_out(&handler);
        Ok(handler)
    }

    fn filled(&self, skeleton: &Skeleton, text: &str) -> String {
        let dependency =
            |package, features: &[&str]| self.source.dependency(package, features, &self.folder);
        let api = match self.source {
            Source::Checkout(_) => "handlers/api",
            Source::Git(_) => "",
        };
        skeleton
            .filled(text)
            .replace("example_package", &self.package)
            .replace("example_crate", &self.package.replace('-', "_"))
            .replace("example_rust", env!("CARGO_PKG_RUST_VERSION"))
            .replace("example_jackfield", &dependency("", &[]))
            .replace("example_api", &dependency(api, &[]))
            .replace("example_testing", &dependency(api, &["testing"]))
    }
}
