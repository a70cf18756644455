//! Lists of users: their gateways, their networks, the members of a group, the whole directory.
//!
//! ```text
//! ...&purpose=gateways&profile=internal
//! ...&domain=pbx.example.test&purpose=network-list
//! ...&group=sales&action=group_call&group_name=sales&domain=pbx.example.test
//! ```
//!
//! Each list holds only the users that it is about, because all users of a large domain would be
//! more than the switch takes. None of them has a secret, and no disabled user is in any.
//!
//! ```xml
//! <domain name="pbx.example.test">
//!   <groups>
//!     <group name="sales">
//!       <users>
//!         <user id="1000" type="pointer"/>
//!         <user id="1001" type="pointer"/>
//!       </users>
//!     </group>
//!   </groups>
//! </domain>
//! ```
//!
//! The switch knows three places for a list of users and reads gateways and `list_users` from one of
//! them only, `groups/group/users`. So every list stands there, in a group without a name where the
//! users are in none.

use std::collections::HashSet;

use jackfield_api::document::{Directory, DirectoryDomain, ListedUser};
use jackfield_api::snapshot::{Domain, Group, SettingRef, UserRef};
use jackfield_api::{Answer, Refusal};

/// For users that are in no group. No stored group can have this name.
const NO_GROUP: &str = "";

/// What `list_users` prints and `mod_directory` searches.
const LISTED_VARIABLES: [&str; 5] = [
    "user_context",
    "callgroup",
    "effective_caller_id_name",
    "effective_caller_id_number",
    "directory_full_name",
];

/// Whether `mod_directory` tells callers of the user.
const LISTED_PARAMS: [&str; 2] = ["directory-visible", "directory-exten-visible"];

/// The names of domains, with those of their users that have gateways.
pub(super) fn gateways<'a>(domains: impl IntoIterator<Item = &'a Domain>) -> Answer {
    Directory::domains(domains.into_iter().map(|domain| gateways_named(domain, domain.name())))
}

/// The name of one domain, as it was asked for, with those of its users that have gateways.
pub(super) fn gateways_of(domain: &Domain, asked: &str) -> Answer {
    Directory::domains([gateways_named(domain, domain.spelled(asked))])
}

fn gateways_named<'a>(domain: &'a Domain, name: &'a str) -> DirectoryDomain<'a> {
    some(DirectoryDomain::new(name), enabled(domain), |user| {
        let has_one = !user.gateways().is_empty();
        has_one.then(|| ListedUser::new(user.id).gateways(user.gateways()))
    })
}

/// The users that have a network, for an access list.
pub(super) fn networks(domain: &Domain, asked: &str) -> Answer {
    let answer = some(DirectoryDomain::new(domain.spelled(asked)), enabled(domain), |user| {
        let cidr = user.cidr.filter(|cidr| !cidr.is_empty())?;
        Some(ListedUser::new(user.id).cidr(cidr))
    });
    Directory::domains([answer])
}

/// The domain with its settings. Who asks so wants nobody in it.
pub(super) fn settings(domain: &Domain, asked: &str) -> Answer {
    Directory::domains([listed_as(domain, asked)])
}

/// Pointers to the members of a group. The switch asks for each of them before it rings it; the
/// domain's own dial string has to be here.
pub(super) fn group(domain: &Domain, asked: &str, name: &str) -> Answer {
    let group = find(domain, name)?;
    let pointers = members(domain, group).map(|user| ListedUser::pointer(user.id));
    Directory::domains([listed_as(domain, asked).group(&group.name, pointers)])
}

/// The mailboxes that one message goes to. The switch does not ask again for each of them, so their
/// parameters are here.
pub(super) fn mailboxes(domain: &Domain, asked: &str, group: Option<&str>) -> Answer {
    let Some(name) = group else {
        return Directory::domains([everybody(domain, asked, mailbox)]);
    };
    let group = find(domain, name)?;
    let mailboxes = members(domain, group).map(mailbox);
    Directory::domains([listed_as(domain, asked).group(&group.name, mailboxes)])
}

/// Everybody in these domains.
pub(super) fn users<'a>(domains: impl IntoIterator<Item = &'a Domain>) -> Answer {
    Directory::domains(domains.into_iter().map(|domain| everybody(domain, domain.name(), entry)))
}

/// Everybody in one domain, under the name that it was asked for.
pub(super) fn users_of(domain: &Domain, asked: &str) -> Answer {
    Directory::domains([everybody(domain, asked, entry)])
}

fn listed_as<'a>(domain: &'a Domain, asked: &str) -> DirectoryDomain<'a> {
    DirectoryDomain::listed(domain).named(domain.spelled(asked))
}

/// Each user once, in the first of its groups. In the others stands a pointer: the switch shows it
/// there too, and does not send it a message twice.
fn everybody<'a>(
    domain: &'a Domain,
    asked: &str,
    listed: fn(UserRef<'a>) -> ListedUser<'a>,
) -> DirectoryDomain<'a> {
    let mut placed = HashSet::new();
    let mut answer = listed_as(domain, asked);
    for group in domain.groups() {
        let members = members(domain, group).map(|user| {
            let first = placed.insert(user.id);
            if first { listed(user) } else { ListedUser::pointer(user.id) }
        });
        answer = answer.group(&group.name, members);
    }
    let rest = enabled(domain).filter(|user| !placed.contains(user.id));
    some(answer, rest, |user| Some(listed(user)))
}

/// Adds those users that are listed, and no group where there is none of them.
fn some<'a>(
    answer: DirectoryDomain<'a>,
    users: impl Iterator<Item = UserRef<'a>>,
    listed: impl Fn(UserRef<'a>) -> Option<ListedUser<'a>>,
) -> DirectoryDomain<'a> {
    let mut users = users.filter_map(listed).peekable();
    if users.peek().is_some() { answer.group(NO_GROUP, users) } else { answer }
}

fn entry(user: UserRef<'_>) -> ListedUser<'_> {
    let params = named(user.params(), &LISTED_PARAMS);
    let variables = named(user.variables(), &LISTED_VARIABLES);
    with_alias(ListedUser::new(user.id).params(params).variables(variables), user)
}

fn mailbox(user: UserRef<'_>) -> ListedUser<'_> {
    with_alias(ListedUser::new(user.id).params(user.params()).variables(user.variables()), user)
}

fn with_alias<'a>(listed: ListedUser<'a>, user: UserRef<'a>) -> ListedUser<'a> {
    match user.number_alias {
        Some(alias) => listed.number_alias(alias),
        None => listed,
    }
}

fn named<'a>(
    settings: impl Iterator<Item = SettingRef<'a>>,
    names: &[&str],
) -> impl Iterator<Item = SettingRef<'a>> {
    settings.filter(|setting| names.iter().any(|name| setting.name.eq_ignore_ascii_case(name)))
}

fn enabled(domain: &Domain) -> impl Iterator<Item = UserRef<'_>> {
    domain.users().iter().filter(|user| !user.disabled)
}

fn members<'a>(domain: &'a Domain, group: &'a Group) -> impl Iterator<Item = UserRef<'a>> {
    group.members.iter().filter_map(|member| domain.user(member)).filter(|user| !user.disabled)
}

fn find<'a>(domain: &'a Domain, name: &str) -> Result<&'a Group, Refusal> {
    domain.group(name).ok_or(Refusal::Denied("there is no such group"))
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{Contents, Gateway, Setting, Snapshot, User};
    use jackfield_api::testing::switch_xml::Node;
    use jackfield_api::testing::{pbx, recorded};

    use super::super::asked::{asking, denied, told};
    use super::*;

    /// `group/id`, and `group/*id` for a pointer, in the order of the answer.
    fn listed(section: &Node) -> Vec<String> {
        let groups = section.children_named("domain").filter_map(|domain| domain.child("groups"));
        let mut listed = Vec::new();
        for group in groups.flat_map(|groups| groups.children_named("group")) {
            let name = group.attribute("name").expect("a name");
            for user in &group.child("users").expect("users").children {
                let pointer = if user.attribute("type") == Some("pointer") { "*" } else { "" };
                listed.push(format!("{name}/{pointer}{}", user.attribute("id").expect("an id")));
            }
        }
        listed
    }

    fn list(body: &str) -> Vec<String> {
        listed(&told(body, &pbx()).expect("an answer").1)
    }

    fn every_list() -> Vec<String> {
        let mut lists = [
            recorded::GATEWAYS,
            recorded::GROUP_CALL,
            recorded::DOMAIN_EXISTS,
            recorded::NETWORK_LIST,
            recorded::LIST_USERS,
            recorded::DOMAIN_DATA,
            recorded::IN_GROUP,
        ]
        .map(|recorded| recorded.text().to_owned())
        .to_vec();
        lists.push(all_domains());
        lists.push(asking("purpose=publish-vm&user=_all_"));
        lists.push(asking("purpose=publish-vm&group=sales"));
        lists
    }

    fn all_domains() -> String {
        "hostname=vm&section=directory&tag_name=&key_name=&key_value=".to_owned()
    }

    /// The PBX's domain, and one of two users whose every setting with a secret's name has one.
    fn two_domains() -> Snapshot {
        let secrets = || {
            [
                "password",
                "a1-hash",
                "vm-a1-hash",
                "vm-password",
                "ESL-Password",
                "reverse-auth-pass",
                "jsonrpc-password",
            ]
            .map(|name| Setting::new(name, "hunter2"))
            .into_iter()
            .chain([Setting::new("vm-enabled", "true"), Setting::new("directory-visible", "false")])
            .collect::<Vec<_>>()
        };
        let user = |id: &str| User {
            id: id.into(),
            params: secrets(),
            variables: vec![
                Setting::new("sip_auth_password", "hunter2"),
                Setting::new("callgroup", "x"),
                Setting::new("toll_allow", "local"),
            ],
            voicemail_hash: Some("hunter2".into()),
            ..User::default()
        };
        let group = |name: &str, members: &[&str]| Group {
            name: name.into(),
            members: members.iter().map(|id| (*id).to_owned()).collect(),
            ..Group::default()
        };
        let other = Domain::new("other.example.test")
            .with_settings(secrets(), vec![Setting::new("auth_password", "hunter2")])
            .with_users(vec![user("a"), user("b"), User { disabled: true, ..user("c") }])
            .with_groups(vec![
                group("one", &["b", "c", "gone"]),
                group("two", &["B", "a"]),
                group("none", &["c"]),
            ]);
        let domains = vec![pbx().contents().domains[0].clone(), other];
        Snapshot::new(Contents { domains: domains.into(), ..Contents::default() })
    }

    #[test]
    fn gateways_are_asked_for_by_domain_name_and_only_users_that_have_some_are_listed() {
        let (text, section) = told(recorded::GATEWAYS.text(), &two_domains()).expect("an answer");
        let names: Vec<_> =
            section.children.iter().map(|domain| domain.attribute("name")).collect();
        assert_eq!(names, [Some("pbx.example.test"), Some("other.example.test")]);
        assert_eq!(listed(&section), ["/trunk"]);
        assert!(text.contains(r#"<gateway name="carrier">"#), "{text}");

        let one = asking("purpose=gateways&profile=internal");
        let (_, section) = told(&one, &two_domains()).expect("an answer");
        assert_eq!(section.children.len(), 1);
        assert_eq!(listed(&section), ["/trunk"]);
    }

    #[test]
    fn the_gateway_of_a_disabled_user_is_not_listed() {
        let user = User {
            id: "x".into(),
            disabled: true,
            cidr: Some("192.0.2.9/32".into()),
            gateways: vec![Gateway { name: "gone".into(), ..Gateway::default() }],
            ..User::default()
        };
        let domains = vec![Domain::new("pbx.example.test").with_users(vec![user])];
        let snapshot = Snapshot::new(Contents { domains: domains.into(), ..Contents::default() });
        for asked in [recorded::GATEWAYS.text(), recorded::NETWORK_LIST.text()] {
            let (text, _) = told(asked, &snapshot).expect("an answer");
            assert!(text.contains(r#"<domain name="pbx.example.test"/>"#), "{text}");
        }
    }

    #[test]
    fn a_network_list_holds_the_users_that_have_a_network_and_nothing_else() {
        let (text, _) = told(recorded::NETWORK_LIST.text(), &pbx()).expect("an answer");
        assert_eq!(
            text,
            r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="directory">
    <domain name="pbx.example.test">
      <groups>
        <group name="">
          <users>
            <user id="trunk" cidr="192.0.2.7/32"/>
          </users>
        </group>
      </groups>
    </domain>
  </section>
</document>
"#
        );
    }

    #[test]
    fn a_group_call_gets_pointers_to_the_members_of_that_group_and_the_dial_string() {
        let (text, section) = told(recorded::GROUP_CALL.text(), &pbx()).expect("an answer");
        assert_eq!(listed(&section), ["sales/*1000", "sales/*1001"]);
        assert!(text.contains(r#"<param name="dial-string""#));
        assert!(!text.contains("1002"));
    }

    #[test]
    fn a_group_call_that_names_a_user_is_about_the_user() {
        let (_, section) = told(recorded::GROUP_CALL_USER.text(), &pbx()).expect("an answer");
        assert_eq!(listed(&section), [""; 0]);
        let user = section.find(&[("domain", None), ("users", None), ("user", None)]);
        assert_eq!(user.and_then(|user| user.attribute("id")), Some("1000"));
    }

    #[test]
    fn in_group_gets_the_members_whoever_it_asks_about() {
        assert_eq!(list(recorded::IN_GROUP.text()), ["sales/*1000", "sales/*1001"]);
        assert_eq!(list(&asking("user=1002&group_name=SALES")), ["sales/*1000", "sales/*1001"]);
    }

    #[test]
    fn disabled_and_unknown_members_are_left_out_and_an_unknown_group_is_denied() {
        let other = |fields| asking(fields).replace("pbx.", "other.");
        let two = two_domains();
        let (_, section) = told(&other("action=group_call&group_name=one"), &two).expect("one");
        assert_eq!(listed(&section), ["one/*b"]);
        let (text, _) = told(&other("action=group_call&group_name=none"), &two).expect("none");
        assert!(text.contains(r#"<group name="none">"#));
        for fields in ["group=x&action=group_call&group_name=x", "purpose=publish-vm&group=x"] {
            assert!(denied(&other(fields), &two), "{fields}");
        }
    }

    #[test]
    fn everybody_is_listed_once_with_what_list_users_prints() {
        let expected = ["sales/1000", "sales/1001", "/1002", "/trunk", "/verto1", "/1009"];
        assert_eq!(list(recorded::LIST_USERS.text()), expected);
        assert_eq!(list(&all_domains()), expected);
        let (text, _) = told(recorded::LIST_USERS.text(), &pbx()).expect("an answer");
        for shown in ["user_context", "Ext 1002", r#"number-alias="5551002""#] {
            assert!(text.contains(shown), "{shown}");
        }
        assert!(!text.contains("vm-mailto"), "parameters would only make it large");
    }

    #[test]
    fn a_user_of_two_groups_is_a_pointer_in_the_second() {
        let (text, section) = told(&all_domains(), &two_domains()).expect("an answer");
        let of_other: Vec<_> = listed(&section).split_off(6);
        assert_eq!(of_other, ["one/b", "two/*b", "two/a"]);
        assert!(text.contains("callgroup") && text.contains("directory-visible"));
        assert!(!text.contains("toll_allow"));
    }

    #[test]
    fn a_message_to_all_mailboxes_finds_their_parameters() {
        let (text, section) =
            told(&asking("purpose=publish-vm&user=_all_"), &pbx()).expect("an answer");
        assert_eq!(listed(&section).len(), 6);
        assert_eq!(text.matches("vm-mailto").count(), 6);
        let (text, section) =
            told(&asking("purpose=publish-vm&group=sales"), &pbx()).expect("an answer");
        assert_eq!(listed(&section), ["sales/1000", "sales/1001"]);
        assert_eq!(text.matches("vm-mailto").count(), 2);
    }

    #[test]
    fn a_domain_alone_is_answered_with_its_settings_and_without_users() {
        for name in [recorded::DOMAIN_EXISTS, recorded::DOMAIN_DATA] {
            let (text, section) = told(name.text(), &pbx()).expect("an answer");
            assert!(!text.contains("<user"), "{name}");
            let variable = [("domain", None), ("variables", None), ("variable", None)];
            let variable = section.find(&variable).expect("a variable");
            assert_eq!(variable.attribute("value"), Some("en"), "{name}");
        }
    }

    #[test]
    fn no_list_holds_a_secret_or_a_disabled_user_or_may_be_kept() {
        for snapshot in [pbx(), two_domains()] {
            for body in every_list() {
                for body in [body.replace("pbx.", "other."), body] {
                    let Ok((text, section)) = told(&body, &snapshot) else { continue };
                    let digits = ["5".repeat(32), "2".repeat(64), "7".repeat(32)];
                    for secret in digits.iter().map(String::as_str).chain(["hunter2", "cacheable"])
                    {
                        assert!(!text.contains(secret), "{secret} in {text}");
                    }
                    let users = listed(&section);
                    assert!(!users.iter().any(|user| user.ends_with("1008")), "{users:?}");
                }
            }
        }
    }
}
