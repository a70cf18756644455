//! One user as bytes, and the view that reads them.
//!
//! Numbers take seven bits a byte, the lowest first; texts are a number for their length and their
//! bytes. Where a text may be one that others have as well there is a number first: 0 for a text of its
//! own, 1 for the user's id, 2 for its second name, and from 3 on those of [`Texts`].

use super::super::global::Globals;
use super::super::profile::Gateway;
use super::super::setting::{Level, SettingRef, StoredSetting};
use super::super::user::{Algorithm, Secret, StoredSecret, User, bytes, hex};
use super::stored::StoredUser;
use super::texts::Texts;
use crate::xml::Raw;

// What the first byte says.
const DISABLED: u8 = 1;
const HAS_ALIAS: u8 = 2;
const HAS_CIDR: u8 = 4;
const HAS_PIN: u8 = 8;
/// What is stored as the hash of the PIN is none, and kept as it is.
const BROKEN_PIN: u8 = 16;
const HAS_EXTRAS: u8 = 32;

// What the first byte of a secret says.
const SHA256: u8 = 1;
const BROKEN: u8 = 2;

// What the byte behind the name of a setting says.
const LEVEL: u8 = 3;
const SECURE: u8 = 4;

const OWN: u64 = 0;
const ID: u64 = 1;
const ALIAS: u64 = 2;
const FIRST_SHARED: u64 = 3;

/// What few users have.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Extras {
    gateways: Vec<Gateway>,
    others: Raw,
}

impl Extras {
    pub(super) fn of(user: &StoredUser<'_>) -> Option<Self> {
        let none = user.gateways.is_empty() && user.others.is_empty();
        (!none).then(|| Self {
            gateways: user.gateways.to_vec(),
            others: user.others.clone().into_owned(),
        })
    }

    pub(super) fn resolve(&mut self, globals: &Globals) {
        self.others.resolve(globals);
        self.gateways.iter_mut().for_each(|gateway| gateway.resolve(globals));
    }
}

static NO_EXTRAS: Extras = Extras { gateways: Vec::new(), others: Raw::NONE };

/// Writes a record. `number` gives the numbers of the texts that are kept once.
pub(super) fn write(user: &StoredUser<'_>, number: &mut dyn FnMut(&str) -> Option<u32>) -> Vec<u8> {
    let mut record = Writer { out: Vec::with_capacity(160), user, number };
    record.user();
    record.out
}

struct Writer<'a> {
    out: Vec<u8>,
    user: &'a StoredUser<'a>,
    number: &'a mut dyn FnMut(&str) -> Option<u32>,
}

impl Writer<'_> {
    fn user(&mut self) {
        let user = self.user;
        let pin = user.voicemail_hash;
        let digest: Option<[u8; 16]> = pin.and_then(bytes);
        let flags = [
            (user.disabled, DISABLED),
            (user.number_alias.is_some(), HAS_ALIAS),
            (user.cidr.is_some(), HAS_CIDR),
            (digest.is_some(), HAS_PIN),
            (pin.is_some() && digest.is_none(), BROKEN_PIN),
            (Extras::of(user).is_some(), HAS_EXTRAS),
        ];
        self.out.push(flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag).sum());
        self.text(user.id);
        for text in [user.number_alias, user.cidr].into_iter().flatten() {
            self.text(text);
        }
        match (digest, pin) {
            (Some(digest), _) => self.out.extend(digest),
            (None, Some(broken)) => self.text(broken),
            (None, None) => {}
        }
        self.part(|record| user.secrets.iter().for_each(|secret| record.secret(secret)));
        self.part(|record| user.params.iter().for_each(|param| record.setting(param)));
        self.part(|record| user.variables.iter().for_each(|variable| record.setting(variable)));
    }

    /// A part that can be passed over: its length comes first.
    fn part(&mut self, write: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.out);
        write(self);
        let part = std::mem::replace(&mut self.out, before);
        self.number(part.len() as u64);
        self.out.extend(part);
    }

    fn secret(&mut self, secret: &StoredSecret<'_>) {
        let (md5, sha256): (Option<[u8; 16]>, Option<[u8; 32]>) = match secret.algorithm {
            Algorithm::Md5 => (bytes(&secret.ha1), None),
            Algorithm::Sha256 => (None, bytes(&secret.ha1)),
        };
        let broken = md5.is_none() && sha256.is_none();
        let algorithm = u8::from(secret.algorithm == Algorithm::Sha256) * SHA256;
        self.out.push(algorithm | (u8::from(broken) * BROKEN));
        self.shared(&secret.username);
        self.shared(&secret.realm);
        self.out.extend(md5.iter().flatten());
        self.out.extend(sha256.iter().flatten());
        if broken {
            self.text(&secret.ha1);
        }
    }

    fn setting(&mut self, setting: &StoredSetting<'_>) {
        self.shared(&setting.name);
        let level = match setting.level {
            Level::Text => 0,
            Level::Channel => 1,
            Level::Global => 2,
            Level::Word => 3,
        };
        self.out.push(level | (u8::from(setting.secure) * SECURE));
        self.shared(&setting.text);
    }

    fn shared(&mut self, text: &str) {
        if text == self.user.id {
            self.number(ID);
        } else if self.user.number_alias == Some(text) {
            self.number(ALIAS);
        } else if let Some(number) = (self.number)(text) {
            self.number(FIRST_SHARED + u64::from(number));
        } else {
            self.number(OWN);
            self.text(text);
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.out.push(number.to_le_bytes()[0]);
    }
}

/// A user in the snapshot: texts are borrowed from it.
///
/// ```
/// use jackfield_api::snapshot::Algorithm;
///
/// # let pbx = jackfield_api::testing::pbx();
/// # let domain = pbx.domain("pbx.example.test").expect("a domain");
/// let user = domain.user("5551000").expect("found by its number-alias");
/// assert_eq!((user.id, user.disabled), ("1000", false));
/// let secret = user.secret("1000", "pbx.example.test", Algorithm::Md5);
/// assert!(secret.is_some_and(|secret| secret.ha1().is_some()));
/// ```
#[derive(Clone, Copy)]
pub struct UserRef<'a> {
    /// The `id`: what a phone registers as. Found without regard to ASCII case.
    pub id: &'a str,
    /// The `number-alias`: a second name under which the user is found.
    pub number_alias: Option<&'a str>,
    /// A disabled user is Denied.
    pub disabled: bool,
    /// Networks the user may call from without a password, comma-separated, for network lists.
    pub cidr: Option<&'a str>,
    pin: Pin<'a>,
    secrets: Reader<'a>,
    params: Reader<'a>,
    variables: Reader<'a>,
    extras: &'a Extras,
}

#[derive(Clone, Copy)]
enum Pin<'a> {
    None,
    Hash(&'a [u8]),
    Broken(&'a str),
}

/// One HA1 value of a user in the snapshot; see [`Secret`].
#[derive(Clone, Copy)]
pub struct SecretRef<'a> {
    /// The authentication user name it was made with; case matters.
    pub username: &'a str,
    /// The realm it was made with; case matters.
    pub realm: &'a str,
    /// The digest algorithm.
    pub algorithm: Algorithm,
    digest: Result<&'a [u8], &'a str>,
}

impl SecretRef<'_> {
    /// The hash as lower-case hexadecimal digits; see [`Secret::ha1`].
    pub fn ha1(&self) -> Option<String> {
        self.digest.ok().map(hex)
    }

    fn stored(&self) -> String {
        self.digest.map_or_else(str::to_owned, hex)
    }
}

impl<'a> UserRef<'a> {
    pub(super) fn read(
        record: &'a [u8],
        texts: &'a Texts,
        extras: impl FnOnce() -> Option<&'a Extras>,
    ) -> Self {
        let mut reader = Reader { left: record, texts, id: "", alias: "" };
        let flags = reader.byte();
        let id = reader.text();
        let number_alias = (flags & HAS_ALIAS != 0).then(|| reader.text());
        let cidr = (flags & HAS_CIDR != 0).then(|| reader.text());
        let pin = match flags {
            flags if flags & HAS_PIN != 0 => reader.digest(16).map_or(Pin::None, Pin::Hash),
            flags if flags & BROKEN_PIN != 0 => Pin::Broken(reader.text()),
            _ => Pin::None,
        };
        (reader.id, reader.alias) = (id, number_alias.unwrap_or_default());
        let (secrets, params, variables) = (reader.part(), reader.part(), reader.part());
        let extras = (flags & HAS_EXTRAS != 0).then(extras).flatten().unwrap_or(&NO_EXTRAS);
        let disabled = flags & DISABLED != 0;
        Self { id, number_alias, disabled, cidr, pin, secrets, params, variables, extras }
    }

    /// The hash for this authentication name, realm and algorithm, if there is one.
    pub fn secret(
        &self,
        username: &str,
        realm: &str,
        algorithm: Algorithm,
    ) -> Option<SecretRef<'a>> {
        self.secrets().find(|secret| {
            secret.algorithm == algorithm && secret.username == username && secret.realm == realm
        })
    }

    /// SIP and verto secrets. None: the user cannot log in.
    pub fn secrets(&self) -> impl Iterator<Item = SecretRef<'a>> + Clone + use<'a> {
        let mut reader = self.secrets;
        std::iter::from_fn(move || reader.secret())
    }

    /// `vm-a1-hash`: lower-case MD5 of `id:domain:pin`. None: the mailbox accepts no PIN.
    pub fn voicemail_hash(&self) -> Option<String> {
        match self.pin {
            Pin::None => None,
            Pin::Hash(bytes) => Some(hex(bytes)),
            Pin::Broken(stored) => Some(stored.to_owned()),
        }
    }

    /// Parameters, in their order; never a secret.
    pub fn params(&self) -> impl Iterator<Item = SettingRef<'a>> + Clone + use<'a> {
        let mut reader = self.params;
        std::iter::from_fn(move || reader.setting(Texts::resolved))
    }

    /// Channel variables, in their order.
    pub fn variables(&self) -> impl Iterator<Item = SettingRef<'a>> + Clone + use<'a> {
        let mut reader = self.variables;
        std::iter::from_fn(move || reader.setting(Texts::resolved))
    }

    /// Gateways that live as long as the user does.
    pub fn gateways(&self) -> &'a [Gateway] {
        &self.extras.gateways
    }

    /// Other elements inside of the user, as `<skinny>` or `<vcard>`.
    pub fn others(&self) -> &'a Raw {
        &self.extras.others
    }

    /// The user as it was stored, but for what globals have been put into.
    pub fn to_user(&self) -> User {
        let settings = |mut reader: Reader<'a>| {
            let settings = std::iter::from_fn(move || reader.setting(Texts::written));
            settings.map(|setting| setting.to_setting()).collect()
        };
        let secrets = self.secrets().map(|secret| {
            Secret::new(secret.username, secret.realm, secret.algorithm, &secret.stored())
        });
        User {
            id: self.id.into(),
            number_alias: self.number_alias.map(Into::into),
            disabled: self.disabled,
            cidr: self.cidr.map(Into::into),
            secrets: secrets.collect(),
            voicemail_hash: self.voicemail_hash(),
            params: settings(self.params),
            variables: settings(self.variables),
            gateways: self.extras.gateways.clone(),
            others: self.extras.others.clone(),
        }
    }
}

/// Shows everything but hashes.
impl std::fmt::Debug for UserRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_user().fmt(f)
    }
}

/// Reads what [`Writer`] wrote. What is not there is empty, so no bytes whatever make it panic.
#[derive(Clone, Copy)]
struct Reader<'a> {
    left: &'a [u8],
    texts: &'a Texts,
    id: &'a str,
    alias: &'a str,
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> u8 {
        self.left.split_off_first().copied().unwrap_or_default()
    }

    fn bytes(&mut self, count: usize) -> &'a [u8] {
        self.left.split_off(..count).unwrap_or_default()
    }

    /// All of a hash: a part of one, or none, would be one that everybody knows.
    fn digest(&mut self, length: usize) -> Option<&'a [u8]> {
        self.left.split_off(..length)
    }

    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift > 56 {
                return number;
            }
        }
    }

    fn count(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or_default()
    }

    fn text(&mut self) -> &'a str {
        let count = self.count();
        std::str::from_utf8(self.bytes(count)).unwrap_or_default()
    }

    fn part(&mut self) -> Self {
        let count = self.count();
        Self { left: self.bytes(count), ..*self }
    }

    fn shared(&mut self, shared: impl FnOnce(&'a Texts, u32) -> &'a str) -> &'a str {
        match self.number() {
            OWN => self.text(),
            ID => self.id,
            ALIAS => self.alias,
            number => shared(self.texts, u32::try_from(number - FIRST_SHARED).unwrap_or(u32::MAX)),
        }
    }

    fn secret(&mut self) -> Option<SecretRef<'a>> {
        if self.left.is_empty() {
            return None;
        }
        let kind = self.byte();
        let (username, realm) = (self.shared(Texts::written), self.shared(Texts::written));
        let (algorithm, length) = match kind & SHA256 {
            0 => (Algorithm::Md5, 16),
            _ => (Algorithm::Sha256, 32),
        };
        let digest =
            if kind & BROKEN == 0 { self.digest(length).ok_or("") } else { Err(self.text()) };
        Some(SecretRef { username, realm, algorithm, digest })
    }

    fn setting(&mut self, live: impl FnOnce(&'a Texts, u32) -> &'a str) -> Option<SettingRef<'a>> {
        if self.left.is_empty() {
            return None;
        }
        let name = self.shared(Texts::written);
        let kind = self.byte();
        let level = match kind & LEVEL {
            0 => Level::Text,
            1 => Level::Channel,
            2 => Level::Global,
            _ => Level::Word,
        };
        let text = match level {
            Level::Global => self.shared(live),
            _ => self.shared(Texts::written),
        };
        Some(SettingRef { name, text, level, secure: kind & SECURE != 0 })
    }
}
