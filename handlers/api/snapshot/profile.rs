//! Profiles of modules, gateways, and network lists.
//!
//! [`Configuration::profiles`] and [`Configuration::network_lists`] answer with them.
//!
//! [`Configuration::profiles`]: crate::document::Configuration::profiles
//! [`Configuration::network_lists`]: crate::document::Configuration::network_lists

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::hosts::{Hosts, Limited};
use super::setting::{Level, Setting};
use crate::xml::{Raw, Value};

/// A named set of parameters of one module.
///
/// ```
/// use jackfield_api::snapshot::{Gateway, Profile, ProfileDomain, ProfileKind};
///
/// let external = Profile::new(ProfileKind::Sofia, "external")
///     .param("sip-port", "5080")
///     .domain(ProfileDomain { alias: true, ..ProfileDomain::new("all") })
///     .gateway(Gateway::new("carrier").param("proxy", "carrier.example.test"));
/// # assert_eq!((external.params.len(), external.gateways.len()), (1, 1));
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Profile {
    /// Whose profile it is.
    pub kind: ProfileKind,
    /// The name.
    pub name: String,
    /// Parameters, in their order.
    pub params: Vec<Setting>,
    /// Domains a sofia profile serves; the name `all` stands for every domain.
    pub domains: Vec<ProfileDomain>,
    /// Further names of a sofia profile.
    pub aliases: Vec<String>,
    /// Gateways of a sofia profile.
    pub gateways: Vec<Gateway>,
    /// Other elements inside of the profile, as `<email>` of voicemail.
    pub others: Raw,
    /// The switches that it is for, with its gateways.
    pub hosts: Hosts,
}

impl Limited for Profile {
    fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    fn hosts_mut(&mut self) -> &mut Hosts {
        &mut self.hosts
    }

    fn is_namesake(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// True where a voicemail profile does not say otherwise, and then a mailbox without a PIN takes any.
const EMPTY_PIN: &str = "allow-empty-password-auth";

impl Profile {
    /// A profile of a module with nothing in it, for every switch.
    pub fn new(kind: ProfileKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), ..Self::default() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.params.push(Setting::of(name, value));
        self
    }

    /// Has a sofia profile serve a domain.
    #[must_use]
    pub fn domain(mut self, domain: ProfileDomain) -> Self {
        self.domains.push(domain);
        self
    }

    /// Gives a sofia profile a gateway.
    #[must_use]
    pub fn gateway(mut self, gateway: Gateway) -> Self {
        self.gateways.push(gateway);
        self
    }

    /// The profile with what its module needs to be told to let nobody in who cannot prove who they
    /// are.
    ///
    /// No voicemail profile opens a mailbox to a caller without a PIN, whatever is stored. Where
    /// `userauth` of verto is missing or empty it asks no browser to log in: whoever reaches the port
    /// may call. Where no certificate is named it complains, at plain listeners too; the one named
    /// here is made by the switch itself when it starts.
    ///
    /// `text_of` gives a parameter's text with the stored globals put in: one may be empty.
    pub fn completed(&self, text_of: impl Fn(&Setting) -> Cow<'_, str>) -> Cow<'_, Profile> {
        // Whether one of these parameters has a value.
        let says = |names: &[&str]| {
            let named =
                |param: &&Setting| names.iter().any(|name| param.name.eq_ignore_ascii_case(name));
            self.params.iter().filter(named).any(|param| !text_of(param).is_empty())
        };
        match self.kind {
            ProfileKind::Sofia | ProfileKind::Conference => Cow::Borrowed(self),
            ProfileKind::Voicemail => {
                let mut profile = self.clone();
                profile.params.retain(|param| !param.name.eq_ignore_ascii_case(EMPTY_PIN));
                profile.params.push(Setting::new(EMPTY_PIN, "false"));
                Cow::Owned(profile)
            }
            ProfileKind::Verto => {
                let mut profile = self.clone();
                if !says(&["userauth"]) {
                    profile.params.push(Setting::new("userauth", "true"));
                }
                if !says(&["secure-combined", "secure-cert"]) {
                    let certificate = Setting::new("secure-combined", "$${certs_dir}/wss.pem");
                    profile.params.push(certificate.at(Level::Global));
                }
                Cow::Owned(profile)
            }
        }
    }
}

/// A domain of a sofia profile.
///
/// ```
/// use jackfield_api::snapshot::ProfileDomain;
///
/// let all = ProfileDomain { alias: true, ..ProfileDomain::new("all") };
/// assert!(!all.parse);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct ProfileDomain {
    /// The domain, or `all`.
    pub name: String,
    /// Whether the domain becomes another name of the profile.
    pub alias: bool,
    /// Whether the gateways of the domain's users are started with the profile.
    pub parse: bool,
}

impl ProfileDomain {
    /// A domain that is no other name of the profile, and whose gateways are not started with it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), alias: false, parse: false }
    }
}

/// The modules that are configured by profiles.
///
/// ```
/// use jackfield_api::snapshot::ProfileKind;
///
/// assert_eq!("verto".parse(), Ok(ProfileKind::Verto));
/// assert_eq!(ProfileKind::Sofia.to_string(), "sofia");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum ProfileKind {
    /// `sofia.conf`: a SIP listener.
    #[default]
    Sofia,
    /// `verto.conf`: a WebSocket listener.
    Verto,
    /// `conference.conf`: how a conference behaves.
    Conference,
    /// `voicemail.conf`: how mailboxes behave.
    Voicemail,
}

const KINDS: [(ProfileKind, &str); 4] = [
    (ProfileKind::Sofia, "sofia"),
    (ProfileKind::Verto, "verto"),
    (ProfileKind::Conference, "conference"),
    (ProfileKind::Voicemail, "voicemail"),
];

impl fmt::Display for ProfileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KINDS.iter().find(|(kind, _)| kind == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for ProfileKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        KINDS
            .iter()
            .find(|(_, word)| *word == name)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| format!("«{name}» is no kind of profile"))
    }
}

/// A peer that a sofia profile registers with or sends calls to.
///
/// ```
/// use jackfield_api::snapshot::Gateway;
///
/// let carrier = Gateway::new("carrier").param("proxy", "carrier.example.test").param("register", false);
/// assert_eq!(carrier.params[1].text, "false");
/// ```
#[derive(Clone, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Gateway {
    /// The name, as in `sofia/gateway/NAME/number`.
    pub name: String,
    /// Parameters, in their order. The switch needs its password in clear.
    pub params: Vec<Setting>,
    /// Other elements inside of the gateway, as `<variables>`.
    pub others: Raw,
}

impl Gateway {
    /// A gateway without parameters. The switch needs at least a `proxy` or a `realm`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.params.push(Setting::of(name, value));
        self
    }
}

/// Shows the name only: the parameters hold a password.
impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A named network list (`acl.conf`): the node with the longest prefix decides.
///
/// ```
/// use jackfield_api::snapshot::{AccessList, AccessTarget};
///
/// let trusted = AccessList::denying("trusted")
///     .allow(AccessTarget::domain("pbx.example.test"))
///     .allow(AccessTarget::cidr("192.0.2.0/24"))
///     .deny(AccessTarget::cidr("192.0.2.99/32"));
/// # assert_eq!((trusted.default_allow, trusted.nodes.len()), (false, 3));
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct AccessList {
    /// The name, as in `apply-inbound-acl`.
    pub name: String,
    /// What holds for an address that no node names.
    pub default_allow: bool,
    /// The nodes, in their order.
    pub nodes: Vec<AccessNode>,
    /// The switches that it is for.
    pub hosts: Hosts,
}

impl AccessList {
    /// A list that denies every address that no node names, for every switch.
    pub fn denying(name: impl Into<String>) -> Self {
        Self { name: name.into(), default_allow: false, nodes: vec![], hosts: Hosts::default() }
    }

    /// A list that allows every address that no node names, for every switch.
    pub fn allowing(name: impl Into<String>) -> Self {
        Self { default_allow: true, ..Self::denying(name) }
    }

    /// Allows what this names.
    #[must_use]
    pub fn allow(self, target: AccessTarget) -> Self {
        self.node(AccessNode { allow: true, target })
    }

    /// Denies what this names.
    #[must_use]
    pub fn deny(self, target: AccessTarget) -> Self {
        self.node(AccessNode { allow: false, target })
    }

    fn node(mut self, node: AccessNode) -> Self {
        self.nodes.push(node);
        self
    }
}

impl Limited for AccessList {
    fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    fn hosts_mut(&mut self) -> &mut Hosts {
        &mut self.hosts
    }

    fn is_namesake(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// One rule of a network list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct AccessNode {
    /// Whether what the rule names is let in.
    pub allow: bool,
    /// What the rule names.
    #[cfg_attr(feature = "stored", serde(flatten))]
    pub target: AccessTarget,
}

/// What a rule of a network list names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(rename_all = "lowercase"))]
pub enum AccessTarget {
    /// A network, as in `192.0.2.0/24`.
    Cidr(String),
    /// The networks of all users of a domain.
    Domain(String),
}

impl AccessTarget {
    /// A network, as in `192.0.2.0/24`.
    pub fn cidr(network: impl Into<String>) -> Self {
        Self::Cidr(network.into())
    }

    /// The networks of all users of a domain.
    pub fn domain(name: impl Into<String>) -> Self {
        Self::Domain(name.into())
    }
}
