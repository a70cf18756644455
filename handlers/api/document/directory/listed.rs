//! An entry of a list.

use super::super::configuration::gateway;
use super::super::{is_secret, settings};
use super::credential::place_of;
use crate::snapshot::{Gateway, SettingRef};
use crate::xml::{Element, Place, Value};

/// An entry of a list: a user without its secret.
///
/// ```
/// use jackfield_api::document::{Directory, DirectoryDomain, ListedUser};
///
/// // A group that is called: the switch asks for each user before it does.
/// let members = ["1000", "1001"].map(ListedUser::pointer);
/// let group = DirectoryDomain::new("pbx.example.test").group("sales", members);
/// assert!(!Directory::domains([group])?.lists_users());
///
/// // The networks of users, for `acl.conf`.
/// let users = [ListedUser::new("trunk").cidr("192.0.2.7/32")];
/// let networks = DirectoryDomain::new("pbx.example.test").group("networks", users);
/// assert!(Directory::domains([networks])?.lists_users());
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct ListedUser<'a>(pub(super) Element<'a>);

impl<'a> ListedUser<'a> {
    /// A user by its id alone.
    pub fn new(id: impl Into<Value<'a>>) -> Self {
        Self(Element::new("user").with("id", id))
    }

    /// A pointer: the switch asks for the user itself before it uses it.
    pub fn pointer(id: impl Into<Value<'a>>) -> Self {
        Self(Element::new("user").with("id", id).with("type", "pointer"))
    }

    /// The networks that the user may come from (for network lists).
    #[must_use]
    pub fn cidr(self, cidr: impl Into<Value<'a>>) -> Self {
        Self(self.0.with("cidr", cidr))
    }

    /// The second name under which the switch finds the user.
    #[must_use]
    pub fn number_alias(self, alias: impl Into<Value<'a>>) -> Self {
        Self(self.0.with("number-alias", alias))
    }

    /// Gateways that live as long as the user does.
    #[must_use]
    pub fn gateways(self, gateways: &'a [Gateway]) -> Self {
        Self(self.0.holding([Element::new("gateways").holding(gateways.iter().map(gateway))]))
    }

    /// Parameters as stored, without secrets.
    #[must_use]
    pub fn params(self, params: impl IntoIterator<Item = SettingRef<'a>>) -> Self {
        let params = params.into_iter().filter(|param| !is_secret(param.name));
        Self(self.0.holding(settings("params", "param", place_of, params)))
    }

    /// Channel variables as stored, without secrets.
    #[must_use]
    pub fn variables(self, variables: impl IntoIterator<Item = SettingRef<'a>>) -> Self {
        let variables = variables.into_iter().filter(|variable| !is_secret(variable.name));
        let variables = settings("variables", "variable", |_| Place::Expanded, variables);
        Self(self.0.holding(variables))
    }
}
