//! What the demo's PBX consists of.

use jackfield_api::snapshot::{
    AccessList, AccessNode, AccessTarget, Agent, Algorithm, Condition, Contents, Context, Domain,
    Extension, Group, Hosts, Level, Menu, MenuEntry, Profile, ProfileDomain, ProfileKind, Queue,
    Room, Setting, Tier, User,
};
use jackfield_api::xml::Value;

use super::{Login, phrases};
use crate::secret::{ha1, voicemail_hash};

/// The demo's domain; its profiles challenge with it as the realm.
pub(crate) const DOMAIN: &str = "pbx.example.test";

/// What can be dialled, for people.
pub(crate) const NUMBERS: [(&str, &str); 8] = [
    ("1000 to 1019", "the users; without an answer, their mailboxes"),
    ("2000", "group sales: 1000 and 1001"),
    ("3000 to 3009", "conference rooms"),
    ("4000", "queue support@default, served by 1000 and 1001"),
    ("5000", "menu demo: 1 user 1000, 2 more, 3 echo"),
    ("9196", "echo"),
    ("*98", "your own mailbox"),
    ("messages", "a SIP MESSAGE to a user is delivered"),
];

/// Ids of the users.
pub(super) fn users() -> impl Iterator<Item = String> {
    (1000..=1019).map(|id: u32| id.to_string())
}

/// Everything.
pub(super) fn contents(logins: &[Login]) -> Contents {
    Contents {
        domains: [domain(logins)].into(),
        profiles: [sofia(), verto(), conference(), voicemail()].into(),
        access_lists: [AccessList {
            name: "domains".to_owned(),
            default_allow: false,
            nodes: vec![AccessNode {
                allow: true,
                target: AccessTarget::Domain(DOMAIN.to_owned()),
            }],
            hosts: Hosts::default(),
        }]
        .into(),
        dialplan: [
            Context::new("default", extensions()),
            // Calls that no user has authenticated: there is nowhere for them to go.
            Context::new("public", Vec::new()),
        ]
        .into(),
        chatplan: ["default", "public"].map(chat_context).to_vec().into(),
        rooms: (3000..=3009)
            .map(|number: u32| Room { name: number.to_string(), profile: "default".to_owned() })
            .collect(),
        menus: menus().into(),
        queues: [queue()].into(),
        agents: ["1000", "1001"].map(agent).to_vec().into(),
        tiers: (1..)
            .zip(["1000", "1001"])
            .map(|(position, user)| Tier {
                queue: "support@default".to_owned(),
                agent: format!("{user}@default"),
                level: 1,
                position,
            })
            .collect(),
        languages: [phrases::english()].into(),
        ..Contents::default()
    }
}

fn settings(list: &[(&str, &str)]) -> Vec<Setting> {
    list.iter().map(|(name, value)| Setting::new(*name, *value)).collect()
}

fn domain(logins: &[Login]) -> Domain {
    // A user is rung on every phone and every browser that it is logged in with.
    let dial = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}\
                ${sofia_contact(*/${dialed_user}@${dialed_domain})},\
                ${verto_contact(${dialed_user}@${dialed_domain})}";
    let mut params = vec![Setting::channel("dial-string", dial)];
    params.extend(settings(&[
        ("jsonrpc-allowed-methods", "verto"),
        ("jsonrpc-allowed-event-channels", "presence"),
        ("verto-context", "default"),
        ("verto-dialplan", "XML"),
        ("vm-enabled", "true"),
    ]));
    Domain::new(DOMAIN)
        .with_settings(
            params,
            settings(&[("default_language", "en"), ("transfer_fallback_extension", "1000")]),
        )
        .with_users(logins.iter().map(user))
        .with_groups(vec![Group {
            name: "sales".to_owned(),
            members: vec!["1000".to_owned(), "1001".to_owned()],
            ..Group::default()
        }])
}

fn user(login: &Login) -> User {
    let id = &login.user;
    let alias = format!("555{id}");
    let secrets = [id, &alias]
        .into_iter()
        .flat_map(|name| {
            [Algorithm::Md5, Algorithm::Sha256]
                .map(|algorithm| ha1(name, DOMAIN, &login.password, algorithm))
        })
        .collect();
    User {
        id: id.into(),
        number_alias: Some(alias),
        secrets,
        voicemail_hash: Some(voicemail_hash(id, DOMAIN, &login.pin)),
        variables: settings(&[
            ("user_context", "default"),
            ("effective_caller_id_name", &format!("Demo {id}")),
            ("effective_caller_id_number", id),
        ]),
        ..User::default()
    }
}

fn profile(kind: ProfileKind, name: &str, params: &[(&str, &str)]) -> Profile {
    Profile { kind, name: name.to_owned(), params: settings(params), ..Profile::default() }
}

fn sofia() -> Profile {
    Profile {
        domains: vec![ProfileDomain { name: "all".to_owned(), alias: true, parse: false }],
        ..profile(
            ProfileKind::Sofia,
            "internal",
            &[
                ("sip-ip", "127.0.0.1"),
                ("rtp-ip", "127.0.0.1"),
                ("sip-port", "5060"),
                ("context", "public"),
                ("dialplan", "XML"),
                ("auth-calls", "true"),
                ("auth-subscriptions", "true"),
                ("accept-blind-auth", "false"),
                ("accept-blind-reg", "false"),
                ("allow-empty-password", "false"),
                ("inbound-reg-force-matching-username", "true"),
                // One realm for every phone, whatever address it dials: the hashes are made for it.
                ("challenge-realm", DOMAIN),
                // MD5 first: many a phone reads the first challenge alone.
                ("rfc8760-auth-algorithms", "MD5,SHA-256"),
                ("force-register-domain", DOMAIN),
                ("force-register-db-domain", DOMAIN),
                ("force-subscription-domain", DOMAIN),
                ("log-auth-failures", "true"),
                ("nonce-ttl", "60"),
                ("manage-presence", "true"),
                ("presence-hosts", DOMAIN),
                ("inbound-codec-prefs", "PCMU,PCMA"),
                ("outbound-codec-prefs", "PCMU,PCMA"),
                ("inbound-late-negotiation", "true"),
                ("rtp-timer-name", "soft"),
                ("rfc2833-pt", "101"),
                ("dtmf-duration", "2000"),
                ("tls", "false"),
            ],
        )
    }
}

fn verto() -> Profile {
    profile(
        ProfileKind::Verto,
        "default-v4",
        &[
            ("bind-local", "127.0.0.1:8081"),
            ("force-register-domain", DOMAIN),
            ("userauth", "true"),
            ("blind-reg", "false"),
            ("rtp-ip", "127.0.0.1"),
            ("inbound-codec-string", "PCMU,PCMA"),
            ("outbound-codec-string", "PCMU,PCMA"),
            ("timer-name", "soft"),
        ],
    )
}

fn conference() -> Profile {
    profile(
        ProfileKind::Conference,
        "default",
        &[
            ("domain", DOMAIN),
            ("rate", "8000"),
            ("interval", "20"),
            ("energy-level", "100"),
            ("caller-controls", "default"),
            ("comfort-noise", "true"),
            ("enter-sound", "tone_stream://%(200,0,500,600,700)"),
            ("exit-sound", "tone_stream://%(500,0,300,200,100,50,25)"),
        ],
    )
}

fn voicemail() -> Profile {
    profile(
        ProfileKind::Voicemail,
        "default",
        &[
            ("file-extension", "wav"),
            ("terminator-key", "#"),
            ("max-login-attempts", "3"),
            ("digit-timeout", "10000"),
            ("min-record-len", "1"),
            ("max-record-len", "300"),
            ("max-retries", "3"),
            ("tone-spec", "%(500, 0, 640)"),
            ("callback-dialplan", "XML"),
            ("callback-context", "default"),
            ("play-new-messages-key", "1"),
            ("play-saved-messages-key", "2"),
            ("login-keys", "0"),
            ("main-menu-key", "0"),
            ("config-menu-key", "5"),
            ("record-greeting-key", "1"),
            ("choose-greeting-key", "2"),
            ("record-name-key", "3"),
            ("change-pass-key", "6"),
            ("record-file-key", "3"),
            ("listen-file-key", "1"),
            ("save-file-key", "2"),
            ("delete-file-key", "7"),
            ("undelete-file-key", "8"),
            ("email-key", "4"),
            ("pause-key", "0"),
            ("restart-key", "1"),
            ("ff-key", "6"),
            ("rew-key", "4"),
            ("skip-greet-key", "#"),
            ("previous-message-key", "1"),
            ("next-message-key", "3"),
            ("skip-info-key", "*"),
            ("repeat-message-key", "0"),
            ("record-silence-threshold", "200"),
            ("record-silence-hits", "2"),
        ],
    )
}

fn extensions() -> Vec<Extension> {
    let dialled = |expression| Condition::on("destination_number", expression);
    let to_user = format!("user/$1@{DOMAIN}");
    vec![
        Extension::new(
            "user",
            dialled(r"^(10[01]\d)$")
                .run("set", "call_timeout=30")
                .run("set", "hangup_after_bridge=true")
                .run("set", "continue_on_fail=true")
                .run("bridge", Value::channel(&to_user))
                .run("answer", "")
                .run("sleep", "500")
                .run("voicemail", Value::channel(format!("default {DOMAIN} $1"))),
        ),
        Extension::new("group", dialled("^2000$").run("bridge", format!("group/sales@{DOMAIN}"))),
        Extension::new(
            "room",
            dialled(r"^(300\d)$").run("answer", "").run("conference", Value::channel("$1@default")),
        ),
        Extension::new(
            "queue",
            dialled("^4000$").run("answer", "").run("callcenter", "support@default"),
        ),
        Extension::new(
            "menu",
            dialled("^5000$").run("answer", "").run("sleep", "500").run("ivr", "demo"),
        ),
        Extension::new("echo", dialled("^9196$").run("answer", "").run("echo", "")),
        Extension::new(
            "mailbox",
            // The caller's own: `user_name` is set from the directory, not by the caller.
            dialled(r"^\*98$")
                .run("answer", "")
                .run("sleep", "500")
                .run("voicemail", Value::channel(format!("check default {DOMAIN} ${{user_name}}"))),
        ),
    ]
}

fn chat_context(name: &str) -> Context {
    let deliver = Condition::on("to", r"^(.*)$").run("send", "");
    Context::new(name, vec![Extension::new("deliver", deliver)])
}

fn menus() -> Vec<Menu> {
    let menu = |name: &str, greeting: &str, entries: &[(&str, &str, &str)]| Menu {
        name: name.to_owned(),
        attributes: settings(&[
            ("greet-long", greeting),
            ("greet-short", greeting),
            ("invalid-sound", "tone_stream://%(500,0,300)"),
            ("exit-sound", "tone_stream://%(200,0,500)"),
            ("timeout", "10000"),
            ("inter-digit-timeout", "2000"),
            ("max-failures", "3"),
            ("max-timeouts", "3"),
            ("digit-len", "4"),
        ]),
        entries: entries
            .iter()
            .map(|(action, digits, param)| MenuEntry {
                action: (*action).to_owned(),
                digits: (*digits).to_owned(),
                param: (*param).to_owned(),
                level: Level::Channel.within(param),
            })
            .collect(),
    };
    vec![
        menu(
            "demo",
            "phrase:demo_ivr_main_menu",
            &[
                ("menu-exec-app", "1", "transfer 1000 XML default"),
                ("menu-sub", "2", "demo_more"),
                ("menu-exec-app", "3", "transfer 9196 XML default"),
                ("menu-exec-app", r"/^(10[01]\d)$/", "transfer $1 XML default"),
                ("menu-exit", "*", ""),
            ],
        ),
        menu(
            "demo_more",
            "phrase:demo_ivr_sub_menu",
            &[("menu-exec-app", "1", "transfer 3000 XML default"), ("menu-top", "*", "")],
        ),
    ]
}

fn queue() -> Queue {
    Queue {
        name: "support@default".to_owned(),
        params: settings(&[
            ("strategy", "longest-idle-agent"),
            ("moh-sound", "tone_stream://%(1000,3000,440);loops=-1"),
            ("time-base-score", "system"),
            ("max-wait-time", "0"),
            ("max-wait-time-with-no-agent", "0"),
            ("max-wait-time-with-no-agent-time-reached", "5"),
            ("tier-rules-apply", "false"),
            ("tier-rule-wait-second", "300"),
            ("tier-rule-wait-multiply-level", "true"),
            ("tier-rule-no-agent-no-wait", "false"),
            ("discard-abandoned-after", "60"),
            ("abandoned-resume-allowed", "false"),
        ]),
    }
}

fn agent(user: &str) -> Agent {
    let mut attributes = settings(&[("type", "callback"), ("status", "Available")]);
    attributes.push(Setting::channel("contact", format!("[leg_timeout=20]user/{user}@{DOMAIN}")));
    attributes.extend(settings(&[
        ("max-no-answer", "3"),
        ("wrap-up-time", "2"),
        ("reject-delay-time", "2"),
        ("busy-delay-time", "2"),
        ("no-answer-delay-time", "2"),
    ]));
    Agent { name: format!("{user}@default"), attributes }
}
