//! Answers in section `directory`.
//!
//! The switch takes a user without a secret for one that needs none, and may keep an answer for
//! every later question about the same user. So there are two types: [`DirectoryUser`] is complete,
//! made with its [`Credential`], and the only one that a single-user answer takes; [`ListedUser`]
//! holds no secret and fits into lists only.

use std::borrow::Cow;

use super::configuration::gateway;
use super::{Document, is_secret, settings};
use crate::answer::Answer;
use crate::lookup::Section;
use crate::snapshot::{Domain, Gateway, Group, SettingRef, UserRef};
use crate::store::{PinChange, Write};
use crate::xml::{Element, Node, Place, Raw, Value, written};

/// What a user proves itself with.
///
/// There is no default: whoever makes a user has to say. A made-up hash is a password that others may
/// guess, so a user without one is [`Closed`](Credential::Closed).
///
/// ```
/// use jackfield_api::document::Credential;
///
/// # let kept_hash: Option<String> = None;
/// let credential = kept_hash.map_or(Credential::Closed, |hash| Credential::A1Hash(hash.into()));
/// assert_eq!(format!("{credential:?}"), "Closed"); // A hash would not be shown.
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential<'a> {
    /// HA1: the digest of `username:realm:password`, in lower-case hexadecimal digits. Fits only
    /// a client that used just this user name and realm, in this spelling.
    A1Hash(Cow<'a, str>),
    /// A password in clear. The switch hashes it with whatever the client used.
    Password(&'a str),
    /// Nothing: every login is refused.
    Closed,
}

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
    pin_stored: Option<bool>,
}

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
pub struct ListedUser<'a>(Element<'a>);

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
    lists_users: bool,
}

/// Answers in section `directory`.
///
/// One complete user ([`DirectoryUser`]), or domains with lists ([`ListedUser`]). Elements that have no
/// method here, as `<skinny>`, are [`others`](DirectoryUser::others) of a user; parameters that decide
/// about a login come from a [`Credential`] and are refused anywhere else:
///
/// ```
/// use jackfield_api::Refusal;
/// use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
///
/// let user = DirectoryUser::new("1000", Credential::Closed).param("password", "1234");
/// let refused = Directory::user(DirectoryDomain::new("pbx.example.test"), user);
/// assert!(matches!(refused, Err(Refusal::Internal(_))));
/// ```
#[derive(Debug)]
pub struct Directory;

/// Parameters that decide about a login. They come from a [`Credential`] and from nowhere else: a
/// second one among the stored settings, the domain's included, could open what that one closes.
const CREDENTIALS: [&str; 6] = [
    "a1-hash",
    "password",
    "allow-empty-password",
    "jsonrpc-password",
    "vm-a1-hash",
    "vm-password",
];

/// Rings every place where the user is registered, on any profile. For users to whom neither their
/// own settings nor the domain's give a dial string: without one the switch cannot call them.
pub const DIAL_STRING: &str = "{^^:sip_invite_domain=${dialed_domain}\
    :presence_id=${dialed_user}@${dialed_domain}}\
    ${sofia_contact(*/${dialed_user}@${dialed_domain})}";

pub(crate) fn is_credential(param: &str) -> bool {
    CREDENTIALS.iter().any(|name| param.eq_ignore_ascii_case(name))
}

/// How the names of parameters end that the switch dials.
const DIALLED: &str = "dial-string";

/// Parameters that the switch dials it expands for each call.
pub(crate) fn place_of(param: &str) -> Place {
    if is_credential(param) {
        return Place::Forbidden;
    }
    let ending = param.len().checked_sub(DIALLED.len()).and_then(|at| param.get(at..));
    let dialled = ending.is_some_and(|ending| ending.eq_ignore_ascii_case(DIALLED));
    if dialled { Place::Expanded } else { Place::Plain }
}

impl<'a> DirectoryUser<'a> {
    /// A user with this id and secret.
    pub fn new(id: impl Into<Value<'a>>, credential: Credential<'a>) -> Self {
        let element = Element::new("user").with("id", id);
        let user = Self {
            element,
            params: Vec::with_capacity(8),
            variables: Vec::with_capacity(8),
            others: &[],
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

    fn element(self) -> Element<'a> {
        let params = Element::new("params").holding(self.params);
        let user = self.element.holding([params]).holding(list("variables", self.variables));
        let result = |stored: bool| Element::new("result").with("success", stored);
        user.holding(self.others.iter().map(other)).holding(self.pin_stored.map(result))
    }
}

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
        let others = self.others.iter().map(|found| Node::from(other(found)));
        written.into_iter().chain(params).chain(variables).chain(others)
    }

    fn element(mut self) -> Element<'a> {
        let groups = list("groups", std::mem::take(&mut self.groups));
        let domain = Element::new("domain").with("name", self.name.clone());
        domain.holding(self.settings()).holding(groups)
    }
}

/// Elements that say who may log in: only builders that know of credentials write them.
const LOGINS: [&str; 5] = ["params", "groups", "group", "users", "user"];

/// An element that an operator wrote, beside what a builder writes.
fn other<'a>(element: &Element<'a>) -> Element<'a> {
    let mut element = element.clone();
    if LOGINS.iter().any(|name| element.name().eq_ignore_ascii_case(name)) {
        element.set("here", "", Place::Forbidden);
    }
    element
}

/// How many elements stand around what a domain holds: document, section, domain.
const DOMAIN_DEPTH: usize = 3;

/// A list, where there is something to list.
fn list<'a>(name: &'static str, items: Vec<Node<'a>>) -> Option<Element<'a>> {
    (!items.is_empty()).then(|| Element::new(name).holding(items))
}

impl Directory {
    /// One complete user of a domain.
    pub fn user<'a>(domain: DirectoryDomain<'a>, user: DirectoryUser<'a>) -> Answer {
        let users = Element::new("users").holding([user.element()]);
        Self::write(vec![domain.element().holding([users])])
    }

    /// Domains with their groups and listed users, or with nothing in them.
    pub fn domains<'a>(domains: impl IntoIterator<Item = DirectoryDomain<'a>>) -> Answer {
        let mut lists_users = false;
        let domains = domains.into_iter().map(|domain| {
            lists_users |= domain.lists_users;
            domain.element()
        });
        let document = Self::write(domains.collect())?;
        Ok(Document { lists_users, ..document })
    }

    /// One complete user whose mailbox gets another PIN; the answer says whether it did.
    pub fn pin_change<'a>(
        domain: &DirectoryDomain<'a>,
        user: &DirectoryUser<'a>,
        change: PinChange,
    ) -> Answer {
        let answer = |stored| Self::user(domain.clone(), user.clone().pin_stored(stored));
        Ok(answer(false)?.once_stored(Write::Pin(change), answer(true)?))
    }

    fn write(domains: Vec<Element<'_>>) -> Answer {
        Ok(Document::write(Section::Directory, "directory", domains)?)
    }
}

/// Never shows a secret.
impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::A1Hash(_) => "A1Hash",
            Self::Password(_) => "Password",
            Self::Closed => "Closed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;

    #[test]
    fn no_element_beside_the_builders_says_who_may_log_in() {
        let open = "<params><param name='allow-empty-password' value='true'/></params>";
        for xml in [open, "<Params/>", "<users><user id='2000'/></users>", "<user id='2000'/>"] {
            let raw = Raw::parse(xml).expect("well-formed");
            let user = || DirectoryUser::new("1000", Credential::Closed);
            let stored = Domain::new("pbx.example.test").with_others(raw.clone());
            for answer in [
                Directory::user(DirectoryDomain::new("pbx.example.test"), user().others(&raw)),
                Directory::user(DirectoryDomain::inherited(&stored), user()),
            ] {
                let Err(Refusal::Internal(why)) = answer else { panic!("{xml}") };
                assert!(why.contains("@here: only a Credential may decide about a login"), "{why}");
            }
        }
    }
}
