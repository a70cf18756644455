//! Channels: what browsers may join as clients over verto, and how their logins are decided.

use std::fmt;
use std::str::FromStr;

/// A channel.
///
/// ```
/// use jackfield_api::snapshot::Channel;
///
/// let channel = Channel { limit: Some(50), ..Channel::new("support") };
/// assert!(channel.enabled && channel.methods.iter().any(|method| method == "verto.invite"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Channel {
    /// The name, as in `/verto/NAME/session`.
    pub name: String,
    /// Of one that is not, nobody is let in.
    pub enabled: bool,
    /// How many of its clients may be connected at once; as many as come where there is no limit.
    pub limit: Option<u32>,
    /// Who may ask for a session.
    pub access: Access,
    /// What becomes of a login with another session id than the expected one.
    pub second_login: SecondLogin,
    /// The context that calls of its clients begin in.
    pub context: String,
    /// The dialplan that is hunted there, as in `XML`.
    pub dialplan: String,
    /// The methods of verto that its clients may use.
    pub methods: Vec<String>,
    /// The event channels of verto that its clients may subscribe to.
    pub event_channels: Vec<String>,
    /// How long a session lives, in seconds.
    pub session_life: u32,
    /// Web pages that may ask for a session, as in `https://example.com`.
    pub origins: Vec<String>,
    /// What a bearer token is compared with.
    pub token: Option<TokenHash>,
    /// How many of its clients may be alive that are not connected.
    pub max_unconnected: u32,
    /// How many of these one address may have asked for.
    pub max_unconnected_per_address: u32,
}

/// What places, takes, holds and ends a call.
const METHODS: [&str; 6] =
    ["verto.invite", "verto.attach", "verto.answer", "verto.bye", "verto.modify", "verto.info"];

/// Two weeks.
const SESSION_LIFE: u32 = 14 * 24 * 60 * 60;

impl Channel {
    /// A channel of which nothing but its name is said.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            enabled: true,
            limit: None,
            access: Access::default(),
            second_login: SecondLogin::default(),
            context: "verto".to_owned(),
            dialplan: "XML".to_owned(),
            methods: METHODS.map(str::to_owned).to_vec(),
            event_channels: Vec::new(),
            session_life: SESSION_LIFE,
            origins: Vec::new(),
            token: None,
            max_unconnected: 1000,
            max_unconnected_per_address: 20,
        }
    }
}

impl Channel {
    /// Whether somebody who comes with this token, or none, may ask for a session.
    pub fn admits(&self, token: Option<TokenHash>) -> bool {
        match self.access {
            Access::Open => true,
            Access::Token => self.token.is_some_and(|own| token == Some(own)),
        }
    }
}

/// Words that a setting of a channel can be.
macro_rules! words {
    ($name:ident, $what:literal, [$(($value:ident, $word:literal)),*]) => {
        impl $name {
            /// All of them, each with its word.
            pub const ALL: &[(Self, &str)] = &[$((Self::$value, $word)),*];

            /// The word.
            pub fn word(self) -> &'static str {
                Self::ALL.iter().find(|(found, _)| *found == self).map_or("", |(_, word)| word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|(_, known)| *known == word);
                found.map(|(value, _)| *value).ok_or_else(|| {
                    let words: Vec<_> = Self::ALL.iter().map(|(_, word)| *word).collect();
                    format!("«{}» is no {}: {}", word.escape_debug(), $what, words.join(", "))
                })
            }
        }
    };
}

/// Who may ask for a session of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(rename_all = "kebab-case"))]
pub enum Access {
    /// Whoever has the channel's bearer token.
    #[default]
    Token,
    /// Everybody.
    Open,
}

words!(Access, "access", [(Token, "token"), (Open, "open")]);

/// What becomes of a login with another session id than the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(rename_all = "kebab-case"))]
pub enum SecondLogin {
    /// It is put out.
    #[default]
    PuntNew,
    /// It takes over, and the one before is put out.
    PuntOld,
    /// It is refused as soon as the switch asks who that is.
    Refuse,
    /// It is let in beside the other, and not recorded.
    Allow,
}

words!(
    SecondLogin,
    "way to treat a second login",
    [(PuntNew, "punt-new"), (PuntOld, "punt-old"), (Refuse, "refuse"), (Allow, "allow")]
);

/// SHA-256 of a bearer token. Compared in constant time, and never shown.
///
/// ```
/// use jackfield_api::snapshot::TokenHash;
///
/// let hash = TokenHash::parse(&"0a".repeat(32)).expect("64 digits");
/// assert!(hash == TokenHash::new([10; 32]));
/// assert_eq!(format!("{hash:?}"), "TokenHash");
/// ```
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// These bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// 64 lower-case hexadecimal digits.
    pub fn parse(digits: &str) -> Option<Self> {
        super::user::bytes(digits).map(Self)
    }

    /// As [`TokenHash::parse`] reads it.
    pub fn digits(&self) -> String {
        super::user::hex(&self.0)
    }
}

/// Takes as long whether the first bytes are the same or not.
impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        let differ = self.0.iter().zip(other.0).fold(0, |all, (one, other)| all | (one ^ other));
        std::hint::black_box(differ) == 0
    }
}

impl Eq for TokenHash {}

/// Never the hash.
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash")
    }
}

#[cfg(feature = "stored")]
impl serde::Serialize for TokenHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits())
    }
}

#[cfg(feature = "stored")]
impl<'de> serde::Deserialize<'de> for TokenHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits: String = serde::Deserialize::deserialize(deserializer)?;
        Self::parse(&digits).ok_or_else(|| serde::de::Error::custom("no hash of a token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for (value, word) in SecondLogin::ALL {
            assert_eq!(word.parse(), Ok(*value));
            assert_eq!(serde_json::to_string(value).expect("plain data"), format!("\"{word}\""));
        }
        assert_eq!("open".parse(), Ok(Access::Open));
        assert!("Open".parse::<Access>().is_err());
    }

    #[test]
    fn a_channel_admits_its_own_token_and_an_open_one_everybody() {
        let [own, other] = [1, 2].map(|byte| TokenHash::new([byte; 32]));
        let mut channel = Channel::new("c");
        assert!(!channel.admits(None) && !channel.admits(Some(own)), "it has none");
        channel.token = Some(own);
        assert!(channel.admits(Some(own)) && !channel.admits(Some(other)));
        assert!(!channel.admits(None));
        channel.access = Access::Open;
        assert!(channel.admits(None) && channel.admits(Some(other)));
    }

    #[test]
    fn a_token_fits_its_own_hash_alone_and_the_hash_is_not_shown() {
        let digits = "0123456789abcdef".repeat(4);
        let hash = TokenHash::parse(&digits).expect("a hash");
        assert_eq!(hash.digits(), digits);
        assert_eq!(hash, TokenHash::parse(&digits).expect("a hash"));
        assert_ne!(hash, TokenHash::parse(&digits.replacen('f', "e", 1)).expect("a hash"));
        assert!(TokenHash::parse("0123").is_none() && TokenHash::parse(&"x".repeat(64)).is_none());
        assert_eq!(format!("{hash:?}"), "TokenHash");
    }
}
