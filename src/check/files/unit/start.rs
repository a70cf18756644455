//! What a unit runs: one command, which it can reach.

use super::Line;
use crate::check::files::fault::{Fault, Mend};

pub(super) fn check(lines: &[&Line<'_>], is_part: bool, faults: &mut Vec<Fault>) {
    let starts = || lines.iter().filter(|line| line.key == "ExecStart");
    // The unit that a part is of has one already.
    let mut commands = usize::from(is_part);
    for start in starts() {
        commands = if start.value.is_empty() { 0 } else { commands + 1 };
        if commands > 1 && !start.value.is_empty() {
            let what = "a second ExecStart: the one before it is not taken back";
            let why = "systemd refuses a service with two of them: it does not start";
            let mend = Mend::Above("ExecStart=".to_owned());
            faults.push(Fault::error(&start.place, what, why, mend));
        }
    }
    let Some(start) = starts().next_back().filter(|start| !start.value.is_empty()) else { return };
    served(start, faults);
    let home = lines.iter().rfind(|line| line.key == "ProtectHome");
    let is_hidden = home.is_some_and(|home| home.is_true() || home.value == "tmpfs");
    let of_home = |word: &str| {
        let path = word.trim_start_matches(['@', '-', ':', '+', '!', '"', '\'']);
        ["/root/", "/home/", "/run/user/"].iter().any(|folder| path.starts_with(folder))
    };
    if let Some(word) = start.value.split_whitespace().find(|word| of_home(word))
        && (is_hidden || (is_part && home.is_none()))
    {
        let what = format!("{word} is in a folder that ProtectHome hides");
        let why = "there is no such file for the service: it does not start";
        let mend = Mend::Do("put it under /usr/local or /etc, and write that path".to_owned());
        let fault = Fault::error(&start.place, what, why, mend);
        // The unit itself says it; the shipped one does.
        let level = if is_hidden { fault.level } else { crate::check::Level::Warning };
        faults.push(Fault { level, ..fault });
    }
}

/// Without its command the program prints its help, and ends.
fn served(start: &Line<'_>, faults: &mut Vec<Fault>) {
    let mut words: Vec<&str> = start.value.split_whitespace().collect();
    let program = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    // A line that goes on, and a script around it, are more than can be told.
    let is_whole = program.starts_with("jackfield") && !start.value.ends_with('\\');
    if !is_whole || words[1..].contains(&"serve") {
        return;
    }
    match words.get(1) {
        Some(command) if !command.starts_with('-') => words[1] = "serve",
        _ => words.insert(1, "serve"),
    }
    let why = "the program does something else, and ends: no look-up is answered";
    let right = Mend::Instead(format!("ExecStart={}", words.join(" ")));
    faults.push(Fault::error(&start.place, "it does not run `jackfield serve`", why, right));
}
