//! What a switch makes of a tree of files, by the double of its pre-processor and parser: the other
//! opinion on everything that the import takes.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use jackfield_api::testing::switch_xml::{Node, parse, preprocess};

/// What the switch sets itself: any values will do, as long as answers are read with the same.
pub(crate) const OF_THE_SWITCH: [(&str, &str); 14] = [
    ("cache_dir", "/var/cache/fs"),
    ("certs_dir", "/etc/fs/tls"),
    ("db_dir", "/var/lib/fs/db"),
    ("hostname", "vm"),
    ("htdocs_dir", "/usr/share/fs/htdocs"),
    ("images_dir", "/var/lib/fs/images"),
    ("local_ip_v4", "192.0.2.2"),
    ("local_ip_v6", "fd00::2"),
    ("log_dir", "/var/log/fs"),
    ("recordings_dir", "/var/lib/fs/recordings"),
    ("script_dir", "/usr/share/fs/scripts"),
    ("sounds_dir", "/usr/share/fs/sounds"),
    ("storage_dir", "/var/lib/fs/storage"),
    ("temp_dir", "/tmp"),
];

/// The tree of elements of the files in a folder, with these globals given from outside.
pub(crate) fn tree(root: &Path, sets: &[(&str, &str)]) -> Node {
    let globals = OF_THE_SWITCH.iter().chain(sets);
    let globals = globals.map(|(name, value)| (name.to_lowercase(), (*value).to_owned()));
    let mut run = Run {
        globals: globals.collect(),
        given: sets.iter().map(|(name, _)| name.to_lowercase()).collect(),
        text: String::new(),
    };
    run.globals.insert("conf_dir".to_owned(), root.display().to_string());
    run.file(root, &root.join("freeswitch.xml"));
    // The switch would put its own folder in here; so does whoever reads the answers.
    let text = run.text.replace(&root.display().to_string(), CONF_DIR);
    parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Where the files would be on the switch.
pub(crate) const CONF_DIR: &str = "/etc/fs";

struct Run {
    globals: HashMap<String, String>,
    given: Vec<String>,
    text: String,
}

impl Run {
    fn file(&mut self, folder: &Path, path: &Path) {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for line in text.split_inclusive('\n') {
            let globals = |name: &str| self.globals.get(&name.to_lowercase()).cloned();
            let seen = preprocess(line, &globals);
            self.text.push_str(&seen.text);
            for command in seen.commands {
                let (command, argument) = command.split_once(' ').expect("an argument");
                match command {
                    "set" => {
                        let (name, value) = argument.split_once('=').expect("a value");
                        let (name, value) = (name.trim_end().to_lowercase(), value.trim_start());
                        if !self.given.contains(&name) {
                            self.globals.insert(name, value.to_owned());
                        }
                    }
                    "include" => {
                        for path in expand(&folder.join(argument)) {
                            let folder = path.parent().expect("a folder").to_owned();
                            self.file(&folder, &path);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// A star in the last part of a path stands for anything.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let name = pattern.file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let Some((before, after)) = name.split_once('*') else { return vec![pattern.to_owned()] };
    let folder = fs::read_dir(pattern.parent().expect("a folder"));
    let entries = folder.map(|folder| folder.map(|entry| entry.expect("readable").path()));
    let mut found: Vec<PathBuf> = entries.into_iter().flatten().collect();
    found.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
        name.starts_with(before) && name.ends_with(after) && !name.starts_with('.')
    });
    found.sort();
    found
}
