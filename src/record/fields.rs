//! What is kept of a look-up: fields that the switch writes itself and that hold no secret.
//!
//! A stranger chooses the names of verto login parameters and of SIP headers, and their values; session
//! ids are names of channels, and keys of media stand in SDP. So what is not known is left out, rather
//! than what is known to be secret. Everything that an answer of ours is made of is known.

use std::borrow::Cow;
use std::sync::LazyLock;

use jackfield_api::{Form, Pair};

use super::value::{LONGEST, is_plain};
use crate::secret::PLAIN;

/// What follows so many bytes is left out.
const MOST: usize = 16 * 1024;

/// What is kept of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Value,
    /// The algorithm of a digest is told by it.
    Length,
    /// That it was there.
    Name,
    Nothing,
}

/// Names of fields that are kept whole besides those that are shown: what a replay needs.
const BESIDES: [&str; 32] = [
    "Event-Subclass",
    "Event-Calling-File",
    "Core-UUID",
    "Unique-ID",
    "Fetch-Call-UUID",
    "ip",
    "type",
    "number_alias",
    "sip_profile",
    "sip_user_agent",
    "sip_auth_method",
    "sip_call_id",
    "sip_from_user",
    "sip_from_host",
    "sip_to_user",
    "sip_to_host",
    "reconfig",
    "gateway",
    "presence",
    "Conf-Name",
    "Conf-Profile",
    "Action",
    "Caller-Destination-Number",
    "Caller-Caller-ID-Number",
    "Caller-Caller-ID-Name",
    "Caller-Network-Addr",
    "Hunt-Caller-ID-Number",
    "Hunt-Caller-ID-Name",
    "Hunt-Network-Addr",
    "from",
    "to",
    "VM-Domain",
];

/// Longer names are not among them.
const NAME: usize = 32;

/// The names of each length: a look-up has up to two hundred fields, and each is looked for.
static BY_LENGTH: LazyLock<[Vec<&'static [u8]>; NAME]> = LazyLock::new(|| {
    let of = |length| PLAIN.iter().chain(&BESIDES).filter(move |name| name.len() == length);
    std::array::from_fn(|length| of(length).map(|name| name.as_bytes()).collect())
});

/// What is kept of the field of this name.
pub(super) fn kept(name: &[u8]) -> Kept {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return Kept::Nothing };
    // Nearly half of a call's fields; of those two are kept.
    if *first == b'v' && name.starts_with(b"variable_") {
        let is_whose = matches!(&name[9..], b"user_name" | b"domain_name");
        return if is_whose { Kept::Value } else { Kept::Nothing };
    }
    let known = BY_LENGTH.get(name.len()).map_or(&[][..], Vec::as_slice);
    let is = |known: &&[u8]| {
        // Most differ in one of these two.
        known.first() == Some(first) && known.last() == Some(last) && *known == name
    };
    if known.iter().any(is) {
        return Kept::Value;
    }
    match name.len() {
        17 if name == b"sip_auth_response" => Kept::Length,
        16 if name == b"VM-User-Password" => Kept::Name,
        // The guard goes by these in whatever case.
        3 if name.eq_ignore_ascii_case(b"key") => Kept::Value,
        4 if name.eq_ignore_ascii_case(b"user") => Kept::Value,
        6 if name.eq_ignore_ascii_case(b"action") || name.eq_ignore_ascii_case(b"domain") => {
            Kept::Value
        }
        7 if name.eq_ignore_ascii_case(b"purpose") => Kept::Value,
        _ => Kept::Nothing,
    }
}

/// The value of a field that is kept whole, decoded.
pub(crate) fn plain<'a>(form: &'a Form, name: &str) -> Option<Cow<'a, str>> {
    let raw = form.raw_field(name)?;
    let is_kept = kept(name.as_bytes()) == Kept::Value && is_plain(name.as_bytes(), raw);
    if is_kept { form.field(name) } else { None }
}

/// Writes what is kept of a form, as a body: `see` is shown each pair whose value is kept whole.
pub(super) fn write<'a>(
    form: &'a Form,
    more: &[String],
    to: &mut Vec<u8>,
    mut see: impl FnMut(Pair<'a>),
) {
    let start = to.len();
    for pair in form.pairs() {
        let kept = match kept(pair.name) {
            Kept::Nothing if more.iter().any(|name| name.as_bytes() == pair.name) => Kept::Value,
            kept => kept,
        };
        if kept == Kept::Nothing || to.len() - start > MOST {
            continue;
        }
        if to.len() > start {
            to.push(b'&');
        }
        to.extend_from_slice(pair.name);
        to.push(b'=');
        match kept {
            Kept::Value if is_plain(pair.name, pair.raw) => {
                to.extend_from_slice(pair.raw);
                see(pair);
            }
            Kept::Length => to.resize(to.len() + pair.raw.len().min(LONGEST), b'0'),
            _ => to.extend_from_slice(b"(not%20shown)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &str, more: &[&str]) -> String {
        let form = Form::parse(body.as_bytes().to_vec()).expect("a form");
        let more: Vec<_> = more.iter().map(|name| (*name).to_owned()).collect();
        let mut to = Vec::new();
        write(&form, &more, &mut to, |_| {});
        String::from_utf8(to).expect("ASCII")
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        for (body, left) in [
            ("section=directory&user=1000&X-Secret=hush", "section=directory&user=1000"),
            ("user=1000&hush=hush&password=hush", "user=1000"),
            ("user=1&variable_x=hush&variable_user_name=2", "user=1&variable_user_name=2"),
            ("sip_auth_response=hush&sip_auth_cnonce=hush", "sip_auth_response=0000"),
            ("VM-User-Password=1234&VM-User=1", "VM-User-Password=(not%20shown)&VM-User=1"),
            ("ACTION=a&Purpose=b", "ACTION=a&Purpose=b"),
        ] {
            assert_eq!(written(body, &[]), left, "{body}");
        }
        assert_eq!(
            written("variable_sip_h_X-T=a&x=b", &["variable_sip_h_X-T"]),
            "variable_sip_h_X-T=a"
        );
    }

    #[test]
    fn a_value_that_may_not_be_kept_leaves_its_name() {
        for value in ["pin:1234", &"1".repeat(9999)] {
            assert_eq!(written(&format!("user={value}"), &[]), "user=(not%20shown)", "{value}");
        }
        let call = "1-11287%40127.0.0.1%3A5060";
        assert_eq!(written(&format!("sip_call_id={call}"), &[]), format!("sip_call_id={call}"));
    }
}
