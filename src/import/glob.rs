//! File name patterns of `include`, as the C library's `glob` reads them: `*`, `?` and `[...]` within
//! a name, no match for names that begin with a dot, and the result in the order of its bytes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whether a pattern asks for more than the one file that it names.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Every path that fits, sorted.
pub(super) fn expand(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![if pattern.starts_with('/') { "/".into() } else { folder.to_owned() }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        if !is_pattern(part) {
            for path in &mut found {
                path.push(part);
            }
            found.retain(|path| path.symlink_metadata().is_ok());
            continue;
        }
        let mut next = Vec::new();
        for path in found.iter().filter(|path| path.is_dir()) {
            for entry in fs::read_dir(path)? {
                let name = entry?.file_name();
                if name.to_str().is_some_and(|name| fits(part, name)) {
                    next.push(path.join(name));
                }
            }
        }
        found = next;
    }
    found.sort();
    Ok(found)
}

fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    // Where the last star stands, and up to where it has swallowed the name.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match one(&pattern[p..], name[n]) {
            Some(_) if pattern[p] == '*' => {
                star = Some((p, n));
                p += 1;
            }
            Some(length) => {
                p += length;
                n += 1;
            }
            None => match star {
                Some((at, swallowed)) => {
                    star = Some((at, swallowed + 1));
                    (p, n) = (at + 1, swallowed + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How much of the pattern stands for this character, if it does.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['*' | '?', ..] => Some(1),
        ['[', rest @ ..] => match class(rest, c) {
            Some((true, length)) => Some(length + 1),
            Some((false, _)) => None,
            None => (c == '[').then_some(1),
        },
        ['\\', literal, ..] => (*literal == c).then_some(2),
        [literal, ..] => (*literal == c).then_some(1),
        [] => None,
    }
}

/// Whether a class holds the character, and how long the class is with its closing bracket.
fn class(text: &[char], c: char) -> Option<(bool, usize)> {
    let negated = matches!(text.first(), Some('!' | '^'));
    let start = usize::from(negated);
    // A bracket that comes first stands for itself.
    let end = start + 1 + text.get(start + 1..)?.iter().position(|c| *c == ']')?;
    let inside = &text[start..end];
    let mut holds = false;
    let mut at = 0;
    while at < inside.len() {
        if at + 2 < inside.len() && inside[at + 1] == '-' {
            holds |= (inside[at]..=inside[at + 2]).contains(&c);
            at += 3;
        } else {
            holds |= inside[at] == c;
            at += 1;
        }
    }
    Some((holds != negated, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_those_of_the_c_library() {
        for (pattern, name, expected) in [
            ("*.xml", "a.xml", true),
            ("*.xml", "a.xml~", false),
            ("*.xml", ".xml", false),
            (".*", ".xml", true),
            ("*-es-*.xml", "demo-es-ES.xml", true),
            ("??_*.xml", "00_x.xml", true),
            ("0[0-4]*", "03_x", true),
            ("0[!0-4]*", "03_x", false),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1b2b3", false),
            ("**", "x", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn paths_come_in_the_order_of_their_bytes_and_folders_may_be_patterns() {
        let root = tempfile::tempdir().expect("a folder");
        for path in ["b/2.xml", "a/1.xml", "a/B.xml", "a/a.xml", "a/.hidden.xml", "c.xml"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, "").expect("written");
        }
        let names = |pattern: &str| -> Vec<String> {
            let found = expand(root.path(), pattern).expect("readable");
            let names = found.iter().map(|path| path.strip_prefix(root.path()).expect("inside"));
            names.map(|name| name.to_str().expect("UTF-8").to_owned()).collect()
        };
        assert_eq!(names("a/*.xml"), ["a/1.xml", "a/B.xml", "a/a.xml"]);
        assert_eq!(names("*/*.xml"), ["a/1.xml", "a/B.xml", "a/a.xml", "b/2.xml"]);
        assert_eq!(names("c.xml"), ["c.xml"]);
        assert_eq!(names("gone.xml"), [""; 0]);
        assert_eq!(names("../*/nothing"), [""; 0]);
    }
}
