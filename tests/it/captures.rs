//! Every recorded body gets the answer of its flow.

use jackfield_api::testing::pbx;

use crate::support::{
    Body, DOMAIN, Metrics, Reply, Server, body, demo, encoded, find, is_not_found, post, recorded,
    shared, tree,
};

/// What the answer to a body holds, and what it does not.
enum Holds {
    /// These paths in the section of the look-up.
    All(&'static [&'static str]),
    /// The domain that was asked for, without anybody in it.
    Denied,
    /// The document that says that there is nothing, byte for byte.
    NotFound,
    /// A hook script is told this, byte for byte.
    Told(&'static str),
}

use Holds::{All, Denied, NotFound, Told};

const USER_1000: Holds = All(&[
    "domain[name=pbx.example.test]/users/user[id=1000]@number-alias=5551000",
    "domain/users/user[id=1000]/params/param[name=a1-hash]",
    "domain/users/user[id=1000]/params/param[name=vm-a1-hash]",
    "domain/users/user[id=1000]/variables/variable[name=user_context]@value=default",
    "domain/params/param[name=dial-string]",
]);

/// By the number of the body: what the demo answers.
const DEMO: [(u8, Holds); 76] = [
    (1, All(&["configuration[name=curl.conf]/settings"])),
    (2, All(&["configuration[name=db.conf]/settings"])),
    (3, All(&["configuration[name=hash.conf]"])),
    (4, All(&["configuration[name=fifo.conf]"])),
    (
        5,
        All(&[
            "configuration[name=conference.conf]/advertise/room[name=3000@pbx.example.test]",
            "configuration/advertise/room[name=3009@pbx.example.test]",
            "configuration/caller-controls/group[name=default]/control[action=mute]",
            "configuration/profiles/profile[name=default]/param[name=rate]@value=8000",
        ]),
    ),
    (
        6,
        All(&["configuration[name=voicemail.conf]/profiles/profile[name=default]\
               /param[name=allow-empty-password-auth]@value=false"]),
    ),
    (
        7,
        All(&[
            "configuration[name=callcenter.conf]/queues/queue[name=support@default]",
            "configuration/agents/agent[name=1000@default]",
            "configuration/tiers/tier[agent=1001@default]@queue=support@default",
        ]),
    ),
    (8, All(&["configuration[name=httapi.conf]/profiles/profile/params/param[name=gateway-url]"])),
    (9, All(&["configuration[name=loopback.conf]"])),
    (
        10,
        All(&[
            "configuration[name=sofia.conf]/global_settings/param[name=log-level]",
            "configuration/profiles/profile[name=internal]/settings\
             /param[name=challenge-realm]@value=pbx.example.test",
            "configuration/profiles/profile[name=internal]/domains/domain[name=all]@alias=true",
        ]),
    ),
    (
        11,
        All(&["configuration[name=sofia.conf]/profiles/profile[name=internal]/settings\
               /param[name=sip-port]@value=5060"]),
    ),
    (12, All(&["domain[name=pbx.example.test]"])),
    (
        13,
        All(&["configuration[name=verto.conf]/profiles/profile[name=default-v4]\
               /param[name=bind-local]@value=127.0.0.1:8081"]),
    ),
    (14, All(&["configuration[name=opus.conf]/settings/param[name=use-vbr]"])),
    (15, All(&["configuration[name=sndfile.conf]"])),
    (16, All(&["configuration[name=local_stream.conf]/directory[name=moh]"])),
    (17, All(&["configuration[name=lua.conf]/settings/hook[subclass=verto::login]@event=CUSTOM"])),
    (18, All(&["configuration[name=post_load_modules.conf]/modules"])),
    // Stored by nobody: an answer of ours would replace the password on the switch's disk.
    (19, NotFound),
    (
        20,
        All(&["configuration[name=acl.conf]/network-lists/list[name=domains]\
               /node[domain=pbx.example.test]@type=allow"]),
    ),
    (21, All(&["configuration[name=post_load_switch.conf]"])),
    (22, USER_1000),
    (23, All(&["context[name=default]/extension[name=user]"])),
    (
        24,
        All(&["context[name=default]/extension[name=room]/condition\
               /action[application=conference]@data=$1@default"]),
    ),
    (
        25,
        All(&["configuration[name=conference.conf]/profiles/profile[name=default]\
               /param[name=caller-controls]@value=default"]),
    ),
    (
        26,
        All(&["configuration[name=conference.conf]/caller-controls/group[name=default]\
               /control[digits=#]@action=hangup"]),
    ),
    (
        27,
        All(&["context[name=default]/extension[name=user]/condition/action[application=bridge]\
               @data=user/$1@pbx.example.test"]),
    ),
    (
        28,
        All(&[
            "domain[name=pbx.example.test]/users/user[id=1002]/params/param[name=a1-hash]",
            "domain/params/param[name=dial-string]",
        ]),
    ),
    (
        29,
        All(&["context[name=default]/extension[name=mailbox]/condition\
               /action[application=voicemail]@data=check default pbx.example.test ${user_name}"]),
    ),
    (30, All(&["language[name=en]/phrases/macros/macro[name=voicemail_hello]/input/match/action"])),
    (
        31,
        All(&["context[name=default]/extension[name=menu]/condition/action[application=ivr]\
               @data=demo"]),
    ),
    (
        32,
        All(&[
            "configuration[name=ivr.conf]/menus/menu[name=demo]/entry[action=menu-sub]\
             @param=demo_more",
            "configuration/menus/menu[name=demo_more]/entry[action=menu-top]",
        ]),
    ),
    (
        33,
        All(&["context[name=default]/extension[name=group]/condition\
               /action[application=bridge]@data=group/sales@pbx.example.test"]),
    ),
    (
        34,
        All(&[
            "domain[name=pbx.example.test]/groups/group[name=sales]/users/user[id=1000]\
             @type=pointer",
            "domain/groups/group[name=sales]/users/user[id=1001]@type=pointer",
            "domain/params/param[name=dial-string]",
        ]),
    ),
    (35, USER_1000),
    (36, All(&["context[name=default]/extension[name=user]"])),
    (37, USER_1000),
    (38, All(&["language[name=en]/phrases/macros/macro[name=voicemail_enter_pass]"])),
    (39, All(&["language[name=en]/phrases/macros/macro[name=voicemail_goodbye]"])),
    (40, All(&["context[name=default]/extension[name=user]"])),
    (
        41,
        All(&[
            "configuration[name=callcenter.conf]/queues/queue[name=support@default]\
             /param[name=strategy]",
            "configuration/agents/agent[name=1000@default]@contact=\
             [leg_timeout=20]user/1000@pbx.example.test",
            "configuration/tiers/tier[agent=1000@default]@queue=support@default",
        ]),
    ),
    (42, USER_1000),
    (43, USER_1000),
    (44, USER_1000),
    (45, USER_1000),
    (46, USER_1000),
    (47, USER_1000),
    (48, All(&["domain[name=pbx.example.test]/params/param[name=dial-string]"])),
    (49, All(&["configuration[name=timezones.conf]/timezones/zone[name=Europe/Amsterdam]"])),
    (
        50,
        All(&["configuration[name=sofia.conf]/profiles/profile[name=internal]/settings\
               /param[name=force-register-domain]@value=pbx.example.test"]),
    ),
    (51, USER_1000),
    (52, All(&["language[name=en]/phrases/macros"])),
    // The demo has no such user.
    (53, Denied),
    (54, Told("ok\n")),
    (55, Told("ok\n")),
    (56, Told("ok\n")),
    (57, Told("ok\n")),
    (58, Told("ok\n")),
    (
        59,
        All(&["context[name=default]/extension[name=room]/condition\
               /action[application=conference]"]),
    ),
    // Nobody in the demo has a network.
    (60, All(&["domain[name=pbx.example.test]"])),
    (61, USER_1000),
    (
        62,
        All(&[
            "domain[name=pbx.example.test]/groups/group[name=sales]/users/user[id=1000]",
            "domain/groups/group[name=]/users/user[id=1019]@number-alias=5551019",
        ]),
    ),
    (63, USER_1000),
    (64, Denied),
    (65, USER_1000),
    (66, USER_1000),
    (
        67,
        All(&["context[name=public]/extension[name=deliver]/condition[field=to]\
               /action[application=send]"]),
    ),
    (68, USER_1000),
    // Recorded with an originate variable named `purpose`, which the guard cannot tell from one that
    // a stranger has sent.
    (69, Denied),
    (70, All(&["context[name=default]/extension[name=deliver]"])),
    (71, Denied),
    (72, All(&["domain[name=pbx.example.test]/users/user[id=1001]/params/param[name=a1-hash]"])),
    (73, All(&["domain[name=pbx.example.test]/variables/variable[name=default_language]"])),
    (
        74,
        All(&["domain[name=pbx.example.test]/groups/group[name=sales]/users/user[id=1001]\
               @type=pointer"]),
    ),
    // The demo has no phrase of this name.
    (75, NotFound),
    // Where nothing can be written.
    (76, All(&["domain[name=pbx.example.test]/users/user[id=1000]/result@success=false"])),
];

/// Where the PBX of the tests answers otherwise than the demo: it has `verto1` and `trunk`.
const PBX: [(u8, Holds); 4] = [
    (53, All(&["domain[name=pbx.example.test]/users/user[id=verto1]/params/param[name=a1-hash]"])),
    (60, All(&["domain/groups/group/users/user[id=trunk]@cidr=192.0.2.7/32"])),
    (64, All(&["domain[name=pbx.example.test]/users/user[id=verto1]/params/param[name=a1-hash]"])),
    (71, All(&["domain[name=pbx.example.test]/users/user[id=trunk]/params/param[name=a1-hash]"])),
];

/// The domain and nothing in it.
fn is_denied(reply: &Reply, domain: &str) -> bool {
    let tree = tree(&reply.body);
    find(&tree, &format!("section[name=directory]/domain[name={domain}]"))
        .is_some_and(|domain| domain.children.is_empty())
}

fn check(name: &str, asked: &[u8], reply: &Reply, holds: &Holds) {
    assert_eq!(reply.status, 200, "{name}");
    let kind = if matches!(holds, Told(_)) { "text/plain" } else { "text/xml" };
    let kind = format!("{kind}; charset=utf-8");
    assert_eq!(reply.header("content-type"), Some(kind.as_str()), "{name}");
    assert_eq!(reply.header("connection"), Some("close"), "{name}");
    assert!(reply.body.len() < 64 * 1024, "{name}: {} bytes", reply.body.len());
    match holds {
        Told(text) => assert_eq!(reply.text(), *text, "{name}"),
        NotFound => assert!(is_not_found(&reply.body), "{name}: {}", reply.text()),
        Denied => assert!(is_denied(reply, DOMAIN), "{name}: {}", reply.text()),
        All(paths) => {
            let section = Body::parse(&String::from_utf8_lossy(asked));
            let section = section.get("section").expect("a look-up");
            let tree = tree(&reply.body);
            for path in *paths {
                let path = format!("section[name={section}]/{path}");
                assert!(find(&tree, &path).is_some(), "{name}: no {path} in\n{}", reply.text());
            }
        }
    }
}

fn number(name: &str) -> u8 {
    name[..2].parse().expect("bodies are numbered")
}

fn expected(number: u8) -> &'static Holds {
    &DEMO.iter().find(|(of, _)| *of == number).expect("in the table").1
}

#[test]
fn every_recorded_body_gets_the_answer_of_its_flow_from_the_demo() {
    let state = tempfile::tempdir().expect("a folder");
    let server = Server::over("", demo(state.path()));
    for (name, asked) in recorded() {
        check(&name, &asked, &post(server.machine, &asked), expected(number(&name)));
    }
}

#[test]
fn users_and_networks_that_the_demo_lacks_are_answered_where_they_are_stored() {
    for (of, holds) in &PBX {
        let asked = body(*of).bytes();
        check(&of.to_string(), &asked, &post(shared().machine, &asked), holds);
    }
}

#[test]
fn no_recorded_look_up_is_answered_by_a_failure() {
    let server = Server::over("", pbx());
    for (_, asked) in recorded() {
        post(server.machine, asked);
    }
    let metrics = Metrics::of(server.machine);
    let lookups = metrics.sum("jackfield_lookups_total", &[]);
    assert!((lookups - 71.0).abs() < 0.5, "{lookups} look-ups and five channel events");
    for outcome in ["internal", "unavailable"] {
        let failed = metrics.sum("jackfield_lookups_total", &[("outcome", outcome)]);
        assert!(failed < 0.5, "{outcome}: {failed}");
    }
}

/// Bodies that ask for one user.
const SINGLE: [u8; 17] = [22, 28, 35, 37, 42, 43, 44, 45, 46, 47, 51, 53, 61, 63, 65, 66, 68];

#[test]
fn an_unknown_user_of_a_known_domain_is_denied_whatever_it_is_asked_for() {
    for of in SINGLE {
        let asked = body(of).set_last("user", "2222").bytes();
        let reply = post(shared().machine, asked);
        assert!(reply.status == 200 && is_denied(&reply, DOMAIN), "{of}: {}", reply.text());
    }
}

#[test]
fn an_unknown_domain_is_denied_or_not_found_by_the_setting() {
    let strict = Server::start("unknown_domain = 'deny'");
    let open = Server::start("unknown_domain = 'not-found'");
    for of in SINGLE {
        let elsewhere = "elsewhere.example.test";
        let asked = body(of).set("key_value", elsewhere).set_last("domain", elsewhere).bytes();
        assert!(is_denied(&post(shared().machine, &asked), elsewhere), "{of}: the default");
        assert!(is_denied(&post(strict.machine, &asked), elsewhere), "{of}: deny");
        assert!(is_not_found(&post(open.machine, &asked).body), "{of}: not-found");
    }
    let known = post(open.machine, body(22).set_last("user", "2222").bytes());
    assert!(is_denied(&known, DOMAIN), "a known domain stays closed");
}

#[test]
fn a_context_language_or_document_that_nobody_has_is_not_found() {
    let unknown = [
        body(23).set("Caller-Context", "nowhere").set("Hunt-Context", "nowhere"),
        body(30).set("lang", "xx"),
        body(1).set("key_value", "nothing.conf"),
        body(67).set("context", "nowhere"),
        body(1).set("section", "channels"),
    ];
    for asked in unknown {
        let reply = post(shared().machine, asked.bytes());
        assert!(is_not_found(&reply.body), "{}\n{}", asked.text(), reply.text());
    }
}

#[test]
fn the_context_that_is_hunted_counts_and_not_the_one_of_the_caller() {
    let asked = body(23).set("Caller-Context", "nowhere").bytes();
    let tree = tree(&post(shared().machine, asked).body);
    assert!(find(&tree, "section[name=dialplan]/context[name=default]/extension").is_some());
}

#[test]
fn a_user_and_a_domain_are_found_in_any_case_and_by_number_alias() {
    let domain = "PBX.Example.TEST";
    for user in ["1000", "5551000", "VERTO1"] {
        let asked = body(44).set("key_value", domain).set("domain", domain).set("user", user);
        let tree = tree(&post(shared().machine, asked.bytes()).body);
        let path = "section/domain[name=pbx.example.test]/users/user/params/param[name=a1-hash]";
        assert!(find(&tree, path).is_some(), "{user}");
    }
}

#[test]
fn an_element_located_by_name_alone_is_answered() {
    let located = |section: &str, tag: &str, name: &str| {
        format!(
            "hostname=vm&section={section}&tag_name={tag}&key_name=name&key_value={}&\
             Event-Name=REQUEST_PARAMS&section={section}&tag={tag}&tag_attr_name=name\
             &tag_attr_val={}",
            name,
            encoded(name)
        )
    };
    for (section, tag, name) in [
        ("dialplan", "context", "default"),
        ("chatplan", "context", "public"),
        ("languages", "language", "en"),
        ("directory", "domain", DOMAIN),
        ("configuration", "configuration", "acl.conf"),
    ] {
        let tree = tree(&post(shared().machine, located(section, tag, name)).body);
        let path = format!("section[name={section}]/{tag}[name={name}]");
        assert!(find(&tree, &path).is_some(), "{path}");
    }
}
