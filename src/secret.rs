//! Hashes that the switch compares, and passwords nobody chose.

use jackfield_api::document;
use jackfield_api::snapshot::{Algorithm, Secret};
use md5::{Digest, Md5};
use rand::distr::{Alphanumeric, SampleString};
use sha2::Sha256;

/// Whether a parameter, a variable or a global of this name holds a secret in clear, or its hash.
pub(crate) fn is_secret(name: &str) -> bool {
    document::is_secret(name) || name.to_ascii_lowercase().ends_with("passphrase")
}

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

/// A password of letters and digits: 119 bits.
pub(crate) fn generate_password() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 20)
}

/// A PIN that can be typed on a phone.
pub(crate) fn generate_pin() -> String {
    format!("{:06}", rand::random_range(0..1_000_000))
}

/// Blanks the values of attributes and parameters that hold secrets.
pub(crate) fn redact(xml: &str) -> String {
    xml.lines().map(|line| redact_line(line) + "\n").collect()
}

fn redact_line(line: &str) -> String {
    // In a written document every quote inside of a value is a reference.
    let mut parts: Vec<&str> = line.split('"').collect();
    let key = |part: &str| part.trim_end_matches('=').rsplit([' ', '<']).next().map(str::to_owned);
    let named = parts
        .chunks(2)
        .find(|chunk| key(chunk[0]).as_deref() == Some("name"))
        .and_then(|chunk| chunk.get(1).copied());
    let hides_value = named.is_some_and(is_secret);
    for at in (1..parts.len()).step_by(2) {
        let Some(key) = key(parts[at - 1]) else { continue };
        if is_secret(&key) || (hides_value && key != "name") {
            parts[at] = "(not shown)";
        }
    }
    parts.join("\"")
}

fn hex(bytes: &[u8]) -> String {
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
    fn generated_secrets_differ() {
        assert_ne!(generate_password(), generate_password());
        assert_eq!(generate_pin().len(), 6);
    }

    #[test]
    fn secrets_are_blanked_as_parameters_and_as_attributes() {
        for (line, shown) in [
            (
                r#"  <param name="a1-hash" value="5f"/>"#,
                r#"  <param name="a1-hash" value="(not shown)"/>"#,
            ),
            (r#"<a password="x" b="y"/>"#, r#"<a password="(not shown)" b="y"/>"#),
            (
                r#"<param name="gateway-credentials" value="a:b"/>"#,
                r#"<param name="gateway-credentials" value="(not shown)"/>"#,
            ),
            (
                r#"<param name="sip-port" value="5060"/>"#,
                r#"<param name="sip-port" value="5060"/>"#,
            ),
            ("</params>", "</params>"),
        ] {
            assert_eq!(redact_line(line), shown);
        }
    }
}
