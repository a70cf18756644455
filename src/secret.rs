//! Hashes that the switch compares, and passwords nobody chose.

mod inside;
mod plain;
mod redact;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub(crate) use jackfield_api::document::is_secret;
use jackfield_api::snapshot::{Algorithm, ClientSecret, Secret, SessionId, TokenHash, Uuid};
use md5::{Digest, Md5};
use rand::distr::{Alphanumeric, SampleString};
use sha2::Sha256;

pub(crate) use self::inside::{hide, is_told_in, secret_in};
pub(crate) use self::plain::PLAIN;
pub(crate) use self::redact::{HIDDEN, redact};

/// HA1 of RFC 2617 and RFC 8760: the digest of `username:realm:password`.
pub(crate) fn ha1(username: &str, realm: &str, password: &str, algorithm: Algorithm) -> Secret {
    let text = format!("{username}:{realm}:{password}");
    let ha1 = match algorithm {
        Algorithm::Md5 => hex(&Md5::digest(text)),
        Algorithm::Sha256 => hex(&Sha256::digest(text)),
    };
    Secret::new(username, realm, algorithm, &ha1)
}

/// `vm-a1-hash` of `mod_voicemail`: MD5 of `id:domain:pin`.
pub(crate) fn voicemail_hash(id: &str, domain: &str, pin: &str) -> String {
    hex(&Md5::digest(format!("{id}:{domain}:{pin}")))
}

/// What a client of a channel proves itself with.
pub(crate) fn client_secret(name: Uuid, domain: &str, password: &str) -> ClientSecret {
    let digits = hex(&Md5::digest(format!("{name}:{domain}:{password}")));
    ClientSecret::parse(&digits).expect("digits of an MD5 digest")
}

/// A UUID that nobody can guess.
pub(crate) fn generate_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

/// 256 bits that nobody can guess, in letters that a URL may hold.
pub(crate) fn generate_key() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// A session id that nobody can guess. One in some ten thousand keys holds a word that no id may.
pub(crate) fn generate_session() -> SessionId {
    loop {
        if let Some(session) = SessionId::parse(&generate_key()) {
            return session;
        }
    }
}

/// A bearer token of 256 bits.
pub(crate) fn generate_token() -> String {
    hex(&rand::random::<[u8; 32]>())
}

/// What a bearer token is stored as. The token has as many bits as its hash, so it needs no salt.
pub(crate) fn token_hash(token: &str) -> TokenHash {
    TokenHash::new(Sha256::digest(token).into())
}

/// Letters and digits of a generated password: 119 bits.
const PASSWORD: usize = 20;

/// A password of letters and digits.
pub(crate) fn generate_password() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), PASSWORD)
}

/// Whether a password has the form of a generated one.
pub(crate) fn is_generated(password: &str) -> bool {
    password.len() == PASSWORD && password.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A PIN that can be typed on a phone.
pub(crate) fn generate_pin() -> String {
    format!("{:06}", rand::random_range(0..1_000_000))
}

/// Bytes as hexadecimal digits, in small letters.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_rfcs() {
        // RFC 2617, 3.5; its H(A1) is 939e7578ed9e3c518a452acee763bce9.
        let md5 = ha1("Mufasa", "testrealm@host.com", "Circle Of Life", Algorithm::Md5);
        assert_eq!(md5.ha1().as_deref(), Some("939e7578ed9e3c518a452acee763bce9"));
        let sha256 = ha1("Mufasa", "http-auth@example.org", "Circle of Life", Algorithm::Sha256);
        let digits = "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232";
        assert_eq!(sha256.ha1().as_deref(), Some(digits));
    }

    #[test]
    fn a_client_and_a_token_are_stored_as_digests() {
        let secret = client_secret(Uuid::nil(), "verto", "x");
        let text = "00000000-0000-0000-0000-000000000000:verto:x";
        assert_eq!(secret.ha1(), hex(&Md5::digest(text)));
        assert_eq!(token_hash("x").digits(), hex(&Sha256::digest("x")));
    }

    #[test]
    fn generated_secrets_differ() {
        assert_ne!(generate_password(), generate_password());
        assert!(is_generated(&generate_password()) && !is_generated("ClueCon"));
        assert_eq!(generate_pin().len(), 6);
        assert_ne!(generate_token(), generate_token());
        assert_ne!(generate_uuid(), generate_uuid());
        assert_eq!(generate_uuid().get_version_num(), 4);
        assert_eq!((generate_key().len(), generate_session().as_str().len()), (43, 43));
        assert_ne!(generate_session(), generate_session());
    }
}
