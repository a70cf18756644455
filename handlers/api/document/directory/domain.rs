//! A domain, around a user or a list.

use super::super::is_secret;
use super::credential::{is_credential, place_of};
use super::listed::ListedUser;
use super::{list, stored_others};
use crate::snapshot::Domain;
use crate::xml::{Element, Node, Place, Value, written};

/// A domain in the making.
///
/// ```
/// use jackfield_api::document::{Directory, DirectoryDomain};
///
/// // What the switch asks of a domain by itself (`domain_exists`, `domain_data`).
/// let domain = DirectoryDomain::new("pbx.example.test").variable("default_language", "en");
/// assert_eq!(Directory::domains([domain])?.names(), ["pbx.example.test"]);
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct DirectoryDomain<'a> {
    name: Value<'a>,
    /// A stored domain and what it shares, written before.
    written: Option<(&'a Domain, &'a str)>,
    params: Vec<Node<'a>>,
    variables: Vec<Node<'a>>,
    others: &'a [Element<'static>],
    groups: Vec<Node<'a>>,
    /// Whether a group holds more than pointers.
    pub(super) lists_users: bool,
}

/// How many elements stand around what a domain holds: document, section, domain.
const DOMAIN_DEPTH: usize = 3;

impl<'a> DirectoryDomain<'a> {
    /// A domain with nothing in it: what tells the switch that a user is not there.
    pub fn new(name: impl Into<Value<'a>>) -> Self {
        let name = name.into();
        Self {
            name,
            written: None,
            params: vec![],
            variables: vec![],
            others: &[],
            groups: vec![],
            lists_users: false,
        }
    }

    /// A stored domain around a complete user, with what that user inherits; a secret of its own
    /// is not among it.
    pub fn inherited(domain: &'a Domain) -> Self {
        // The same for every user, and most of the answer: written once for each snapshot.
        let written = domain
            .inherited()
            .get_or_init(|| written(DOMAIN_DEPTH, Self::shared(domain).settings()));
        match written {
            Ok(written) => Self { written: Some((domain, written)), ..Self::new(domain.name()) },
            // Written again, so that the answer fails with the same error.
            Err(_) => Self::shared(domain),
        }
    }

    /// What every user of a stored domain inherits.
    fn shared(domain: &'a Domain) -> Self {
        Self { others: domain.others().elements(), ..Self::without(domain, is_credential) }
    }

    /// A stored domain around a list, with its settings but for every secret.
    pub fn listed(domain: &'a Domain) -> Self {
        Self::without(domain, is_secret)
    }

    fn without(domain: &'a Domain, withheld: fn(&str) -> bool) -> Self {
        let mut shared = Self::new(domain.name());
        for param in domain.params().iter().filter(|param| !withheld(&param.name)) {
            shared = shared.param(&param.name, param.value());
        }
        for variable in domain.variables().iter().filter(|variable| !withheld(&variable.name)) {
            shared = shared.variable(&variable.name, variable.value());
        }
        shared
    }

    /// Says the domain's name as the switch asked for it, where that differs in case.
    #[must_use]
    pub fn named(mut self, name: impl Into<Value<'a>>) -> Self {
        self.name = name.into();
        self
    }

    /// A parameter that every user inherits. One that decides about a login is refused.
    #[must_use]
    pub fn param(self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        let mut shared = self.unwritten();
        shared.params.push(Node::pair("param", name, value, place_of(name)));
        shared
    }

    /// A channel variable that every user inherits. The switch expands `${...}` in it.
    #[must_use]
    pub fn variable(self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        let mut shared = self.unwritten();
        shared.variables.push(Node::pair("variable", name, value, Place::Expanded));
        shared
    }

    /// The switch reads one list of parameters, so what is added joins what is stored.
    fn unwritten(self) -> Self {
        match self.written {
            Some((domain, _)) => {
                let Self { name, groups, lists_users, .. } = self;
                Self { name, groups, lists_users, ..Self::shared(domain) }
            }
            None => self,
        }
    }

    /// Adds a group and its members.
    #[must_use]
    pub fn group(
        mut self,
        name: impl Into<Value<'a>>,
        members: impl IntoIterator<Item = ListedUser<'a>>,
    ) -> Self {
        let lists_users = &mut self.lists_users;
        let users = Element::new("users").holding(members.into_iter().map(|member| {
            *lists_users |= member.0.attribute("type") != Some("pointer");
            member.0
        }));
        self.groups.push(Element::new("group").with("name", name).holding([users]).into());
        self
    }

    /// What all users share.
    fn settings(self) -> impl Iterator<Item = Node<'a>> {
        let written = self.written.map(|(_, written)| Node::Written(written));
        let params = list("params", self.params).map(Node::from);
        let variables = list("variables", self.variables).map(Node::from);
        let others = stored_others(self.others).map(Node::from);
        written.into_iter().chain(params).chain(variables).chain(others)
    }

    pub(super) fn element(mut self) -> Element<'a> {
        let groups = list("groups", std::mem::take(&mut self.groups));
        let domain = Element::new("domain").with("name", self.name.clone());
        domain.holding(self.settings()).holding(groups)
    }
}
