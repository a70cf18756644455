//! A directory domain: its users, its groups, and what all its users share.

use std::collections::HashMap;
use std::sync::Arc;

use super::global::Globals;
use super::setting::Setting;
use super::user::{Algorithm, User};
use super::users::{UserRef, Users};
use super::{List, Written, find};
use crate::xml::{Raw, Value};

/// One directory domain.
///
/// ```
/// use jackfield_api::snapshot::{Algorithm, Domain, Group, Secret, Setting, User};
///
/// let hash = "0123456789abcdef0123456789abcdef"; // MD5 of `1000:pbx.example.test:password`
/// let user = User {
///     id: "1000".into(),
///     secrets: vec![Secret::new("1000", "pbx.example.test", Algorithm::Md5, hash)],
///     variables: vec![Setting::new("user_context", "default")],
///     ..User::default()
/// };
/// let domain = Domain::new("pbx.example.test")
///     .with_aliases(vec!["old.example.test".into()])
///     .with_users([user])
///     .with_groups([Group::new("sales", ["1000"])]);
/// assert!(domain.user("1000").is_some());
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Domain {
    name: String,
    aliases: Vec<String>,
    realms: Vec<String>,
    algorithms: Vec<Algorithm>,
    others: Raw,
    params: Vec<Setting>,
    variables: Vec<Setting>,
    groups: List<Group>,
    #[cfg_attr(feature = "stored", serde(skip))]
    users: Users,
    #[cfg_attr(feature = "stored", serde(skip))]
    inherited: Written,
    /// The first group of each member, where any group has settings.
    #[cfg_attr(feature = "stored", serde(skip))]
    settings_groups: Arc<HashMap<String, i64>>,
}

/// A named set of users that can be called as one.
///
/// ```
/// use jackfield_api::snapshot::Group;
///
/// let sales = Group::new("sales", ["1000", "1001"]).variable("accountcode", "sales");
/// # assert_eq!(sales.members, ["1000", "1001"]);
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Group {
    /// The name, found without regard to ASCII case.
    pub name: String,
    /// Ids of its members, in the order in which they are rung.
    pub members: Vec<String>,
    /// Parameters that its members inherit, before those of the domain.
    pub params: Vec<Setting>,
    /// Channel variables that its members inherit, before those of the domain.
    pub variables: Vec<Setting>,
}

impl Group {
    /// A group with these members, told by their ids.
    pub fn new(
        name: impl Into<String>,
        members: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let members = members.into_iter().map(Into::into).collect();
        Self { name: name.into(), members, ..Self::default() }
    }

    /// Adds a parameter that its members inherit.
    #[must_use]
    pub fn param<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.params.push(Setting::of(name, value));
        self
    }

    /// Adds a channel variable that its members inherit.
    #[must_use]
    pub fn variable<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.variables.push(Setting::of(name, value));
        self
    }

    fn resolve(&mut self, globals: &Globals) {
        globals.settings(&mut self.params);
        globals.settings(&mut self.variables);
    }
}

impl Domain {
    /// A domain with nothing in it.
    pub fn new(name: impl Into<String>) -> Self {
        let algorithms = vec![Algorithm::Md5, Algorithm::Sha256];
        Self { name: name.into(), algorithms, ..Self::default() }
    }

    /// Sets what every user of the domain inherits.
    #[must_use]
    pub fn with_settings(mut self, params: Vec<Setting>, variables: Vec<Setting>) -> Self {
        self.params = params;
        self.variables = variables;
        self.inherited = Written::default();
        self
    }

    /// Sets further names that the domain answers to.
    #[must_use]
    pub fn with_aliases(mut self, aliases: Vec<String>) -> Self {
        self.aliases = aliases;
        self
    }

    /// Sets the realms, besides the domain's own names, that secrets are made for, and the digest
    /// algorithms that they are made with.
    #[must_use]
    pub fn with_digests(mut self, realms: Vec<String>, algorithms: Vec<Algorithm>) -> Self {
        self.realms = realms;
        self.algorithms = algorithms;
        self
    }

    /// Sets the elements besides `<params>` and `<variables>` that every user inherits, as
    /// `<profile-variables>`.
    #[must_use]
    pub fn with_others(mut self, others: Raw) -> Self {
        self.others = others;
        self.inherited = Written::default();
        self
    }

    /// What every user inherits, as an answer holds it.
    pub(crate) fn inherited(&self) -> &Written {
        &self.inherited
    }

    /// Sets the users. Of two with one id or alias the first is found.
    #[must_use]
    pub fn with_users(self, users: impl IntoIterator<Item = User>) -> Self {
        self.with_packed(users.into_iter().collect())
    }

    /// Sets the users, packed.
    #[must_use]
    pub fn with_packed(mut self, users: Users) -> Self {
        self.users = users;
        self
    }

    /// Sets the groups.
    #[must_use]
    pub fn with_groups(mut self, groups: impl Into<List<Group>>) -> Self {
        self.groups = groups.into();
        self.index_groups();
        self
    }

    fn index_groups(&mut self) {
        let mut first = HashMap::new();
        let any = |group: &Group| !group.params.is_empty() || !group.variables.is_empty();
        if self.groups.iter().any(any) {
            for (row, group) in self.groups.with_rows() {
                for member in &group.members {
                    first.entry(member.to_ascii_lowercase()).or_insert(row);
                }
            }
        }
        self.settings_groups = Arc::new(first);
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Further names that the domain answers to.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// Realms, besides the domain's own names, that secrets are made for.
    pub fn realms(&self) -> &[String] {
        &self.realms
    }

    /// The digest algorithms that secrets are made with.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// Every realm that a user of the domain may be challenged with.
    pub fn all_realms(&self) -> impl Iterator<Item = &str> {
        let names = std::iter::once(&self.name).chain(&self.aliases).chain(&self.realms);
        names.map(String::as_str)
    }

    /// The name under which the domain is asked for, as it is stored: an alias where that is meant.
    pub fn spelled(&self, asked: &str) -> &str {
        let mut aliases = self.aliases.iter().filter(|alias| alias.eq_ignore_ascii_case(asked));
        match aliases.next() {
            Some(alias) if !self.name.eq_ignore_ascii_case(asked) => alias,
            _ => &self.name,
        }
    }

    /// Elements besides `<params>` and `<variables>` that every user inherits.
    pub fn others(&self) -> &Raw {
        &self.others
    }

    /// Parameters that every user inherits.
    pub fn params(&self) -> &[Setting] {
        &self.params
    }

    /// Channel variables that every user inherits.
    pub fn variables(&self) -> &[Setting] {
        &self.variables
    }

    /// The groups, in their order.
    pub fn groups(&self) -> &List<Group> {
        &self.groups
    }

    /// The users, in their order.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// A user by id, or by number-alias where no id fits: the switch's own rule. Case apart.
    pub fn user(&self, id_or_alias: &str) -> Option<UserRef<'_>> {
        self.users.find(id_or_alias)
    }

    /// The group whose settings a user inherits: the first that it is in, as the switch finds it.
    pub fn settings_group(&self, id: &str) -> Option<&Group> {
        find(&self.settings_groups, id).and_then(|row| self.groups.at(row))
    }

    /// Completes a domain that was kept with its users, and with what is made anew. These globals have
    /// been put into everything but texts of users.
    #[cfg(feature = "stored")]
    pub(super) fn take_back(&mut self, users: Users, globals: &Globals) {
        self.users = users;
        self.users.resolve_texts(globals);
        self.index_groups();
    }

    /// Puts globals into every setting and every piece of XML, before the domain is published.
    pub(super) fn resolve(&mut self, globals: &Globals) {
        self.resolve_own(globals);
        self.groups.iter_mut().for_each(|group| group.resolve(globals));
        self.users.resolve(globals);
    }

    /// A group by name, case apart.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }

    /// Takes the users and groups of the domain that stood here before.
    pub(super) fn take_in(&mut self, before: &Self) {
        self.users = before.users.clone();
        self.groups = before.groups.clone();
        self.settings_groups = Arc::clone(&before.settings_groups);
    }

    /// Puts globals into everything but users and groups.
    pub(super) fn resolve_own(&mut self, globals: &Globals) {
        globals.settings(&mut self.params);
        globals.settings(&mut self.variables);
        self.others.resolve(globals);
        self.inherited = Written::default();
    }

    pub(super) fn users_mut(&mut self) -> &mut Users {
        &mut self.users
    }

    pub(super) fn put_group(&mut self, row: i64, mut group: Group, globals: &Globals) {
        group.resolve(globals);
        self.groups.put(row, row, group);
        self.index_groups();
    }

    pub(super) fn remove_group(&mut self, row: i64) {
        if self.groups.remove(row).is_some() {
            self.index_groups();
        }
    }
}
