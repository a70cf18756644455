//! What is limited to some switches: each gets its own, and every other one what is for all.

use jackfield::db::Database;
use jackfield_api::snapshot::{
    AccessList, Contents, Gateway, Global, Hosts, Profile, ProfileKind, Setting, Snapshot,
    StoredDocument,
};
use jackfield_api::testing::switch_xml::Node;
use jackfield_api::xml::Raw;

use crate::support::{
    Base, Body, Server, body, exchange, find, is_not_found, jackfield, on_each, parse_reply, post,
    request, tree,
};

/// The PBX of the tests, and beside it what switches `a` and `b` have of their own.
const LIMITED: &str = r#"
    INSERT INTO profiles (kind, name, params, hosts) VALUES
        ('sofia', 'internal', '[{"name":"sip-ip","text":"192.0.2.1"}]', '["a"]'),
        ('sofia', 'Internal', '[{"name":"sip-ip","text":"$${ip}","level":"global"}]', '["b","d"]'),
        ('sofia', 'only', '[]', '["a"]'),
        ('voicemail', 'default', '[{"name":"x","text":"of a"}]', '["a"]'),
        ('conference', 'default', '[{"name":"x","text":"of a"}]', '["a"]'),
        ('verto', 'default-v4', '[{"name":"x","text":"of a"}]', '["a"]');
    INSERT INTO gateways (profile_id, name) SELECT id, 'of-' || replace(replace(hosts, '["', ''), '"]', '')
        FROM profiles WHERE name = 'internal' AND hosts = '["a"]';
    INSERT INTO gateways (profile_id, name)
        SELECT id, 'Upstream' FROM profiles WHERE name = 'internal' AND hosts = '["a"]';
    INSERT INTO access_lists (name, nodes, hosts) VALUES
        ('domains', '[{"allow":true,"cidr":"198.51.100.0/24"}]', '["a"]');
    INSERT INTO documents (name, xml, hosts) VALUES
        ('own.conf', '<configuration name="own.conf"><a is="all" ip="$${ip}"/></configuration>', '[]'),
        ('OWN.conf', '<configuration name="own.conf"><a is="a"/><t>$${url}</t></configuration>', '["a"]'),
        ('own.conf', '<configuration name="own.conf"><a is="b" only="$${ip}"/></configuration>', '["b"]'),
        ('of-a.conf', '<configuration name="of-a.conf"/>', '["a"]');
    INSERT INTO globals (name, value, hosts) VALUES
        ('ip', '192.0.2.9', '[]'),
        ('IP', '192.0.2.1', '["a"]'),
        ('ip', '$${net}.2', '["b"]'),
        ('net', 'b"<&>', '[]'),
        ('url', 'sip:$${ip}', '[]'),
        ('only', 'known', '["a"]');
    UPDATE domains SET variables = '[{"name":"url","text":"$${url}","level":"global"}]';
    INSERT INTO contexts (section, name) VALUES ('dialplan', 'limits');
    INSERT INTO extensions (context_id, position, name, conditions) SELECT id, 1, 'x',
        '[{"attributes":[{"name":"field","text":"destination_number"},{"name":"expression","text":"^(.*)$"}],
           "steps":[{"action":{"application":"set","data":"u=$${url}","level":"global"}}]}]'
        FROM contexts WHERE name = 'limits';
    INSERT INTO phrases (language_id, name, xml) SELECT id, 'where',
        '<macro name="where"><input pattern="(.*)"><match><action function="play-file" data="$${ip}/x"/></match></input></macro>'
        FROM languages;
"#;

/// What `$${ip}` is: of its own, of its own with another global in it, and that of all.
const IPS: [(&str, &str); 3] = [("a", "192.0.2.1"), ("b", "b\"<&>.2"), ("c", "192.0.2.9")];

fn limited(base: &Base) -> Server {
    base.sql(LIMITED);
    serve(base, "")
}

fn serve(base: &Base, settings: &str) -> Server {
    let contents = base.open().load().unwrap_or_else(|error| panic!("{error}"));
    Server::over(settings, Snapshot::new(contents))
}

fn asking(file: &str) -> Body {
    Body::parse(&format!(
        "hostname=vm&section=configuration&tag_name=configuration&key_name=name&key_value={file}"
    ))
}

fn told(server: &Server, host: &str, body: Body) -> Node {
    tree(&post(server.machine, body.set("hostname", host).bytes()).body)
}

/// The values of one attribute of all elements in a list.
fn all(tree: &Node, list: &str, attribute: &str) -> Vec<String> {
    let list = find(tree, list).unwrap_or_else(|| panic!("no {list}"));
    let values = list.children.iter().filter_map(|child| child.attribute(attribute));
    values.map(str::to_owned).collect()
}

fn value<'a>(tree: &'a Node, path: &str, attribute: &str) -> &'a str {
    let found = find(tree, path).unwrap_or_else(|| panic!("no {path}"));
    found.attribute(attribute).unwrap_or_else(|| panic!("no {attribute} of {path}"))
}

#[test]
fn each_switch_gets_its_own_profile_with_its_gateways_and_every_other_one_that_of_all() {
    on_each(|base| {
        let server = limited(base);
        let profiles = "section/configuration/profiles";
        let ip = |tree: &Node, name: &str| {
            let path = format!("{profiles}/profile[name={name}]/settings/param[name=sip-ip]");
            find(tree, &path).and_then(|found| found.attribute("value")).map(str::to_owned)
        };
        let of_all = all(&told(&server, "c", body(10)), profiles, "name");
        for flow in [body(10), body(11)] {
            for host in ["a", "A"] {
                let tree = told(&server, host, flow.clone());
                assert_eq!(ip(&tree, "internal").as_deref(), Some("192.0.2.1"), "{host}");
                let gateways = format!("{profiles}/profile[name=internal]/gateways");
                assert_eq!(all(&tree, &gateways, "name"), ["of-a", "Upstream"]);
            }
            for host in ["b", "D"] {
                let tree = told(&server, host, flow.clone());
                let ip = ip(&tree, "Internal").expect("its own");
                assert_eq!(ip, if host == "b" { IPS[1].1 } else { IPS[2].1 });
                let names = all(&tree, profiles, "name");
                assert!(!names.contains(&"internal".to_owned()), "{host}: {names:?}");
            }
            let tree = told(&server, "c", flow.clone());
            assert!(find(&tree, &format!("{profiles}/profile[name=internal]")).is_some());
            assert!(find(&tree, &format!("{profiles}/profile[name=internal]/gateways")).is_none());
            assert_ne!(ip(&tree, "internal").as_deref(), Some("192.0.2.1"));
        }
        let names = all(&told(&server, "a", body(10)), profiles, "name");
        assert!(names.contains(&"only".to_owned()) && names.len() == of_all.len() + 1, "{names:?}");
        assert!(!of_all.contains(&"only".to_owned()));
        for file in ["voicemail.conf", "conference.conf"] {
            let path = format!("{profiles}/profile[name=default]/param[name=x]");
            for (host, has) in [("a", true), ("b", false)] {
                let tree = told(&server, host, asking(file));
                assert_eq!(find(&tree, &path).is_some(), has, "{file} {host}");
                assert_eq!(all(&tree, profiles, "name"), ["default"], "{file} {host}");
            }
        }
        // A caller who joins gets the profile of the switch, too.
        let joining = told(&server, "a", body(25));
        assert_eq!(value(&joining, &format!("{profiles}/profile/param[name=x]"), "value"), "of a");
        let verto = told(&server, "b", asking("verto.conf"));
        assert_eq!(find(&verto, &format!("{profiles}/profile/param[name=x]")), None);
    });
}

#[test]
fn each_switch_gets_its_own_network_list_and_document() {
    on_each(|base| {
        let server = limited(base);
        let list = "section/configuration/network-lists/list[name=domains]";
        assert_eq!(all(&told(&server, "a", body(20)), list, "cidr"), ["198.51.100.0/24"]);
        for host in ["b", "c", ""] {
            let tree = told(&server, host, body(20));
            assert_eq!(all(&tree, list, "cidr"), ["192.0.2.0/24"], "{host}");
            assert_eq!(all(&tree, "section/configuration/network-lists", "name"), ["domains"]);
        }
        for (host, is) in [("a", "a"), ("A", "a"), ("b", "b"), ("c", "all"), ("", "all")] {
            for file in ["own.conf", "Own.Conf"] {
                let tree = told(&server, host, asking(file));
                assert_eq!(value(&tree, "section/configuration/a", "is"), is, "{host}");
            }
        }
        let gone = post(server.machine, asking("of-a.conf").set("hostname", "b").bytes());
        assert!(is_not_found(&gone.body));
        assert!(!is_not_found(
            &post(server.machine, asking("of-a.conf").set("hostname", "a").bytes()).body
        ));
    });
}

#[test]
fn a_global_has_the_value_of_the_switch_that_asks_in_every_section() {
    on_each(|base| {
        let server = limited(base);
        for (host, ip) in IPS {
            let url = format!("sip:{ip}");
            // Twice: what is written once for all look-ups is not written for the first that asks.
            for _ in 0..2 {
                let user = told(&server, host, body(42));
                let path = "section/domain/groups/group/users/user/variables/variable[name=url]";
                let found = find(&user, path)
                    .or_else(|| {
                        find(&user, "section/domain/users/user/variables/variable[name=url]")
                    })
                    .or_else(|| find(&user, "section/domain/user/variables/variable[name=url]"))
                    .or_else(|| find(&user, "section/domain/variables/variable[name=url]"));
                assert_eq!(found.expect("inherited").attribute("value"), Some(url.as_str()));
                let call = body(23).set("Caller-Context", "limits").set("Hunt-Context", "limits");
                let call = told(&server, host, call);
                let action = "section/context/extension/condition/action[application=set]";
                assert_eq!(value(&call, action, "data"), format!("u={url}"));
                let phrase = told(&server, host, body(30).set("macro_name", "where"));
                let action = "section/language/phrases/macros/macro/input/match/action";
                assert_eq!(value(&phrase, action, "data"), format!("{ip}/x"));
            }
        }
        let stored = told(&server, "a", asking("own.conf"));
        let text = find(&stored, "section/configuration/t").expect("a text");
        assert_eq!(text.text.trim(), "sip:192.0.2.1");
        let stored = told(&server, "b", asking("own.conf"));
        assert_eq!(value(&stored, "section/configuration/a", "only"), IPS[1].1);
        let stored = told(&server, "c", asking("own.conf"));
        assert_eq!(value(&stored, "section/configuration/a", "ip"), IPS[2].1);
    });
}

/// The answer as it is sent, whatever a switch makes of it.
fn sent(server: &Server, body: &Body) -> String {
    let reply = exchange(server.machine, &request(&server.machine, &body.bytes()));
    parse_reply(&reply[..]).text().to_owned()
}

#[test]
fn a_global_that_a_switch_has_not_stays_for_the_switch_to_know() {
    let globals =
        vec![Global { name: "only".into(), value: "known".into(), hosts: Hosts::new(["a"]) }];
    let xml = Raw::parse(r#"<configuration name="own.conf"><a b="$${only}"/></configuration>"#);
    let documents = vec![StoredDocument {
        name: "own.conf".into(),
        xml: xml.expect("valid"),
        hosts: Hosts::default(),
    }];
    let contents =
        Contents { globals: globals.into(), documents: documents.into(), ..Contents::default() };
    let server = Server::over("", Snapshot::new(contents));
    let asked = |host: &str| sent(&server, &asking("own.conf").set("hostname", host));
    assert!(asked("a").contains(r#"<a b="known"/>"#));
    assert!(asked("b").contains(r#"<a b="$${only}"/>"#));
}

#[test]
fn a_value_that_cannot_be_carried_harms_its_own_switch_alone() {
    let on = |host: &str, value: &str| Global {
        name: "it".into(),
        value: value.into(),
        hosts: Hosts::new([host]),
    };
    let globals = vec![
        on("a", "<!x"),
        on("b", "PROCESS"),
        on("c", "\u{7}"),
        on("d", "$${open"),
        on("e", "1"),
    ];
    let xml = r#"<configuration name="own.conf"><a name="n" b="X-PRE-$${it}"/></configuration>"#;
    let xml = Raw::parse(xml).expect("valid");
    let documents = vec![StoredDocument { name: "own.conf".into(), xml, hosts: Hosts::default() }];
    let contents =
        Contents { globals: globals.into(), documents: documents.into(), ..Contents::default() };
    let server = Server::over("", Snapshot::new(contents));
    for host in ["a", "b", "c", "d"] {
        let reply = post(server.machine, asking("own.conf").set("hostname", host).bytes());
        assert!(is_not_found(&reply.body), "{host}: {}", reply.text());
    }
    let tree = told(&server, "e", asking("own.conf"));
    assert_eq!(value(&tree, "section/configuration/a", "b"), "X-PRE-1");
}

#[test]
fn a_verto_profile_whose_userauth_is_empty_on_one_switch_is_closed_there() {
    let globals = vec![
        Global { name: "auth".into(), value: String::new(), hosts: Hosts::new(["a"]) },
        Global { name: "auth".into(), value: "@x.test".into(), hosts: Hosts::default() },
    ];
    let params =
        vec![Setting::written("userauth", "$${auth}"), Setting::new("secure-cert", "/a.pem")];
    let profiles =
        vec![Profile { kind: ProfileKind::Verto, name: "v".into(), params, ..Profile::default() }];
    let contents =
        Contents { globals: globals.into(), profiles: profiles.into(), ..Contents::default() };
    let server = Server::over("", Snapshot::new(contents));
    for (host, last) in [("a", "true"), ("b", "@x.test")] {
        let tree = told(&server, host, asking("verto.conf"));
        let profile = find(&tree, "section/configuration/profiles/profile").expect("there");
        let mut said =
            profile.children.iter().filter(|it| it.attribute("name") == Some("userauth"));
        assert_eq!(said.next_back().and_then(|it| it.attribute("value")), Some(last), "{host}");
    }
}

#[test]
fn only_the_base_field_says_which_switch_asks() {
    on_each(|base| {
        let server = limited(base);
        let is = |body: &Body| {
            let reply = post(server.machine, body.bytes());
            find(&tree(&reply.body), "section/configuration/a")
                .and_then(|found| found.attribute("is"))
                .map(str::to_owned)
        };
        let asked = asking("own.conf").set("hostname", "c").and("Event-Name", "REQUEST_PARAMS");
        for field in ["FreeSWITCH-Hostname", "FreeSWITCH-Switchname", "switchname"] {
            assert_eq!(is(&asked.clone().and(field, "a")).as_deref(), Some("all"), "{field}");
        }
        assert_eq!(is(&asked.clone().and("hostname", "a")), None, "rejected");
        let smuggled = asked.clone().before("Event-Name", "hostname", "a");
        assert_eq!(is(&smuggled), None, "rejected");
        let observing = serve(base, "guard = \"observe\"");
        for polluted in [asked.clone().and("hostname", "a"), smuggled] {
            let tree = tree(&post(observing.machine, polluted.bytes()).body);
            assert_eq!(value(&tree, "section/configuration/a", "is"), "all");
        }
        // It is not decoded, as the switch does not encode it.
        assert_eq!(is(&asked.set("hostname", "%61")).as_deref(), Some("all"));
    });
}

#[test]
fn explain_names_what_is_limited_to_the_switch_that_asks() {
    let base = Base::sqlite();
    base.sql(LIMITED);
    let told = |host: &str| {
        let file = base.folder.path().join("asked.form");
        std::fs::write(&file, asking("own.conf").set("hostname", host).bytes()).expect("writable");
        let done = jackfield()
            .arg("explain")
            .arg(&file)
            .env("JACKFIELD_DATABASE_URL", &base.url)
            .output()
            .expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("UTF-8")
    };
    let told_b = told("B");
    assert!(told_b.contains("profile sofia/Internal (for b, d)"), "{told_b}");
    assert!(told_b.contains("document own.conf (for b)"), "{told_b}");
    assert!(!told_b.contains("(for a)"), "{told_b}");
    assert!(!told("c").contains("(for "));
}

fn named(hosts: &[&str]) -> Contents {
    let hosts = Hosts::new(hosts.iter().copied());
    let xml = Raw::parse("<configuration name='x.conf'/>").expect("valid");
    Contents {
        profiles: [Profile {
            name: "p".into(),
            gateways: vec![Gateway { name: "Way".into(), ..Gateway::default() }],
            hosts: hosts.clone(),
            ..Profile::default()
        }]
        .into(),
        access_lists: [AccessList {
            name: "l".into(),
            default_allow: false,
            nodes: Vec::new(),
            hosts: hosts.clone(),
        }]
        .into(),
        documents: [StoredDocument { name: "x.conf".into(), xml, hosts: hosts.clone() }].into(),
        globals: [Global { name: "g".into(), value: "v".into(), hosts }].into(),
        ..Contents::default()
    }
}

#[test]
fn what_is_written_is_found_by_its_name_and_its_switches() {
    on_each(|base| {
        let mut database = base.open();
        let mut write = |hosts: &[&str]| {
            let tally = database.merge("test", &named(hosts), &|| {}).expect("stored");
            (tally.added, tally.changed, tally.same)
        };
        for hosts in [&[][..], &["b", "A"], &["c"], &["o'b?$1"]] {
            assert_eq!(write(hosts), (5, 0, 0), "{hosts:?}");
            assert_eq!(write(hosts), (0, 0, 5), "{hosts:?}");
        }
        assert_eq!(write(&["B", "a"]), (0, 0, 5));
        // A gateway moves between profiles, and users, of the same switches.
        let moved = |hosts: &[&str]| {
            let mut contents = named(hosts);
            contents.profiles[0].name = "q".into();
            Contents { profiles: contents.profiles, ..Contents::default() }
        };
        let tally = database.merge("test", &moved(&["c"]), &|| {}).expect("stored");
        assert_eq!((tally.added, tally.changed), (1, 1));
        let stored = database.load().expect("readable");
        let of = |name: &str| {
            let found = stored.documents.iter().filter(|found| found.name == name);
            found.map(|found| found.hosts.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of("x.conf"), ["every switch", "a, b", "c", "o'b?$1"]);
        assert_eq!(Database::rehearse(&stored, &stored).expect("the same").added, 0);
        for again in [
            "INSERT INTO globals (name, value, hosts) VALUES ('G', 'w', '[\"a\",\"b\"]')",
            "INSERT INTO profiles (kind, name) VALUES ('sofia', 'P')",
            "INSERT INTO gateways (profile_id, name) SELECT profile_id, 'WAY' FROM gateways",
        ] {
            assert!(base.try_sql(again).is_err(), "{again}");
        }
        for refused in ["no json", "[\"A\"]"] {
            let sql = format!("UPDATE globals SET hosts = '{refused}'");
            assert!(base.try_sql(&sql).is_err(), "{refused}");
        }
    });
}

/// Every row of the tables that the migration makes anew, and of those that hang on them.
fn rows(base: &Base) -> Vec<String> {
    let of = |table: &str, columns: &str| {
        let text = |column| format!("coalesce({column} || '', '-')");
        let it: Vec<_> = ["id", "created_at", "updated_at"]
            .into_iter()
            .chain(columns.split(' '))
            .map(text)
            .collect();
        let it = it.join(" || ' ' || ");
        base.select(&format!("SELECT '{table} ' || {it} AS it FROM {table} ORDER BY id"))
    };
    [
        of("profiles", "kind name params domains aliases others"),
        of("gateways", "profile_id user_id name params others"),
        of("access_lists", "name default_allow nodes"),
        of("documents", "name xml"),
        of("globals", "name value"),
    ]
    .concat()
}

#[test]
fn the_migration_keeps_every_row_and_its_way_back_every_unlimited_one() {
    on_each(|base| {
        base.sql("INSERT INTO globals (name, value) VALUES ('kept', 'x'), ('gone', 'y')");
        base.sql("DELETE FROM globals WHERE name = 'gone'");
        base.sql("UPDATE gateways SET params = '[{\"name\":\"proxy\",\"text\":\"x\"}]'");
        let kept = rows(base);
        let count = |start: &str| kept.iter().filter(|row| row.starts_with(start)).count();
        for table in ["profiles ", "gateways ", "access_lists ", "documents ", "globals "] {
            assert!(count(table) > 0, "{table}");
        }
        base.sql(LIMITED.split("UPDATE domains").next().expect("its first part"));
        base.sql("INSERT INTO gateways (profile_id, name) SELECT id, 'UPSTREAM' FROM profiles WHERE kind = 'verto'");
        base.sql("DELETE FROM globals WHERE hosts = '[]' AND name <> 'kept'");
        base.sql("DELETE FROM documents WHERE hosts = '[]' AND name = 'own.conf'");
        assert!(rows(base).len() > kept.len() + 10);
        let folder = if base.is_postgres() { "postgres" } else { "sqlite" };
        let file = format!(
            "{}/migrations/{folder}/2026-11-22-000000_limits/down.sql",
            env!("CARGO_MANIFEST_DIR")
        );
        let down = std::fs::read_to_string(file).expect("the way back");
        base.sql(&format!(
            "BEGIN; {down}; DELETE FROM __diesel_schema_migrations WHERE version = '20261122000000'; COMMIT"
        ));
        assert_eq!(rows(base), kept, "the way back");
        for again in [
            "INSERT INTO globals (name, value) VALUES ('KEPT', 'x')",
            "INSERT INTO gateways (profile_id, name) SELECT id, 'UPSTREAM' FROM profiles WHERE kind = 'verto'",
        ] {
            assert!(base.try_sql(again).is_err(), "its old key is back: {again}");
        }
        let mut database = base.open();
        let revision = database.revision().expect("readable");
        assert_eq!(database.migrate().expect("the way forth").len(), 1);
        assert_eq!(rows(base), kept, "the way forth");
        assert_eq!(database.revision().expect("readable"), revision, "no change of the data");
        // Triggers and foreign keys are as they were.
        let before = database.revision().expect("readable");
        base.sql("DELETE FROM profiles");
        let changes = database.changes(Some(before), 1000).expect("readable");
        let gone = |table: &str| changes.iter().filter(|change| change.table == table).count();
        assert_eq!(gone("profiles"), count("profiles "));
        assert!(gone("gateways") > 0 && gone("gateways") < count("gateways ") + 1);
        if !base.is_postgres() {
            assert_eq!(
                base.select("SELECT \"table\" AS it FROM pragma_foreign_key_check"),
                [""; 0]
            );
            assert_eq!(
                base.select("SELECT integrity_check AS it FROM pragma_integrity_check"),
                ["ok"]
            );
        }
    });
}
