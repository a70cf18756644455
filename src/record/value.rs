//! Whether a value may be kept as it is: what holds a secret, or may be one, is not.
//!
//! A caller chooses most values, so one may stand in a field that is known to hold none: a password
//! behind its name, or a session id or a digest that was dialled or logged in with.

use std::borrow::Cow;

use percent_encoding::{percent_decode, percent_decode_str};

use crate::secret::is_told_in;

/// Longer values are left out.
pub(super) const LONGEST: usize = 512;
/// So many characters of a token hold a digest of 128 bits; no name or number that is dialled has as
/// many in a row.
const TOKEN: usize = 32;
/// As often as somebody may have encoded a value before the switch did. What is encoded still more
/// often is left out.
const DEEPEST: usize = 3;

/// Names that answers are made of and that no caller chooses, whatever their length: what the program
/// of the switch calls its functions and a machine itself, and what operators call their profiles, menus,
/// phrases and contexts. A name of a domain can have 63 letters in a row; a look-up without it is one of
/// nobody's, and whoever puts a secret there tells it to everybody who resolves the name.
///
/// And the id of a call, which a phone makes up and tells everybody on the call's way: by it a look-up is
/// found that belongs to a trace of SIP.
const NAMES: [&[u8]; 27] = [
    b"hostname",
    b"section",
    b"tag_name",
    b"key_name",
    b"key_value",
    b"Event-Name",
    b"Event-Subclass",
    b"Event-Calling-File",
    b"Event-Calling-Function",
    b"domain",
    b"variable_domain_name",
    b"sip_auth_realm",
    b"VM-Domain",
    b"profile",
    b"profile_name",
    b"sip_profile",
    b"gateway",
    b"Menu-Name",
    b"Conf-Profile",
    b"Controls",
    b"CC-Queue",
    b"Caller-Context",
    b"Hunt-Context",
    b"context",
    b"lang",
    b"macro_name",
    b"sip_call_id",
];

/// Whether the value of a field of this name may be kept.
pub(super) fn is_plain(name: &[u8], raw: &[u8]) -> bool {
    let kinds = raw.iter().fold(0, |kinds, b| kinds | KINDS[usize::from(*b)]);
    if raw.len() > LONGEST || kinds & ESCAPED != 0 {
        return false;
    }
    let may_tell = kinds & PAIRS != 0 && may_hold_pairs(raw);
    let may_be = raw.len() >= TOKEN && !NAMES.contains(&name);
    if !may_tell && !may_be {
        return true;
    }
    let Some(text) = decoded(raw) else { return false };
    let is_secret = (may_tell && is_told_in(&text)) || (may_be && has_token(text.as_bytes()));
    !is_secret
}

/// A value without anybody's encoding.
fn decoded(raw: &[u8]) -> Option<Cow<'_, str>> {
    let mut text = percent_decode(raw).decode_utf8_lossy();
    for _ in 0..DEEPEST {
        let next = percent_decode_str(&text).decode_utf8_lossy();
        if next == text {
            return Some(text);
        }
        text = Cow::Owned(next.into_owned());
    }
    None
}

/// Whether there is a run of what tokens, keys and digests are written in, that is neither a UUID, by
/// which calls and clients are named, nor a number.
fn has_token(text: &[u8]) -> bool {
    let of_token = |b: &u8| b.is_ascii_alphanumeric() || b"+/_-".contains(b);
    let mut rest = text;
    while let Some(start) = rest.iter().position(of_token) {
        rest = &rest[start..];
        let end = rest.iter().position(|b| !of_token(b)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let padding = after.iter().take_while(|b| **b == b'=').count();
        let is_number = run.iter().all(u8::is_ascii_digit);
        if run.len() + padding >= TOKEN && !is_number && !is_uuid(run) {
            return true;
        }
        rest = after;
    }
    false
}

fn is_uuid(run: &[u8]) -> bool {
    run.len() == 36
        && run.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// What a byte cannot stand in a line of JSON as; a switch encodes it.
const ESCAPED: u8 = 1;
/// What a secret that is told with its name needs.
const PAIRS: u8 = 2;

/// Of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let b = at as u8;
        if b < 0x20 || b > 0x7e || b == b'"' || b == b'\\' {
            kinds[at] = ESCAPED;
        } else if b == b'%' || b == b'=' || b == b':' {
            kinds[at] = PAIRS;
        }
        at += 1;
    }
    kinds
};

/// Whether there may be a `=` or a `:` in it, encoded once, more than once, or not.
fn may_hold_pairs(raw: &[u8]) -> bool {
    let encoded = |after: &[u8]| {
        matches!(after, [b'%', b'3', b'A' | b'a' | b'D' | b'd', ..] | [b'%', b'2', b'5', ..])
    };
    (0..raw.len()).any(|at| matches!(raw[at], b'=' | b':') || encoded(&raw[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_kept(name: &str, value: &str) -> bool {
        is_plain(name.as_bytes(), value.as_bytes())
    }

    #[test]
    fn a_secret_that_is_told_with_its_name_is_found_however_often_it_is_encoded() {
        for value in [
            "sip_auth_password%3Dhush",
            "sip_auth_password%253Dhush",
            "sip_auth_password%25253dhush",
            "%7Bmy_pwd=hush%7D",
            "password:hush",
            "password%3Ahush",
            "password%253a%20hush",
            "%22pin%22%3A%221234%22",
            "'pin'%20%3D'1234'",
            "http%3A//u%3Ahush%40h/",
            "http://u:hush@h/",
            "%252525252525253D",
            "a\"hush",
            "hush\u{1}",
        ] {
            assert!(!is_kept("user", value), "{value}");
            assert!(!is_kept("domain", value), "{value}");
        }
        for value in [
            "1-11287%40127.0.0.1%3A5060",
            "sip%3A1000%40pbx.example.test%3Btransport%3Dtls",
            "Phone/1.0%20(build%3A%207)",
            "100%25",
            "password",
            "password%3A",
            "fe80%3A%3A1",
        ] {
            assert!(is_kept("user", value), "{value}");
        }
    }

    #[test]
    fn a_run_that_may_be_a_token_is_not_kept() {
        let [digest, key] =
            ["952803ee31f1040c698ab475f99d4fbc", "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"];
        for value in [
            digest,
            key,
            &format!("{digest}%4010.0.0.1"),
            &format!("*97*{key}"),
            &format!("{}%2B%2f%3D%3d", &key[..28]),
            &format!("{}%252B%252F{}", &key[..15], &key[..15]),
            &format!("a.b.{}", "x_-/".repeat(8)),
            &format!("{}x", "1".repeat(31)),
            "4f6e7ec0-8a86-11e5-9ac4-0dd8c5d0ab8g",
            "4f6e7ec0-8a86-11e5-9ac4-0dd8c5d0ab8f-1",
        ] {
            for name in ["user", "Hunt-Destination-Number", "sip_auth_username"] {
                assert!(!is_kept(name, value), "{value}");
            }
        }
        for value in [
            "4f6e7ec0-8a86-11e5-9ac4-0dd8c5d0ab8f",
            "4F6E7EC0-8A86-11E5-9AC4-0DD8C5D0AB8F%4010.0.0.1%3A5060",
            &"1".repeat(40),
            &digest[1..],
            "Phone-with-a-long-name/1.0.2-with-a-long-release%20(and%20more)",
        ] {
            assert!(is_kept("user", value), "{value}");
        }
    }

    #[test]
    fn a_long_name_that_an_answer_is_made_of_and_no_caller_chooses_is_kept() {
        for (name, value) in [
            ("hostname", "switch-of-the-northern-region-number-0017"),
            ("Event-Calling-Function", "sofia_presence_handle_sip_i_message"),
            ("macro_name", "voicemail_forward_message_enter_extension"),
            ("domain", "a-customer-with-a-very-long-name-indeed.example.test"),
            ("Hunt-Context", "calls_that_come_in_from_the_public_network"),
            ("sip_call_id", "952803ee31f1040c698ab475f99d4fbc@192.0.2.7"),
        ] {
            assert!(is_kept(name, value), "{value}");
            assert!(!is_kept("user", value), "{value}");
            assert!(!is_kept(name, &format!("{value}?token=hush")), "{value}");
        }
        assert!(!is_kept("hostname", &"x".repeat(LONGEST + 1)));
    }
}
