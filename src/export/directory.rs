//! The directory: a file a domain, and in a folder beside it a file a user.
//!
//! A user is described in the first of its groups, where the switch finds it and what it inherits; other
//! groups point at it.

use std::collections::HashMap;

use jackfield_api::files::{self, Listed};
use jackfield_api::snapshot::Domain;

use super::{ExportError, Tree, names};

/// Where users that are in no group are not mistaken for a group's.
const DISABLED: &str = "_disabled";

pub(super) fn put(tree: &mut Tree, domain: &Domain) -> Result<(), ExportError> {
    let folder = names::folder(domain.name());
    // Which group each user is described in, by its id in lower case.
    let mut homes = HashMap::<String, usize>::new();
    for (at, group) in domain.groups().iter().enumerate() {
        for member in &group.members {
            homes.entry(member.to_ascii_lowercase()).or_insert(at);
        }
    }
    let home_of = |id: &str| homes.get(&id.to_ascii_lowercase()).copied();
    let mut members = Vec::new();
    for (at, group) in domain.groups().iter().enumerate() {
        let inside = format!("{folder}/{}", names::folder(&group.name));
        let listed = group.members.iter().map(|member| {
            let described = homes.get(&member.to_ascii_lowercase()) == Some(&at);
            domain
                .user(member)
                .filter(|user| described && !user.disabled)
                .map_or(Listed::Pointer(member.as_str()), |user| {
                    Listed::Files(format!("{inside}/{}.xml", names::file(user.id)))
                })
        });
        members.push(starred(listed.collect(), &inside));
    }
    let (mut alone, mut disabled) = (Vec::new(), Vec::new());
    for user in domain.users().iter() {
        let inside = match home_of(user.id) {
            _ if user.disabled => {
                disabled = vec![Listed::Files(format!("{folder}/{DISABLED}/*.xml"))];
                DISABLED.to_owned()
            }
            Some(at) => names::folder(&domain.groups()[at].name),
            None => {
                alone = vec![Listed::Files(format!("{folder}/*.xml"))];
                String::new()
            }
        };
        let file = format!("{}.xml", names::file(user.id));
        let path = ["directory", &folder, &inside, &file];
        let path: Vec<_> = path.into_iter().filter(|part| !part.is_empty()).collect();
        let what = || format!("user «{}» of {}", user.id, domain.name());
        tree.put(path.join("/"), what, files::user(domain, &user.to_user()))?;
    }
    let path = format!("directory/{}.xml", names::file(domain.name()));
    let what = || format!("domain «{}»", domain.name());
    tree.put(path, what, files::domain(domain, &members, &alone, &disabled))
}

/// One line for all files of the folder where these stand together and in the order of their names.
fn starred<'a>(listed: Vec<Listed<'a>>, folder: &str) -> Vec<Listed<'a>> {
    let is_file = |entry: &Listed<'_>| matches!(entry, Listed::Files(_));
    let Some(first) = listed.iter().position(is_file) else { return listed };
    let end = listed.iter().rposition(is_file).map_or(first, |last| last + 1);
    let paths: Vec<Option<&str>> = listed[first..end]
        .iter()
        .map(|entry| match entry {
            Listed::Files(path) => Some(path.as_str()),
            Listed::Pointer(_) => None,
        })
        .collect();
    if paths.iter().any(Option::is_none) || !paths.is_sorted() {
        return listed;
    }
    let star = Listed::Files(format!("{folder}/*.xml"));
    let mut starred = listed;
    starred.splice(first..end, [star]);
    starred
}
