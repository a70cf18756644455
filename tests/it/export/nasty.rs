//! A PBX with everything that is hard to write: every kind of object, names and values with what XML, the
//! pre-processor and file systems act on.

use std::collections::BTreeMap;

use jackfield_api::snapshot::{
    AccessList, AccessNode, AccessTarget, Action, Agent, Algorithm, Condition, Contents, Context,
    Domain, Expression, Extension, Gateway, Global, Group, Hosts, Language, Level, Macro, Menu,
    MenuEntry, PhraseGroup, Profile, ProfileDomain, ProfileKind, Queue, Regex, Room, Secret,
    Setting, Step, StoredDocument, Tier, User,
};
use jackfield_api::xml::{Raw, Value};

use crate::support::DOMAIN;

fn raw(xml: &str) -> Raw {
    Raw::parse(xml).unwrap_or_else(|error| panic!("{xml}: {error}"))
}

fn secret(username: &str, realm: &str, algorithm: Algorithm, digit: char) -> Secret {
    let digits = if algorithm == Algorithm::Md5 { 32 } else { 64 };
    Secret::new(username, realm, algorithm, &digit.to_string().repeat(digits))
}

/// Values at each level, of parameters.
fn params() -> Vec<Setting> {
    vec![
        Setting::written("live", "$${domain}/${destination_number}$1"),
        Setting::new("literal", "$${domain} ${x} $1 $"),
        Setting::new("lines", "one\ntwo\r\n\tthree"),
        Setting::new("quotes", "\"double\" 'single' <tag> & &amp; &#36; é 李"),
        Setting::new("blanks", "  around  "),
        Setting::new("empty", ""),
        Setting::new("bind-local", "127.0.0.1:8082").with_secure(true),
        Setting::written("of-nobody", "$${external_sip_ip} $${sounds_dir}"),
    ]
}

fn gateway(name: &str) -> Gateway {
    Gateway {
        name: name.into(),
        params: vec![
            Setting::new("username", "joe & \"jane\""),
            Setting::new("password", "pa$${domain}s<s>"),
            Setting::written("realm", "$${domain}"),
        ],
        others: raw("<variables><variable name='a' value='${b} &amp; $${domain}'/></variables>"),
    }
}

fn extensions() -> Vec<Extension> {
    let action = |application: &str, data: &str| Action {
        application: application.into(),
        data: data.into(),
        level: Level::of(data),
        ..Action::default()
    };
    let inner = Condition {
        attributes: vec![
            Setting::written("field", "${caller \"id\"}"),
            Setting::written("expression", r#"^"?(\d{2,})<&>$"#),
            Setting::new("break", "never"),
        ],
        steps: vec![
            Step::Action(Action {
                inline: true,
                attributes: vec![Setting::new("loop", "2"), Setting::written("x", "${y}")],
                ..action("set", "a=$${domain} ${b} $1\nand more")
            }),
            Step::AntiAction(action("log", "INFO 50% & <more>")),
        ],
    };
    vec![
        Extension {
            name: "a \"quoted\" & <odd> näme".into(),
            continues: true,
            conditions: vec![
                Condition {
                    attributes: [
                        ("regex", "any"),
                        ("require-nested", "true"),
                        ("wday", "2-6"),
                        ("hour", "9-18"),
                        ("time-of-day", "08:00-17:00"),
                        ("date-time", "2026-01-01 00:00~2026-12-31 23:59"),
                        ("tz-offset", "-1"),
                    ]
                    .map(|(name, value)| Setting::new(name, value))
                    .to_vec(),
                    steps: vec![
                        Step::Regex(Regex {
                            attributes: vec![
                                Setting::new("field", "destination_number"),
                                Setting::written("expression", "^(1|2)$"),
                            ],
                            expression: None,
                        }),
                        Step::Regex(Regex {
                            attributes: vec![Setting::written("field", "${a}")],
                            expression: Some(Expression {
                                text: "^<b>&$".into(),
                                level: Level::Channel,
                            }),
                        }),
                        Step::Condition(Condition {
                            steps: vec![Step::Condition(inner.clone())],
                            ..inner
                        }),
                        Step::Action(action("answer", "")),
                    ],
                },
                Condition {
                    attributes: vec![Setting::new("field", "destination_number")],
                    steps: vec![
                        Step::Expression(Expression {
                            text: "^$${domain}-(.*)$".into(),
                            level: Level::Global,
                        }),
                        Step::Action(action("bridge", "user/$1@$${domain}")),
                    ],
                },
            ],
        },
        Extension { name: String::new(), continues: false, conditions: vec![] },
        // Names may repeat.
        Extension::new("same", Condition::on("destination_number", "^1$").run("echo", "")),
        Extension::new(
            "same",
            Condition::default().run("playback", Value::channel("cost: 5 $ each")),
        ),
    ]
}

fn users() -> Vec<User> {
    use Algorithm::{Md5, Sha256};
    let user = |id: &str| User { id: id.into(), ..User::default() };
    vec![
        User {
            number_alias: Some("+49 30 \"1\"".into()),
            secrets: vec![
                secret("1000", DOMAIN, Md5, 'a'),
                secret("1000", DOMAIN, Sha256, 'b'),
                secret("+49 30 \"1\"", "other, realm & <more>", Md5, 'c'),
                secret("1000", "alias.example.test", Md5, 'd'),
            ],
            voicemail_hash: Some("e".repeat(32)),
            // `secure` means something to listeners only.
            params: params().into_iter().filter(|param| !param.secure).collect(),
            variables: vec![
                Setting::written("dial", "${b}/$${domain} $1"),
                Setting::new("cost", "5 $ and $1"),
            ],
            gateways: vec![gateway("of a user/1")],
            others: raw(
                "<skinny><buttons><button position='1'/></buttons></skinny><vcard a='&lt;'>\
                         text ${x} &amp; more</vcard>",
            ),
            ..user("1000")
        },
        // In no order that a file has, and with a network.
        User {
            cidr: Some("192.0.2.0/24,2001:db8::/32".into()),
            secrets: vec![secret("x", DOMAIN, Md5, '1'), secret("1001", DOMAIN, Md5, '2')],
            ..user("1001")
        },
        User { secrets: vec![secret("Sha", DOMAIN, Sha256, '3')], ..user("Sha") },
        // None that a file has.
        User { secrets: vec![secret("alias", "elsewhere", Md5, '4')], ..user("elsewhere") },
        User {
            disabled: true,
            cidr: Some("198.51.100.0/24".into()),
            secrets: vec![secret("gone", DOMAIN, Md5, '5'), secret("gone", DOMAIN, Sha256, '6')],
            voicemail_hash: Some("7".repeat(32)),
            params: vec![Setting::new("sip-forbid-register", "false")],
            gateways: vec![gateway("of the disabled")],
            ..user("gone")
        },
        User {
            params: vec![Setting::new("sip-forbid-register", "true")],
            ..user("closed & <odd> \"näme\"")
        },
        user("../../escape"),
        user(".hidden"),
        user("_disabled"),
        user("a b"),
        user("a%b"),
        user(&"l".repeat(180)),
    ]
}

fn domains() -> Vec<Domain> {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let group = |name: &str, members: &[&str]| Group {
        name: name.into(),
        members: ids(members),
        ..Group::default()
    };
    vec![
        Domain::new(DOMAIN)
            .with_aliases(vec!["alias.example.test".into(), "second.example.test".into()])
            .with_digests(
                vec!["other, realm & <more>".into()],
                vec![Algorithm::Sha256, Algorithm::Md5],
            )
            .with_settings(
                vec![
                    Setting::written("dial-string", "${sofia_contact(${dialed_user})}"),
                    Setting::new("literal", "$${x}"),
                ],
                vec![Setting::written("default_language", "$${language}")],
            )
            .with_others(raw(
                "<profile-variables><variable name='a' value='b'/></profile-variables>",
            ))
            .with_users(users())
            .with_groups(vec![
                group("empty", &[]),
                Group {
                    params: vec![Setting::new("vm-mailto", "a&b@example.test")],
                    variables: vec![Setting::written("group", "${x}")],
                    ..group("sales & <more>", &["1001", "gone", "1000"])
                },
                group("second.xml", &["1000", "Sha"]),
            ]),
        Domain::new("nobody.example.test").with_digests(vec![], vec![Algorithm::Sha256]),
        Domain::new("192.0.2.1.xml").with_users(vec![User { id: "x".into(), ..User::default() }]),
    ]
}

fn profiles() -> Vec<Profile> {
    let profile = |kind, name: &str| Profile { kind, name: name.into(), ..Profile::default() };
    vec![
        Profile {
            params: params(),
            domains: vec![ProfileDomain { name: "all".into(), alias: true, parse: false }],
            aliases: vec!["old name".into()],
            gateways: vec![gateway("trunk a"), gateway("trunk/b")],
            others: raw("<tls-tricks on='${x}'/>"),
            ..profile(ProfileKind::Sofia, "internal & <more>")
        },
        profile(ProfileKind::Sofia, "bare"),
        Profile { params: params(), ..profile(ProfileKind::Verto, "default-v4") },
        Profile {
            params: vec![Setting::new("domain", "rooms.example.test")],
            ..profile(ProfileKind::Conference, "default")
        },
        Profile {
            others: raw("<email><param name='body' value='${voicemail_caller}'/></email>"),
            ..profile(ProfileKind::Voicemail, "default")
        },
    ]
}

fn documents() -> Vec<StoredDocument> {
    [
        ("console.conf", "<configuration name='console.conf'/>"),
        ("logfile.conf", "<configuration name='logfile.conf'><settings/></configuration>"),
        (
            "modules.conf",
            "<configuration name='modules.conf'><modules><load module='mod_x'/></modules>\
             </configuration>",
        ),
        (
            "My odd.conf",
            "<configuration name='My odd.conf' description='&lt;&amp;&quot;'>\
             <text>some ${text} of $${domain} &lt;and&gt; more</text></configuration>",
        ),
        (
            "sofia.conf",
            "<configuration name='sofia.conf' description='x'><global_settings>\
             <param name='a' value='$${domain}'/></global_settings><profiles/></configuration>",
        ),
        (
            "verto.conf",
            "<configuration name='verto.conf'><settings><param name='a' value='b'/>\
                        </settings><profiles/></configuration>",
        ),
        (
            "voicemail.conf",
            "<configuration name='voicemail.conf'><settings><param name='a' \
                            value='b'/></settings><profiles/></configuration>",
        ),
    ]
    .map(|(name, xml)| StoredDocument { name: name.into(), xml: raw(xml), hosts: Hosts::default() })
    .into()
}

fn language() -> Language {
    let phrase = |name: &str, sound: &str| {
        let (own, _) = name.split_once('@').unwrap_or((name, ""));
        let xml = raw(&format!(
            "<macro name='{own}'><input pattern='^(\\d+)$'><match><action function='play-file' \
             data='$${{sounds_dir}}/$1/{sound}'/></match></input></macro>"
        ));
        (name.to_ascii_lowercase(), Macro { name: name.into(), xml })
    };
    Language {
        name: "en".into(),
        attributes: vec![
            Setting::new("say-module", "en"),
            Setting::written("sound-prefix", "$${sounds_dir}/en"),
        ],
        groups: vec![PhraseGroup {
            name: "voice mail".into(),
            attributes: vec![Setting::new("sound-prefix", "a & b")],
        }],
        macros: BTreeMap::from([
            phrase("Hello", "a"),
            phrase("Hello@voice mail", "b"),
            phrase("Bye@other", "c"),
        ]),
    }
}

pub(crate) fn contents() -> Contents {
    let menu = |name: &str, entries: &[(&str, &str, &str)]| Menu {
        name: name.into(),
        attributes: vec![
            Setting::written("greet-long", "phrase:${x}"),
            Setting::new("invalid-sound", "tone_stream://%(500,0,300) & more"),
        ],
        entries: entries
            .iter()
            .map(|(action, digits, param)| MenuEntry {
                action: (*action).into(),
                digits: (*digits).into(),
                param: (*param).into(),
                level: Level::of(param),
            })
            .collect(),
    };
    let tier = |queue: &str, level| Tier {
        queue: queue.into(),
        agent: "agent & <one>".into(),
        level,
        position: 2,
    };
    let global = |name: &str, value: &str| Global {
        name: name.into(),
        value: value.into(),
        hosts: Hosts::default(),
    };
    Contents {
        globals: [
            global("zone", "$${language}-$${DOMAIN}"),
            global("domain", DOMAIN),
            global("language", "en"),
            global("marked-up", "<a> & \"b\" 'c'"),
            global("leading", "  two blanks, three lines\nx\n"),
            global("moh", "$${sounds_dir}/music"),
            // Calls read it, and the import would leave it out if it were not stored.
            global("default_password", "no secret"),
        ]
        .into(),
        domains: domains().into(),
        profiles: profiles().into(),
        access_lists: [
            AccessList {
                name: "lan & more".into(),
                default_allow: true,
                nodes: vec![
                    AccessNode { allow: false, target: AccessTarget::Cidr("192.0.2.0/24".into()) },
                    AccessNode { allow: true, target: AccessTarget::Domain(DOMAIN.into()) },
                ],
                hosts: Hosts::default(),
            },
            AccessList {
                name: "nobody".into(),
                default_allow: false,
                nodes: vec![],
                hosts: Hosts::default(),
            },
        ]
        .into(),
        dialplan: [Context::new("default", extensions()), Context::new("Öffentlich \"2\"", vec![])]
            .into(),
        chatplan: [Context::new("default", extensions())].into(),
        rooms: [
            Room { name: "3000".into(), profile: "default".into() },
            Room { name: "a & <b>".into(), profile: "none of these".into() },
            Room { name: "4000@else.example.test".into(), profile: "default".into() },
        ]
        .into(),
        menus: [
            menu(
                "main & <more>",
                &[("menu-sub", "1", "sub"), ("menu-exec-app", "/^(1.)$/", "transfer $1")],
            ),
            menu("sub", &[("menu-top", "*", "")]),
        ]
        .into(),
        queues: ["support@default", "a & b"]
            .map(|name| Queue { name: name.into(), params: params() })
            .to_vec()
            .into(),
        agents: [Agent {
            name: "agent & <one>".into(),
            attributes: vec![
                Setting::new("type", "callback"),
                Setting::written("contact", "[a=${b}]user/1000@$${domain}"),
            ],
        }]
        .into(),
        tiers: [tier("support@default", 1), tier("a & b", 3)].into(),
        languages: [language()].into(),
        documents: documents().into(),
        ..Contents::default()
    }
}
