//! Recorded bodies by their numbers.

use jackfield_api::testing::{Body, recorded};

/// Every recorded body by its file's name without the ending, sorted.
pub(crate) fn recorded() -> Vec<(String, Vec<u8>)> {
    recorded::ALL.iter().map(|body| (body.name().to_owned(), (*body).into())).collect()
}

/// The recorded body of this number.
pub(crate) fn body(number: u8) -> Body {
    recorded::ALL[usize::from(number) - 1].body()
}

/// A value as the switch encodes it, with every byte that is not a letter or digit escaped.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
