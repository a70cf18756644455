//! What is told for which change, without any socket.

use std::sync::Arc;
use std::time::SystemTime;

use jackfield_api::snapshot::{
    AccessList, AccessNode, AccessTarget, Agent, Contents, Domain, Gateway, Global, Group, Hosts,
    List, Profile, ProfileDomain, ProfileKind, Queue, Setting, Snapshot, StoredDocument, Tier,
    User,
};

use super::*;
use crate::db::ChangedRow;
use crate::fsapi::Picture;

const DOMAIN: &str = "pbx.test";

fn user(id: &str, alias: Option<&str>) -> User {
    User { id: id.into(), number_alias: alias.map(str::to_owned), ..User::default() }
}

fn gateway(name: &str, proxy: &str) -> Gateway {
    Gateway { name: name.into(), params: vec![Setting::new("proxy", proxy)], ..Gateway::default() }
}

fn profile(name: &str, params: &[(&str, &str)]) -> Profile {
    let params = params.iter().map(|(name, text)| Setting::new(*name, *text)).collect();
    Profile { name: name.into(), params, ..Profile::default() }
}

fn list(name: &str, target: AccessTarget) -> AccessList {
    let nodes = vec![AccessNode { allow: true, target }];
    AccessList { name: name.into(), default_allow: false, nodes, hosts: Hosts::default() }
}

fn document(name: &str, text: &str) -> StoredDocument {
    let xml = Raw::parse(&format!("<configuration name='{name}'><a b='{text}'/></configuration>"));
    StoredDocument { name: name.into(), xml: xml.expect("valid"), hosts: Hosts::default() }
}

/// A PBX in which there is one of everything. Its users are in rows 1, 2 and 3.
fn pbx() -> Contents {
    let users = [
        user("1000", Some("5551000")),
        user("1001", None),
        User {
            cidr: Some("192.0.2.7/32".into()),
            gateways: vec![gateway("own", "own.test")],
            ..user("trunk", None)
        },
    ];
    let served = ProfileDomain { name: "all".into(), alias: true, parse: true };
    let kind = |kind| Profile { kind, ..profile("default", &[("max", "1")]) };
    Contents {
        domains: [Domain::new(DOMAIN).with_aliases(vec!["alias.test".into()]).with_users(users)]
            .into(),
        profiles: [
            Profile {
                domains: vec![served],
                ..profile("internal", &[("sip-port", "5060"), ("context", "default")])
            },
            Profile {
                gateways: vec![gateway("carrier", "carrier.test"), gateway("spare", "spare.test")],
                ..profile("external", &[("sip-port", "5080")])
            },
            kind(ProfileKind::Voicemail),
            kind(ProfileKind::Verto),
            kind(ProfileKind::Conference),
        ]
        .into(),
        access_lists: [list("domains", AccessTarget::Domain(DOMAIN.into()))].into(),
        queues: [Queue {
            name: "support@default".into(),
            params: vec![Setting::new("strategy", "ring-all")],
        }]
        .into(),
        agents: [agent("a", "user/1000"), agent("b", "user/1001")].into(),
        tiers: [tier("support@default", "a", 1)].into(),
        documents: ["acl.conf", "sofia.conf", "timezones.conf", "ivr.conf"]
            .map(|name| document(name, "1"))
            .into(),
        ..Contents::default()
    }
}

/// A list after some of it was put in or taken out.
fn edit<T: Clone>(list: &mut List<T>, change: impl FnOnce(&mut Vec<T>)) {
    let mut items: Vec<T> = list.iter().cloned().collect();
    change(&mut items);
    *list = items.into();
}

fn agent(name: &str, contact: &str) -> Agent {
    Agent { name: name.into(), attributes: vec![Setting::new("contact", contact)] }
}

fn tier(queue: &str, agent: &str, level: u32) -> Tier {
    Tier { queue: queue.into(), agent: agent.into(), level, position: 1 }
}

/// `table row`.
fn changed(rows: &[(&'static str, i64)]) -> BTreeSet<ChangedRow> {
    rows.iter().map(|(table, row)| ChangedRow { table, row: *row }).collect()
}

fn picture(contents: Contents) -> Arc<Picture> {
    let (snapshot, made) = (Snapshot::new(contents), SystemTime::now());
    Arc::new(Picture { snapshot, routes: Vec::new(), made, generation: 0 })
}

fn planned(
    before: Contents,
    after: Contents,
    rows: impl Into<Option<BTreeSet<ChangedRow>>>,
    host: &str,
) -> Plan {
    plan(&Span { before: picture(before), after: picture(after), rows: rows.into() }, host)
}

/// The commands, and the remarks, of a change to that PBX.
fn told(rows: &[(&'static str, i64)], change: impl FnOnce(&mut Contents)) -> Vec<String> {
    let mut after = pbx();
    change(&mut after);
    let plan = planned(pbx(), after, changed(rows), "a");
    plan.tasks.iter().map(ToString::to_string).chain(plan.remarks).collect()
}

/// Users stay in their rows where only the last ones go.
fn users(contents: &mut Contents, change: impl FnOnce(&mut Vec<User>)) {
    let domain = &mut contents.domains[0];
    let mut users: Vec<_> = domain.users().iter().map(|user| user.to_user()).collect();
    change(&mut users);
    *domain = domain.clone().with_users(users);
}

#[test]
fn a_changed_user_is_forgotten_under_each_of_its_names_in_each_of_its_domains() {
    let told = told(&[("users", 1)], |pbx| {
        users(pbx, |users| users[0].voicemail_hash = Some("7".repeat(32)));
    });
    assert_eq!(
        told,
        [
            "xml_flush_cache id 1000 alias.test",
            "xml_flush_cache id 1000 pbx.test",
            "xml_flush_cache id 5551000 alias.test",
            "xml_flush_cache id 5551000 pbx.test",
            "xml_flush_cache number-alias 5551000 alias.test",
            "xml_flush_cache number-alias 5551000 pbx.test",
        ]
    );
}

#[test]
fn a_renamed_user_is_forgotten_under_its_old_and_its_new_name() {
    let told = told(&[("users", 2)], |pbx| {
        users(pbx, |users| users[1] = user("2001", Some("9")));
    });
    for name in ["id 1001", "id 2001", "id 9", "number-alias 9"] {
        for domain in [DOMAIN, "alias.test"] {
            assert!(told.contains(&format!("xml_flush_cache {name} {domain}")), "{told:?}");
        }
    }
    assert_eq!(told.len(), 8);
}

#[test]
fn a_user_that_came_or_went_is_forgotten() {
    let flushed = |told: Vec<String>| {
        told.into_iter().filter(|line| line.starts_with("xml")).collect::<Vec<_>>()
    };
    let gone = told(&[("users", 3)], |pbx| users(pbx, |users| drop(users.pop())));
    let of =
        |id: &str| ["alias.test", DOMAIN].map(|domain| format!("xml_flush_cache id {id} {domain}"));
    assert_eq!(flushed(gone), of("trunk"));
    let came = told(&[("users", 4)], |pbx| users(pbx, |users| users.push(user("2000", None))));
    assert_eq!(flushed(came), of("2000"));
    // It came and went within one step: nobody was ever answered with it.
    assert!(told(&[("users", 9)], |_| {}).is_empty());
}

#[test]
fn a_user_whom_no_command_can_name_is_forgotten_with_all_others() {
    for id in ["a b", "a\nb", "a'b", ""] {
        let told = told(&[("users", 2), ("users", 1)], |pbx| {
            users(pbx, |users| users[1].id = id.into());
        });
        assert_eq!(told, ["xml_flush_cache"], "{id:?}");
    }
}

#[test]
fn what_all_users_inherit_has_all_of_them_forgotten() {
    let inherit = |rows: &[(&'static str, i64)], change: fn(&mut Contents)| {
        assert_eq!(told(rows, change)[0], "xml_flush_cache", "{rows:?}");
    };
    inherit(&[("domains", 1)], |pbx| {
        let settings = vec![Setting::new("dial-string", "x")];
        pbx.domains[0] = pbx.domains[0].clone().with_settings(settings, Vec::new());
    });
    inherit(&[("domains", 1)], |pbx| {
        pbx.domains[0] = pbx.domains[0].clone().with_aliases(Vec::new());
    });
    let group = |variables| {
        vec![Group {
            name: "g".into(),
            members: vec!["1000".into()],
            variables,
            ..Group::default()
        }]
    };
    let told = told(&[("groups", 1)], |pbx| {
        pbx.domains[0] =
            pbx.domains[0].clone().with_groups(group(vec![Setting::new("callgroup", "g")]));
    });
    assert_eq!(told, ["xml_flush_cache"]);
}

#[test]
fn a_group_that_only_names_its_members_is_asked_for_each_time() {
    let told = told(&[("groups", 1)], |pbx| {
        let group = Group { name: "g".into(), members: vec!["1000".into()], ..Group::default() };
        pbx.domains[0] = pbx.domains[0].clone().with_groups(vec![group]);
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn network_lists_are_read_when_they_or_the_networks_of_their_users_change() {
    let acl = |rows: &[(&'static str, i64)], change: fn(&mut Contents)| {
        told(rows, change).contains(&"reloadacl".to_owned())
    };
    assert!(acl(&[("access_lists", 1)], |pbx| pbx.access_lists[0].default_allow = true));
    assert!(acl(&[("access_lists", 1)], |pbx| pbx.access_lists = List::default()));
    assert!(acl(&[("documents", 1)], |pbx| pbx.documents[0] = document("acl.conf", "2")));
    assert!(acl(&[("users", 3)], |pbx| {
        users(pbx, |users| users[2].cidr = Some("192.0.2.8/32".into()));
    }));
    assert!(acl(&[("users", 3)], |pbx| users(pbx, |users| users[2].disabled = true)));
    assert!(acl(&[("users", 3)], |pbx| users(pbx, |users| drop(users.pop()))));
    assert!(acl(&[("domains", 1)], |_| {}));
    assert!(!acl(&[("users", 1)], |pbx| {
        users(pbx, |users| users[0].voicemail_hash = Some("7".repeat(32)));
    }));
    // No list names a domain.
    let mut contents = pbx();
    contents.access_lists = [list("lan", AccessTarget::Cidr("192.0.2.0/24".into()))].into();
    let mut after = pbx();
    after.access_lists.clone_from(&contents.access_lists);
    users(&mut after, |users| users[2].cidr = None);
    let plan = planned(contents, after, changed(&[("users", 3)]), "a");
    assert!(!plan.tasks.contains(&Task::ReloadAcl));
}

#[test]
fn a_parameter_of_a_profile_is_rescanned_and_where_it_listens_is_restarted() {
    for (name, text, told_for) in [
        ("context", "public", "sofia profile internal rescan"),
        ("rtp-ip", "192.0.2.1", "sofia profile internal rescan"),
        ("ext-rtp-ip", "192.0.2.1", "sofia profile internal rescan"),
        ("sip-port", "5070", "sofia profile internal restart"),
        ("SIP-IP", "192.0.2.1", "sofia profile internal restart"),
        ("ext-sip-ip", "192.0.2.1", "sofia profile internal restart"),
        ("tls-sip-port", "5061", "sofia profile internal restart"),
        ("wss-binding", ":7443", "sofia profile internal restart"),
    ] {
        let told = told(&[("profiles", 1)], |pbx| {
            let params = &mut pbx.profiles[0].params;
            params.retain(|param| param.name != name);
            params.push(Setting::new(name, text));
        });
        assert_eq!(told, [told_for], "{name}");
    }
}

#[test]
fn what_a_rescan_does_not_bring_into_force_is_remarked_upon() {
    let gone = told(&[("profiles", 1)], |pbx| drop(pbx.profiles[0].params.pop()));
    assert_eq!(gone[0], "sofia profile internal rescan");
    assert!(
        gone[1].contains(" changed in context is not") && gone[1].contains("internal restart"),
        "{gone:?}"
    );
    let late = told(&[("profiles", 1)], |pbx| {
        pbx.profiles[0].params.push(Setting::new("session-timeout", "1800"));
        pbx.profiles[0].params.push(Setting::new("Dbname", "hush"));
        pbx.profiles[0].params.push(Setting::new("rtp-ip", "192.0.2.1"));
    });
    assert!(
        late[1].starts_with("SIP profile internal: what changed in dbname, session-timeout is not"),
        "{late:?}"
    );
    assert!(!late[1].contains("hush"), "{late:?}");
    let verto = told(&[("profiles", 1)], |pbx| pbx.profiles[3].params.clear());
    assert!(verto.len() == 1 && verto[0].contains("mod_verto"), "{verto:?}");
}

#[test]
fn a_profile_that_comes_is_started_and_one_that_goes_is_stopped() {
    let told = told(&[("profiles", 2)], |pbx| {
        edit(&mut pbx.profiles, |profiles| {
            profiles.remove(1);
            profiles.push(profile("new", &[("sip-port", "5090")]));
        });
    });
    assert_eq!(told, ["sofia profile external stop", "sofia profile new start"]);
}

#[test]
fn a_new_gateway_is_rescanned_and_another_or_none_is_removed_first() {
    let told = |change: fn(&mut Vec<Gateway>)| {
        told(&[("profiles", 2)], |pbx| change(&mut pbx.profiles[1].gateways))
    };
    let rescan = "sofia profile external rescan";
    assert_eq!(told(|gateways| gateways.push(gateway("new", "new.test"))), [rescan]);
    let killed = format!("sofia profile external killgw carrier; {rescan}");
    assert_eq!(told(|gateways| gateways[0] = gateway("carrier", "other.test")), [&*killed]);
    assert_eq!(told(|gateways| drop(gateways.remove(0))), [&*killed]);
    assert_eq!(told(|gateways| gateways.reverse()), [""; 0]);
}

#[test]
fn the_gateway_of_a_user_is_one_of_the_profiles_that_bring_it_along() {
    let changed = |change: fn(&mut User)| -> Vec<String> {
        let told = told(&[("users", 3)], |pbx| users(pbx, |users| change(&mut users[2])));
        told.into_iter().filter(|line| line.starts_with("sofia")).collect()
    };
    let killed = "sofia profile internal killgw own; sofia profile internal rescan";
    assert_eq!(changed(|user| user.gateways[0] = gateway("own", "x")), [killed]);
    assert_eq!(changed(|user| user.gateways.clear()), [killed]);
    assert_eq!(changed(|user| user.disabled = true), [killed]);
    let rescan = "sofia profile internal rescan";
    assert_eq!(changed(|user| user.gateways.push(gateway("new", "x"))), [rescan]);
    assert!(changed(|user| user.cidr = None).is_empty());
    // Its domain goes, and with it whatever belongs to it.
    let gone = told(&[("domains", 1), ("users", 3)], |pbx| pbx.domains = List::default());
    assert!(gone.contains(&killed.to_owned()), "{gone:?}");
}

#[test]
fn a_gateway_that_no_command_can_name_alone_is_never_named() {
    for name in ["_all_", "a b", "a\nb"] {
        let mut before = pbx();
        before.profiles[1].gateways.push(gateway(name, "x"));
        let plan = planned(before, pbx(), changed(&[("profiles", 2)]), "a");
        let told: Vec<_> = plan.tasks.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["sofia profile external rescan"], "{name:?}");
    }
}

#[test]
fn a_profile_learns_of_domains_that_it_goes_by() {
    let told = told(&[("domains", 2)], |pbx| pbx.domains.push(Domain::new("new.test")));
    assert_eq!(told, ["xml_flush_cache", "reloadacl", "sofia profile internal rescan"]);
}

#[test]
fn the_frame_around_the_profiles_is_read_by_each() {
    let told = told(&[("documents", 2)], |pbx| {
        pbx.documents[1] = document("sofia.conf", "2");
    });
    assert_eq!(told, ["sofia profile external rescan", "sofia profile internal rescan"]);
}

#[test]
fn documents_that_modules_keep_are_read_and_those_asked_for_each_time_are_not() {
    let kept = told(&[("documents", 3)], |pbx| {
        pbx.documents[2] = document("timezones.conf", "2");
    });
    assert_eq!(kept, ["reloadxml"]);
    let asked = told(&[("documents", 4)], |pbx| pbx.documents[3] = document("ivr.conf", "2"));
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn the_call_centre_is_told_what_changed_and_no_more() {
    let rows = [("queues", 1), ("agents", 1), ("tiers", 1)];
    let told = |change: fn(&mut Contents)| told(&rows, change);
    let queue = |name: &str| Queue { name: name.into(), params: Vec::new() };
    assert_eq!(
        told(|pbx| pbx.queues[0].params.clear()),
        ["callcenter_config queue reload support@default"]
    );
    let mut with_sales = pbx();
    with_sales.queues.push(queue("sales"));
    with_sales.tiers.push(tier("sales", "b", 1));
    let plan = planned(pbx(), with_sales, changed(&rows), "a");
    let loaded: Vec<_> = plan.tasks.iter().map(ToString::to_string).collect();
    assert_eq!(loaded, ["callcenter_config queue load sales"]);
    assert_eq!(
        told(|pbx| {
            pbx.queues = List::default();
            pbx.tiers = List::default();
        }),
        [
            "callcenter_config queue unload support@default",
            "callcenter_config tier del support@default a"
        ]
    );
    assert_eq!(
        told(|pbx| pbx.agents[0] = agent("a", "user/1009")),
        ["callcenter_config agent reload a"]
    );
    assert_eq!(
        told(|pbx| edit(&mut pbx.agents, |agents| drop(agents.pop()))),
        ["callcenter_config agent del b"]
    );
    assert_eq!(
        told(|pbx| pbx.tiers = [tier("support@default", "a", 2)].into()),
        ["callcenter_config tier reload support@default a"]
    );
    assert_eq!(
        told(|pbx| pbx.tiers = [tier("support@default", "b", 1)].into()),
        [
            "callcenter_config tier reload support@default b",
            "callcenter_config tier del support@default a"
        ]
    );
}

#[test]
fn many_agents_come_with_their_queues() {
    let rows = [("agents", 1)];
    let told = told(&rows, |pbx| {
        for number in 0..100 {
            let name = format!("new{number}");
            pbx.agents.push(agent(&name, "x"));
            pbx.tiers.push(tier("support@default", &name, 1));
        }
        pbx.agents.push(agent("idle", "x"));
    });
    assert_eq!(
        told,
        ["callcenter_config queue reload support@default", "callcenter_config agent reload idle"]
    );
}

#[test]
fn a_voicemail_profile_is_reloaded_and_a_conference_profile_is_asked_for_each_time() {
    let told = |at: usize| told(&[("profiles", 1)], |pbx| pbx.profiles[at].params.clear());
    assert_eq!(told(2), ["voicemail reload default"]);
    assert!(told(4).is_empty());
}

#[test]
fn what_is_asked_for_each_time_is_not_told() {
    let rows = ["contexts", "extensions", "menus", "rooms", "languages"].map(|table| (table, 1));
    assert!(told(&rows, |_| {}).is_empty());
}

#[test]
fn each_switch_is_told_of_what_it_has() {
    let on = |host: &str, port: &str| Profile {
        hosts: Hosts::new([host]),
        ..profile("internal", &[("sip-port", port)])
    };
    let before = Contents { profiles: [on("a", "1"), on("b", "2")].into(), ..Contents::default() };
    let after = Contents { profiles: [on("a", "1"), on("b", "3")].into(), ..Contents::default() };
    for (host, tasks) in [("a", &[][..]), ("B", &["sofia profile internal restart"]), ("c", &[])] {
        let before = Contents { profiles: before.profiles.clone(), ..Contents::default() };
        let after = Contents { profiles: after.profiles.clone(), ..Contents::default() };
        let plan = planned(before, after, changed(&[("profiles", 1)]), host);
        let told: Vec<_> = plan.tasks.iter().map(ToString::to_string).collect();
        assert_eq!(told, tasks, "{host}");
    }
}

#[test]
fn a_global_reaches_what_reads_it_on_each_switch() {
    let reading = |global: &[(&str, &[&str])]| {
        let mut pbx = pbx();
        pbx.profiles[0].params[0] = Setting::written("sip-port", "$${port}");
        pbx.globals = global
            .iter()
            .map(|(value, hosts)| Global {
                name: "port".into(),
                value: (*value).into(),
                hosts: Hosts::new(hosts.iter().copied()),
            })
            .collect();
        pbx
    };
    let (before, after) = (&[("1", &["a"][..]), ("2", &[])], &[("1", &["a"][..]), ("3", &[])]);
    for (host, restarted) in [("a", false), ("b", true)] {
        let plan = planned(reading(before), reading(after), changed(&[]), host);
        let told: Vec<_> = plan.tasks.iter().map(ToString::to_string).collect();
        assert_eq!(told[0], "xml_flush_cache");
        assert_eq!(told.contains(&"sofia profile internal restart".into()), restarted, "{told:?}");
    }
}

#[test]
fn where_anything_may_have_changed_all_of_it_is_compared() {
    let mut after = pbx();
    after.queues[0].params.clear();
    after.profiles[1].gateways[0] = gateway("carrier", "other.test");
    let plan = planned(pbx(), after, None, "a");
    let told: Vec<_> = plan.tasks.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "xml_flush_cache",
            "reloadacl",
            "sofia profile external killgw carrier; sofia profile external rescan",
            "callcenter_config queue reload support@default",
        ]
    );
}
