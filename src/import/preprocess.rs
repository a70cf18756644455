//! Reads a tree of configuration files into one text, as the switch's pre-processor does.
//!
//! Globals are not put in: `$${name}` stays, to be resolved where it is known what it stands in. The
//! exceptions are names whose value a later line changes or that hold markup: such a name means
//! something else in each place, so it is put in right there.
//!
//! Nothing is run and nothing outside of the folder is read.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::globals::{Giver, Globals};
use super::line::{self, Command, Line};
use super::place::{Place, Problem};
use super::report::Report;
use super::{glob, tree};

/// Longer than any file that people write; the switch itself would choke on less.
const LONGEST_FILE: u64 = 16 << 20;

/// All files together: a file for each of 100,000 users is about half of it.
const LONGEST_TREE: usize = 256 << 20;

/// As deep as the switch follows.
const DEEPEST: usize = 100;

/// The text of a tree, and where its parts come from.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) text: String,
    /// From which byte on the text comes from which line.
    pieces: Vec<(usize, Place)>,
}

impl Source {
    /// The line that a byte comes from.
    pub(super) fn place(&self, at: usize) -> Place {
        let after = self.pieces.partition_point(|(start, _)| *start <= at);
        let piece = after.checked_sub(1).and_then(|piece| self.pieces.get(piece));
        let nowhere = || Place { file: "freeswitch.xml".into(), line: 0 };
        piece.map_or_else(nowhere, |(_, place)| place.clone())
    }

    pub(super) fn push(&mut self, text: &str, place: &Place) {
        if !text.is_empty() {
            self.pieces.push((self.text.len(), place.clone()));
            self.text.push_str(text);
        }
    }
}

/// A tree after the pre-processor.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) globals: Globals,
    pub(super) files: usize,
}

/// Reads one file by itself, without those that it includes. `name` is what places call it.
pub(super) fn read_alone(path: &Path, name: &str) -> Result<Read, Vec<Problem>> {
    let name = Arc::<str>::from(name);
    let place = Place { file: Arc::clone(&name), line: 0 };
    let text = read_file(path).map_err(|message| vec![Problem { place, message }])?;
    let put_in = HashSet::new();
    let mut run = Run::new(Path::new(""), &[], &put_in, &|_| {});
    run.follows = false;
    run.text(Path::new(""), &name, &text);
    Ok(Read { source: run.source, globals: run.globals, files: 1 })
}

/// Reads the tree that begins with this file of the folder.
pub(super) fn read(
    root: &Path,
    file: &Path,
    sets: &[(String, String)],
    report: &mut Report,
    tell: &dyn Fn(&Path),
) -> Result<Read, Vec<Problem>> {
    let mut put_in = HashSet::new();
    let mut first = Run::new(root, sets, &put_in, tell);
    first.file(root, file, None);
    let shifting = first.shifting;
    if !shifting.is_empty() {
        // What a name means differs from place to place, so it is put in while reading.
        put_in = shifting;
        first = Run::new(root, sets, &put_in, tell);
        first.file(root, file, None);
    }
    if !first.problems.is_empty() {
        return Err(first.problems);
    }
    report.notes.append(&mut first.notes);
    Ok(Read { source: first.source, globals: first.globals, files: first.files })
}

struct Run<'a> {
    root: &'a Path,
    put_in: &'a HashSet<String>,
    tell: &'a dyn Fn(&Path),
    source: Source,
    globals: Globals,
    /// What `set` lines say, by names in lower case, as the switch puts it in: with its references.
    raw: HashMap<String, String>,
    /// Names, in lower case, that are to be put in while reading.
    shifting: HashSet<String>,
    open: Vec<PathBuf>,
    /// Whether it reads what a file includes.
    follows: bool,
    files: usize,
    notes: Vec<super::report::Note>,
    problems: Vec<Problem>,
}

impl<'a> Run<'a> {
    fn new(
        root: &'a Path,
        sets: &[(String, String)],
        put_in: &'a HashSet<String>,
        tell: &'a dyn Fn(&Path),
    ) -> Self {
        Self {
            root,
            put_in,
            tell,
            source: Source::default(),
            globals: Globals::new(sets),
            raw: HashMap::new(),
            shifting: HashSet::new(),
            open: Vec::new(),
            follows: true,
            files: 0,
            notes: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Reads a file, named by an `include` at this place. Relative names in it begin at the folder.
    fn file(&mut self, folder: &Path, path: &Path, named: Option<&Place>) {
        let name: Arc<str> = self.name(path).into();
        let here = Place { file: Arc::clone(&name), line: 0 };
        let at = named.unwrap_or(&here).clone();
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.problem(&at, format!("cannot read {name}: {error}")),
        };
        if !real.starts_with(self.root) {
            let message = format!(
                "{name} leads out of the tree, to {}; copy the file into the tree",
                real.display()
            );
            return self.problem(&at, message);
        }
        if self.open.contains(&real) {
            return self.problem(&at, format!("{name} includes itself"));
        }
        if self.open.len() > DEEPEST {
            return self.problem(&at, format!("files include one another {DEEPEST} deep"));
        }
        let text = match read_file(&real) {
            Ok(text) => text,
            Err(why) => return self.problem(&at, format!("{name} {why}")),
        };
        if self.source.text.len() + text.len() > LONGEST_TREE {
            let limit = LONGEST_TREE >> 20;
            return self.problem(&at, format!("the files together are longer than {limit} MiB"));
        }
        (self.tell)(path);
        self.files += 1;
        self.open.push(real);
        self.text(folder, &name, &text);
        self.open.pop();
    }

    fn text(&mut self, folder: &Path, name: &Arc<str>, text: &str) {
        let mut in_comment = false;
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            let place = Place { file: Arc::clone(name), line: number };
            self.line(folder, line, &place, &mut in_comment);
        }
    }

    fn line(&mut self, folder: &Path, line: &str, place: &Place, in_comment: &mut bool) {
        let line = self.with_shifting(line);
        match line::read(&line, in_comment) {
            Line::Kept(from) => self.source.push(&line[from..], place),
            Line::Dropped => {}
            Line::Command(command) => self.command(folder, &command, place),
            Line::Comment { before, command, behind, open: _ } => {
                self.source.push(before, place);
                if let Some(command) = command {
                    self.command(folder, &command, place);
                }
                self.source.push(behind, place);
            }
        }
    }

    fn command(&mut self, folder: &Path, command: &Command<'_>, place: &Place) {
        match *command {
            Command::Set { name, value } => self.set(name, value, place),
            Command::SetStored { name, value } => {
                self.set(name, value, place);
                self.globals.keep(name);
            }
            Command::StandIn(name) if self.globals.is_given(name) => {}
            Command::StandIn(name) => {
                let giver = Giver::Foreign("set", place.clone());
                self.globals.put(name, None, giver);
                self.note(place, format!("`{name}` is not stored: the machine's own address"));
            }
            Command::EnvSet { name, variable } => match std::env::var(variable) {
                Ok(value) => {
                    self.set(name, &value, place);
                    let from = format!("`{name}` was set from ${variable} of this machine");
                    self.note(place, from);
                }
                Err(_) => {
                    self.note(place, format!("`{name}` was not set: there is no ${variable}"));
                }
            },
            Command::Include(pattern) => self.include(folder, pattern, place),
            Command::Foreign(command, argument) => {
                let name = argument.split_once('=').map(|(name, _)| name);
                match name.filter(|_| command != "exec") {
                    Some(name) if self.globals.is_given(name) => {}
                    Some(name) => {
                        self.globals.put(name, None, Giver::Foreign(command, place.clone()));
                        let line = format!("`{command}` is not run here: `{name}` has no value");
                        self.note(place, line);
                    }
                    None => {
                        let line = format!("`{command}` is not run here: its output is missing");
                        self.note(place, line);
                    }
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: &str, place: &Place) {
        if name.is_empty() || self.globals.is_given(name) {
            return;
        }
        let earlier = self.globals.get(name).and_then(|entry| entry.value.clone());
        // What a value says of its own name is what the name was before.
        let itself = format!("$${{{name}}}");
        let key = name.to_ascii_lowercase();
        let raw_earlier = self.raw.get(&key).cloned().unwrap_or_default();
        let raw = value.replace(&itself, &raw_earlier);
        let value = tree::decode(&raw);
        let differs = earlier.is_some_and(|earlier| earlier != value);
        if differs || raw.contains(['<', '>', '"']) {
            self.shifting.insert(key.clone());
        }
        self.raw.insert(key, raw);
        self.globals.put(name, Some(value), Giver::Line(place.clone()));
    }

    fn include(&mut self, folder: &Path, pattern: &str, place: &Place) {
        if !self.follows {
            return;
        }
        let pattern = pattern.replace("$${conf_dir}", &self.root.display().to_string());
        let (pattern, unknown) = self.globals.resolve(&pattern);
        if let Some(unknown) = unknown.first() {
            let (name, why) = (&unknown.name, &unknown.why);
            let message = format!("the file's name is not known: {why}; add --set {name}=VALUE");
            return self.problem(place, message);
        }
        let found = match glob::expand(folder, &pattern) {
            Ok(found) => found,
            Err(error) => return self.problem(place, format!("cannot read {pattern}: {error}")),
        };
        if found.is_empty() && !glob::is_pattern(&pattern) {
            return self.problem(place, format!("there is no file {pattern}"));
        }
        for path in found {
            let folder = path.parent().unwrap_or(folder).to_owned();
            self.file(&folder, &path, Some(place));
        }
    }

    /// The line with those globals put in that mean something else in each place.
    fn with_shifting(&self, line: &str) -> String {
        let mut out = String::with_capacity(line.len());
        let mut rest = line;
        while let Some(at) = rest.find("$${") {
            let Some(length) = rest[at + 3..].find('}') else { break };
            let name = &rest[at + 3..at + 3 + length];
            out.push_str(&rest[..at]);
            let after = at + 4 + length;
            let key = name.to_ascii_lowercase();
            let value = self.globals.get(name).and_then(|entry| entry.value.as_deref());
            match self.raw.get(&key).map(String::as_str).or(value) {
                Some(value) if self.put_in.contains(&key) => out.push_str(value),
                _ => out.push_str(&rest[at..after]),
            }
            rest = &rest[after..];
        }
        out.push_str(rest);
        out
    }

    /// A path for people: from the folder that is imported.
    fn name(&self, path: &Path) -> String {
        let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
        for part in path.strip_prefix(self.root).unwrap_or(path) {
            if part == ".." && !parts.is_empty() {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        parts.iter().collect::<PathBuf>().display().to_string()
    }

    fn note(&mut self, place: &Place, text: String) {
        self.notes.push(super::report::Note { place: place.clone(), text });
    }

    fn problem(&mut self, place: &Place, message: String) {
        self.problems.push(Problem { place: place.clone(), message });
    }
}

/// The text of a file; if it cannot be had, why.
pub(super) fn read_file(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    // Asked before it is opened: opening a pipe would wait for somebody to write.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(cannot)?;
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(format!("is longer than {} MiB", LONGEST_FILE >> 20));
    }
    if bytes.contains(&0) {
        return Err("holds a zero byte; it is no text".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        format!("is not UTF-8 in line {line}; convert it, as with iconv")
    })
}
