//! Names that survive the way from a switch to the service and back.
//!
//! The switch sends a domain as it is, in the middle of the body, and everything else percent-encoded
//! but for what already looks encoded: `%41` in an id arrives as `A` and is never found.

use std::net::IpAddr;

use ipnet::IpNet;
use jackfield_api::xml::Value;

/// Longer than a name may be: the five base fields of a look-up together are cut at 511 bytes.
const LONGEST: usize = 200;

/// Says why a user's id, a group, a context, a profile or the like cannot have this name.
pub(crate) fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a name is missing".to_owned());
    }
    if name.len() > LONGEST {
        return Err(format!("the name is longer than {LONGEST} bytes"));
    }
    if name.trim() != name {
        return Err("the name begins or ends with a blank".to_owned());
    }
    if name.starts_with("id:") {
        return Err("commands take what begins with «id:» for an id".to_owned());
    }
    if let Some(escape) = percent_escape(name) {
        return Err(format!("the switch sends «{escape}» decoded, so the name is never found"));
    }
    if name.chars().any(char::is_control) {
        return Err("the name holds a control character".to_owned());
    }
    Value::text(name).check().map_err(|refused| format!("the name cannot be sent: {refused}"))
}

/// Says why something that nothing is found by, as an extension or an application, cannot be called this.
/// No name at all is one, too.
pub(crate) fn check_label(label: &str) -> Result<(), String> {
    if label.len() > LONGEST {
        return Err(format!("the name is longer than {LONGEST} bytes"));
    }
    if label.chars().any(char::is_control) {
        return Err("the name holds a control character".to_owned());
    }
    let plain = Value::text(label).check_plain();
    plain.map_err(|refused| format!("the name cannot be sent: {refused}"))
}

/// Says why a domain cannot have this name.
pub(crate) fn check_domain(name: &str) -> Result<(), String> {
    check(name)?;
    match name.chars().find(|c| c.is_whitespace() || matches!(c, '&' | '=' | '@' | '?' | '#')) {
        Some(c) => Err(format!("the switch sends a domain as it is, and «{c}» would break that")),
        None => Ok(()),
    }
}

/// Says why a text is no network, as `192.0.2.0/24`, or address.
pub(crate) fn check_network(network: &str) -> Result<(), String> {
    let address = network.parse::<IpAddr>().is_ok();
    if address || network.parse::<IpNet>().is_ok() {
        return Ok(());
    }
    Err(format!("«{}» is no network, as 192.0.2.0/24 is", network.escape_debug()))
}

/// Says why a switch cannot have this name: the one that it sends as `hostname`, which is its
/// `switchname` (`switch.conf`), or else the machine's own.
pub(crate) fn check_host(name: &str) -> Result<(), String> {
    check(name)?;
    match name.chars().find(|c| c.is_whitespace() || matches!(c, '&' | ',')) {
        Some(c) => Err(format!("the switch sends its name as it is, and «{c}» would break that")),
        None => Ok(()),
    }
}

/// Two upper-case hexadecimal digits behind a percent sign.
fn percent_escape(name: &str) -> Option<&str> {
    let digit = |b: u8| matches!(b, b'0'..=b'9' | b'A'..=b'F');
    let at = name.as_bytes().windows(3).position(|w| w[0] == b'%' && digit(w[1]) && digit(w[2]))?;
    name.get(at..at + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_survive_the_wire() {
        for name in ["1000", "brian", "100%", "50%of", "a%2c", "Jürgen 李", "+49-1", "support@x"]
        {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in
            ["", "a%41", "%2F", " a", "a\tb", "a\u{7}", "a<!b", "${x}", "id:1", &"x".repeat(201)]
        {
            assert!(check(name).is_err(), "{name}");
        }
        assert_eq!(check_domain("pbx.example.test"), Ok(()));
        for name in ["a&b", "a=b", "a b", "a@b", "%41.test"] {
            assert!(check_domain(name).is_err(), "{name}");
        }
        for name in ["vm", "pbx1.example.test", "PBX_1", "a=b"] {
            assert_eq!(check_host(name), Ok(()), "{name}");
        }
        for name in ["", "a&b", "a b", "a,b"] {
            assert!(check_host(name).is_err(), "{name}");
        }
    }
}
