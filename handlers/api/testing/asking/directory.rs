//! Section `directory`: domains, groups, users and what they are wanted for.

use super::{Asking, Plain};

/// A SIP request is authenticated.
#[derive(Debug, Clone, Copy)]
pub struct SipAuth;

/// A user is asked for.
#[derive(Debug, Clone, Copy)]
pub struct User;

/// Gateways are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Gateways;

impl<F> Asking<F> {
    /// What the core adds behind all else where a user is looked for.
    fn of_user(self, id: &str, domain: &str) -> Self {
        self.and("key", "id").and("user", id).and("domain", domain)
    }
}

/// A phone registers as a user and proves who it is (`sofia_reg_parse_auth`): with MD5, to a realm that
/// is the domain.
pub fn sip_auth(user: &str, domain: &str) -> Asking<SipAuth> {
    Asking::in_domain(domain)
        .by("REQUEST_PARAMS", "sofia_reg.c", "sofia_reg_parse_auth")
        .and("action", "sip_auth")
        .and("sip_profile", "internal")
        .and("sip_user_agent", "Example/1.0")
        .and("sip_auth_username", user)
        .and("sip_auth_realm", domain)
        .and("sip_auth_nonce", "11111111-2222-4333-8444-000000000003")
        .and("sip_auth_uri", &format!("sip:{domain}"))
        .and("sip_contact_user", user)
        .and("sip_contact_host", "192.0.2.9")
        .and("sip_to_user", user)
        .and("sip_to_host", domain)
        .and("sip_via_protocol", "udp")
        .and("sip_from_user", user)
        .and("sip_from_host", domain)
        .and("sip_call_id", "1@192.0.2.9")
        .and("sip_request_host", domain)
        .and("sip_auth_qop", "auth")
        .and("sip_auth_cnonce", "6b8b4567")
        .and("sip_auth_nc", "00000001")
        .and("sip_auth_response", &"0".repeat(32))
        .and("sip_auth_method", "REGISTER")
        .and("client_port", "5060")
        .of_user(user, domain)
        .and("ip", "192.0.2.9")
}

impl Asking<SipAuth> {
    /// With this request instead of a REGISTER.
    #[must_use]
    pub fn method(self, method: &str) -> Self {
        self.set(&["sip_auth_method"], method)
    }

    /// Calls this number, with an INVITE.
    #[must_use]
    pub fn to(self, number: &str) -> Self {
        let asking = self.method("INVITE").set(&["sip_to_user"], number);
        if asking.body.has("sip_request_user") {
            return asking.set(&["sip_request_user"], number);
        }
        asking.before("sip_request_host", "sip_request_user", number)
    }

    /// Through this SIP profile.
    #[must_use]
    pub fn profile(self, name: &str) -> Self {
        self.set(&["sip_profile"], name)
    }

    /// Under this authentication name, which may be another than the user's.
    #[must_use]
    pub fn username(self, name: &str) -> Self {
        self.set(&["sip_auth_username"], name)
    }

    /// To this realm, which may be another than the domain.
    #[must_use]
    pub fn realm(self, realm: &str) -> Self {
        self.set(&["sip_auth_realm"], realm)
    }

    /// From this address.
    #[must_use]
    pub fn address(self, ip: &str) -> Self {
        self.set(&["sip_contact_host", "ip"], ip)
    }

    /// With SHA-256 (RFC 8760): only the length of the response tells.
    #[must_use]
    pub fn sha256(self) -> Self {
        self.set(&["sip_auth_response"], &"0".repeat(64))
    }

    /// With a header of its own, as in `X-Trunk`.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.before("sip_auth_qop", name, value)
    }
}

fn wanted(by: [&str; 3], action: &str, id: &str, domain: &str) -> Asking<User> {
    let [event, file, function] = by;
    Asking::in_domain(domain).by(event, file, function).and("action", action).of_user(id, domain)
}

/// A user is rung (`user_outgoing_channel`). Variables of the call stand before its action.
pub fn user_call(id: &str, domain: &str) -> Asking<User> {
    let by = ["REQUEST_PARAMS", "mod_dptools.c", "user_outgoing_channel"];
    wanted(by, "user_call", id, domain).before("action", "as_channel", "true")
}

/// The lamp of a user's phone is set (`resolve_id`).
pub fn message_count(id: &str, domain: &str) -> Asking<User> {
    wanted(["GENERAL", "mod_voicemail.c", "resolve_id"], "message-count", id, domain)
}

/// A user opens its mailbox (`voicemail_check_main`).
pub fn voicemail(id: &str, domain: &str) -> Asking<User> {
    let by = ["GENERAL", "mod_voicemail.c", "voicemail_check_main"];
    wanted(by, "voicemail-lookup", id, domain)
        .before("key", "destination_number", "*98")
        .before("key", "caller_id_number", id)
        .and("ip", "192.0.2.9")
}

/// A browser logs in over verto (`check_auth`). What it writes into its login stands before the action:
/// [`variable`](Asking::<User>::variable).
pub fn verto_login(id: &str, domain: &str) -> Asking<User> {
    let by = ["REQUEST_PARAMS", "mod_verto.c", "check_auth"];
    wanted(by, "jsonrpc-authenticate", id, domain)
}

/// Somebody logs in to the event socket as a user (`parse_command`).
pub fn event_socket(id: &str, domain: &str) -> Asking<User> {
    let by = ["REQUEST_PARAMS", "mod_event_socket.c", "parse_command"];
    wanted(by, "event_socket_auth", id, domain)
}

/// A user is asked for without a word of what for (`switch_xml_locate_user`): `user_exists`,
/// `set_user`.
pub fn user(id: &str, domain: &str) -> Asking<User> {
    wanted(["REQUEST_PARAMS", "switch_xml.c", "switch_xml_locate_user"], "", id, domain)
}

impl Asking<User> {
    /// By the user's second name: what was given as its id is that.
    #[must_use]
    pub fn by_number_alias(self) -> Self {
        self.set(&["key"], "number-alias")
    }

    /// With a variable of the call that rings the user, or with a parameter of the login.
    #[must_use]
    pub fn variable(self, name: &str, value: &str) -> Self {
        let other = if self.body.has("action") { "action" } else { "key" };
        self.before(other, name, value)
    }
}

/// A SIP profile starts, and asks for all domains and the gateways in them
/// (`launch_sofia_worker_thread`).
pub fn gateways(profile: &str) -> Asking<Gateways> {
    gateways_at(["", "", ""], profile)
}

fn gateways_at(place: [&str; 3], profile: &str) -> Asking<Gateways> {
    Asking::base("directory", place)
        .by("REQUEST_PARAMS", "sofia.c", "launch_sofia_worker_thread")
        .and("purpose", "gateways")
        .and("profile", profile)
}

impl Asking<Gateways> {
    /// Of this domain alone, which the profile names.
    #[must_use]
    pub fn of(mut self, domain: &str) -> Self {
        let place = [("tag_name", "domain"), ("key_name", "name"), ("key_value", domain)];
        for (name, value) in place {
            self.body = self.body.set(name, value);
        }
        self.and("domain", domain)
    }
}

/// The core reads a network list that names a domain (`switch_load_network_lists`): its users that have
/// a `cidr`.
pub fn network_list(domain: &str) -> Asking<Plain> {
    Asking::in_domain(domain)
        .by("GENERAL", "switch_core.c", "switch_load_network_lists")
        .and("domain", domain)
        .and("purpose", "network-list")
}

/// The domain is asked for without its users (`switch_xml_locate_domain`).
pub fn domain(name: &str) -> Asking<Plain> {
    Asking::in_domain(name)
        .by("REQUEST_PARAMS", "switch_xml.c", "switch_xml_locate_domain")
        .and("domain", name)
}

/// Everybody is listed (`list_users`): the base fields alone.
pub fn list_users(domain: &str) -> Asking<Plain> {
    Asking::in_domain(domain)
}

/// A group is rung (`group_call_function`): pointers to its members.
pub fn group_call(group: &str, domain: &str) -> Asking<Plain> {
    Asking::in_domain(domain)
        .by("REQUEST_PARAMS", "mod_commands.c", "group_call_function")
        .and("group", group)
        .and("action", "group_call")
        .and("group_name", group)
        .and("domain", domain)
}

/// Whether a user is in a group (`in_group_function`): the group.
pub fn in_group(id: &str, group: &str, domain: &str) -> Asking<Plain> {
    Asking::in_domain(domain)
        .by("REQUEST_PARAMS", "mod_commands.c", "in_group_function")
        .and("user", id)
        .and("group_name", group)
        .and("domain", domain)
}
