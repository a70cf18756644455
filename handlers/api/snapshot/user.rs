//! A user of the directory and the secrets it proves itself with.

use std::borrow::Cow;
use std::fmt;

use super::profile::Gateway;
use super::setting::Setting;
use crate::xml::Raw;

/// One directory user, as it is stored; a snapshot gives it as a [`UserRef`](super::UserRef).
///
/// ```
/// use jackfield_api::snapshot::{Domain, Setting, User};
///
/// let user = User {
///     id: "1000".into(),
///     variables: vec![Setting::new("user_context", "default")],
///     ..User::default()
/// };
/// assert!(user.secrets.is_empty()); // so nobody can log in
/// # Domain::new("pbx.example.test").with_users([user]);
/// ```
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
///
/// ```
/// use jackfield_api::snapshot::{Algorithm, Secret};
///
/// let whole = Secret::new("1000", "pbx.example.test", Algorithm::Md5, &"a1".repeat(16));
/// assert!(whole.ha1().is_some());
/// assert!(Secret::new("1000", "pbx.example.test", Algorithm::Md5, "1234").ha1().is_none());
/// assert!(!format!("{whole:?}").contains("a1a1"));
/// ```
///
/// Stored as `{"username": "1000", "realm": "pbx.example.test", "algorithm": "MD5", "ha1": "<hex>"}`.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Secret {
    /// The authentication user name it was made with; case matters.
    pub username: String,
    /// The realm it was made with; case matters.
    pub realm: String,
    algorithm: Algorithm,
    ha1: String,
}

/// A digest algorithm that FreeSWITCH can be told a hash for.
///
/// ```
/// use jackfield_api::snapshot::Algorithm;
///
/// assert_eq!(Algorithm::named("SHA-256").map(Algorithm::as_str), Some("SHA-256"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub enum Algorithm {
    /// RFC 2617. The only one of verto and voicemail.
    #[cfg_attr(feature = "stored", serde(rename = "MD5"))]
    Md5,
    /// RFC 8760.
    #[cfg_attr(feature = "stored", serde(rename = "SHA-256"))]
    Sha256,
}

/// Each algorithm, as SIP writes it.
const ALGORITHMS: [(Algorithm, &str); 2] =
    [(Algorithm::Md5, "MD5"), (Algorithm::Sha256, "SHA-256")];

impl Algorithm {
    /// The name, as SIP writes it.
    pub fn as_str(self) -> &'static str {
        ALGORITHMS.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|(_, known)| *known == name).map(|(algorithm, _)| *algorithm)
    }
}

/// Shows everything but the hash.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

impl Secret {
    /// A secret of lower-case hexadecimal digits, 32 for MD5, 64 for SHA-256. With any other text it
    /// is kept and fits nothing.
    pub fn new(
        username: impl Into<String>,
        realm: impl Into<String>,
        algorithm: Algorithm,
        ha1: &str,
    ) -> Self {
        let (username, realm, ha1) = (username.into(), realm.into(), ha1.to_owned());
        Self { username, realm, algorithm, ha1 }
    }

    /// The digest algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hash as lower-case hexadecimal digits, 32 for MD5, 64 for SHA-256. None where something
    /// else is stored: an empty hash would open the account to every password, and half of one is
    /// no secret.
    pub fn ha1(&self) -> Option<String> {
        let whole = match self.algorithm {
            Algorithm::Md5 => bytes::<16>(&self.ha1).is_some(),
            Algorithm::Sha256 => bytes::<32>(&self.ha1).is_some(),
        };
        whole.then(|| self.ha1.clone())
    }
}

pub(super) fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let (pairs, []) = digits.as_bytes().as_chunks() else { return None };
    let (mut bytes, mut all) = ([0; N], 0);
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (VALUES[usize::from(*high)], VALUES[usize::from(*low)]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    (all < 16).then_some(bytes)
}

/// The values of hexadecimal digits, and of all else one that is none. A table, because a branch for
/// each digit of millions of hashes takes half a second of a start.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        digits.push(DIGITS[usize::from(byte >> 4)].into());
        digits.push(DIGITS[usize::from(byte & 15)].into());
    }
    digits
}

/// A [`Secret`] as it is stored, its texts borrowed.
#[derive(Clone)]
#[cfg_attr(feature = "stored", derive(serde::Deserialize))]
pub struct StoredSecret<'a> {
    #[cfg_attr(feature = "stored", serde(borrow))]
    pub(super) username: Cow<'a, str>,
    #[cfg_attr(feature = "stored", serde(borrow))]
    pub(super) realm: Cow<'a, str>,
    pub(super) algorithm: Algorithm,
    #[cfg_attr(feature = "stored", serde(borrow))]
    pub(super) ha1: Cow<'a, str>,
}

/// Shows everything but the hash.
impl fmt::Debug for StoredSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, realm, algorithm, .. } = self;
        write!(f, "{username}@{realm} {algorithm:?}")
    }
}

impl<'a> From<&'a Secret> for StoredSecret<'a> {
    fn from(secret: &'a Secret) -> Self {
        let Secret { username, realm, algorithm, ha1 } = secret;
        let (username, realm, ha1) = (username.into(), realm.into(), ha1.into());
        Self { username, realm, algorithm: *algorithm, ha1 }
    }
}

impl User {
    /// The hash for this authentication name, realm and algorithm, if there is one.
    pub fn secret(&self, username: &str, realm: &str, algorithm: Algorithm) -> Option<&Secret> {
        self.secrets.iter().find(|secret| {
            secret.algorithm() == algorithm && secret.username == username && secret.realm == realm
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_as_it_was_stored_even_if_it_is_none() {
        let (md5, sha256) = ("0123456789abcdef".repeat(2), "f0".repeat(32));
        for (algorithm, ha1, whole) in [
            ("MD5", &*md5, true),
            ("SHA-256", &sha256, true),
            ("MD5", &sha256, false),
            ("SHA-256", &md5, false),
            ("MD5", "", false),
            ("MD5", "closed", false),
            ("MD5", &"A".repeat(32), false),
            ("MD5", &"0".repeat(33), false),
            ("MD5", &"é".repeat(16), false),
        ] {
            let stored = format!(
                r#"{{"username":"a\"b","realm":"r","algorithm":"{algorithm}","ha1":"{ha1}"}}"#
            );
            let secret: Secret = serde_json::from_str(&stored).expect("its shape");
            assert_eq!(serde_json::to_string(&secret).expect("plain data"), stored);
            assert_eq!(secret.ha1().as_deref(), whole.then_some(ha1), "{algorithm} {ha1}");
            assert_eq!(secret.username, "a\"b");
            assert!(!format!("{secret:?}").contains("ha1"), "{secret:?}");
        }
    }
}
