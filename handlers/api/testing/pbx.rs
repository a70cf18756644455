//! A small PBX, and small ones of one's own.

mod own;

pub use own::Pbx;

use crate::snapshot::{
    AccessList, AccessNode, AccessTarget, Agent, Algorithm, Condition, Contents, Context, Domain,
    Extension, Gateway, Group, Hosts, Language, Level, Macro, Menu, MenuEntry, Profile,
    ProfileDomain, ProfileKind, Queue, Room, Secret, Setting, Snapshot, StoredDocument, Tier, User,
};
use crate::xml::{Raw, Value};

/// Domain `pbx.example.test` with the users of the recorded look-ups (1000 to 1002, `trunk`,
/// `verto1`), a user that is disabled (1008) and one without any secret (1009).
///
/// A test that needs something else of its own adds it with [`Pbx`].
pub fn pbx() -> Snapshot {
    Snapshot::new(contents())
}

fn contents() -> Contents {
    Contents {
        revision: 7,
        domains: [domain()].into(),
        profiles: profiles().into(),
        access_lists: [AccessList {
            name: "domains".into(),
            default_allow: false,
            nodes: vec![
                AccessNode { allow: true, target: AccessTarget::Domain("pbx.example.test".into()) },
                AccessNode { allow: false, target: AccessTarget::Cidr("192.0.2.0/24".into()) },
            ],
            hosts: Hosts::default(),
        }]
        .into(),
        dialplan: [Context::new(
            "default",
            vec![Extension::new(
                "users",
                Condition::on("destination_number", r"^(10[01]\d)$")
                    .run("bridge", Value::channel("user/$1@pbx.example.test")),
            )],
        )]
        .into(),
        chatplan: [Context::new(
            "public",
            vec![Extension::new("messages", Condition::on("to", r"^(.*)$").run("send", ""))],
        )]
        .into(),
        rooms: [Room { name: "3000".into(), profile: "default".into() }].into(),
        menus: [
            menu(
                "demo",
                &[("menu-exec-app", "1", "transfer 1000 XML default"), ("menu-sub", "2", "more")],
            ),
            menu(
                "more",
                &[("menu-sub", "1", "MORE"), ("menu-sub", "2", "last"), ("menu-top", "*", "")],
            ),
            menu("last", &[("menu-sub", "1", "demo"), ("menu-sub", "2", "gone")]),
            menu("apart", &[("menu-exit", "*", "")]),
        ]
        .into(),
        queues: [
            Queue {
                name: "support@default".into(),
                params: vec![Setting::new("strategy", "ring-all")],
            },
            Queue { name: "sales@default".into(), params: Vec::new() },
        ]
        .into(),
        agents: [Agent {
            name: "1000@default".into(),
            attributes: vec![
                Setting::new("type", "callback"),
                Setting::channel("contact", "user/1000@pbx.example.test"),
            ],
        }]
        .into(),
        tiers: [Tier {
            queue: "support@default".into(),
            agent: "1000@default".into(),
            level: 1,
            position: 1,
        }]
        .into(),
        languages: [language()].into(),
        documents: [StoredDocument {
            name: "kept.conf".into(),
            xml: Raw::parse("<configuration name='kept.conf'><a b='$${c}'/></configuration>")
                .expect("valid"),
            hosts: Hosts::default(),
        }]
        .into(),
        ..Contents::default()
    }
}

fn domain() -> Domain {
    let users = ["1000", "1001", "1002", "trunk", "verto1", "1008", "1009"];
    let users = users.map(|id| user(id, "pbx.example.test"));
    Domain::new("pbx.example.test")
        .with_settings(
            vec![Setting::channel(
                "dial-string",
                "${sofia_contact(${dialed_user}@${dialed_domain})}",
            )],
            vec![Setting::new("default_language", "en")],
        )
        .with_groups(vec![Group {
            name: "sales".into(),
            members: vec!["1000".into(), "1001".into()],
            ..Group::default()
        }])
        .with_users(users.to_vec())
}

fn user(id: &str, domain: &str) -> User {
    let secret = |algorithm, ha1: &str| Secret::new(id, domain, algorithm, ha1);
    let secrets =
        vec![secret(Algorithm::Md5, &"5".repeat(32)), secret(Algorithm::Sha256, &"2".repeat(64))];
    User {
        id: id.into(),
        number_alias: id.starts_with('1').then(|| format!("555{id}")),
        disabled: id == "1008",
        cidr: (id == "trunk").then(|| "192.0.2.7/32".into()),
        secrets: if id == "1009" { Vec::new() } else { secrets },
        voicemail_hash: (id != "1009").then(|| "7".repeat(32)),
        params: vec![Setting::new("vm-mailto", "someone@example.test")],
        variables: vec![
            Setting::new("user_context", "default"),
            Setting::new("effective_caller_id_name", format!("Ext {id}")),
        ],
        gateways: match id {
            "trunk" => vec![Gateway {
                name: "carrier".into(),
                params: vec![Setting::new("proxy", "carrier.example.test")],
                ..Gateway::default()
            }],
            _ => Vec::new(),
        },
        ..User::default()
    }
}

fn profiles() -> Vec<Profile> {
    let profile = |kind, name: &str, params| Profile {
        kind,
        name: name.into(),
        params,
        ..Profile::default()
    };
    vec![
        Profile {
            domains: vec![ProfileDomain { name: "all".into(), alias: true, parse: false }],
            ..profile(ProfileKind::Sofia, "internal", vec![Setting::new("sip-port", "5060")])
        },
        Profile {
            gateways: vec![Gateway {
                name: "upstream".into(),
                params: vec![Setting::new("register", "false")],
                ..Gateway::default()
            }],
            ..profile(ProfileKind::Sofia, "external", vec![Setting::new("sip-port", "5080")])
        },
        profile(
            ProfileKind::Verto,
            "default-v4",
            vec![Setting::new("bind-local", "127.0.0.1:8081")],
        ),
        profile(ProfileKind::Conference, "default", vec![Setting::new("rate", "8000")]),
        profile(ProfileKind::Voicemail, "default", vec![Setting::new("file-extension", "wav")]),
    ]
}

fn menu(name: &str, entries: &[(&str, &str, &str)]) -> Menu {
    Menu {
        name: name.into(),
        attributes: vec![Setting::new("timeout", "10000")],
        entries: entries
            .iter()
            .map(|(action, digits, param)| MenuEntry {
                action: (*action).into(),
                digits: (*digits).into(),
                param: (*param).into(),
                level: Level::Channel,
            })
            .collect(),
    }
}

fn language() -> Language {
    let phrase = |name: &str| {
        let xml = format!(
            "<macro name='{name}'><input pattern='(.*)'><match>\
             <action function='play-file' data='tone_stream://%(200,0,440)'/>\
             </match></input></macro>"
        );
        (name.to_owned(), Macro { name: name.to_owned(), xml: Raw::parse(&xml).expect("valid") })
    };
    Language {
        name: "en".into(),
        attributes: vec![Setting::new("say-module", "en")],
        macros: ["voicemail_hello", "voicemail_goodbye"].map(phrase).into(),
        ..Language::default()
    }
}
