//! Whom a unit lets the service reach, and who may read what it keeps.

use super::Line;
use crate::check::files::fault::{Fault, Mend};
use crate::secret::secret_in;
use crate::settings::Settings;

pub(super) fn check(
    lines: &[&Line<'_>],
    is_part: bool,
    settings: &Settings,
    faults: &mut Vec<Fault>,
) {
    let get = |key: &str| lines.iter().rfind(|line| line.key == key);
    if let Some(network) = get("PrivateNetwork").filter(|line| line.is_true()) {
        let what = "it has a network of its own, with nobody else in it";
        let why = "neither the switch nor nginx reaches it: the switch goes on to its disk";
        faults.push(Fault::error(&network.place, what, why, Mend::Remove));
    }
    let inet = if settings.listen_machine.is_ipv4() { "AF_INET" } else { "AF_INET6" };
    if let Some((line, family)) = lacking(lines, is_part, [inet, "AF_UNIX"]) {
        let what = format!("it may open no socket of {family}");
        let why = "it listens on IP for the switch, and on a Unix socket for its commands: it does not start";
        let right = "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX".to_owned();
        faults.push(Fault::error(&line.place, what, why, Mend::Instead(right)));
    }
    let is_secret = |line: &&&Line<'_>| secret_in("", line.value).is_some();
    for line in lines.iter().filter(|line| line.key == "Environment").filter(is_secret) {
        let why = "everybody on the machine may read a unit, and `systemctl show` tells it: in a file that is \
                   root's alone nobody does";
        let right = "EnvironmentFile=-/etc/jackfield/jackfield.env";
        let mend = if line.value.split_whitespace().count() == 1 {
            Mend::Instead(right.to_owned())
        } else {
            Mend::Do(format!("move it to a file of mode 0600, and name that: `{right}`"))
        };
        faults.push(Fault::error(&line.place, "a password stands in the unit", why, mend));
    }
    let why = "the database and what is kept hold what is as good as passwords";
    let octal = |line: &Line<'_>| u32::from_str_radix(line.value, 8).ok();
    if let Some(mask) = get("UMask").filter(|line| octal(line).is_some_and(|mask| mask & 7 != 7)) {
        let what = "others may read the files that it makes";
        let right = Mend::Instead("UMask=0077".to_owned());
        faults.push(Fault::warning(&mask.place, what, why, right));
    }
    let mode = get("StateDirectoryMode");
    if let Some(mode) = mode.filter(|line| octal(line).is_some_and(|mode| mode & 7 != 0)) {
        let what = "others may look into its state folder";
        let right = Mend::Instead("StateDirectoryMode=0700".to_owned());
        faults.push(Fault::warning(&mode.place, what, why, right));
    }
}

/// The first of these address families that is not left, and the last line that says so. What a part lists
/// is added to what the unit does, unless it takes that back.
fn lacking<'l>(
    lines: &[&'l Line<'l>],
    is_part: bool,
    needed: [&'static str; 2],
) -> Option<(&'l Line<'l>, &'static str)> {
    let (mut allowed, mut denied) = (None::<Vec<&str>>, Vec::new());
    let (mut is_whole, mut last) = (!is_part, None);
    for line in lines.iter().filter(|line| line.key == "RestrictAddressFamilies") {
        last = Some(*line);
        match (line.value, line.value.strip_prefix('~')) {
            ("" | "none", _) => {
                is_whole = true;
                denied.clear();
                allowed = (line.value == "none").then(Vec::new);
            }
            (_, Some(families)) => denied.extend(families.split_whitespace()),
            (families, None) => {
                allowed.get_or_insert_default().extend(families.split_whitespace());
            }
        }
    }
    let lacks = |family: &&'static str| {
        let is_left_out = |allowed: &Vec<&str>| is_whole && !allowed.contains(family);
        denied.contains(family) || allowed.as_ref().is_some_and(is_left_out)
    };
    let family = needed.into_iter().find(lacks)?;
    Some((last?, family))
}
