//! Logs that hold look-ups.

use super::block::Directive;
use crate::check::files::fault::{Fault, Mend};

/// nginx's names of the body of a request.
const BODIES: [&str; 2] = ["$request_body", "${request_body}"];

/// Formats of logs, in a site that look-ups pass through.
pub(super) fn check(all: &[Directive], faults: &mut Vec<Fault>) {
    let http = all.iter().filter(|one| one.is("http")).flat_map(|http| &http.children);
    for format in all.iter().chain(http).filter(|one| one.is("log_format")) {
        if !BODIES.iter().any(|body| format.args().iter().any(|word| tells(word, body))) {
            continue;
        }
        let what = format!("the log «{}» has whole requests in it", format.arg(0));
        let why =
            "look-ups hold hashes and what callers typed, and a log is kept, and read by many";
        let words = || format.args().iter().skip(1);
        let mend = if words().count() == 1 && !words().any(|word| word.contains('\'')) {
            let kept =
                BODIES.iter().fold(format.arg(1).to_owned(), |kept, body| kept.replace(body, ""));
            Mend::Instead(format!("log_format {} '{}';", format.arg(0), kept.trim()))
        } else {
            Mend::Do(format!("take {} out of it", BODIES[0]))
        };
        faults.push(Fault::error(&format.place, what, why, mend));
    }
}

/// Whether a text has a variable in it, and not only one whose name begins so.
fn tells(text: &str, variable: &str) -> bool {
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(variable)
        .any(|(at, _)| variable.ends_with('}') || !text[at + variable.len()..].starts_with(goes_on))
}
