//! Domains, their groups and their users.

use std::collections::{BTreeMap, BTreeSet};

use jackfield_api::document::decides_on_login;
use jackfield_api::files::{DISABLED, OURS};
use jackfield_api::snapshot::{Algorithm, Domain, Group, List, User};

use super::super::place::Place;
use super::super::tree::Element;
use super::Taker;
use super::user::is_credential;
use crate::names;

/// What a user inherits, and what its secrets are made for.
pub(super) struct Around<'e> {
    /// The domain's element.
    pub(super) domain: &'e Element,
    /// Its name.
    pub(super) name: String,
    /// Every realm that secrets are made for, the name first.
    pub(super) realms: Vec<String>,
    /// The algorithms that they are made with.
    pub(super) algorithms: Vec<Algorithm>,
    /// The domain as it is stored.
    pub(super) stored: Option<&'e Domain>,
}

/// The users of a domain while they are collected.
#[derive(Default)]
pub(super) struct Users {
    pub(super) list: Vec<User>,
    /// Where each stands, by its id in lower case.
    pub(super) places: BTreeMap<String, Place>,
    /// Ids, in lower case, of those whose second name is stored and not the tree's.
    pub(super) keep_alias: BTreeSet<String>,
}

/// A group while it is collected: its members may be named before they are described.
struct Members {
    group: Group,
    members: Vec<(String, Place)>,
}

impl Taker<'_> {
    pub(super) fn directory(&mut self, section: &Element) {
        for element in &section.children {
            if element.name == "domain" {
                self.domain(element);
            } else {
                self.stray(element, "section directory");
            }
        }
    }

    fn domain(&mut self, element: &Element) {
        let what = "the domain's name";
        let name = element.attribute("name").unwrap_or_default();
        let Some(name) = self.known(what, name, &element.place) else { return };
        let Some(name) = self.checked(what, name, &element.place, names::check_domain) else {
            return;
        };
        let is_it = |domain: &&Domain| domain.name().eq_ignore_ascii_case(&name);
        if self.contents.domains.iter().any(|domain| is_it(&domain)) {
            let text = format!("a second domain «{name}»: the switch finds the first alone");
            self.report.left_out(&element.place, text);
            return;
        }
        let existing = self.existing;
        let stored = existing.domains.iter().find(is_it);
        // Hashes are made of the name as it is spelled, and answers spell it as it is stored.
        let name = stored.map_or(name.clone(), |stored| stored.name().to_owned());
        let domain = stored.map_or_else(
            || Domain::new(&name),
            |stored| {
                Domain::new(&name)
                    .with_aliases(stored.aliases().to_vec())
                    .with_digests(stored.realms().to_vec(), stored.algorithms().to_vec())
            },
        );
        for (attribute, _) in element.attributes.iter().filter(|(key, _)| key != "name") {
            self.report.left_out(&element.place, format!("the attribute {attribute} of a domain"));
        }
        self.domain_name("the domain's name", &name, &name, &element.place);
        let domain = self.ours_of(element, domain);
        let realms = domain.all_realms().map(str::to_owned).collect();
        let algorithms = domain.algorithms().to_vec();
        let around = Around { domain: element, name, realms, algorithms, stored };

        let (mut users, mut groups) = (Users::default(), Vec::new());
        let mut others = Vec::new();
        for inner in &element.children {
            match inner.name.as_str() {
                "params" | "variables" => {
                    self.once(element, inner);
                }
                "groups" => self.groups(inner, &around, &mut users, &mut groups),
                "users" => {
                    for user in &inner.children {
                        self.ungrouped(user, &around, &mut users);
                    }
                }
                "user" => self.ungrouped(inner, &around, &mut users),
                OURS => {
                    for list in inner.children_named(DISABLED) {
                        for user in &list.children {
                            self.disabled(user, &around, &mut users);
                        }
                    }
                }
                name if decides_on_login(name) => self.misplaced(inner),
                _ => others.push(inner),
            }
        }
        self.user_names(&around, &mut users);
        let groups: List<_> =
            groups.into_iter().map(|group| self.group_of(group, &users)).collect();
        let (params, variables) = self.shared(element);
        let others = self.raw(others);
        self.contents.domains.push(
            domain
                .with_settings(params, variables)
                .with_others(others)
                .with_users(users.list)
                .with_groups(groups),
        );
    }

    /// An element that would say who may log in, where the switch does not look for one.
    pub(super) fn misplaced(&mut self, element: &Element) {
        let text = format!("<{}> here: the switch does not read it", element.name);
        self.report.left_out(&element.place, text);
    }

    /// Whether the switch reads a list: of two of the same name it reads the first.
    pub(super) fn once(&mut self, parent: &Element, list: &Element) -> bool {
        let first = parent.child(&list.name).is_none_or(|first| std::ptr::eq(first, list));
        if !first {
            let text = format!("a second <{}>: the switch reads the first alone", list.name);
            self.report.left_out(&list.place, text);
        }
        first
    }

    /// What the members of a domain or group inherit, but for credentials: these become secrets of
    /// each member.
    fn shared(
        &mut self,
        element: &Element,
    ) -> (Vec<jackfield_api::snapshot::Setting>, Vec<jackfield_api::snapshot::Setting>) {
        let params = element.child("params").map(without_credentials);
        let params = params.map(|list| self.settings(&list, "param")).unwrap_or_default();
        let variables = element.child("variables");
        let variables = variables.map(|list| self.settings(list, "variable")).unwrap_or_default();
        (params, variables)
    }

    fn groups(
        &mut self,
        list: &Element,
        around: &Around<'_>,
        users: &mut Users,
        groups: &mut Vec<Members>,
    ) {
        for element in &list.children {
            if element.name != "group" {
                self.stray(element, "groups");
                continue;
            }
            if element.attribute("name") == Some("") {
                // No group at all: an export puts users there that are in none.
                for user in element.children_named("users").flat_map(|list| &list.children) {
                    self.ungrouped(user, around, users);
                }
                continue;
            }
            let Some(name) = self.name_of(element) else { continue };
            if groups.iter().any(|known| known.group.name.eq_ignore_ascii_case(&name)) {
                let text = format!("a second group «{name}»: the switch finds the first alone");
                self.report.left_out(&element.place, text);
                continue;
            }
            let mut members = Vec::new();
            for inner in &element.children {
                match inner.name.as_str() {
                    "params" | "variables" => {
                        self.once(element, inner);
                    }
                    "users" => {
                        for user in &inner.children {
                            if user.name != "user" {
                                self.stray(user, "users");
                                continue;
                            }
                            let id = self.described(user, Some(element), around, users);
                            members.extend(id.map(|id| (id, user.place.clone())));
                        }
                    }
                    _ => self.stray(inner, "a group"),
                }
            }
            let (params, variables) = self.shared(element);
            let group = Group { name, params, variables, ..Group::default() };
            groups.push(Members { group, members });
        }
    }

    fn ungrouped(&mut self, element: &Element, around: &Around<'_>, users: &mut Users) {
        if element.name != "user" {
            self.stray(element, "users");
        } else if is_pointer(element) {
            self.report.left_out(&element.place, "a pointer outside of a group");
        } else {
            self.described(element, None, around, users);
        }
    }

    /// A user that no switch finds where it stands.
    fn disabled(&mut self, element: &Element, around: &Around<'_>, users: &mut Users) {
        let before = users.list.len();
        self.ungrouped(element, around, users);
        for user in &mut users.list[before..] {
            user.disabled = true;
        }
    }

    /// The domain with the further names, realms and algorithms that an export wrote, besides those
    /// that are stored.
    fn ours_of(&mut self, element: &Element, domain: Domain) -> Domain {
        let Some(ours) = element.child(OURS) else { return domain };
        let mut aliases = domain.aliases().to_vec();
        for alias in ours.children_named("alias") {
            let name = alias.attribute("name").unwrap_or_default();
            let what = "an alias of the domain";
            let Some(name) = self.checked(what, name.to_owned(), &alias.place, names::check_domain)
            else {
                continue;
            };
            self.domain_name(what, &name, domain.name(), &alias.place);
            if !aliases.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                aliases.push(name);
            }
        }
        let mut realms = domain.realms().to_vec();
        for realm in ours.children_named("realm") {
            let name = realm.attribute("name").unwrap_or_default();
            let realm = self.label("a realm of the domain", name, &realm.place);
            realms.extend(realm.filter(|realm| !domain.realms().contains(realm)));
        }
        let mut algorithms = Vec::new();
        for algorithm in ours.children_named("algorithm") {
            let name = algorithm.attribute("name").unwrap_or_default();
            if Algorithm::named(name).is_none() {
                let message = format!("«{name}» is no algorithm; write MD5 or SHA-256");
                self.problem(&algorithm.place, message);
            }
            algorithms.extend(Algorithm::named(name));
        }
        if algorithms.is_empty() {
            algorithms = Domain::new("").algorithms().to_vec();
        }
        domain.with_aliases(aliases).with_digests(realms, algorithms)
    }

    /// Takes a user where it is described, and not where it is only pointed at; its id.
    fn described(
        &mut self,
        element: &Element,
        group: Option<&Element>,
        around: &Around<'_>,
        users: &mut Users,
    ) -> Option<String> {
        let id = element.attribute("id").unwrap_or_default();
        let id = self.key("the user's id", id, &element.place)?;
        if is_pointer(element) {
            return Some(id);
        }
        if let Some(place) = users.places.get(&id.to_ascii_lowercase()) {
            let text = format!("a second user «{id}»: the switch finds that at {place} first");
            self.report.left_out(&element.place, text);
            return Some(id);
        }
        let mut user = User { id: id.clone(), ..User::default() };
        if element.attribute("number-alias").is_none_or(str::is_empty) {
            user.number_alias = self.kept_alias(&id, &element.place, around);
            users.keep_alias.extend(user.number_alias.as_ref().map(|_| id.to_ascii_lowercase()));
        }
        let user = self.user(user, element, group, around)?;
        users.places.insert(id.to_ascii_lowercase(), element.place.clone());
        users.list.push(user);
        Some(id)
    }

    /// A group with those members that there are, each once.
    fn group_of(&mut self, found: Members, users: &Users) -> Group {
        let mut group = found.group;
        let mut known = BTreeSet::new();
        for (id, place) in found.members {
            if !users.places.contains_key(&id.to_ascii_lowercase()) {
                let text =
                    format!("member «{id}» of group «{}»: there is no such user", group.name);
                self.report.left_out(&place, text);
            } else if known.insert(id.to_ascii_lowercase()) {
                group.members.push(id);
            }
        }
        group
    }
}

fn is_pointer(element: &Element) -> bool {
    element.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("pointer"))
}

fn without_credentials(list: &Element) -> Element {
    let mut list = list.clone();
    list.children.retain(|param| !param.attribute("name").is_some_and(is_credential));
    list
}
