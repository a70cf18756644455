//! A user of the directory and the secrets it proves itself with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::profile::Gateway;
use super::setting::Setting;
use crate::xml::Raw;

/// One directory user.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// The `id`: what a phone registers as. Found without regard to ASCII case.
    pub id: String,
    /// The `number-alias`: a second name under which the user is found.
    pub number_alias: Option<String>,
    /// A disabled user is Denied.
    pub disabled: bool,
    /// Networks the user may call from without a password, comma-separated, for network lists.
    pub cidr: Option<String>,
    /// SIP and verto secrets. None: the user cannot log in.
    pub secrets: Vec<Secret>,
    /// `vm-a1-hash`: lower-case MD5 of `id:domain:pin`. None: the mailbox accepts no PIN.
    pub voicemail_hash: Option<String>,
    /// Parameters, in their order; never a secret.
    pub params: Vec<Setting>,
    /// Channel variables, in their order.
    pub variables: Vec<Setting>,
    /// Gateways that live as long as the user does.
    pub gateways: Vec<Gateway>,
    /// Other elements inside of the user, as `<skinny>` or `<vcard>`.
    pub others: Raw,
}

/// One HA1 value: the digest of `username:realm:password` (RFC 2617, RFC 8760).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The authentication user name it was made with; case matters.
    pub username: String,
    /// The realm it was made with; case matters.
    pub realm: String,
    /// The digest algorithm.
    pub algorithm: Algorithm,
    /// Lower-case hexadecimal digits: 32 for MD5, 64 for SHA-256.
    pub ha1: String,
}

/// A digest algorithm that FreeSWITCH can be told a hash for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RFC 2617. The only one of verto and voicemail.
    #[serde(rename = "MD5")]
    Md5,
    /// RFC 8760.
    #[serde(rename = "SHA-256")]
    Sha256,
}

/// Shows everything but the hash.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl User {
    /// The hash for this authentication name, realm and algorithm, if there is one.
    pub fn secret(&self, username: &str, realm: &str, algorithm: Algorithm) -> Option<&Secret> {
        self.secrets.iter().find(|secret| {
            secret.algorithm == algorithm && secret.username == username && secret.realm == realm
        })
    }
}
