//! A unit of systemd that runs the service, or holds its socket; or a drop-in, a part of one.

mod reach;
mod start;

use std::net::SocketAddr;
use std::path::Path;

use super::fault::{Fault, Mend};
use crate::import::Place;
use crate::settings::Settings;

/// One line of a unit.
struct Line<'t> {
    section: &'t str,
    key: &'t str,
    value: &'t str,
    place: Place,
}

impl Line<'_> {
    fn is_true(&self) -> bool {
        ["yes", "true", "1", "on"].contains(&self.value)
    }
}

/// The folder of parts of a unit ends so behind the unit's name.
const PARTS: [&str; 2] = [".service.d", ".socket.d"];

/// Whether a unit is only a part of one. systemd takes a part where it is `*.conf` in a folder named after
/// the unit, as `jackfield.service.d/override.conf`, and takes no unit of such a name. Elsewhere, as in
/// a copy, it shows in an empty `ExecStart=`: only a part has something above it to take back.
pub(super) fn is_part(file: &str, text: &str) -> bool {
    let takes_back = |line: &Line<'_>| line.key == "ExecStart" && line.value.is_empty();
    let path = Path::new(file);
    PARTS.iter().any(|end| folder(path).ends_with(end))
        || path.extension().is_some_and(|ending| ending == "conf")
        || lines(file, text).iter().any(takes_back)
}

/// The name of the folder that a file is in.
fn folder(path: &Path) -> &str {
    path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default()
}

pub(super) fn faults(file: &str, text: &str, settings: &Settings) -> Vec<Fault> {
    let lines = lines(file, text);
    let mut faults = Vec::new();
    let header = |name: &str| lines.iter().find(|line| line.section == name && line.key.is_empty());
    if let Some(service) = header("Service") {
        let folder = folder(Path::new(file));
        let is_named = folder.starts_with("jackfield") && folder.ends_with(PARTS[0]);
        let is_part = is_part(file, text);
        if check_service(&lines, &service.place, [is_named, is_part], &mut faults) {
            let lines: Vec<&Line<'_>> =
                lines.iter().filter(|line| line.section == "Service").collect();
            start::check(&lines, is_part, &mut faults);
            reach::check(&lines, is_part, settings, &mut faults);
        }
    }
    if let Some(socket) = header("Socket") {
        check_socket(&lines, &socket.place, settings, &mut faults);
    }
    faults
}

fn lines<'t>(file: &str, text: &'t str) -> Vec<Line<'t>> {
    let mut section = "";
    let numbered = text.lines().map(str::trim).zip(1..);
    let lines = numbered.filter(|(line, _)| !line.is_empty() && !line.starts_with(['#', ';']));
    let lines = lines.map(|(line, number)| {
        let place = Place { file: file.into(), line: number };
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            return Line { section, key: "", value: "", place };
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        Line { section, key: key.trim(), value: value.trim(), place }
    });
    lines.collect()
}

/// Whether it is a unit of the service's; then with what is wrong with it.
fn check_service(
    lines: &[Line<'_>],
    header: &Place,
    [is_named, is_part]: [bool; 2],
    faults: &mut Vec<Fault>,
) -> bool {
    let all = |key: &str| {
        lines.iter().filter(|line| line.section == "Service" && line.key == key).collect::<Vec<_>>()
    };
    let get = |key: &str| all(key).into_iter().next_back();
    let is_ours = |line: &&Line<'_>| line.value.contains("jackfield");
    if !is_named && get("ExecStart").is_none_or(|start| !is_ours(&start)) {
        return false;
    }
    let is_true = |key: &str| get(key).is_some_and(Line::is_true);
    let missing = |faults: &mut Vec<Fault>, key: &str, value: &str, what: &str, why: &str| {
        // What a part does not say, the unit itself does.
        if is_part && get(key).is_none() {
            return;
        }
        let right = format!("{key}={value}");
        let (place, mend) = match get(key) {
            Some(line) => (&line.place, Mend::Instead(right)),
            None => (header, Mend::Below(right)),
        };
        faults.push(Fault::error(place, what, why, mend));
    };
    if get("Type").is_none_or(|line| !line.value.starts_with("notify")) {
        let why = "the switch is started before it is answered, and a service that hangs is not started anew";
        missing(faults, "Type", "notify", "systemd does not wait until the service answers", why);
    }
    if get("ProtectSystem").is_none_or(|line| line.value != "strict") {
        let why = "it writes to its state folder alone, and so should whoever breaks into it";
        missing(faults, "ProtectSystem", "strict", "it may write anywhere", why);
    }
    if !is_true("NoNewPrivileges") {
        let why = "whoever breaks into it may become another user by a program of that user's";
        missing(
            faults,
            "NoNewPrivileges",
            "yes",
            "it may get privileges that it does not have",
            why,
        );
    }
    if get("LimitCORE").is_none_or(|line| line.value != "0") {
        let why = "a core dump of it holds what is as good as passwords";
        missing(faults, "LimitCORE", "0", "its memory may be written to the disk", why);
    }
    let (what, why) = (
        "it runs as root",
        "whoever breaks into it owns the machine; jackfield.sysusers makes the user of its own",
    );
    match get("User").filter(|line| !line.value.is_empty()) {
        // An account that exists is taken even with DynamicUser.
        Some(line) if ["root", "0"].contains(&line.value) => {
            let right = Mend::Instead("User=jackfield".to_owned());
            faults.push(Fault::error(&line.place, what, why, right));
        }
        // A part that says `DynamicUser=no` may be of a unit that names an account.
        None if !is_part && !is_true("DynamicUser") => {
            missing(faults, "User", "jackfield", what, why);
        }
        _ => {}
    }
    true
}

fn check_socket(lines: &[Line<'_>], header: &Place, settings: &Settings, faults: &mut Vec<Fault>) {
    let get = |key: &str| lines.iter().rfind(|line| line.section == "Socket" && line.key == key);
    if get("Service").is_some_and(|line| !line.value.starts_with("jackfield")) {
        return;
    }
    let name = get("FileDescriptorName");
    let right = || "FileDescriptorName=machine".to_owned();
    match name {
        Some(line) if ["machine", "public"].contains(&line.value) => {}
        Some(line) => {
            let what = format!("the service knows no listener «{}»", line.value);
            let why = "it takes sockets by the names `machine` and `public`, and does not start with others";
            faults.push(Fault::error(&line.place, what, why, Mend::Instead(right())));
        }
        None => {
            let why = "it takes sockets by the names `machine` and `public`, and does not start with others";
            let what = "the socket has no FileDescriptorName";
            faults.push(Fault::error(header, what, why, Mend::Below(right())));
        }
    }
    let is_public = name.is_some_and(|line| line.value == "public");
    // systemd opens each of them; an empty one takes back those above it.
    let streams =
        lines.iter().filter(|line| line.section == "Socket" && line.key == "ListenStream");
    let mut counting: Vec<&Line<'_>> = Vec::new();
    for stream in streams.filter(|_| !is_public) {
        if stream.value.is_empty() {
            counting.clear();
        } else {
            counting.push(stream);
        }
    }
    // A port alone is every address of the machine.
    let is_open = |stream: &&&Line<'_>| match stream.value.parse::<SocketAddr>() {
        Ok(socket) => !socket.ip().is_loopback() && socket != settings.listen_machine,
        Err(_) => !stream.value.starts_with('/'),
    };
    for stream in counting.iter().filter(is_open) {
        let what =
            format!("the machine listener's socket is {}, and not `listen_machine`", stream.value);
        let why = "who reaches it is let in by the peer's address alone, and the switch asks at another one";
        let right = format!("ListenStream={}", settings.listen_machine);
        faults.push(Fault::error(&stream.place, what, why, Mend::Instead(right)));
    }
}
