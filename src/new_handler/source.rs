//! Where a crate takes Jackfield from.

use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::NewHandlerError;

/// A checkout, or a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder of this machine.
    Checkout(PathBuf),
    /// Where git finds it.
    Git(String),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        if word.contains("://") {
            return Ok(Self::Git(word.to_owned()));
        }
        // As git itself writes it; cargo takes URLs alone.
        let of_ssh = word.split_once(':').filter(|(host, _)| host.starts_with("git@"));
        Ok(match of_ssh {
            Some((host, path)) => Self::Git(format!("ssh://{host}/{path}")),
            None => Self::Checkout(word.into()),
        })
    }
}

impl Source {
    /// The checkout, if it is one.
    pub(crate) fn checkout(&self) -> Result<Option<&Path>, NewHandlerError> {
        match self {
            Self::Checkout(path) if path.join("handlers/api/Cargo.toml").is_file() => {
                Ok(Some(path))
            }
            Self::Checkout(path) => Err(NewHandlerError::NoCheckout(path.clone())),
            Self::Git(_) => Ok(None),
        }
    }

    /// A package of it, as a manifest in `folder` has it: what stands there is relative to that folder.
    pub(crate) fn dependency(&self, package: &str, features: &[&str], folder: &Path) -> String {
        let from = match self {
            Self::Git(url) => format!("git = {}", quoted(url)),
            Self::Checkout(path) => {
                let path = if path.is_absolute() { path.clone() } else { between(folder, path) };
                format!("path = {}", quoted(&path.join(package).to_string_lossy()))
            }
        };
        let features: Vec<_> = features.iter().map(|feature| quoted(feature)).collect();
        if features.is_empty() {
            return format!("{{ {from} }}");
        }
        format!("{{ {from}, features = [{}] }}", features.join(", "))
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The way from a folder to another; both are there.
fn between(from: &Path, to: &Path) -> PathBuf {
    let (Ok(from), Ok(to)) = (from.canonicalize(), to.canonicalize()) else {
        return to.to_owned();
    };
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_checkout_is_relative_to_the_crate() {
        let folder = tempfile::tempdir().expect("a folder");
        let [from, to] = ["a/b", "c"].map(|name| folder.path().join(name));
        for made in [&from, &to] {
            std::fs::create_dir_all(made).expect("a folder");
        }
        assert_eq!(between(&from, &to), Path::new("../../c"));
        assert_eq!(between(&to, &from), Path::new("../a/b"));
    }

    #[test]
    fn a_url_is_one_of_git() {
        let source: Source = "https://git.example.test/jackfield.git".parse().expect("a source");
        assert_eq!(
            source.dependency("", &["testing"], Path::new(".")),
            r#"{ git = "https://git.example.test/jackfield.git", features = ["testing"] }"#
        );
        let ssh = Source::Git("ssh://git@git.example.test/acme/jackfield.git".to_owned());
        assert_eq!("git@git.example.test:acme/jackfield.git".parse(), Ok(ssh));
        assert_eq!("../jackfield".parse(), Ok(Source::Checkout("../jackfield".into())));
    }
}
