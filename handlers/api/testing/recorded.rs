//! Look-ups as a real switch sent them, one for each flow, with the posts of its hook scripts.
//!
//! A FreeSWITCH 1.11 whose every section was bound to a recording back end booted, phones registered
//! and called each other, mailboxes were opened, browsers logged in. Its domain is `pbx.example.test`,
//! its users are those of [`pbx`](super::pbx()), its name is `vm`. What each wants is told below.
//!
//! ```
//! use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup, UserFlow};
//! use jackfield_api::testing::recorded;
//!
//! let lookup = recorded::SIP_AUTH_REGISTER.lookup();
//! let asked = DirectoryLookup::new(&lookup);
//! let DirectoryFlow::User(user) = asked.flow() else { panic!("one user") };
//! assert_eq!((&*user.user, asked.domain()), ("1000", "pbx.example.test"));
//! assert!(matches!(user.flow(), UserFlow::SipAuth(_)));
//! ```

use std::fmt;

use super::Body;
use crate::form::Form;
use crate::lookup::Lookup;

/// One recorded post.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    name: &'static str,
    text: &'static str,
}

impl Recorded {
    /// What it is called: its number, its section (`conf`, `dir`, `dp`, `lang`, ...) and its flow.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The body as it was posted.
    pub const fn text(self) -> &'static str {
        self.text
    }

    /// The body, to be changed.
    pub fn body(self) -> Body {
        Body::parse(self.text)
    }

    /// The form that the service makes of it.
    pub fn form(self) -> Form {
        super::form(self.text)
    }

    /// The look-up that the service makes of it.
    ///
    /// # Panics
    /// Where it is the post of a hook script: those are named `CLIENT_`.
    pub fn lookup(self) -> Lookup {
        super::lookup(self.text)
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Shows its name: a body is long.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl From<Recorded> for Vec<u8> {
    fn from(recorded: Recorded) -> Self {
        recorded.text.as_bytes().to_vec()
    }
}

/// Each constant with the file that it stands in.
macro_rules! recorded {
    ($($(#[$doc:meta])+ $constant:ident = $file:literal;)+) => {
        $(
            $(#[$doc])+
            pub const $constant: Recorded = Recorded {
                name: $file,
                text: include_str!(concat!("bodies/", $file, ".form")),
            };
        )+

        /// All of them, in the order in which they were recorded.
        pub const ALL: &[Recorded] = &[$($constant),+];
    };
}

recorded! {
    /// `mod_curl` is loaded at boot: the base fields alone, as of every module that says nothing
    /// more.
    CURL_CONF = "01-conf-curl.conf";
    /// `mod_db` is loaded.
    DB_CONF = "02-conf-db.conf";
    /// `mod_hash` is loaded.
    HASH_CONF = "03-conf-hash.conf";
    /// `mod_fifo` is loaded.
    FIFO_CONF = "04-conf-fifo.conf";
    /// `mod_conference` is loaded, and advertises its rooms (`presence=true`).
    CONFERENCE_CONF = "05-conf-conference.conf-true";
    /// `mod_voicemail` is loaded.
    VOICEMAIL_CONF = "06-conf-voicemail.conf";
    /// `mod_callcenter` is loaded: all queues, agents and tiers.
    CALLCENTER_CONF = "07-conf-callcenter.conf";
    /// `mod_httapi` is loaded.
    HTTAPI_CONF = "08-conf-httapi.conf";
    /// `mod_loopback` is loaded.
    LOOPBACK_CONF = "09-conf-loopback.conf";
    /// `mod_sofia` is loaded: all profiles.
    SOFIA_CONF = "10-conf-sofia.conf";
    /// The thread of profile `internal` starts: that profile.
    SOFIA_CONF_PROFILE = "11-conf-sofia.conf-internal";
    /// The same thread asks for all domains and the gateways of their users (`purpose=gateways`).
    GATEWAYS = "12-dir-gateways";
    /// `mod_verto` is loaded.
    VERTO_CONF = "13-conf-verto.conf";
    /// `mod_opus` is loaded.
    OPUS_CONF = "14-conf-opus.conf";
    /// `mod_sndfile` is loaded.
    SNDFILE_CONF = "15-conf-sndfile.conf";
    /// `mod_local_stream` is loaded.
    LOCAL_STREAM_CONF = "16-conf-local_stream.conf";
    /// `mod_lua` is loaded, and learns its hooks.
    LUA_CONF = "17-conf-lua.conf";
    /// Which modules to load after all others.
    POST_LOAD_MODULES_CONF = "18-conf-post_load_modules.conf";
    /// `mod_event_socket` is loaded, and learns its password.
    EVENT_SOCKET_CONF = "19-conf-event_socket.conf";
    /// The core reads its network lists.
    ACL_CONF = "20-conf-acl.conf";
    /// Settings that the core reads once all modules are there.
    POST_LOAD_SWITCH_CONF = "21-conf-post_load_switch.conf";
    /// The phone of 1000 dials 5555 and proves who it is: the user with its hash.
    SIP_AUTH_INVITE = "22-dir-sip_auth-id-INVITE";
    /// That call is routed: the context `default`.
    CALL_TO_5555 = "23-dp-sofia-call_5555";
    /// 1000 calls 3000, a conference.
    CALL_TO_3000 = "24-dp-sofia-call_3000";
    /// The caller joins room 3000: the room's profile.
    CONFERENCE_JOIN = "25-conf-conference.conf-join";
    /// The keys that a member of the conference has: one group of controls.
    CONFERENCE_CONTROLS = "26-conf-conference.conf-controls";
    /// 1000 calls 1002, a user.
    CALL_TO_1002 = "27-dp-sofia-call_1002";
    /// 1002 is rung: its dial-string.
    USER_CALL = "28-dir-user_call-id";
    /// 1000 calls `*98`, its mailbox.
    CALL_TO_VOICEMAIL = "29-dp-sofia-call_star98";
    /// The mailbox speaks: the macro `voicemail_hello`.
    PHRASE_HELLO = "30-lang-voicemail_hello";
    /// 1000 calls 5000, a menu.
    CALL_TO_5000 = "31-dp-sofia-call_5000";
    /// The call enters the menu `demo`: that menu, and all that lead on from it.
    IVR_MENU = "32-conf-ivr.conf-demo";
    /// 1000 calls 2000, a group.
    CALL_TO_2000 = "33-dp-sofia-call_2000";
    /// The group `sales` is rung: pointers to its members.
    GROUP_CALL = "34-dir-group_call";
    /// A pointer is followed: the member whole, though the group is still named.
    GROUP_CALL_USER = "35-dir-group_call-id";
    /// 1000 calls 6000.
    CALL_TO_6000 = "36-dp-sofia-call_6000";
    /// 1000 opens its mailbox: the user with its PIN's hash.
    VOICEMAIL_LOOKUP = "37-dir-voicemail-lookup-id";
    /// The mailbox asks for the PIN.
    PHRASE_ENTER_PASS = "38-lang-voicemail_enter_pass";
    /// The mailbox says good-bye.
    PHRASE_GOODBYE = "39-lang-voicemail_goodbye";
    /// 1000 calls 404, which nobody has.
    CALL_TO_404 = "40-dp-sofia-call_404";
    /// The queue `support@default` is loaded anew: that queue.
    CALLCENTER_QUEUE = "41-conf-callcenter.conf-support_at_default";
    /// The phone of 1000 registers: the user with its hash.
    SIP_AUTH_REGISTER = "42-dir-sip_auth-id-REGISTER";
    /// The lamp of that phone is set: the user with its mailbox.
    MESSAGE_COUNT = "43-dir-message-count-id";
    /// `user_exists id 1000 pbx.example.test` on the console.
    USER_EXISTS = "44-dir-switch_xml_locate_user-id";
    /// `user_data 1000@pbx.example.test var user_context`.
    USER_DATA_VARIABLE = "45-dir-user_data_function-id-var";
    /// `user_data 1000@pbx.example.test param vm-password`.
    USER_DATA_PARAM = "46-dir-user_data_function-id-param";
    /// `find_user_xml number-alias 5551000 pbx.example.test`: the user by its second name.
    FIND_USER_BY_ALIAS = "47-dir-switch_xml_locate_user-number-alias";
    /// `domain_exists pbx.example.test`: the domain without users.
    DOMAIN_EXISTS = "48-dir-switch_xml_locate_domain";
    /// `reloadxml`: the core reads its time zones.
    TIMEZONES_CONF = "49-conf-timezones.conf";
    /// `sofia profile internal rescan`: that profile.
    SOFIA_CONF_RESCAN = "50-conf-sofia.conf-true";
    /// `voicemail_inject 1000@pbx.example.test ...`: the user with its mailbox
    /// (`purpose=publish-vm`).
    VOICEMAIL_INJECT = "51-dir-publish-vm";
    /// `say_string en ... current_date_time`: the language, and no macro of it.
    SAY = "52-lang-say_app";
    /// A browser logs in over verto as `verto1`: the user with its secret.
    VERTO_LOGIN = "53-dir-jsonrpc-authenticate-id";
    /// The login hook posts that `verto1` has logged in, with its session.
    CLIENT_LOGIN = "54-event-verto_client_login-verto1_at_pbx.example.test-True";
    /// The hook posts that the connection of `verto1` has ended.
    CLIENT_DISCONNECT = "55-event-verto_client_disconnect-verto1_at_pbx.example.test-True";
    /// The hook posts a login with a wrong password: no session.
    CLIENT_LOGIN_FAILED = "56-event-verto_client_login-verto1_at_pbx.example.test-False";
    /// The hook posts the end of a connection over which nobody logged in (`nil`).
    CLIENT_DISCONNECT_NOBODY = "57-event-verto_client_disconnect-nil-True";
    /// The hook posts a login as somebody who is not there.
    CLIENT_LOGIN_UNKNOWN = "58-event-verto_client_login-ghost_at_pbx.example.test-False";
    /// A call is routed that comes over `mod_loopback`: less is known of it.
    CALL_OVER_LOOPBACK = "59-dp-loopback";
    /// `reloadacl`, for a node that names a domain: its users that have a `cidr`.
    NETWORK_LIST = "60-dir-network-list";
    /// `user_data 1000@pbx.example.test attr ...`.
    USER_DATA_ATTRIBUTE = "61-dir-user_data_function-id-attr";
    /// `list_users`: everybody, without secrets. The base fields alone.
    LIST_USERS = "62-dir-none";
    /// Somebody logs in to the event socket as `1000@pbx.example.test`.
    EVENT_SOCKET_LOGIN = "63-dir-event_socket_auth-id";
    /// A browser logs in over verto and adds parameters of its own, which stand between the
    /// switch's fields.
    VERTO_LOGIN_PARAMS = "64-dir-jsonrpc-authenticate-id-1280x720";
    /// A queue rings its agent: what the queue knows of the call stands before the user.
    USER_CALL_CALLCENTER = "65-dir-user_call-callcenter";
    /// The phone of 1000 sends a message, and proves who it is.
    SIP_AUTH_MESSAGE = "66-dir-sip_auth-MESSAGE";
    /// That message is routed: the context `public` of the profile.
    CHAT_SIP_MESSAGE = "67-chatplan-sip-message";
    /// The phone of 1000 subscribes to a lamp, and proves who it is.
    SIP_AUTH_SUBSCRIBE = "68-dir-sip_auth-SUBSCRIBE";
    /// A FIFO rings its consumer.
    USER_CALL_FIFO = "69-dir-user_call-fifo";
    /// A browser sends a message over verto: the context `default`.
    CHAT_VERTO_INFO = "70-chatplan-verto-info";
    /// A trunk calls from a network of its own: the user `trunk`, and headers of SIP as fields.
    TRUNK_INVITE = "71-dir-acl-token-invite";
    /// A conference calls a member.
    USER_CALL_CONFERENCE = "72-dir-user_call-conference-outcall";
    /// `domain_data`: the domain without users.
    DOMAIN_DATA = "73-dir-domain_data";
    /// `in_group 1001@pbx.example.test sales`: the group.
    IN_GROUP = "74-dir-in_group";
    /// A phrase that section `languages` did not have is asked for in section `phrases`.
    PHRASE_OF_PHRASES = "75-phrases";
    /// 1000 types another PIN in its mailbox: the one look-up that writes.
    CHANGE_PIN = "76-dir-change-password";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn folder() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testing/bodies"))
    }

    #[test]
    fn every_body_of_the_folder_is_here_once_and_in_order() {
        let mut files: Vec<_> = fs::read_dir(folder())
            .expect("the recorded bodies")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "form"))
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        files.sort();
        let here: Vec<_> = ALL.iter().map(|recorded| recorded.name()).collect();
        assert_eq!(here, files);
    }

    #[test]
    fn every_body_parses_to_as_many_fields_as_the_index_says() {
        let index = fs::read_to_string(folder().join("INDEX.tsv")).expect("the index");
        let mut indexed = BTreeSet::new();
        for line in index.lines().skip(1) {
            let [file, bytes, fields, ..] = *line.split('\t').collect::<Vec<_>>() else {
                panic!("{line}");
            };
            let found = ALL.iter().find(|recorded| file == format!("{}.form", recorded.name()));
            let found = found.unwrap_or_else(|| panic!("{file} is not here"));
            assert_eq!(found.text().len().to_string(), bytes, "{file}");
            assert_eq!(found.form().len().to_string(), fields, "{file}");
            assert_eq!(found.body().text(), found.text(), "{file}");
            assert_eq!(found.form().is_lookup(), !file.contains("-event-"), "{file}");
            indexed.insert(found.name());
        }
        assert_eq!(indexed.len(), ALL.len());
    }
}
