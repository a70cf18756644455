//! Counters of modules, in the text format of Prometheus.
//!
//! They are the api's own, which knows no Prometheus; their names are checked at the start.

use std::fmt::{self, Display, Write};

use jackfield_api::counter::Family;

/// Writes all of them, those that have counted nothing yet included.
pub(super) fn write(families: &[&Family], to: &mut Vec<u8>) {
    let mut text = String::new();
    for family in families {
        // Writing into a `String` cannot fail.
        let _ = write!(text, "{}", Shown(family));
    }
    to.extend_from_slice(text.as_bytes());
}

struct Shown<'a>(&'a Family);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Family { name, help, label, .. } = self.0;
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        writeln!(f, "# HELP {name} {help}\n# TYPE {name} counter")?;
        for (value, count) in self.0.counted() {
            match label {
                Some((label, _)) => {
                    let value =
                        value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
                    writeln!(f, "{name}{{{label}=\"{value}\"}} {count}")?;
                }
                None => writeln!(f, "{name} {count}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    jackfield_api::counter!(ODD, "test_odd_total", "A \\ and\na line.", what = ["a\"b", "c\\d\n"]);
    jackfield_api::counter!(EVEN, "test_even_total", "Counts.");

    #[test]
    fn counters_of_modules_are_shown_from_the_start_whatever_is_in_their_texts() {
        EVEN.add();
        let mut text = Vec::new();
        write(&[EVEN.family(), ODD.family()], &mut text);
        let expected = concat!(
            "# HELP test_even_total Counts.\n",
            "# TYPE test_even_total counter\n",
            "test_even_total 1\n",
            "# HELP test_odd_total A \\\\ and\\na line.\n",
            "# TYPE test_odd_total counter\n",
            "test_odd_total{what=\"a\\\"b\"} 0\n",
            "test_odd_total{what=\"c\\\\d\\n\"} 0\n",
            "test_odd_total{what=\"other\"} 0\n",
        );
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
