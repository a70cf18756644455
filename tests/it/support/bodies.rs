//! Recorded bodies, and ways to change them as a stranger or another switch would.

use std::fs;
use std::path::Path;

/// The pairs of a body, in the order they came, as raw text.
#[derive(Debug, Clone)]
pub(crate) struct Body(Vec<(String, String)>);

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bodies"))
}

/// Every recorded body by its file's name without the ending, sorted.
pub(crate) fn recorded() -> Vec<(String, Vec<u8>)> {
    let mut bodies: Vec<_> = fs::read_dir(folder())
        .expect("recorded bodies")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "form"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("readable"))
        })
        .collect();
    bodies.sort();
    assert!(bodies.len() >= 75, "{} bodies", bodies.len());
    bodies
}

/// The recorded body of this number.
pub(crate) fn body(number: u8) -> Body {
    let prefix = format!("{number:02}-");
    let (_, bytes) = recorded()
        .into_iter()
        .find(|(name, _)| name.starts_with(&prefix))
        .unwrap_or_else(|| panic!("no body {number}"));
    Body::parse(&String::from_utf8(bytes).expect("recorded bodies are ASCII"))
}

/// A value as the switch encodes it, with every byte that is not a letter or digit escaped.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Body {
    pub(crate) fn parse(body: &str) -> Self {
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        };
        Self(body.split('&').map(pair).collect())
    }

    /// Sets the first pair of this name, base fields first, to a raw value.
    #[must_use]
    pub(crate) fn set(mut self, name: &str, raw: &str) -> Self {
        let pair = self.0.iter_mut().find(|(found, _)| found == name);
        raw.clone_into(&mut pair.unwrap_or_else(|| panic!("no field {name}")).1);
        self
    }

    /// Sets the last pair of this name to a raw value.
    #[must_use]
    pub(crate) fn set_last(mut self, name: &str, raw: &str) -> Self {
        let pair = self.0.iter_mut().rev().find(|(found, _)| found == name);
        raw.clone_into(&mut pair.unwrap_or_else(|| panic!("no field {name}")).1);
        self
    }

    /// Puts a pair in front of the first of another name; its name may hold `&` and `=`.
    #[must_use]
    pub(crate) fn before(mut self, other: &str, name: &str, raw: &str) -> Self {
        let at = self.0.iter().position(|(found, _)| found == other);
        let at = at.unwrap_or_else(|| panic!("no field {other}"));
        self.0.insert(at, (name.to_owned(), raw.to_owned()));
        self
    }

    /// Adds a pair at the end.
    #[must_use]
    pub(crate) fn and(mut self, name: &str, raw: &str) -> Self {
        self.0.push((name.to_owned(), raw.to_owned()));
        self
    }

    /// Takes every pair of this name away.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }

    /// Keeps the five base fields and the pairs of these names, as `enable-post-var` does.
    #[must_use]
    pub(crate) fn reduced_to(self, names: &[&str]) -> Self {
        let kept =
            |(at, (name, _)): &(usize, (String, String))| *at < 5 || names.contains(&name.as_str());
        Self(self.0.into_iter().enumerate().filter(kept).map(|(_, pair)| pair).collect())
    }

    /// The first raw value of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.text().into_bytes()
    }
}
