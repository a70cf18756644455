//! A complete user.

use std::borrow::Cow;

use super::credential::{Credential, is_credential, place_of};
use super::{list, other, stored_others};
use crate::snapshot::{Group, SettingRef, UserRef};
use crate::xml::{Element, Node, Place, Raw, Value};

/// A complete user: the answer to whatever is asked about one, for the switch may keep it.
///
/// ```
/// use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
/// use jackfield_api::xml::Value;
///
/// # let hash = "0123456789abcdef0123456789abcdef";
/// let user = DirectoryUser::new("1000", Credential::A1Hash(hash.into()))
///     .number_alias("5551000")
///     .voicemail_hash(None) // Opens to no PIN.
///     .variable("user_context", "default")
///     .variable("effective_caller_id_name", Value::channel("${caller_id_name}"));
/// let domain = DirectoryDomain::new("pbx.example.test").param("dial-string", Value::channel("user/${dialed_user}"));
/// let document = Directory::user(domain, user)?;
/// assert!(!document.lists_users());
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct DirectoryUser<'a> {
    element: Element<'a>,
    params: Vec<Node<'a>>,
    variables: Vec<Node<'a>>,
    others: &'a [Element<'static>],
    stored_others: &'a [Element<'static>],
    pin_stored: Option<bool>,
}

/// Rings every place where the user is registered, on any profile. For users to whom neither their
/// own settings nor the domain's give a dial string: without one the switch cannot call them.
pub const DIAL_STRING: &str = "{^^:sip_invite_domain=${dialed_domain}\
    :presence_id=${dialed_user}@${dialed_domain}}\
    ${sofia_contact(*/${dialed_user}@${dialed_domain})}";

impl<'a> DirectoryUser<'a> {
    /// A user with this id and secret.
    pub fn new(id: impl Into<Value<'a>>, credential: Credential<'a>) -> Self {
        let element = Element::new("user").with("id", id);
        let user = Self {
            element,
            params: Vec::with_capacity(8),
            variables: Vec::with_capacity(8),
            others: &[],
            stored_others: &[],
            pin_stored: None,
        };
        match credential {
            Credential::A1Hash(hash) if !hash.is_empty() => user.credential("a1-hash", hash),
            Credential::Password(password) if !password.is_empty() => {
                user.credential("password", password)
            }
            // An empty secret is one that everybody knows.
            _ => user.credential("allow-empty-password", false).param("sip-forbid-register", true),
        }
    }

    /// The second name under which the switch finds the user.
    #[must_use]
    pub fn number_alias(mut self, alias: impl Into<Value<'a>>) -> Self {
        self.element = self.element.with("number-alias", alias);
        self
    }

    /// The networks that the user may come from without a password.
    #[must_use]
    pub fn cidr(mut self, cidr: impl Into<Value<'a>>) -> Self {
        self.element = self.element.with("cidr", cidr);
        self
    }

    /// The mailbox's `vm-a1-hash`: MD5 of `id:domain:pin`. Without one the mailbox opens to no PIN.
    #[must_use]
    pub fn voicemail_hash(self, hash: Option<Cow<'a, str>>) -> Self {
        // Not the form of any MD5 digest, so nothing that is typed fits it; left out, everything
        // would (`allow-empty-password-auth`).
        self.credential("vm-a1-hash", hash.unwrap_or("closed".into()))
    }

    /// Tells the caller at the phone whether the mailbox has the PIN that was just typed.
    #[must_use]
    pub fn pin_stored(self, stored: bool) -> Self {
        Self { pin_stored: Some(stored), ..self }
    }

    fn credential(mut self, name: &'static str, value: impl Into<Value<'a>>) -> Self {
        self.params.push(Node::pair("param", name, value, Place::Plain));
        self
    }

    /// A parameter. One that decides about a login is refused: it comes from a [`Credential`].
    #[must_use]
    pub fn param(mut self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        self.params.push(Node::pair("param", name, value, place_of(name)));
        self
    }

    /// A channel variable, set on each of the user's calls. The switch expands `${...}` in it.
    #[must_use]
    pub fn variable(mut self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        self.variables.push(Node::pair("variable", name, value, Place::Expanded));
        self
    }

    /// Parameters and variables as stored, without those that only a [`Credential`] sets.
    #[must_use]
    pub fn stored(
        mut self,
        params: impl IntoIterator<Item = SettingRef<'a>>,
        variables: impl IntoIterator<Item = SettingRef<'a>>,
    ) -> Self {
        for param in params.into_iter().filter(|param| !is_credential(param.name)) {
            self = self.param(param.name, param.value());
        }
        for variable in variables {
            self = self.variable(variable.name, variable.value());
        }
        self
    }

    /// What the user inherits from its group: the parameters and variables that it does not have.
    #[must_use]
    pub fn inheriting(self, user: UserRef<'a>, group: &'a Group) -> Self {
        let params =
            group.params.iter().map(SettingRef::from).filter(|param| {
                !user.params().any(|own| own.name.eq_ignore_ascii_case(param.name))
            });
        let variables = group.variables.iter().map(SettingRef::from).filter(|variable| {
            !user.variables().any(|own| own.name.eq_ignore_ascii_case(variable.name))
        });
        self.stored(params, variables)
    }

    /// Other elements, as stored or as an operator wrote them: `<skinny>`, `<vcard>`. One that the switch
    /// would read a login from (`<params>`, `<user>`, ...) is refused: that comes from a [`Credential`].
    ///
    /// ```
    /// use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
    /// use jackfield_api::xml::Raw;
    ///
    /// let card = Raw::parse("<vcard><fn>Ann</fn></vcard>")?;
    /// let user = DirectoryUser::new("1000", Credential::Closed).others(&card);
    /// Directory::user(DirectoryDomain::new("pbx.example.test"), user)?;
    /// # Ok::<(), jackfield_api::Refusal>(())
    /// ```
    #[must_use]
    pub fn others(mut self, others: &'a Raw) -> Self {
        self.others = others.elements();
        self
    }

    /// Other elements of a stored user, but for those that the switch would read a login from.
    #[must_use]
    pub fn stored_others(mut self, others: &'a Raw) -> Self {
        self.stored_others = others.elements();
        self
    }

    pub(super) fn element(self) -> Element<'a> {
        let params = Element::new("params").holding(self.params);
        let user = self.element.holding([params]).holding(list("variables", self.variables));
        let result = |stored: bool| Element::new("result").with("success", stored);
        let others = self.others.iter().map(other).chain(stored_others(self.stored_others));
        user.holding(others).holding(self.pin_stored.map(result))
    }
}
