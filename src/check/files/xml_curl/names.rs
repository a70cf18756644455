//! The names of parameters that `mod_xml_curl` knows: it leaves all others out without a word.

use super::Binding;
use crate::check::files::fault::{Fault, Mend};
use crate::check::files::param::Param;

const KNOWN: [&str; 18] = [
    "auth-scheme",
    "bind-local",
    "cookie-file",
    "disable-100-continue",
    "enable-cacert-check",
    "enable-post-var",
    "enable-ssl-verifyhost",
    "gateway-credentials",
    "gateway-url",
    "method",
    "response-max-bytes",
    "ssl-cacert-file",
    "ssl-cert-path",
    "ssl-key-password",
    "ssl-key-path",
    "ssl-version",
    "timeout",
    "use-dynamic-url",
];

pub(super) fn check(binding: &Binding<'_>, faults: &mut Vec<Fault>) {
    let mut seen: Vec<&str> = Vec::new();
    for param in &binding.params.0 {
        let Some(name) = KNOWN.into_iter().find(|known| param.is(known)) else {
            let what = format!("mod_xml_curl has no parameter «{}»", param.name);
            let why = "it is left out without a word: what it was to do is not done";
            let mend = match meant(param) {
                // The value may be a secret.
                Some(meant) if !is_plain(meant) || crate::secret::is_secret(param.name) => {
                    Mend::Do(format!("write its name as {meant}"))
                }
                // One that is set already does what was meant.
                Some(meant) if binding.params.get(meant).is_none() => {
                    Mend::Instead(super::line(meant, param.raw))
                }
                _ => Mend::Remove,
            };
            faults.push(Fault::error(&param.element.place, what, why, mend));
            continue;
        };
        if name == "enable-post-var" {
            continue;
        }
        if seen.contains(&name) {
            let what = format!("a second {name}: the one before it does not count");
            let (why, mend) = if name == "gateway-url" {
                let why = "a binding asks one URL; the other one is never asked";
                (why, Mend::Do("write a <binding> of its own for each URL".to_owned()))
            } else {
                ("the last one of a name is what counts", Mend::Remove)
            };
            faults.push(Fault::error(&param.element.place, what, why, mend));
        }
        seen.push(name);
    }
}

/// Whether a parameter is missing only because its name is written wrong, which is told by itself.
pub(super) fn is_misspelt(binding: &Binding<'_>, name: &str) -> bool {
    let unknown = |param: &&Param<'_>| !KNOWN.iter().any(|known| param.is(known));
    binding.params.get(name).is_none()
        && binding.params.0.iter().filter(unknown).any(|param| meant(param) == Some(name))
}

/// Whether what is set is a number or a switch, which nobody hides.
fn is_plain(name: &str) -> bool {
    name.starts_with("enable-") && name != "enable-post-var"
        || ["timeout", "response-max-bytes", "disable-100-continue"].contains(&name)
}

fn meant(param: &Param<'_>) -> Option<&'static str> {
    nearest(&param.name.to_ascii_lowercase(), &KNOWN)
}

/// The word that another was meant to be: one that it is a part of, or else one that few changes make of it.
pub(super) fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    let part = || words.iter().copied().find(|known| word.len() > 4 && known.ends_with(word));
    let near = words.iter().map(|known| (distance(word, known), known)).min();
    let near = near.filter(|(changes, known)| *changes <= known.len() / 4).map(|(_, known)| *known);
    near.or_else(part)
}

/// How many letters have to be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, byte) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, known) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(byte != known);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_found() {
        let meant = |word| nearest(word, &KNOWN);
        assert_eq!(meant("credentials"), Some("gateway-credentials"));
        assert_eq!(meant("ssl-verifyhost"), Some("enable-ssl-verifyhost"));
        assert_eq!(meant("time-out"), Some("timeout"));
        assert_eq!(meant("gateway-ulr"), Some("gateway-url"));
        assert_eq!(meant("debug_on"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
