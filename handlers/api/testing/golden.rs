//! Texts that are compared with files, and files that are made of texts.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// Compares a text with a file of the crate that the test is in, as in
/// `golden!("golden/acl.xml", text)`: the path counts from that crate's `Cargo.toml`.
///
/// With `JACKFIELD_BLESS=1` in the environment the file is written instead.
///
/// # Panics
/// Where they differ: the lines that do are shown.
#[macro_export]
macro_rules! golden {
    ($path:expr, $text:expr $(,)?) => {
        $crate::testing::golden(
            ::core::env!("CARGO_MANIFEST_DIR"),
            &$path,
            ::core::convert::AsRef::<::core::primitive::str>::as_ref(&$text),
        )
    };
}

/// What [`golden!`](crate::golden!) does, for a file in this folder.
///
/// # Panics
/// Where they differ, or where the file cannot be read or written.
#[track_caller]
pub fn golden(folder: &str, path: &(impl AsRef<Path> + ?Sized), text: &str) {
    let file = Path::new(folder).join(path);
    let shown = file.display();
    if env::var_os("JACKFIELD_BLESS").is_some_and(|value| value == "1") {
        let parent = file.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&file, text));
        return written.unwrap_or_else(|error| panic!("{shown} cannot be written: {error}"));
    }
    let kept = match fs::read_to_string(&file) {
        Ok(kept) => kept,
        Err(error) => panic!("{shown} cannot be read: {error}\n{BLESS}\n{text}"),
    };
    assert!(kept == text, "{shown} says otherwise\n{BLESS}\n{}", difference(&kept, text));
}

const BLESS: &str = "run this test with JACKFIELD_BLESS=1 where the change is meant";

/// How many lines that are the same are shown around those that differ.
const AROUND: usize = 2;

/// The lines that only one of them has, `-` for the kept one and `+` for the new one, with some lines
/// around them. Each run of differences stands in a hunk with the line in the kept text.
fn difference(kept: &str, new: &str) -> String {
    let (kept, new): (Vec<_>, Vec<_>) = (lines(kept), lines(new));
    let lines = merged(&kept, &new);
    let is_near = |at: usize| {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        lines[near].iter().any(|(mark, _)| *mark != ' ')
    };
    let (mut shown, mut line, mut was_near) = (String::new(), 1, false);
    for (at, (mark, text)) in lines.iter().enumerate() {
        let near = is_near(at);
        if near && !was_near {
            let _ = writeln!(shown, "line {line}:");
        }
        if near {
            let _ = writeln!(shown, "{mark} {text}");
        }
        was_near = near;
        line += usize::from(*mark != '+');
    }
    shown
}

/// The lines, where the last one is told apart from one that ends.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.split_inclusive('\n').map(str::to_owned).collect();
    for line in &mut lines {
        match line.strip_suffix('\n').map(str::to_owned) {
            Some(ended) => *line = ended,
            None => line.push_str("  (no end of line)"),
        }
    }
    lines
}

/// All lines of both in one order, those of the longest common sequence once.
fn merged<'a>(kept: &'a [String], new: &'a [String]) -> Vec<(char, &'a str)> {
    // How long the common sequence of what follows is, for each pair of places.
    let mut common = vec![vec![0_u32; new.len() + 1]; kept.len() + 1];
    for (k, line) in kept.iter().enumerate().rev() {
        for (n, other) in new.iter().enumerate().rev() {
            common[k][n] = if line == other {
                common[k + 1][n + 1] + 1
            } else {
                common[k + 1][n].max(common[k][n + 1])
            };
        }
    }
    let (mut k, mut n, mut merged) = (0, 0, Vec::new());
    while k < kept.len() || n < new.len() {
        if k < kept.len() && n < new.len() && kept[k] == new[n] {
            merged.push((' ', kept[k].as_str()));
            (k, n) = (k + 1, n + 1);
        } else if n == new.len() || (k < kept.len() && common[k + 1][n] >= common[k][n + 1]) {
            merged.push(('-', kept[k].as_str()));
            k += 1;
        } else {
            merged.push(('+', new[n].as_str()));
            n += 1;
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn lines_that_differ_are_shown_with_those_around_them() {
        let kept = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = "1\n2\n3\nfour\n4\n5\n6\n7\n8\n";
        assert_eq!(
            difference(kept, new),
            "line 2:\n  2\n  3\n+ four\n  4\n  5\nline 7:\n  7\n  8\n- 9\n"
        );
        assert_eq!(difference("a\n", "a"), "line 1:\n- a\n+ a  (no end of line)\n");
        assert_eq!(difference("", "a\n"), "line 1:\n+ a\n");
    }

    #[test]
    fn a_text_that_is_kept_passes_and_another_one_tells_how_to_bless() {
        golden!("testing/golden/kept.txt", "one\ntwo\n");
        golden!("testing/golden/kept.txt", String::from("one\ntwo\n"));
        if env::var_os("JACKFIELD_BLESS").is_some() {
            return;
        }
        for (path, told) in [
            (
                "testing/golden/kept.txt",
                "testing/golden/kept.txt says otherwise\nrun this test with",
            ),
            ("testing/golden/gone.txt", "testing/golden/gone.txt cannot be read"),
        ] {
            let panic = catch_unwind(|| golden!(path, "one\n2\n")).expect_err("it differs");
            let complaint = panic.downcast::<String>().expect("a text");
            assert!(
                complaint.contains(told) && complaint.contains("JACKFIELD_BLESS=1"),
                "{complaint}"
            );
        }
    }
}
