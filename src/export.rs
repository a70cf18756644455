//! Writes what is stored as a switch's configuration files.
//!
//! [`whole`] makes the tree that a switch boots from by itself, [`bootstrap()`] the few files of one that is
//! served. Both are made in memory first, from what is stored alone, so that the same database always
//! gives the same files; only the event socket's password in a bootstrap is nowhere stored: it is that of the
//! export before, or a new one. [`Place`] puts the files where they belong when they are complete. What no
//! switch has a place for is written so that the import takes it back, see [`jackfield_api::files`].

mod bootstrap;
mod configuration;
mod directory;
mod manifest;
mod modules;
mod names;
mod vars;
mod write;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jackfield_api::files;
use jackfield_api::snapshot::{Contents, Hosts};
use jackfield_api::xml::XmlError;
use thiserror::Error;

pub(crate) use self::bootstrap::{BINDINGS, Service, xml_curl_conf};
pub(crate) use self::modules::{LOGS, XML_CURL};
pub(crate) use self::write::Place;

/// Files by their paths, and what is to be told of them.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) notes: Vec<String>,
}

/// An object that cannot be written as it was meant.
#[derive(Debug, Error)]
pub(crate) enum ExportError {
    /// A value that the switch would not take as it was meant.
    #[error(
        "{what} cannot be written: {error}; change it, as with `jackfield import` of a mended file"
    )]
    Unsafe {
        /// The object.
        what: String,
        /// What is wrong with which of its values.
        error: XmlError,
    },
    /// In files one would take the place of another.
    #[error(
        "{what} is for some switches alone, and files say the same to every switch: write those of one \
         switch with --host NAME; limits name {hosts}"
    )]
    Limited {
        /// The first object that is limited.
        what: String,
        /// All switches that limits name.
        hosts: Hosts,
    },
}

/// Refuses what only some switches have.
fn check_limits(contents: &Contents) -> Result<(), ExportError> {
    let limits = contents.limits();
    let names = limits.iter().flat_map(|(_, hosts)| hosts.names());
    match limits.first() {
        Some((what, _)) => {
            Err(ExportError::Limited { what: what.clone(), hosts: Hosts::new(names) })
        }
        None => Ok(()),
    }
}

impl Tree {
    /// Adds a file with an object in it; `what` names the object.
    fn put(
        &mut self,
        path: String,
        what: impl FnOnce() -> String,
        text: Result<String, XmlError>,
    ) -> Result<(), ExportError> {
        let text = text.map_err(|error| ExportError::Unsafe { what: what(), error })?;
        self.files.insert(path, text);
        Ok(())
    }

    /// Whether there is a file directly in a folder.
    fn has(&self, folder: &str) -> bool {
        self.files.keys().any(|path| {
            path.strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| !name.contains('/'))
        })
    }
}

/// Sections and the folders that their files are in.
const SECTIONS: [(&str, &str); 5] = [
    ("configuration", "autoload_configs"),
    ("dialplan", "dialplan"),
    ("chatplan", "chatplan"),
    ("directory", "directory"),
    ("languages", "lang"),
];

/// Everything that is stored, as a tree that a switch boots from by itself.
pub(crate) fn whole(contents: &Contents) -> Result<Tree, ExportError> {
    let mut tree = objects(contents)?;
    configuration::completed(&mut tree, contents)?;
    let vars = vars::write(&contents.globals, None, tree.files.values());
    tree.files.insert("vars.xml".to_owned(), vars.text);
    tree.notes.extend(vars.notes);
    root(&mut tree);
    Ok(tree)
}

/// The few files of a switch that is served by a service, for a place where an earlier export may be.
pub(crate) fn bootstrap(
    contents: &Contents,
    service: &Service,
    place: &Place,
) -> Result<Tree, ExportError> {
    let all = objects(contents)?;
    let mut tree = Tree::default();
    bootstrap::put(&mut tree, contents, service, place)?;
    // What is served reads globals of the switch, too.
    let read = all.files.values().chain(tree.files.values());
    let url = service.asked_by_hooks();
    let found = url.as_deref().map(|url| (bootstrap::URL_OF_HOOKS, url));
    let vars = vars::write(&contents.globals, found, read);
    tree.files.insert("vars.xml".to_owned(), vars.text);
    tree.notes.extend(vars.notes);
    root(&mut tree);
    Ok(tree)
}

/// What the tables hold, without the files that hold it together.
fn objects(contents: &Contents) -> Result<Tree, ExportError> {
    check_limits(contents)?;
    let mut tree = Tree::default();
    configuration::put(&mut tree, contents)?;
    for domain in &contents.domains {
        directory::put(&mut tree, domain)?;
    }
    for (section, contexts) in [("dialplan", &contents.dialplan), ("chatplan", &contents.chatplan)]
    {
        for context in contexts {
            let path = format!("{section}/{}.xml", names::file(context.name()));
            let what = || format!("context «{}» of the {section}", context.name());
            tree.put(path, what, files::context(context))?;
        }
    }
    for language in &contents.languages {
        let path = format!("lang/{}.xml", names::file(&language.name));
        let what = || format!("language «{}»", language.name);
        tree.put(path, what, files::language(language))?;
    }
    Ok(tree)
}

/// The file that a switch begins with.
fn root(tree: &mut Tree) {
    let mut text = String::from(
        "<?xml version=\"1.0\"?>\n<document type=\"freeswitch/xml\">\n  \
         <X-PRE-PROCESS cmd=\"include\" data=\"vars.xml\"/>\n",
    );
    for (section, folder) in SECTIONS {
        if tree.has(folder) {
            let _ = writeln!(
                text,
                "  <section name=\"{section}\">\n    \
                 <X-PRE-PROCESS cmd=\"include\" data=\"{folder}/*.xml\"/>\n  </section>"
            );
        }
    }
    text.push_str("</document>\n");
    tree.files.insert("freeswitch.xml".to_owned(), text);
}
