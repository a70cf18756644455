//! File names made of the names of objects.
//!
//! Two names never become one: what could do harm in a path is written as `%` and its hexadecimal digits,
//! and a name that is too long for a file ends in its digest.

use std::fmt::Write as _;

use md5::{Digest, Md5};

/// Shorter than any file system's limit, with room for an ending.
const LONGEST: usize = 120;

/// A name for a file that ends in `.xml`.
pub(super) fn file(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        // A star of an include finds no name that begins with a dot, some tools take one with a dash for
        // an option, and folders of ours begin with an underscore.
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'+' | b'@')
            || at > 0 && matches!(byte, b'.' | b'-' | b'_');
        if plain {
            safe.push(char::from(byte));
        } else {
            let _ = write!(safe, "%{byte:02X}");
        }
    }
    if safe.len() > LONGEST {
        let digest = Md5::digest(name).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        safe.truncate(LONGEST - digest.len() - 1);
        safe.push('%');
        safe.push_str(&digest);
    }
    safe
}

/// A name for a folder, which never looks like a file.
pub(super) fn folder(name: &str) -> String {
    let safe = file(name);
    match safe.len().checked_sub(4).filter(|at| safe[*at..].eq_ignore_ascii_case(".xml")) {
        Some(at) => format!("{}%2E{}", &safe[..at], &safe[at + 1..]),
        None => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_anywhere_else() {
        for (name, path) in [
            ("1000", "1000"),
            ("pbx.example.test", "pbx.example.test"),
            ("+49-30_1", "+49-30_1"),
            ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
            ("..", "%2E."),
            ("_a b", "%5Fa%20b"),
            ("a*?[b]", "a%2A%3F%5Bb%5D"),
            ("ü", "%C3%BC"),
            ("50%", "50%25"),
        ] {
            assert_eq!(file(name), path);
        }
        assert_eq!(folder("a.XML"), "a%2EXML");
        assert_eq!(folder("pbx.example.test"), "pbx.example.test");
    }

    #[test]
    fn long_names_stay_apart() {
        let (one, other) = (file(&"ü".repeat(99)), file(&("ü".repeat(98) + "u")));
        assert!(one.len() <= LONGEST && other.len() <= LONGEST);
        assert_ne!(one, other);
    }
}
