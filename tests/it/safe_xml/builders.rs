//! Every builder of a document, given text that does harm.

use jackfield_api::document::{
    Chatplan, Configuration, Control, Credential, Dialplan, Directory, DirectoryDomain,
    DirectoryUser, ListedUser,
};
use jackfield_api::snapshot::{
    AccessList, AccessNode, AccessTarget, Action, Agent, Condition, Context, Domain, Extension,
    Gateway, Hosts, Level, Menu, MenuEntry, Profile, ProfileDomain, ProfileKind, Queue, Room,
    Setting, Step, Tier,
};
use jackfield_api::testing::switch_xml::{Node, preprocess};
use jackfield_api::xml::Value;
use jackfield_api::{Answer, Refusal};
use proptest::prelude::*;

use super::nasty::{cases, count, named, nasty, seen, texts, values};

/// What became of an answer: where there is one, the texts stand in it as they were given, the
/// elements are those that were written, and nothing is live.
fn carried(
    answer: Answer,
    elements: usize,
    expected: &[(&str, &str)],
) -> Result<(), TestCaseError> {
    let document = match answer {
        Ok(document) => document,
        Err(Refusal::Internal(why)) => {
            prop_assert!(why.contains(": "), "the refusal says where and why: {why}");
            return Ok(());
        }
        Err(other) => panic!("{other}"),
    };
    let tree = seen(document.body());
    prop_assert_eq!(count(&tree), elements, "elements");
    for (attribute, value) in expected {
        prop_assert!(
            values(&tree, attribute).contains(value),
            "{}={:?} is not in {:?}",
            attribute,
            value,
            tree
        );
    }
    Ok(())
}

fn setting(name: &str, text: &str) -> Setting {
    Setting::new(name, text)
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_user_and_its_domain(t in texts(10)) {
        let user = DirectoryUser::new(t[0].as_str(), Credential::Password("x"))
            .number_alias(t[1].as_str())
            .cidr(t[2].as_str())
            .voicemail_hash(Some(t[3].as_str().into()))
            .param(&t[4], t[5].as_str())
            .variable(&t[6], t[7].as_str());
        let stored = Domain::new(&t[8]).with_settings(vec![setting("p", &t[9])], Vec::new());
        let domain = DirectoryDomain::inherited(&stored);
        carried(Directory::user(domain, user), 13, &[
            ("id", &t[0]),
            ("number-alias", &t[1]),
            ("cidr", &t[2]),
            ("value", &t[3]),
            ("name", &t[4]),
            ("value", &t[5]),
            ("name", &t[6]),
            ("value", &t[7]),
            ("name", &t[8]),
            ("value", &t[9]),
        ])?;
    }

    #[test]
    fn a_password_and_a_hash(secret in named()) {
        for credential in [Credential::Password(&secret), Credential::A1Hash((&secret).into())] {
            let user = DirectoryUser::new("1000", credential);
            let answer = Directory::user(DirectoryDomain::new("d"), user);
            carried(answer, 7, &[("value", &secret)])?;
        }
    }

    #[test]
    fn one_text_alone_in_a_user(text in nasty()) {
        // Alone, so that no other text is what the answer is refused for.
        let named = DirectoryUser::new("1000", Credential::Closed).param("vm-mailto", text.as_str());
        let answer = Directory::user(DirectoryDomain::new("d"), named);
        carried(answer, 9, &[("value", &text)])?;
        let variable = DirectoryUser::new("1000", Credential::Closed).variable("v", text.as_str());
        let answer = Directory::user(DirectoryDomain::new("d"), variable);
        let refused = answer.is_err();
        carried(answer, 10, &[("value", &text)])?;
        prop_assert!(refused || !text.contains("${"), "a variable is expanded at run time");
    }

    #[test]
    fn a_list_of_users(t in texts(7)) {
        let gateways =
            [Gateway {
                name: t[3].clone(),
                params: vec![setting(&t[4], &t[5])],
                ..Gateway::default()
            }];
        let user = ListedUser::new(t[0].as_str())
            .number_alias(t[1].as_str())
            .cidr(t[2].as_str())
            .gateways(&gateways);
        let domain = DirectoryDomain::new("d")
            .group(t[6].as_str(), [user, ListedUser::pointer(t[0].as_str())]);
        carried(Directory::domains([domain]), 11, &[
            ("id", &t[0]),
            ("number-alias", &t[1]),
            ("cidr", &t[2]),
            ("name", &t[3]),
            ("name", &t[4]),
            ("value", &t[5]),
            ("name", &t[6]),
        ])?;
    }

    #[test]
    fn a_route(t in texts(6), level in levels()) {
        let mut condition = Condition::on(&t[2], &t[3]);
        condition.steps.push(Step::Action(Action {
            application: t[4].clone(),
            data: t[5].clone(),
            level,
            inline: true,
            ..Action::default()
        }));
        let extensions = [Extension::new(&t[1], condition)];
        let data = if t[5].is_empty() { ("application", &t[4]) } else { ("data", &t[5]) };
        let stored = Context::new(&t[0], extensions.to_vec());
        for answer in [
            Dialplan::context(t[0].as_str(), &extensions),
            Chatplan::context(t[0].as_str(), &extensions),
            Dialplan::stored(t[0].as_str(), &stored),
            // What was written for the first answer is sent again.
            Dialplan::stored(t[0].as_str(), &stored),
            Chatplan::stored(t[0].as_str(), &stored),
        ] {
            if level == Level::Text && answer.is_ok() {
                prop_assert!(!t[5].contains("${"), "action data is expanded for each call");
                prop_assert!(!has_capture(&t[5]), "action data takes captures");
            }
            if level == Level::Global {
                no_command(answer)?;
                continue;
            }
            carried(answer, 6, &[
                ("name", &t[0]),
                ("name", &t[1]),
                ("field", &t[2]),
                ("expression", &t[3]),
                ("application", &t[4]),
                (data.0, data.1),
            ])?;
        }
    }

    #[test]
    fn a_document_of_a_module(t in texts(12)) {
        let profiles = [ProfileKind::Sofia, ProfileKind::Verto].map(|kind| Profile {
            kind,
            name: t[1].clone(),
            params: vec![setting(&t[2], &t[3])],
            domains: vec![ProfileDomain { name: t[4].clone(), alias: true, parse: false }],
            gateways: vec![Gateway { name: t[5].clone(), ..Gateway::default() }],
            ..Profile::default()
        });
        let lists = [AccessList {
            name: t[6].clone(),
            default_allow: false,
            nodes: vec![
                AccessNode { allow: true, target: AccessTarget::Cidr(t[7].clone()) },
                AccessNode { allow: true, target: AccessTarget::Domain(t[8].clone()) },
            ],
            hosts: Hosts::default(),
        }];
        let rooms = [Room { name: t[9].clone(), profile: String::new() }];
        let controls = [Control { action: &t[10], digits: &t[11] }];
        let answer = Configuration::new(t[0].as_str())
            .described(&t[1])
            .settings([(t[2].as_str(), t[3].as_str())])
            .profiles(&profiles)
            .network_lists(&lists)
            .rooms(&rooms)
            .caller_controls("g", controls)
            .answer();
        carried(answer, 24, &[
            ("name", &t[0]),
            ("description", &t[1]),
            ("name", &t[2]),
            ("value", &t[3]),
            ("name", &t[4]),
            ("name", &t[5]),
            ("name", &t[6]),
            ("cidr", &t[7]),
            ("domain", &t[8]),
            ("name", &t[9]),
            ("action", &t[10]),
            ("digits", &t[11]),
        ])?;
    }

    #[test]
    fn menus_queues_and_agents(t in texts(11)) {
        let menus = [Menu {
            name: t[0].clone(),
            attributes: vec![setting("greet-long", &t[1])],
            entries: vec![MenuEntry {
                action: t[2].clone(),
                digits: t[3].clone(),
                param: t[4].clone(),
                level: Level::Channel,
            }],
        }];
        let queues = [Queue { name: t[5].clone(), params: vec![setting(&t[6], &t[7])] }];
        let agents = [Agent {
            name: t[8].clone(),
            attributes: vec![setting("contact", &t[9])],
        }];
        let tiers =
            [Tier { queue: t[5].clone(), agent: t[10].clone(), level: 1, position: 1 }];
        let answer = Configuration::new("all.conf")
            .menus(&menus)
            .queues(&queues)
            .agents(&agents)
            .tiers(&tiers)
            .hooks([(t[1].as_str(), t[2].as_str(), t[3].as_str())])
            .fifos([(t[4].as_str(), 1)])
            .modules([t[5].as_str()])
            .zones([(t[6].as_str(), t[7].as_str())])
            .params_profile(&t[8], [(t[9].as_str(), t[10].as_str())])
            .answer();
        carried(answer, 25, &[
            ("greet-long", &t[1]),
            ("digits", &t[3]),
            ("queue", &t[5]),
            ("value", &t[7]),
            ("contact", &t[9]),
            ("agent", &t[10]),
            ("subclass", &t[2]),
            ("module", &t[5]),
        ])?;
    }

    #[test]
    fn names_of_stored_attributes(name in named()) {
        // An attribute's name is data, too: of a condition, a menu and an agent.
        let condition = Condition {
            attributes: vec![setting(&name, "v")],
            ..Condition::default()
        };
        let extensions = [Extension::new("e", condition)];
        carried(Dialplan::context("c", &extensions), 5, &[(&name, "v")])?;
        let menus = [Menu {
            name: "m".to_owned(),
            attributes: vec![setting(&name, "v")],
            entries: Vec::new(),
        }];
        carried(Configuration::new("c").menus(&menus).answer(), 5, &[(&name, "v")])?;
        let agents = [Agent { name: "a".to_owned(), attributes: vec![setting(&name, "v")] }];
        carried(Configuration::new("c").agents(&agents).answer(), 5, &[(&name, "v")])?;
    }

    #[test]
    fn a_setting_whose_globals_are_live_runs_no_command(text in nasty()) {
        let setting = setting("p", &text).at(Level::Global);
        let profile = Profile {
            kind: ProfileKind::Verto,
            name: "p".to_owned(),
            params: vec![setting],
            ..Profile::default()
        };
        no_command(Configuration::new("verto.conf").profiles([&profile]).answer())?;
    }
}

fn levels() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Text), Just(Level::Channel), Just(Level::Global)]
}

fn has_capture(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit())
}

/// An answer whose globals are live on purpose: nothing else in it is.
fn no_command(answer: Answer) -> Result<(), TestCaseError> {
    let Ok(document) = answer else { return Ok(()) };
    let text = std::str::from_utf8(document.body()).expect("UTF-8");
    let read = preprocess(text, &|_| Some("a-value".to_owned()));
    prop_assert_eq!(&read.commands, &Vec::<String>::new());
    prop_assert_eq!(read.dropped.len(), 1, "the declaration: {:?}", read.dropped);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    prop_assert!(read.globals_used.iter().all(|name| name.chars().all(plain)));
    let without = preprocess(text, &|_| None);
    seen(without_globals(&without.text).as_bytes());
    Ok(())
}

/// The text behind the pre-processor, with the declaration that it dropped.
fn without_globals(text: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n{text}")
}

#[test]
fn ordinary_text_of_every_kind_is_carried() {
    for text in [
        "O'Brien & Söhne <sales@pbx.example.test>",
        "say \"hello\"\r\n\tand $ 5, 100 % &amp; &#36;",
        "李小龍 \u{1f4de}",
        "a=b;c#d\\e{f}",
    ] {
        let user = DirectoryUser::new("1000", Credential::Password(text)).variable("v", text);
        let answer = Directory::user(DirectoryDomain::new("d"), user).expect("carried");
        let tree = seen(answer.body());
        assert_eq!(values(&tree, "value"), [text, text]);
    }
    let channel =
        Condition::on("a", "^(.*)$").run("bridge", Value::channel("user/$1@${domain_name}"));
    let answer = Dialplan::context("c", &[Extension::new("e", channel)]).expect("carried");
    assert_eq!(values(&seen(answer.body()), "data"), ["user/$1@${domain_name}"]);
}

#[test]
fn what_decides_about_a_login_is_refused_as_a_parameter_in_any_spelling() {
    let spellings = |name: &str| {
        let mixed = name.char_indices().map(|(at, c)| match at % 2 {
            0 => c.to_ascii_uppercase(),
            _ => c,
        });
        [name.to_owned(), name.to_ascii_uppercase(), mixed.collect()]
    };
    let user = || DirectoryUser::new("1000", Credential::Closed);
    let domain = || DirectoryDomain::new("d");
    for name in [
        "password",
        "a1-hash",
        "vm-password",
        "allow-empty-password",
        "jsonrpc-password",
        "vm-a1-hash",
    ] {
        for name in spellings(name) {
            for (of, answer) in [
                ("a user", Directory::user(domain(), user().param(&name, "x"))),
                ("its domain", Directory::user(domain().param(&name, "x"), user())),
                ("a listed domain", Directory::domains([domain().param(&name, "x")])),
            ] {
                let Err(Refusal::Internal(why)) = answer else {
                    panic!("{name} of {of}: {answer:?}")
                };
                assert!(why.contains("only a Credential may decide"), "{name} of {of}: {why}");
            }
        }
    }
    let kept = Directory::user(domain().param("b", "x"), user().param("password-b", "x"));
    assert!(kept.is_ok(), "other names are kept: {kept:?}");
}

#[test]
fn a_credential_sets_what_decides_about_a_login() {
    let params = |user| {
        let answer = Directory::user(DirectoryDomain::new("d"), user).expect("carried");
        let tree = seen(answer.body());
        let params = tree.find(&[
            ("section", None),
            ("domain", None),
            ("users", None),
            ("user", None),
            ("params", None),
        ]);
        let pair = |node: &Node| {
            let attribute = |name| node.attribute(name).expect("there").to_owned();
            (attribute("name"), attribute("value"))
        };
        params.expect("parameters").children.iter().map(pair).collect::<Vec<_>>()
    };
    let expected = |pairs: &[(&str, &str)]| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect::<Vec<_>>()
    };
    let closed = [("allow-empty-password", "false"), ("sip-forbid-register", "true")];
    for (credential, pairs) in [
        (Credential::A1Hash("5f".into()), &[("a1-hash", "5f")][..]),
        (Credential::Password("secret"), &[("password", "secret")]),
        (Credential::A1Hash("".into()), &closed),
        (Credential::Password(""), &closed),
        (Credential::Closed, &closed),
    ] {
        let user = || DirectoryUser::new("1000", credential.clone());
        assert_eq!(params(user()), expected(pairs));
        for (hash, told) in [(Some("7".into()), "7"), (None, "closed")] {
            let all = [pairs, &[("vm-a1-hash", told)]].concat();
            assert_eq!(params(user().voicemail_hash(hash)), expected(&all));
        }
    }
}
