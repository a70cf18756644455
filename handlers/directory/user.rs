//! One user, as the switch asks for it to authenticate a request, to ring it, to open its mailbox.
//!
//! ```text
//! ...&action=sip_auth&...&sip_auth_username=1000&sip_auth_realm=pbx.example.test&...
//!     &sip_auth_response=<32 digits>&...&key=id&user=1000&domain=pbx.example.test
//! ```
//!
//! ```xml
//! <domain name="pbx.example.test">
//!   <users>
//!     <user id="1000" number-alias="5551000">
//!       <params>
//!         <param name="a1-hash" value="..."/>
//!         <param name="vm-a1-hash" value="..."/>
//!         <param name="dial-string" value="..."/>
//!       </params>
//!       <variables>...</variables>
//!     </user>
//!   </users>
//! </domain>
//! ```
//!
//! Whatever it is asked for, the answer is the whole user with its secret. The switch may keep it
//! for every later question, and takes a user without a secret for one that needs none. It is never
//! `cacheable`, because the hash that fits depends on what the client used: SIP digests are made
//! with the client's own user name, realm and algorithm.
//!
//! When the owner of a mailbox changes its PIN, the answer says besides whether it was stored:
//! `<result success="true"/>`.

use jackfield_api::document::{DIAL_STRING, Directory, DirectoryDomain, DirectoryUser};
use jackfield_api::lookup::{UserFlow, UserLookup};
use jackfield_api::snapshot::{Domain, Setting, SettingRef};
use jackfield_api::xml::Value;
use jackfield_api::{Answer, Refusal};

use super::{credential, pin};

pub(super) fn answer(domain: &Domain, domain_asked: &str, asked: &UserLookup<'_>) -> Answer {
    let user = domain.user(&asked.user).ok_or(Refusal::Denied("there is no such user"))?;
    if user.disabled {
        return Err(Refusal::Denied("the user is disabled"));
    }
    let flow = asked.flow();
    if flow == UserFlow::Unchecked {
        return Err(Refusal::Denied("the switch would not check the secret"));
    }

    let secret = credential::fitting(user, domain, domain_asked, asked);
    let mut complete = DirectoryUser::new(user.id, secret)
        .voicemail_hash(match flow {
            // It is about to be another.
            UserFlow::PinChange(_) => None,
            _ => user.voicemail_hash().map(Into::into),
        })
        .stored(user.params(), user.variables())
        .stored_others(user.others());
    let group = domain.settings_group(user.id);
    if let Some(group) = group {
        complete = complete.inheriting(user, group);
    }
    if let Some(alias) = user.number_alias {
        complete = complete.number_alias(alias);
    }
    if let Some(cidr) = user.cidr {
        complete = complete.cidr(cidr);
    }
    let inherited = group.is_some_and(|group| has_dial_string(settings(&group.params)));
    if !inherited && !has_dial_string(user.params()) && !has_dial_string(settings(domain.params()))
    {
        complete = complete.param("dial-string", Value::channel(DIAL_STRING));
    }
    let around = DirectoryDomain::inherited(domain).named(domain.spelled(domain_asked));
    match flow {
        UserFlow::PinChange(asked) => {
            match asked.and_then(|asked| pin::change(domain, user, asked)) {
                Some(change) => Directory::pin_change(&around, &complete, change),
                None => Directory::user(around, complete.pin_stored(false)),
            }
        }
        _ => Directory::user(around, complete),
    }
}

fn settings(list: &[Setting]) -> impl Iterator<Item = SettingRef<'_>> {
    list.iter().map(SettingRef::from)
}

fn has_dial_string<'a>(mut params: impl Iterator<Item = SettingRef<'a>>) -> bool {
    params.any(|param| param.name.eq_ignore_ascii_case("dial-string"))
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{Algorithm, Contents, Group, Setting, Snapshot, User};
    use jackfield_api::testing::{Recorded, pbx, recorded};

    use super::super::asked::{alone, asking, bob, denied, is_closed, params, secret, told, user};
    use super::*;

    /// Every question that is about one user.
    const SINGLE: [Recorded; 20] = [
        recorded::SIP_AUTH_INVITE,
        recorded::USER_CALL,
        recorded::GROUP_CALL_USER,
        recorded::VOICEMAIL_LOOKUP,
        recorded::SIP_AUTH_REGISTER,
        recorded::MESSAGE_COUNT,
        recorded::USER_EXISTS,
        recorded::USER_DATA_VARIABLE,
        recorded::USER_DATA_PARAM,
        recorded::FIND_USER_BY_ALIAS,
        recorded::VOICEMAIL_INJECT,
        recorded::VERTO_LOGIN,
        recorded::USER_DATA_ATTRIBUTE,
        recorded::EVENT_SOCKET_LOGIN,
        recorded::VERTO_LOGIN_PARAMS,
        recorded::USER_CALL_CALLCENTER,
        recorded::SIP_AUTH_MESSAGE,
        recorded::SIP_AUTH_SUBSCRIBE,
        recorded::USER_CALL_FIFO,
        recorded::TRUNK_INVITE,
    ];

    #[test]
    fn a_user_is_answered_whole() {
        let (text, _) = told(recorded::MESSAGE_COUNT.text(), &pbx()).expect("an answer");
        assert_eq!(
            text,
            r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="directory">
    <domain name="pbx.example.test">
      <params>
        <param name="dial-string" value="&#36;{sofia_contact(&#36;{dialed_user}@&#36;{dialed_domain})}"/>
      </params>
      <variables>
        <variable name="default_language" value="en"/>
      </variables>
      <users>
        <user id="1000" number-alias="5551000">
          <params>
            <param name="a1-hash" value="55555555555555555555555555555555"/>
            <param name="vm-a1-hash" value="77777777777777777777777777777777"/>
            <param name="vm-mailto" value="someone@example.test"/>
          </params>
          <variables>
            <variable name="user_context" value="default"/>
            <variable name="effective_caller_id_name" value="Ext 1000"/>
          </variables>
        </user>
      </users>
    </domain>
  </section>
</document>
"#
        );
    }

    #[test]
    fn whatever_a_user_is_asked_for_it_carries_one_secret_and_one_pin_and_is_not_cacheable() {
        let pbx = pbx();
        for name in SINGLE {
            let (_, section) = told(name.text(), &pbx).unwrap_or_else(|no| panic!("{name}: {no}"));
            assert_eq!(params(&section, "a1-hash"), ["5".repeat(32)], "{name}");
            assert_eq!(params(&section, "vm-a1-hash"), ["7".repeat(32)], "{name}");
            assert!(params(&section, "password").is_empty(), "{name}");
            assert_eq!(user(&section).attribute("cacheable"), None, "{name}");
            assert_eq!(user(&section).attribute("type"), None, "{name}");
            let domain = section.child("domain").expect("a domain");
            assert!(domain.child("groups").is_none(), "{name}: the switch searches groups first");
        }
    }

    #[test]
    fn a_flow_that_nobody_knows_yet_gets_the_whole_user_too() {
        let asked = asking("action=of-a-newer-switch&key=id&user=1000");
        let (_, section) = told(&asked, &pbx()).expect("an answer");
        assert_eq!(params(&section, "a1-hash"), ["5".repeat(32)]);
    }

    #[test]
    fn a_user_is_found_by_its_number_alias_and_keeps_its_id() {
        let (_, section) = told(recorded::FIND_USER_BY_ALIAS.text(), &pbx()).expect("an answer");
        assert_eq!(user(&section).attribute("id"), Some("1000"));
        assert_eq!(user(&section).attribute("number-alias"), Some("5551000"));
    }

    #[test]
    fn the_cidr_of_a_trunk_is_in_its_answer() {
        let (_, section) = told(recorded::TRUNK_INVITE.text(), &pbx()).expect("an answer");
        assert_eq!(user(&section).attribute("cidr"), Some("192.0.2.7/32"));
    }

    #[test]
    fn unknown_and_disabled_users_are_denied_in_every_flow() {
        let pbx = pbx();
        for name in SINGLE {
            let body = name.text();
            for nobody in ["1008", "5551008", "ghost", "!1000", "*"] {
                let asked = ["1000", "1001", "1002", "5551000", "trunk", "verto1"]
                    .into_iter()
                    .find_map(|known| {
                        let user = format!("&user={known}&");
                        body.contains(&user)
                            .then(|| body.replace(&user, &format!("&user={nobody}&")))
                    })
                    .expect("a known user");
                assert!(denied(&asked, &pbx), "{nobody} in {name}");
            }
        }
    }

    #[test]
    fn a_user_without_secrets_is_closed_in_every_flow_and_so_is_its_mailbox() {
        let pbx = pbx();
        for name in SINGLE {
            let body = name.text();
            for known in ["1000", "1001", "1002", "5551000", "trunk", "verto1"] {
                let asked = body.replace(&format!("&user={known}&"), "&user=1009&");
                if asked == body {
                    continue;
                }
                let (_, section) = told(&asked, &pbx).expect("an answer");
                assert!(is_closed(&section), "{name}");
                assert_eq!(params(&section, "vm-a1-hash"), ["closed"], "{name}");
            }
        }
    }

    #[test]
    fn no_stored_setting_of_a_user_or_domain_reopens_what_is_closed_or_adds_a_second_secret() {
        let settings = || {
            [
                ("password", "1234"),
                ("Password", "1234"),
                ("a1-hash", "x"),
                ("A1-Hash", "x"),
                ("vm-a1-hash", "x"),
                ("jsonrpc-password", "1234"),
                ("allow-empty-password", "true"),
                ("sip-forbid-register", "false"),
            ]
            .map(|(name, value)| Setting::new(name, value))
            .to_vec()
        };
        let snapshot = |secrets| {
            let user = User { params: settings(), ..bob(secrets) };
            let domain = Domain::new("pbx.example.test")
                .with_settings(settings(), Vec::new())
                .with_users(vec![user]);
            Snapshot::new(Contents { domains: [domain].into(), ..Contents::default() })
        };
        let asked = asking("key=id&user=1000");

        let (text, section) = told(&asked, &snapshot(Vec::new())).expect("an answer");
        assert!(params(&section, "a1-hash").is_empty());
        assert_eq!(params(&section, "allow-empty-password"), ["false"]);
        assert_eq!(
            params(&section, "sip-forbid-register"),
            ["true", "false"],
            "one true is enough"
        );
        assert_eq!(params(&section, "vm-a1-hash"), ["closed"]);
        assert!(!text.contains("password\" value=\"1234"));

        let stored = secret("1000", "pbx.example.test", Algorithm::Md5, &"a".repeat(32));
        let (text, section) = told(&asked, &snapshot(vec![stored])).expect("an answer");
        assert_eq!(params(&section, "a1-hash"), ["a".repeat(32)]);
        assert!(!text.contains("1234") && !text.contains("allow-empty-password"));
    }

    #[test]
    fn secrets_of_other_services_reach_the_user_that_they_were_stored_for() {
        let params_stored = vec![
            Setting::new("esl-password", "for the event socket"),
            Setting::new("reverse-auth-pass", "for the phone"),
            Setting::new("jsonrpc-allowed-methods", "verto"),
        ];
        let snapshot = alone(User { params: params_stored, ..bob(Vec::new()) });
        for action in ["event_socket_auth", "reverse-auth-lookup", "jsonrpc-authenticate"] {
            let asked = asking(&format!("action={action}&key=id&user=1000"));
            let (_, section) = told(&asked, &snapshot).expect("an answer");
            assert_eq!(params(&section, "esl-password"), ["for the event socket"]);
            assert_eq!(params(&section, "reverse-auth-pass"), ["for the phone"]);
            assert_eq!(params(&section, "jsonrpc-allowed-methods"), ["verto"]);
        }
        let (_, section) = told(&asking("key=id&user=1000"), &alone(bob(Vec::new()))).expect("one");
        assert!(params(&section, "esl-password").is_empty());
    }

    #[test]
    fn who_would_be_let_in_unchecked_is_denied() {
        for fields in ["number_alias=check", "action=skinny-auth"] {
            assert!(denied(&asking(&format!("{fields}&key=id&user=1000")), &pbx()), "{fields}");
        }
    }

    #[test]
    fn text_in_a_dial_string_is_not_expanded_however_its_name_is_spelled() {
        for name in ["dial-string", "Dial-String", "GROUP-DIAL-STRING"] {
            let stored = vec![Setting::new(name, "${system(id)}")];
            let refused = told(
                &asking("key=id&user=1000"),
                &alone(User { params: stored, ..bob(Vec::new()) }),
            );
            assert!(matches!(refused, Err(Refusal::Internal(_))), "{name}");
        }
    }

    #[test]
    fn a_user_can_always_be_called() {
        let asked = asking("action=user_call&key=id&user=1000");
        let (text, section) = told(&asked, &alone(bob(Vec::new()))).expect("an answer");
        assert_eq!(params(&section, "dial-string"), [DIAL_STRING]);
        assert!(text.contains(r#"value="{^^:sip_invite_domain=&#36;{dialed_domain}:presence_id="#));

        let own = Setting::channel("Dial-String", "user/2");
        let (_, section) =
            told(&asked, &alone(User { params: vec![own], ..bob(Vec::new()) })).expect("an answer");
        assert_eq!(params(&section, "dial-string"), ["user/2"]);

        let (_, section) = told(&asked, &pbx()).expect("an answer");
        assert!(params(&section, "dial-string").is_empty(), "the domain has one");
    }

    #[test]
    fn text_that_the_switch_would_act_on_is_carried_as_it_is_or_refused() {
        for nasty in [
            "a&b<c>\"d'",
            "$${default_password}",
            "${system(id)}",
            "$1",
            "%41",
            "Jürgen 李",
            "a\nb",
            "<!",
            "<include",
            "x-pre-process",
            "\u{0}",
            "]]>",
            "&amp;",
            "-->",
        ] {
            let stored = User {
                number_alias: Some(format!("alias {nasty}")),
                params: vec![Setting::new("vm-mailto", nasty)],
                variables: vec![Setting::new("effective_caller_id_name", nasty)],
                ..bob(Vec::new())
            };
            match told(&asking("key=id&user=1000"), &alone(stored)) {
                Err(Refusal::Internal(why)) => assert!(!why.contains("a\nb"), "{why}"),
                Err(other) => panic!("{nasty:?}: {other}"),
                Ok((_, section)) => {
                    assert_eq!(params(&section, "vm-mailto"), [nasty]);
                    let variable = [("variables", None), ("variable", None)];
                    let variable = user(&section).find(&variable).expect("a variable");
                    assert_eq!(variable.attribute("value"), Some(nasty));
                    assert!(!nasty.contains("${") && !nasty.contains("<!"), "{nasty:?}");
                }
            }
        }
    }

    #[test]
    fn a_user_inherits_from_the_first_of_its_groups_what_it_does_not_have_itself() {
        let group = |name: &str, value: &str| Group {
            name: name.into(),
            members: vec!["1000".into()],
            params: vec![
                Setting::new("vm-mailto", value),
                Setting::new("dial-string", value),
                Setting::new("password", "x"),
            ],
            variables: vec![Setting::new("callgroup", value)],
        };
        let user = User { params: vec![Setting::new("VM-mailto", "own")], ..bob(Vec::new()) };
        let domain = Domain::new("pbx.example.test")
            .with_users(vec![user])
            .with_groups(vec![group("one", "1"), group("two", "2")]);
        let snapshot = Snapshot::new(Contents { domains: [domain].into(), ..Contents::default() });
        let asked = asking("action=user_call&key=id&user=1000");
        let (text, section) = told(&asked, &snapshot).expect("an answer");
        assert_eq!(params(&section, "vm-mailto"), ["own"]);
        assert_eq!(params(&section, "dial-string"), ["1"]);
        assert!(params(&section, "password").is_empty());
        assert!(text.contains("<variable name=\"callgroup\" value=\"1\"/>"), "{text}");
    }
}
