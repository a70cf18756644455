//! The operator's own files: what the switch, nginx, systemd and Prometheus are told.
//!
//! What a file is shows in what it holds, not in its name. The rules are functions of what was read, one group a
//! file; what only several files together show is in [`switch`].

mod acl;
mod directory;
mod event_socket;
mod fault;
mod kind;
mod logs;
mod lua;
mod modules;
mod nginx;
mod param;
mod scrape;
mod sofia;
mod switch;
mod unit;
mod vars;
mod verto;
mod voicemail;
mod xml_curl;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use self::fault::{Fault, Mend, OF_YOUR_OWN};
use self::kind::Kind;
use self::param::escaped;
use self::switch::Switch;
use super::{Finding, Level, Report};
use crate::import::{Element, Looked, Place, Problem, ROOT, text_of};
use crate::secret::{HIDDEN, hide, redact};
use crate::settings::Settings;

/// As deep as folders are looked through.
const DEEPEST: usize = 16;

/// Names of files that are looked at in a folder.
const ENDINGS: [&str; 6] = ["xml", "conf", "service", "socket", "yml", "yaml"];

impl Report {
    /// Looks at files, and at folders with all that is in them.
    pub(super) fn files(&mut self, settings: &Settings, paths: &[PathBuf]) {
        let mut look = Look { report: self, settings, switch: Switch::default() };
        for path in paths {
            look.path(path);
        }
        let faults = look.switch.faults(settings);
        look.tell(Path::new(""), faults);
    }
}

/// One look at files of one switch.
struct Look<'a> {
    report: &'a mut Report,
    settings: &'a Settings,
    switch: Switch,
}

/// Documents that are known, without the end of their names.
const DOCUMENTS: [&str; 18] = [
    "acl",
    "callcenter",
    "conference",
    "console",
    "event_socket",
    "fifo",
    "ivr",
    "local_stream",
    "logfile",
    "lua",
    "modules",
    "post_load_modules",
    "sofia",
    "switch",
    "timezones",
    "verto",
    "voicemail",
    "xml_curl",
];

/// What is read, and has no rules.
const OTHER: &str = "other";

/// Faults, each with what it is about.
type Faults = Vec<(&'static str, Fault)>;

impl Look<'_> {
    fn path(&mut self, path: &Path) {
        let folder = match path.parent() {
            Some(folder) if path.ends_with(ROOT) => Some(folder),
            _ => path.join(ROOT).is_file().then_some(path),
        };
        if let Some(folder) = folder {
            self.tree(folder);
        } else if path.is_dir() {
            self.folder(path, DEEPEST, &mut |look, file| look.file(file, false));
        } else {
            self.file(path, true);
        }
    }

    /// A switch's own folder, as a whole. Where that cannot be read, its files one by one.
    fn tree(&mut self, folder: &Path) {
        match Looked::tree(folder) {
            Ok(looked) => self.looked(&folder.join(ROOT), folder, &looked),
            Err(problems) => {
                self.unreadable(folder, problems.0);
                self.folder(folder, DEEPEST, &mut |look, file| {
                    if let Ok(looked) = Looked::file(file) {
                        look.looked(file, Path::new(""), &looked);
                    }
                });
            }
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize, each: &mut dyn FnMut(&mut Self, &Path)) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let place = Place { file: folder.display().to_string().into(), line: 0 };
                let message = format!("cannot be read: {error}");
                return self.unreadable(Path::new(""), vec![Problem { place, message }]);
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let is_one = |ending| ENDINGS.iter().any(|known| ending == *known);
            if path.is_dir() {
                // A link may lead back to where it stands.
                if depth > 0 && !path.is_symlink() {
                    self.folder(&path, depth - 1, each);
                }
            } else if path.extension().is_some_and(is_one) {
                each(self, &path);
            }
        }
    }

    /// A file by itself. One that nobody named may be of any kind.
    fn file(&mut self, path: &Path, is_named: bool) {
        let nowhere = Path::new("");
        let text = match text_of(path) {
            Ok(text) => text,
            Err(problem) => return self.unreadable(nowhere, vec![problem]),
        };
        let name = path.display().to_string();
        let mut part = false;
        let faults = match Kind::of(&text) {
            Some(Kind::Xml) => {
                return match Looked::file(path) {
                    Ok(looked) => self.looked(path, nowhere, &looked),
                    Err(problems) => self.unreadable(nowhere, problems.0),
                };
            }
            Some(Kind::Nginx) => ("nginx", nginx::faults(&name, &text, self.settings)),
            Some(Kind::Unit) => {
                part = unit::is_part(&name, &text);
                ("systemd", unit::faults(&name, &text, self.settings))
            }
            Some(Kind::Scrape) => ("prometheus", scrape::faults(&name, &text, self.settings)),
            None if is_named => ("file", vec![unknown(&name)]),
            None => return,
        };
        let (about, faults) = faults;
        let only = if part { ", a part of a unit" } else { "" };
        self.report.files.push(format!("{name} ({about}{only})"));
        self.tell(nowhere, faults.into_iter().map(|fault| (about, fault)).collect());
    }

    /// What was read of XML. `folder` is where its places begin.
    fn looked(&mut self, path: &Path, folder: &Path, looked: &Looked) {
        let name = path.display().to_string();
        let mut faults = Faults::new();
        let mut kinds = Vec::new();
        if looked.sets() {
            kinds.push("vars");
            faults.extend(about("vars", vars::faults(looked)));
        }
        let mut parts = Vec::new();
        for root in &looked.roots {
            collect(root, &mut parts);
        }
        for part in parts {
            let (kind, found) = self.part(part, looked, folder);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            faults.extend(about(kind, found));
        }
        if kinds.is_empty() && looked.roots.is_empty() {
            faults.push(("file", empty(&name)));
        }
        // What else the switch reads is named only where there is nothing else.
        kinds.retain(|kind| *kind != OTHER);
        let kinds = match (kinds.is_empty(), looked.roots.first()) {
            (true, Some(root)) => taken_for(root),
            (true, None) => OTHER.to_owned(),
            _ => kinds.join(", "),
        };
        self.report.files.push(format!("{name} ({kinds})"));
        self.tell(folder, faults);
    }

    /// One document, profile, domain or user.
    fn part(
        &mut self,
        part: &Element,
        looked: &Looked,
        folder: &Path,
    ) -> (&'static str, Vec<Fault>) {
        let document = part.attribute("name").filter(|_| part.name == "configuration");
        let document = document.unwrap_or_default().to_ascii_lowercase();
        match (part.name.as_str(), document.as_str()) {
            (_, "xml_curl.conf") => {
                let curl = xml_curl::Curl::of(part, looked, self.settings);
                self.switch.asks(curl.bound(), folder);
                ("xml_curl", curl.faults())
            }
            (_, "lua.conf") => ("lua", lua::faults(part, looked)),
            (_, "sofia.conf") => ("sofia", sofia::document(part, looked)),
            ("profile", _) => ("sofia", sofia::profile(part, looked)),
            (_, "voicemail.conf") => ("voicemail", voicemail::faults(part, looked)),
            (_, "verto.conf") => ("verto", verto::faults(part, looked)),
            (_, "event_socket.conf") => ("event_socket", event_socket::faults(part, looked)),
            (_, "switch.conf" | "console.conf" | "logfile.conf") => {
                ("switch", logs::faults(part, looked))
            }
            (_, "modules.conf") => {
                self.switch.loads(modules::loaded(part), folder);
                ("modules", Vec::new())
            }
            ("domain" | "user", _) => {
                let mut users = directory::users(part, looked);
                let faults = directory::faults(&mut users);
                self.switch.keeps(users, folder);
                ("directory", faults)
            }
            ("configuration", name) if DOCUMENTS.contains(&name) => {
                ("document", vec![unnamed(part)])
            }
            _ => (OTHER, Vec::new()),
        }
    }

    fn unreadable(&mut self, folder: &Path, problems: Vec<Problem>) {
        let why = "what cannot be read is not looked at, and the switch goes without it, too";
        let faults = problems.into_iter().map(|Problem { place, message }| {
            let mend = Mend::Do("put it right, and look once more".to_owned());
            ("file", Fault::error(&place, message, why, mend))
        });
        self.tell(folder, faults.collect());
    }

    fn tell(&mut self, folder: &Path, faults: Faults) {
        for (about, fault) in faults {
            let Fault { level, place, what, why, mend } = fault;
            let place =
                Place { file: folder.join(&*place.file).display().to_string().into(), ..place };
            let (remedy, write) = mend.told();
            let (what, remedy) = (hide(&what).into_owned(), hide(&remedy).into_owned());
            let write = write.map(|line| shown(&line));
            let (place, why) = (place.to_string(), Some(why));
            let is_told = |told: &Finding| told.place == place && told.what == what;
            // A file that another includes is looked at twice.
            if self.report.findings.iter().any(is_told) {
                continue;
            }
            self.report.findings.push(Finding { level, about, what, place, why, remedy, write });
        }
    }
}

/// A line to write without the secrets in it, for which dots stand.
fn shown(line: &str) -> String {
    let covered = if line.starts_with('<') {
        redact(line).trim_end().to_owned()
    } else {
        hide(line).into_owned()
    };
    // These only sound like secrets, and what is written of them is always this.
    let told = ["allow-empty-password", "allow-empty-password-auth"].map(|name| {
        let value = |value: &str| format!("name=\"{name}\" value=\"{value}\"");
        (value(HIDDEN), value("false"))
    });
    let covered = told.iter().fold(covered, |line, (hidden, own)| line.replace(hidden, own));
    covered.replace(HIDDEN, OF_YOUR_OWN)
}

fn about(about: &'static str, faults: Vec<Fault>) -> impl Iterator<Item = (&'static str, Fault)> {
    faults.into_iter().map(move |fault| (about, fault))
}

/// The parts that rules are for, whatever stands around them.
fn collect<'e>(element: &'e Element, parts: &mut Vec<&'e Element>) {
    match element.name.as_str() {
        "configuration" | "domain" | "user" => parts.push(element),
        "profile" if sofia::is_one(element) => parts.push(element),
        "document" | "section" | "include" | "groups" | "group" | "users" | "profiles" => {
            element.children.iter().for_each(|inner| collect(inner, parts));
        }
        _ => {}
    }
}

/// What a file is, of which no rule knows anything.
fn taken_for(root: &Element) -> String {
    let name = root.attribute("name").map(|name| format!(" «{}»", hide(name))).unwrap_or_default();
    format!("taken for: {}{name}; nothing is looked for in it", root.name)
}

/// A document by half of its name.
fn unnamed(document: &Element) -> Fault {
    let mut right = String::from("<configuration");
    for (key, value) in &document.attributes {
        let end = if key == "name" { ".conf" } else { "" };
        let _ = write!(right, " {key}=\"{}{end}\"", escaped(value));
    }
    let name = document.attribute("name").unwrap_or_default();
    let what = format!("no module asks for «{name}»: the name ends with .conf");
    let why = "it is left out, as if there were no such file, and nothing of it was looked at";
    Fault::error(&document.place, what, why, Mend::Instead(right + ">"))
}

fn unknown(name: &str) -> Fault {
    let place = Place { file: name.into(), line: 0 };
    Fault {
        level: Level::Warning,
        place,
        what: "nothing is known of such a file".to_owned(),
        why: "what is looked at are files of the switch, sites of nginx, units of systemd and scrape \
              configurations of Prometheus"
            .to_owned(),
        mend: Mend::Do("leave it out; settings are named with --config".to_owned()),
    }
}

fn empty(name: &str) -> Fault {
    let place = Place { file: name.into(), line: 0 };
    let what = "there is nothing in it";
    let why = "the switch reads nothing from it that could be looked at";
    Fault::warning(&place, what, why, Mend::Do("is it the right file?".to_owned()))
}
