use proptest::prelude::*;

use super::super::global::Global;
use super::super::setting::Level;
use super::super::user::{Algorithm, Secret};
use super::*;
use crate::snapshot::{Gateway, Hosts, Setting};
use crate::xml::Raw;

/// All of a user, hashes included.
pub(super) fn whole(user: &User) -> String {
    let secrets: Vec<String> =
        user.secrets.iter().map(|s| serde_json::to_string(s).expect("plain data")).collect();
    format!("{user:?} {secrets:?} {:?}", user.voicemail_hash)
}

pub(super) fn user(id: &str) -> User {
    User {
        id: id.into(),
        secrets: vec![
            Secret::new(id, "pbx.example.test", Algorithm::Md5, &"0a".repeat(16)),
            Secret::new(id, "pbx.example.test", Algorithm::Sha256, &"0b".repeat(32)),
        ],
        voicemail_hash: Some("0c".repeat(16)),
        variables: vec![
            Setting::new("user_context", "default"),
            Setting::new("accountcode", id),
            Setting::new("effective_caller_id_name", format!("Extension {id}")),
        ],
        ..User::default()
    }
}

pub(super) fn many(count: i64) -> Users {
    let mut packer = Packer::default();
    (1..=count).for_each(|n| packer.push(n * 2, &(&user(&format!("U{n}"))).into()));
    packer.finish()
}

prop_compose! {
    fn settings()(list in prop::collection::vec(
        ("[a-z]{0,3}", any::<String>(), 0..3_u8, any::<bool>()), 0..5,
    )) -> Vec<Setting> {
        list.into_iter()
            .map(|(name, text, level, secure)| {
                let level = [Level::Text, Level::Channel, Level::Global][usize::from(level)];
                Setting::new(name, text).at(level).with_secure(secure)
            })
            .collect()
    }
}

prop_compose! {
    pub(super) fn any_user()(
        (id, number_alias, cidr) in (any::<String>(), any::<Option<String>>(), any::<Option<String>>()),
        disabled in any::<bool>(),
        secrets in prop::collection::vec(
            ("[ab]", "[cd]", any::<bool>(), prop_oneof!["[0-9a-f]{32}", "[0-9a-f]{64}", any::<String>()]),
            0..4,
        ),
        voicemail_hash in prop::option::of(prop_oneof!["[0-9a-f]{32}", any::<String>()]),
        (params, variables) in (settings(), settings()),
        extras in any::<bool>(),
    ) -> User {
        let secret = |(name, realm, sha256, ha1): (String, String, bool, String)| {
            let algorithm = if sha256 { Algorithm::Sha256 } else { Algorithm::Md5 };
            Secret::new(name, realm, algorithm, &ha1)
        };
        let (mut gateways, mut others) = (Vec::new(), Raw::default());
        if extras {
            gateways.push(Gateway { name: "carrier".into(), ..Gateway::default() });
            others = Raw::parse("<vcard/>").expect("valid");
        }
        User {
            id,
            number_alias,
            cidr,
            secrets: secrets.into_iter().map(secret).collect(),
            disabled, voicemail_hash, params, variables, gateways, others,
        }
    }
}

proptest! {
    #[test]
    fn what_is_packed_is_what_was_stored(list in prop::collection::vec(any_user(), 0..8)) {
        let packed: Users = list.iter().cloned().collect();
        prop_assert_eq!(packed.len(), list.len());
        for (is, was) in packed.iter().zip(&list) {
            prop_assert_eq!(whole(&is.to_user()), whole(was));
        }
    }

    #[test]
    fn changes_come_to_what_packing_anew_comes_to(
        edits in prop::collection::vec((0..40_i64, any::<bool>(), 0..6_u8), 0..60),
    ) {
        let (mut users, mut model) = (many(20), std::collections::BTreeMap::new());
        model.extend((1..=20).map(|n| (n * 2, user(&format!("U{n}")))));
        for (row, stays, name) in edits {
            if stays {
                let changed = User { number_alias: Some("also".into()), ..user(&format!("n{name}")) };
                users.put(row, &changed, &Globals::default());
                model.insert(row, changed);
            } else {
                users.remove(row);
                model.remove(&row);
            }
        }
        let list = |users: &Users| users.iter().map(|user| whole(&user.to_user())).collect::<Vec<_>>();
        prop_assert_eq!(list(&users), model.values().map(whole).collect::<Vec<_>>());
        prop_assert_eq!(users.len(), model.len());
        for name in ["n0", "N1", "n2", "n3", "n4", "n5", "u1", "U20", "u3", "ALSO", "nobody"] {
            let same = |text: &str| text.eq_ignore_ascii_case(name);
            let by_id = model.values().find(|user| same(&user.id));
            let found = by_id.or_else(|| {
                model.values().find(|user| user.number_alias.as_deref().is_some_and(same))
            });
            prop_assert_eq!(users.find(name).map(|user| whole(&user.to_user())), found.map(whole));
        }
    }
}

#[test]
fn a_change_of_one_user_leaves_a_copy_and_nearly_all_chunks_as_they_are() {
    let users = many(2000);
    let mut changed = users.clone();
    changed.put(1000, &User { disabled: true, ..user("U500") }, &Globals::default());
    changed.remove(2000);
    changed.put(9999, &user("new"), &Globals::default());
    assert!(!users.find("u500").expect("there").disabled);
    assert!(changed.find("u500").expect("there").disabled);
    assert!(users.find("U1000").is_some() && changed.find("U1000").is_none());
    assert!(users.find("new").is_none() && changed.find("NEW").is_some());
    let shared = changed
        .chunks
        .iter()
        .filter(|chunk| users.chunks.iter().any(|other| Arc::ptr_eq(chunk, other)))
        .count();
    assert!(shared + 3 >= users.chunks.len(), "{shared} of {}", users.chunks.len());
    assert!(Arc::ptr_eq(&users.texts, &changed.texts));
}

#[test]
fn what_many_have_takes_no_room() {
    let bytes: usize = many(2000).chunks.iter().map(|chunk| chunk.bytes.len()).sum();
    // Two hashes and that of the PIN are 64 bytes.
    assert!(bytes / 2000 < 110, "{} bytes a user", bytes / 2000);
}

#[test]
fn globals_are_put_in_where_they_are_live_and_the_user_is_given_back_as_it_was() {
    let mut one = user("1000");
    one.variables =
        vec![Setting::written("caller", "$${number}"), Setting::new("plain", "$${number}")];
    let mut users: Users = [one.clone(), user("1001")].into_iter().collect();
    let global = |value: &str| Global {
        name: "number".into(),
        value: value.into(),
        hosts: Hosts::default(),
    };
    for value in ["555", "777"] {
        users.resolve(&Globals::new(&[global(value)]));
        let texts: Vec<_> =
            users.find("1000").expect("there").variables().map(|v| v.text.to_owned()).collect();
        assert_eq!(texts, [value, "$${number}"]);
        assert_eq!(whole(&users.find("1000").expect("there").to_user()), whole(&one));
    }
}

#[test]
fn texts_that_no_user_has_any_more_do_not_stay_for_ever() {
    let globals = Globals::new(&[Global {
        name: "number".into(),
        value: "555".into(),
        hosts: Hosts::default(),
    }]);
    let mut users = many(10);
    users.put(
        3,
        &User { others: Raw::parse_any("<a b=\"$${number}\"/>").expect("XML"), ..user("x") },
        &globals,
    );
    let text = |at: usize| format!("$${{number}} {at}");
    for at in 0..5 * MOST_NEW_TEXTS {
        let variables = vec![Setting::written("caller", text(at))];
        users.put(1, &User { variables, ..user("1000") }, &globals);
        assert!(users.texts.len() <= 2 * MOST_NEW_TEXTS, "{} texts", users.texts.len());
        let found = users.find("1000").expect("there");
        assert_eq!(found.variables().next().expect("one").text, format!("555 {at}"));
    }
    assert_eq!((users.len(), users.find("u7").map(|user| user.id)), (12, Some("U7")));
    assert_eq!(users.find("x").expect("there").others().to_xml(), "<a b=\"555\"/>");
}
