//! Profiles of modules, gateways, and network lists.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::hosts::{Hosts, Limited};
use super::setting::{Level, Setting};
use crate::xml::Raw;

/// A named set of parameters of one module.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileDomain {
    /// The domain, or `all`.
    pub name: String,
    /// Whether the domain becomes another name of the profile.
    pub alias: bool,
    /// Whether the gateways of the domain's users are started with the profile.
    pub parse: bool,
}

/// The modules that are configured by profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Gateway {
    /// The name, as in `sofia/gateway/NAME/number`.
    pub name: String,
    /// Parameters, in their order. The switch needs its password in clear.
    pub params: Vec<Setting>,
    /// Other elements inside of the gateway, as `<variables>`.
    pub others: Raw,
}

/// Shows the name only: the parameters hold a password.
impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A named network list.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessNode {
    /// Whether what the rule names is let in.
    pub allow: bool,
    /// What the rule names.
    #[serde(flatten)]
    pub target: AccessTarget,
}

/// What a rule of a network list names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTarget {
    /// A network, as in `192.0.2.0/24`.
    Cidr(String),
    /// The networks of all users of a domain.
    Domain(String),
}
