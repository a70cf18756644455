//! Questions as a switch writes them.

use std::fmt::Write;

/// The fields of a look-up.
pub(super) struct Question(String);

/// A value as the switch encodes it.
fn encoded(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b",/()'*!$~-._".contains(&b);
    let mut text = String::with_capacity(value.len());
    for b in value.bytes() {
        if plain(b) {
            text.push(char::from(b));
        } else {
            let _ = write!(text, "%{b:02X}");
        }
    }
    text
}

impl Question {
    /// About somebody of a domain, by a function of the switch.
    pub(super) fn directory(host: &str, domain: &str, event: &str, function: &str) -> Self {
        // Base fields are not encoded; what could write into them is no domain.
        let domain: String = domain.chars().filter(|c| !"&=".contains(*c)).collect();
        Self::begin(host, &format!("directory&tag_name=domain&key_name=name&key_value={domain}"))
            .with("Event-Name", event)
            .with("Event-Calling-Function", function)
    }

    /// What a module is set up with.
    pub(super) fn configuration(host: &str, name: &str) -> Self {
        let base = format!("configuration&tag_name=configuration&key_name=name&key_value={name}");
        Self::begin(host, &base).with("Event-Name", "REQUEST_PARAMS")
    }

    /// The gateways of a profile's users.
    pub(super) fn gateways(host: &str, profile: &str) -> Self {
        Self::begin(host, "directory&tag_name=&key_name=&key_value=")
            .with("Event-Name", "REQUEST_PARAMS")
            .with("Event-Calling-Function", "launch_sofia_worker_thread")
            .with("purpose", "gateways")
            .with("profile", profile)
    }

    /// Where a call goes.
    pub(super) fn dialplan(host: &str) -> Self {
        Self::begin(host, "dialplan&tag_name=&key_name=&key_value=")
            .with("Event-Name", "REQUEST_PARAMS")
            .with("Event-Calling-Function", "dialplan_xml_locate")
    }

    fn begin(host: &str, section: &str) -> Self {
        let host: String = host.chars().filter(|c| !"&=".contains(*c)).collect();
        Self(format!("hostname={host}&section={section}"))
    }

    /// One more field; a switch sends no empty ones.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let _ = write!(self.0, "&{name}={}", encoded(value));
        }
        self
    }

    /// Whom it is about: what the core adds last.
    pub(super) fn about(self, user: &str, domain: &str) -> Self {
        self.with("key", "id").with("user", user).with("domain", domain)
    }

    pub(super) fn body(&self) -> &str {
        &self.0
    }
}
