//! A directory domain: its users, its groups, and what all its users share.

use std::collections::HashMap;

use super::setting::Setting;
use super::user::User;
use super::{Written, find};

/// One directory domain.
#[derive(Debug, Clone, Default)]
pub struct Domain {
    name: String,
    params: Vec<Setting>,
    variables: Vec<Setting>,
    groups: Vec<Group>,
    users: Vec<User>,
    inherited: Written,
    ids: HashMap<String, u32>,
    aliases: HashMap<String, u32>,
}

/// A named set of users that can be called as one.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The name, found without regard to ASCII case.
    pub name: String,
    /// Ids of its members, in the order in which they are rung.
    pub members: Vec<String>,
}

impl Domain {
    /// A domain with nothing in it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets what every user of the domain inherits.
    #[must_use]
    pub fn with_settings(mut self, params: Vec<Setting>, variables: Vec<Setting>) -> Self {
        self.params = params;
        self.variables = variables;
        self.inherited = Written::default();
        self
    }

    /// What every user inherits, as an answer holds it.
    pub(crate) fn inherited(&self) -> &Written {
        &self.inherited
    }

    /// Sets the users. Of two with one id or alias the first is found.
    #[must_use]
    pub fn with_users(mut self, users: Vec<User>) -> Self {
        self.ids = HashMap::with_capacity(users.len());
        self.aliases = HashMap::new();
        for (at, user) in users.iter().enumerate() {
            let at = u32::try_from(at).expect("fewer than 4 billion users");
            self.ids.entry(user.id.to_ascii_lowercase()).or_insert(at);
            if let Some(alias) = &user.number_alias {
                self.aliases.entry(alias.to_ascii_lowercase()).or_insert(at);
            }
        }
        self.users = users;
        self
    }

    /// Sets the groups.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<Group>) -> Self {
        self.groups = groups;
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
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
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The users, in their order.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// A user by id, or by number-alias where no id fits: the switch's own rule. Case apart.
    pub fn user(&self, id_or_alias: &str) -> Option<&User> {
        find(&self.ids, id_or_alias)
            .or_else(|| find(&self.aliases, id_or_alias))
            .map(|at| &self.users[at as usize])
    }

    /// A group by name, case apart.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }
}
