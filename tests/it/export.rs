//! `jackfield export`: what is stored becomes a switch's configuration files, and comes back from them.

mod bootstrap;
mod folder;
mod hosts;
pub(crate) mod nasty;
mod round_trip;
mod served;
mod unread;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{Base, jackfield};

/// Runs the program on a database.
fn on(base: &Base, arguments: &[&str], path: &Path) -> Output {
    jackfield()
        .env("JACKFIELD_DATABASE_URL", &base.url)
        .env("JACKFIELD_STATE_DIR", base.state())
        .args(arguments)
        .arg(path)
        .output()
        .expect("the program runs")
}

/// Exports and returns what was told.
fn export(base: &Base, arguments: &[&str], path: &Path) -> String {
    told(&on(base, &[&["export"], arguments].concat(), path))
}

fn told(done: &Output) -> String {
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{error}");
    String::from_utf8(done.stdout.clone()).expect("UTF-8")
}

/// The files of a folder by their paths.
fn files(folder: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).expect("inside").to_str().expect("UTF-8");
                found.insert(name.to_owned(), fs::read_to_string(&path).expect("UTF-8"));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}
