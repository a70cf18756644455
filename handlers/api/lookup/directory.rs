//! Look-ups of section `directory`: a domain, its users, one user, a group.

use std::borrow::Cow;

use super::{Lookup, PinLookup};
use crate::snapshot::Algorithm;

/// The switch asks who somebody is (`switch_xml_locate_domain`, `switch_xml_locate_user`).
///
/// ```
/// # use jackfield_api::{lookup::*, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=directory&tag_name=domain&key_name=name\
/// #     &key_value=pbx.example.test&action=sip_auth&sip_auth_username=1000\
/// #     &sip_auth_realm=pbx.example.test&sip_auth_response=0123456789abcdef0123456789abcdef\
/// #     &key=id&user=1000&domain=pbx.example.test");
/// let view = DirectoryLookup::new(&lookup);
/// assert_eq!(view.domain(), "pbx.example.test");
/// match view.flow() {
///     DirectoryFlow::User(asked) => assert_eq!(asked.user, "1000"),
///     _ => panic!("one user is asked for"),
/// }
/// ```
#[derive(Debug, Clone)]
pub struct DirectoryLookup<'a> {
    lookup: &'a Lookup,
    domain: Cow<'a, str>,
}

/// What is asked of the domain, and so what may be in the answer.
///
/// ```
/// use jackfield_api::document::{Directory, DirectoryDomain, ListedUser};
/// use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
/// use jackfield_api::{Answer, Facts, Refusal};
///
/// # fn complete(_: &str) -> Answer { Err(Refusal::Denied("no such user")) }
/// fn answer(lookup: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
///     let domain = DirectoryDomain::new(lookup.domain());
///     let users = ["1000", "1001"];
///     match lookup.flow() {
///         DirectoryFlow::User(asked) => complete(&asked.user),
///         DirectoryFlow::Group(asked) => {
///             Directory::domains([domain.group(asked.group, users.map(ListedUser::pointer))])
///         }
///         DirectoryFlow::Users => Directory::domains([domain.group("all", users.map(ListedUser::new))]),
///         _ => Directory::domains([domain]),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DirectoryFlow<'a> {
    /// One user: always answered by the complete user with its secret, whatever the switch wants
    /// it for, because the switch may cache the answer under key, user and domain alone.
    User(UserLookup<'a>),
    /// The members of a group, as pointers without secrets.
    Group(GroupLookup<'a>),
    /// The gateways of a profile's domains (`purpose=gateways`): domain names, and of the users
    /// only those that have gateways.
    Gateways(GatewayList<'a>),
    /// The networks of a domain's users (`purpose=network-list`): only users that have one.
    NetworkList,
    /// The domain's own parameters (`domain_exists`, `domain_data`): no users.
    Domain,
    /// Every user, without secrets (`list_users`, the scan of `mod_directory`, `xml_locate`).
    Users,
    /// The mailboxes of a group, or of the whole domain where no group is named, for one message
    /// to all of them (`purpose=publish-vm`): users with their parameters, without secrets.
    Mailboxes(Option<Cow<'a, str>>),
}

/// One user is asked for.
///
/// ```
/// # use jackfield_api::{lookup::*, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=directory&tag_name=domain&key_name=name\
/// #     &key_value=pbx.example.test&action=sip_auth&sip_auth_username=1000\
/// #     &sip_auth_realm=pbx.example.test&sip_auth_response=0123456789abcdef0123456789abcdef\
/// #     &key=id&user=1000&domain=pbx.example.test");
/// # let DirectoryFlow::User(asked) = DirectoryLookup::new(&lookup).flow() else { panic!() };
/// match asked.flow() {
///     UserFlow::SipAuth(auth) => assert_eq!(auth.username, "1000"),
///     UserFlow::Unchecked => panic!("deny it: nothing would be checked"),
///     _ => { /* answer the same user, secret included */ }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct UserLookup<'a> {
    lookup: &'a Lookup,
    /// The user's id or number-alias, as the switch has it.
    pub user: Cow<'a, str>,
}

/// What the switch wants the user for.
///
/// It decides about the credential alone: the user is the same, and complete, whatever it is for.
///
/// ```
/// use jackfield_api::document::Credential;
/// use jackfield_api::lookup::{UserFlow, UserLookup};
/// use jackfield_api::snapshot::{Algorithm, UserRef};
///
/// fn credential<'a>(asked: &UserLookup<'_>, user: UserRef<'a>, domain: &str) -> Credential<'a> {
///     let secret = match asked.flow() {
///         UserFlow::SipAuth(auth) => user.secret(&auth.username, &auth.realm, auth.algorithm),
///         _ => user.secret(user.id, domain, Algorithm::Md5),
///     };
///     let hash = secret.and_then(|secret| secret.ha1());
///     hash.map_or(Credential::Closed, |hash| Credential::A1Hash(hash.into()))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserFlow<'a> {
    /// A SIP request is authenticated (`sofia_reg_parse_auth`).
    SipAuth(SipAuth<'a>),
    /// A call goes to the user (`user_outgoing_channel`).
    UserCall,
    /// A mailbox's lamp is updated (`resolve_id` in `mod_voicemail.c`).
    MessageCount,
    /// Somebody opens a mailbox (`voicemail_check_main`).
    VoicemailLookup,
    /// The switch authenticates itself towards a phone.
    ReverseAuth,
    /// A verto client logs in (`check_auth` in `mod_verto.c`).
    VertoLogin,
    /// Somebody logs in to the event socket as `user@domain`.
    EventSocket,
    /// Somebody logs in where the switch checks no hash and so lets everybody in as any user that
    /// it is told of: its web server (`user_attributes` in `mod_xml_rpc.c`), which only knows
    /// passwords in clear, and `mod_skinny`, which knows none.
    Unchecked,
    /// The owner of a mailbox changes its PIN. `None` where the look-up is not in every field the one
    /// that the switch sends then: whoever wrote it, nothing is changed for it.
    PinChange(Option<PinLookup<'a>>),
    /// Anything else: `user_data`, `set_user`, a pointer of a group, an action of a newer switch.
    Other,
}

/// What a SIP client proved itself with.
///
/// An HA1 fits only if it was made of just this user name and realm, with this algorithm.
///
/// ```
/// use jackfield_api::snapshot::Algorithm;
/// # use jackfield_api::{lookup::*, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=directory&tag_name=domain&key_name=name\
/// #     &key_value=pbx.example.test&action=sip_auth&sip_auth_username=1000\
/// #     &sip_auth_realm=pbx.example.test&sip_auth_response=0123456789abcdef0123456789abcdef\
/// #     &key=id&user=1000&domain=pbx.example.test");
/// # let DirectoryFlow::User(asked) = DirectoryLookup::new(&lookup).flow() else { panic!() };
/// let UserFlow::SipAuth(auth) = asked.flow() else { panic!("a login") };
/// assert_eq!((&*auth.realm, auth.algorithm), ("pbx.example.test", Algorithm::Md5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SipAuth<'a> {
    /// The authentication user name.
    pub username: Cow<'a, str>,
    /// The realm that the client answered to.
    pub realm: Cow<'a, str>,
    /// The algorithm, told by the length of the response: the look-up does not name it.
    pub algorithm: Algorithm,
}

/// A group is asked for (`group_call`, `in_group`).
///
/// ```
/// # use jackfield_api::{lookup::*, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=directory&tag_name=domain&key_name=name\
/// #     &key_value=pbx.example.test&group=sales&domain=pbx.example.test");
/// let DirectoryFlow::Group(asked) = DirectoryLookup::new(&lookup).flow() else { panic!("a group") };
/// assert_eq!(asked.group, "sales");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupLookup<'a> {
    /// The group's name.
    pub group: Cow<'a, str>,
}

/// The gateways of a profile are asked for (`config_sofia` in `sofia.c`).
///
/// ```
/// # use jackfield_api::{lookup::*, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=directory&tag_name=&key_name=&key_value=\
/// #     &purpose=gateways&profile=external");
/// let view = DirectoryLookup::new(&lookup);
/// let DirectoryFlow::Gateways(asked) = view.flow() else { panic!("gateways") };
/// assert_eq!((view.is_all_domains(), &*asked.profile), (true, "external"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GatewayList<'a> {
    /// The sofia profile that starts or rescans.
    pub profile: Cow<'a, str>,
}

impl<'a> DirectoryLookup<'a> {
    /// A look-up of section `directory`.
    pub fn new(lookup: &'a Lookup) -> Self {
        let domain = lookup.field("domain").or_else(|| lookup.located("domain"));
        Self { lookup, domain: domain.unwrap_or_default() }
    }

    /// What all look-ups have in common.
    pub fn base(&self) -> &'a Lookup {
        self.lookup
    }

    /// The domain asked for; empty where all domains are meant.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The domain asked for, given away.
    pub fn into_domain(self) -> Cow<'a, str> {
        self.domain
    }

    /// Whether the switch asks for all domains at once.
    pub fn is_all_domains(&self) -> bool {
        self.domain.is_empty()
    }

    /// What is asked.
    pub fn flow(&self) -> DirectoryFlow<'a> {
        let field = |name| self.lookup.field(name);
        let group = || field("group_name").or_else(|| field("group"));
        // `key` goes with `user` wherever the switch looks a user up; `in_group` and `publish-vm`
        // send a user without one, and the former means the group.
        match (field("purpose").as_deref(), field("user")) {
            (Some("gateways"), _) => DirectoryFlow::Gateways(GatewayList {
                profile: field("profile").unwrap_or_default(),
            }),
            (Some("network-list"), _) => DirectoryFlow::NetworkList,
            (Some("publish-vm"), None) => DirectoryFlow::Mailboxes(group()),
            (Some("publish-vm"), Some(user)) if user == "_all_" => DirectoryFlow::Mailboxes(None),
            (_, Some(user)) if field("key").is_some() => self.user(user),
            (_, user) => match (group(), user) {
                (Some(group), _) => DirectoryFlow::Group(GroupLookup { group }),
                (None, Some(user)) => self.user(user),
                (None, None) if field("domain").is_some() => DirectoryFlow::Domain,
                (None, None) => DirectoryFlow::Users,
            },
        }
    }

    fn user(&self, user: Cow<'a, str>) -> DirectoryFlow<'a> {
        DirectoryFlow::User(UserLookup { lookup: self.lookup, user })
    }
}

impl<'a> UserLookup<'a> {
    /// What the switch wants the user for.
    pub fn flow(&self) -> UserFlow<'a> {
        match self.lookup.field("action").as_deref() {
            Some("sip_auth") => self.sip_auth().map_or(UserFlow::Other, UserFlow::SipAuth),
            Some("user_call") => UserFlow::UserCall,
            Some("message-count") => UserFlow::MessageCount,
            Some("voicemail-lookup") => UserFlow::VoicemailLookup,
            Some("reverse-auth-lookup") => UserFlow::ReverseAuth,
            Some("jsonrpc-authenticate") => UserFlow::VertoLogin,
            Some("event_socket_auth") => UserFlow::EventSocket,
            Some("skinny-auth") => UserFlow::Unchecked,
            None if self.lookup.field("number_alias").as_deref() == Some("check") => {
                UserFlow::Unchecked
            }
            // Of the form itself: what is asked about a PIN is never taken for another question.
            None if PinLookup::is_meant(&self.lookup.form) => {
                UserFlow::PinChange(PinLookup::of(&self.lookup.form))
            }
            _ => UserFlow::Other,
        }
    }

    /// The session id that a verto client tells in its login's parameters. It writes there what it
    /// likes, and is not believed: what it logs in with is decided upon later.
    pub fn session_told(&self) -> Option<Cow<'a, str>> {
        self.lookup.field("sessid")
    }

    fn sip_auth(&self) -> Option<SipAuth<'a>> {
        let sha256 = self.lookup.length_of("sip_auth_response") == 64;
        Some(SipAuth {
            username: self.lookup.field("sip_auth_username")?,
            realm: self.lookup.field("sip_auth_realm")?,
            algorithm: if sha256 { Algorithm::Sha256 } else { Algorithm::Md5 },
        })
    }
}
