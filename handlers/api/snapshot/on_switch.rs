//! The snapshot as one switch has it.

use std::borrow::Cow;

use super::hosts::{having, pick};
use super::{
    AccessList, Global, Hosts, Level, Profile, ProfileKind, Setting, Snapshot, StoredDocument,
};
use crate::document::Document;
use crate::xml::XmlError;

/// What can be limited to switches, as one switch has it: of namesakes the one that names it, else
/// the one for every switch. What names other switches alone is not there.
///
/// ```
/// use jackfield_api::snapshot::{AccessList, Contents, Hosts, Snapshot};
///
/// let for_all = AccessList::denying("lan");
/// let for_one = AccessList { hosts: Hosts::new(["sw1"]), ..AccessList::allowing("lan") };
/// let lists = [for_all, for_one].into();
/// let snapshot = Snapshot::new(Contents { access_lists: lists, ..Contents::default() });
/// let open = |host| snapshot.on(host).access_lists().any(|list| list.default_allow);
/// assert!(open("SW1") && !open("sw2"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OnSwitch<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) host: &'a str,
}

impl<'a> OnSwitch<'a> {
    /// What is the same for every switch, and all that is stored.
    pub fn snapshot(self) -> &'a Snapshot {
        self.snapshot
    }

    /// A stored configuration document by its file's name, case apart.
    pub fn document(self, name: &str) -> Option<&'a StoredDocument> {
        pick(self.snapshot.documents_named(name), self.host)
    }

    /// The profiles of one module, in their order.
    pub fn profiles(self, kind: ProfileKind) -> impl Iterator<Item = &'a Profile> {
        having(&self.snapshot.contents.profiles, self.host)
            .filter(move |profile| profile.kind == kind)
    }

    /// The network lists, in their order.
    pub fn access_lists(self) -> impl Iterator<Item = &'a AccessList> {
        having(&self.snapshot.contents.access_lists, self.host)
    }

    /// The text of a setting with all stored globals put in. For a handler that has to know what a
    /// text says: globals that are limited to switches are put into answers once they are written.
    pub fn text_of(self, setting: &Setting) -> Cow<'_, str> {
        self.resolved(&setting.text, setting.level)
    }

    /// A text of this level with all stored globals put in.
    pub fn resolved(self, text: &str, level: Level) -> Cow<'_, str> {
        let live = level == Level::Global && text.contains("$${");
        if self.snapshot.limited_globals && live {
            Cow::Owned(self.snapshot.globals.resolve_on(self.host, text))
        } else {
            Cow::Borrowed(text)
        }
    }

    /// Puts the globals that are limited to switches into a finished answer. The service does this
    /// with every answer of every handler.
    pub fn complete(self, document: Document) -> Result<Document, XmlError> {
        if self.snapshot.limited_globals {
            document.with_globals(&self.snapshot.globals, self.host)
        } else {
            Ok(document)
        }
    }

    /// What this switch has because it is named there, each with all the switches that it is for.
    pub fn limits(self) -> Vec<(String, &'a Hosts)> {
        let contents = &self.snapshot.contents;
        limits(
            having(&contents.profiles, self.host),
            self.access_lists(),
            having(&contents.documents, self.host),
            having(&contents.globals, self.host),
        )
    }
}

/// What of these is limited, each by its kind and name, with the switches that it is for.
pub(super) fn limits<'a>(
    profiles: impl IntoIterator<Item = &'a Profile>,
    access_lists: impl IntoIterator<Item = &'a AccessList>,
    documents: impl IntoIterator<Item = &'a StoredDocument>,
    globals: impl IntoIterator<Item = &'a Global>,
) -> Vec<(String, &'a Hosts)> {
    let profiles =
        profiles.into_iter().map(|it| (format!("profile {}/{}", it.kind, it.name), &it.hosts));
    let lists = access_lists.into_iter().map(|it| (format!("acl {}", it.name), &it.hosts));
    let documents = documents.into_iter().map(|it| (format!("document {}", it.name), &it.hosts));
    let globals = globals.into_iter().map(|it| (format!("global {}", it.name), &it.hosts));
    let all = profiles.chain(lists).chain(documents).chain(globals);
    all.filter(|(_, hosts)| !hosts.are_all()).collect()
}
