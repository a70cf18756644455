//! A snapshot that is brought up to date by what has changed is the one that reading everything makes.

use std::collections::BTreeMap;
use std::fmt::Debug;

use jackfield::db::{Database, Mark, News};
use jackfield_api::snapshot::{Domain, Snapshot, UserRef};
use jackfield_api::testing::pbx;

use crate::support::{Base, on_each};

/// Everything that a snapshot answers from, hashes included, as text.
fn whole(snapshot: &Snapshot) -> String {
    let mut lines = vec![format!("revision {}", snapshot.revision())];
    let contents = snapshot.contents();
    for domain in &contents.domains {
        let (name, aliases, realms) = (domain.name(), domain.aliases(), domain.realms());
        let (params, variables) = (domain.params(), domain.variables());
        let others = domain.others().to_xml();
        lines.push(format!("{name} {aliases:?} {realms:?} {params:?} {variables:?} {others}"));
        lines.extend(domain.groups().iter().map(|group| format!("  {group:?}")));
        for user in domain.users().iter() {
            let group = domain.settings_group(user.id).map(|group| &group.name);
            lines.push(format!("  {} {group:?}", one(user)));
            let found = domain.user(&user.id.to_ascii_uppercase()).map(one);
            assert_eq!(found, Some(one(user)), "found by its name");
        }
        let found = snapshot.domain(name).map(Domain::name);
        assert_eq!(found, Some(name), "found by its name");
    }
    for (section, list) in [("dialplan", &contents.dialplan), ("chatplan", &contents.chatplan)] {
        for context in list {
            lines.push(format!("{section} {} {:#?}", context.name(), context.extensions()));
        }
    }
    for name in NAMES {
        let domain = snapshot.domain(name).map(Domain::name);
        let context = snapshot.context(name).map(|found| found.extensions().len());
        let chat = snapshot.chat_context(name).map(|found| found.extensions().len());
        let menu = snapshot.menu(name).map(|found| found.entries.len());
        let language = snapshot.language(name).map(|found| found.macros.len());
        let document = snapshot.on("a").document(name).map(|found| found.xml.to_xml());
        lines.push(format!(
            "{name}: {domain:?} {context:?} {chat:?} {menu:?} {language:?} {document:?}"
        ));
    }
    for profile in &contents.profiles {
        let params: Vec<_> = profile.gateways.iter().map(|gateway| &gateway.params).collect();
        lines.push(format!("{profile:?} {params:?}"));
    }
    for (row, client) in contents.clients.with_rows().collect::<BTreeMap<_, _>>() {
        let (ha1, session) = (client.secret.ha1(), client.session.as_str());
        lines.push(format!("{row} {client:?} {ha1} {session}"));
        let found = snapshot.contents().clients.named(&client.name.to_string());
        assert_eq!(found, Some(client), "found by its name");
        let channel = snapshot.client(&client.name.to_string()).map(|(_, channel)| &channel.name);
        lines.push(format!("  {channel:?}"));
    }
    for channel in &contents.channels {
        let found = snapshot.channel(&channel.name.to_ascii_uppercase());
        assert_eq!(found.map(|(_, found)| found), Some(channel), "found by its name");
        lines.push(format!("{channel:?} {:?}", channel.token.map(|token| token.digits())));
    }
    let lists: [&dyn Debug; 9] = [
        &contents.access_lists,
        &contents.rooms,
        &contents.menus,
        &contents.queues,
        &contents.agents,
        &contents.tiers,
        &contents.languages,
        &contents.documents,
        &contents.globals,
    ];
    lines.extend(lists.iter().map(|list| format!("{list:#?}")));
    lines.join("\n")
}

fn one(user: UserRef<'_>) -> String {
    let secrets: Vec<_> = user.secrets().map(|it| (it.username, it.realm, it.ha1())).collect();
    let resolved: Vec<_> = user.params().chain(user.variables()).collect();
    let gateways: Vec<_> = user.gateways().iter().map(|it| (&it.name, &it.params)).collect();
    let others = user.others().to_xml();
    format!("{:?} {secrets:?} {resolved:?} {gateways:?} {others}", user.to_user())
}

/// Names that the edits give and take.
const NAMES: [&str; 11] = [
    "pbx.example.test",
    "b.test",
    "c.test",
    "alias.test",
    "default",
    "renamed",
    "demo",
    "en",
    "nl",
    "kept.conf",
    "x.conf",
];

/// What people and programs do to rows; in this order each can be done.
const EDITS: [&str; 75] = [
    "UPDATE users SET voicemail_hash = '0123456789abcdef0123456789abcdef' WHERE name = '1000'",
    "UPDATE users SET name = '2000' WHERE name = '1001'",
    "UPDATE users SET name = '1001' WHERE name = '2000'",
    "UPDATE users SET number_alias = name || '9'",
    "UPDATE users SET enabled = false WHERE name = '1002'",
    "UPDATE users SET variables = '[{\"name\":\"v\",\"text\":\"$${g}/$${h}\",\"level\":\"global\"}]' WHERE name = '1000'",
    "UPDATE users SET params = '[{\"name\":\"p\",\"text\":\"$${g}\",\"level\":\"global\"}]' WHERE name = 'trunk'",
    "UPDATE users SET others = '<vcard x=\"1\"/>' WHERE name = 'verto1'",
    "UPDATE users SET domain_id = (SELECT id FROM domains WHERE name = 'b.test') WHERE name = 'moved' \
     AND EXISTS (SELECT 1 FROM domains WHERE name = 'b.test')",
    "INSERT INTO users (domain_id, name) SELECT id, 'moved' FROM domains WHERE name = 'pbx.example.test' \
     AND NOT EXISTS (SELECT 1 FROM users WHERE name = 'moved')",
    "DELETE FROM users WHERE name = 'moved'",
    "DELETE FROM users WHERE name = '1009'",
    "INSERT INTO users (domain_id, name) SELECT id, '1009' FROM domains WHERE name = 'pbx.example.test' \
     AND NOT EXISTS (SELECT 1 FROM users WHERE name = '1009')",
    "INSERT INTO domains (name) SELECT 'b.test' WHERE NOT EXISTS (SELECT 1 FROM domains WHERE name = 'b.test')",
    "INSERT INTO users (domain_id, name) SELECT id, 'bee' FROM domains WHERE name = 'b.test' \
     AND NOT EXISTS (SELECT 1 FROM users WHERE name = 'bee')",
    "UPDATE domains SET name = 'c.test' WHERE name = 'b.test'",
    "UPDATE domains SET name = 'b.test' WHERE name = 'c.test'",
    "UPDATE domains SET variables = '[{\"name\":\"v\",\"text\":\"$${g}\",\"level\":\"global\"}]'",
    "DELETE FROM domains WHERE name = 'b.test'",
    "DELETE FROM domains WHERE name = 'c.test'",
    "INSERT INTO domain_aliases (domain_id, name) SELECT id, 'alias.test' FROM domains WHERE name = 'b.test' \
     AND NOT EXISTS (SELECT 1 FROM domain_aliases WHERE name = 'alias.test')",
    "UPDATE domain_aliases SET domain_id = (SELECT id FROM domains WHERE name = 'pbx.example.test')",
    "UPDATE domain_aliases SET domain_id = (SELECT min(id) FROM domains), name = 'renamed.test' WHERE name = 'alias.test'",
    "DELETE FROM domain_aliases",
    "INSERT INTO groups (domain_id, name) SELECT id, 'night' FROM domains WHERE name = 'pbx.example.test' \
     AND NOT EXISTS (SELECT 1 FROM groups WHERE name = 'night')",
    "INSERT INTO group_members (group_id, user_id, position) SELECT g.id, u.id, u.id FROM groups g, users u \
     WHERE g.name = 'night' AND u.name IN ('1000', '1001', '2000', '1009') \
     AND NOT EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = g.id AND m.user_id = u.id)",
    "UPDATE group_members SET position = 1000 - position",
    "UPDATE group_members SET group_id = (SELECT min(id) FROM groups) WHERE group_id = (SELECT max(id) FROM groups) \
     AND user_id NOT IN (SELECT user_id FROM group_members WHERE group_id = (SELECT min(id) FROM groups))",
    "DELETE FROM group_members WHERE user_id = (SELECT min(user_id) FROM group_members)",
    "UPDATE groups SET params = '[{\"name\":\"p\",\"text\":\"x\"}]' WHERE name = 'night'",
    "UPDATE groups SET name = 'day' WHERE name = 'night' AND NOT EXISTS (SELECT 1 FROM groups WHERE name = 'day')",
    "DELETE FROM groups WHERE name = 'day'",
    "UPDATE profiles SET params = '[{\"name\":\"sip-port\",\"text\":\"$${g}\",\"level\":\"global\"}]' WHERE kind = 'sofia'",
    "INSERT INTO profiles (kind, name) SELECT 'sofia', 'other' WHERE NOT EXISTS (SELECT 1 FROM profiles WHERE name = 'other')",
    "INSERT INTO gateways (profile_id, name, params) SELECT id, 'carrier2', '[{\"name\":\"p\",\"text\":\"$${g}\",\"level\":\"global\"}]' \
     FROM profiles WHERE name = 'other' AND NOT EXISTS (SELECT 1 FROM gateways WHERE name = 'carrier2')",
    "UPDATE gateways SET profile_id = (SELECT min(id) FROM profiles WHERE kind = 'sofia') WHERE name = 'carrier2'",
    "UPDATE gateways SET profile_id = NULL, user_id = (SELECT id FROM users WHERE name = '1000'), name = 'own' \
     WHERE name = 'carrier2' AND NOT EXISTS (SELECT 1 FROM gateways WHERE name = 'own')",
    "DELETE FROM gateways WHERE name = 'own'",
    "DELETE FROM profiles WHERE name = 'other'",
    "UPDATE access_lists SET default_allow = NOT default_allow",
    "UPDATE contexts SET name = 'renamed' WHERE name = 'default' AND section = 'dialplan'",
    "UPDATE contexts SET name = 'default' WHERE name = 'renamed'",
    "INSERT INTO contexts (section, name) SELECT 'chatplan', 'default' \
     WHERE NOT EXISTS (SELECT 1 FROM contexts WHERE section = 'chatplan' AND name = 'default')",
    "INSERT INTO extensions (context_id, position, name) SELECT id, coalesce((SELECT max(position) FROM extensions), 0) + 1, 'added' \
     FROM contexts WHERE section = 'chatplan' AND name = 'default'",
    "INSERT INTO extensions (context_id, position, name) SELECT id, coalesce((SELECT min(position) FROM extensions), 0) - 1, 'first' \
     FROM contexts WHERE section = 'dialplan'",
    "UPDATE extensions SET context_id = (SELECT min(id) FROM contexts) WHERE name = 'added'",
    "UPDATE extensions SET conditions = '[{\"attributes\":[{\"name\":\"field\",\"text\":\"$${g}\",\"level\":\"global\"}]}]' WHERE name = 'first'",
    "DELETE FROM extensions WHERE name IN ('added', 'first')",
    "DELETE FROM contexts WHERE section = 'chatplan' AND name = 'default'",
    "UPDATE rooms SET profile = profile || 'x'",
    "UPDATE menus SET name = name || '2' WHERE name IN ('demo', 'demo2')",
    "UPDATE queues SET name = 'q@default' WHERE name = 'support@default'",
    "UPDATE agents SET name = 'agent' WHERE name = '1000@default'",
    "UPDATE tiers SET level = level + 1",
    "DELETE FROM agents WHERE name = 'agent'",
    "UPDATE languages SET name = 'nl' WHERE name = 'en'",
    "UPDATE languages SET name = 'en' WHERE name = 'nl'",
    "DELETE FROM phrases WHERE id = (SELECT min(id) FROM phrases)",
    "UPDATE documents SET name = 'x.conf' WHERE name = 'kept.conf'",
    "UPDATE documents SET hosts = '[\"a\"]', xml = '<configuration name=\"x.conf\" y=\"$${g}\"/>' WHERE name = 'x.conf'",
    "INSERT INTO channels (name) SELECT 'desk' WHERE NOT EXISTS (SELECT 1 FROM channels)",
    "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
     SELECT id, '00000000-0000-4000-8000-000000000001', '0123456789abcdef0123456789abcdef', 'one', 1, 2 \
     FROM channels WHERE NOT EXISTS (SELECT 1 FROM clients)",
    "INSERT INTO clients (channel_id, name, ha1, session, created, expires) \
     SELECT id, '00000000-0000-4000-8000-000000000002', '0123456789abcdef0123456789abcdef', 'two', 1, 2 \
     FROM channels WHERE NOT EXISTS (SELECT 1 FROM clients WHERE session = 'two')",
    "UPDATE clients SET session = 'three', expires = expires + 1 WHERE session = 'one'",
    "UPDATE clients SET connected = 5, connected_address = '192.0.2.1:5', connected_switch = 'vm'",
    "UPDATE clients SET name = '00000000-0000-4000-8000-000000000003' WHERE session = 'two' \
     AND NOT EXISTS (SELECT 1 FROM clients WHERE name = '00000000-0000-4000-8000-000000000003')",
    "UPDATE clients SET connected = NULL, connected_address = NULL, connected_switch = NULL WHERE session = 'two'",
    "UPDATE channels SET name = name || 'x', client_limit = 5, second_login = 'refuse'",
    "UPDATE channels SET token_hash = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'",
    "DELETE FROM clients WHERE session = 'three'",
    "UPDATE clients SET channel_id = (SELECT max(id) FROM channels)",
    "DELETE FROM channels",
    "INSERT INTO globals (name, value) SELECT 'g', 'one' WHERE NOT EXISTS (SELECT 1 FROM globals WHERE name = 'g')",
    "UPDATE globals SET value = value || '2' WHERE name = 'g'",
    "DELETE FROM globals",
];

fn read(database: &mut Database) -> (Snapshot, Mark) {
    let (contents, mark) = database.load_marked().expect("readable");
    (Snapshot::new(contents), mark)
}

/// Brings a snapshot up to date; whether everything was read for it.
fn follow(database: &mut Database, snapshot: &mut Snapshot, mark: &mut Mark) -> bool {
    match database.news(snapshot, mark).expect("readable") {
        News::None => false,
        News::Changes(next, at, rows) => {
            assert!(!rows.is_empty() || next.revision() > snapshot.revision());
            (*snapshot, *mark) = (*next, at);
            false
        }
        News::Everything(contents, at) => {
            (*snapshot, *mark) = (Snapshot::new(*contents), at);
            true
        }
    }
}

fn filled(base: &Base) -> Database {
    let mut database = base.open();
    database.merge("test", pbx().contents(), &|| {}).expect("stored");
    database
}

#[test]
fn each_change_is_followed_by_itself() {
    on_each(|base| {
        let mut database = filled(base);
        let (mut snapshot, mut mark) = read(&mut database);
        for edit in EDITS {
            base.sql(edit);
            let everything = follow(&mut database, &mut snapshot, &mut mark);
            assert!(!everything, "read as a whole for: {edit}");
            assert_eq!(whole(&snapshot), whole(&read(&mut database).0), "after: {edit}");
        }
    });
}

#[test]
fn changes_in_any_order_and_number_come_to_what_reading_everything_comes_to() {
    on_each(|base| {
        let mut database = filled(base);
        let (mut snapshot, mut mark) = read(&mut database);
        // The same order each time.
        let mut random = 42_u64;
        let mut next = |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(random >> 33).expect("small") % below
        };
        for _ in 0..60 {
            let edits: Vec<_> = (0..=next(8)).map(|_| EDITS[next(EDITS.len())]).collect();
            for edit in &edits {
                // Some cannot be done after others; they change nothing then.
                let _ = base.try_sql(edit);
            }
            assert!(!follow(&mut database, &mut snapshot, &mut mark), "{edits:#?}");
            let (expected, _) = read(&mut database);
            assert_eq!(whole(&snapshot), whole(&expected), "after: {edits:#?}");
        }
    });
}

#[test]
fn what_did_not_change_is_shared_with_the_snapshot_before() {
    on_each(|base| {
        let mut database = filled(base);
        let (before, mut mark) = read(&mut database);
        let mut after = before.clone();
        base.sql("UPDATE rooms SET profile = 'other'");
        base.sql("UPDATE users SET enabled = false WHERE name = '1000'");
        follow(&mut database, &mut after, &mut mark);
        let (before, after) = (before.contents(), after.contents());
        for at in 0..before.profiles.len() {
            assert!(std::ptr::eq(&raw const before.profiles[at], &raw const after.profiles[at]));
        }
        assert!(std::ptr::eq(&raw const before.dialplan[0], &raw const after.dialplan[0]));
        assert!(!std::ptr::eq(&raw const before.rooms[0], &raw const after.rooms[0]));
    });
}

#[test]
fn another_history_with_the_same_revisions_is_read_as_a_whole() {
    on_each(|base| {
        let mut database = filled(base);
        let (mut snapshot, mut mark) = read(&mut database);
        base.sql("UPDATE rooms SET profile = 'seen'");
        follow(&mut database, &mut snapshot, &mut mark);
        // As if an older copy had been put back, and changed since in another way.
        base.sql("DELETE FROM changes WHERE id = (SELECT max(id) FROM changes)");
        base.sql("UPDATE revision SET value = value - 1");
        std::thread::sleep(std::time::Duration::from_millis(5));
        base.sql("UPDATE rooms SET profile = 'other'");
        assert!(follow(&mut database, &mut snapshot, &mut mark));
        assert_eq!(snapshot.contents().rooms[0].profile, "other");
        assert!(!follow(&mut database, &mut snapshot, &mut mark));
    });
}

#[test]
fn changes_that_are_forgotten_and_tables_that_are_emptied_are_read_as_a_whole() {
    on_each(|base| {
        let mut database = filled(base);
        let (mut snapshot, mut mark) = read(&mut database);
        base.sql("UPDATE rooms SET profile = 'a'; UPDATE rooms SET profile = 'b'");
        base.sql("DELETE FROM changes WHERE id < (SELECT max(id) FROM changes)");
        assert!(follow(&mut database, &mut snapshot, &mut mark));
        assert_eq!(snapshot.contents().rooms[0].profile, "b");
        // The first one that is left follows what was read.
        base.sql("UPDATE rooms SET profile = 'c'");
        base.sql("UPDATE menus SET name = 'x' WHERE name = 'demo'");
        base.sql("UPDATE rooms SET profile = 'd'");
        base.sql("DELETE FROM changes WHERE table_name = 'menus'");
        assert!(follow(&mut database, &mut snapshot, &mut mark));
        assert_eq!(whole(&snapshot), whole(&read(&mut database).0));
        if base.is_postgres() {
            base.sql("TRUNCATE rooms");
            assert!(follow(&mut database, &mut snapshot, &mut mark));
            assert!(snapshot.contents().rooms.is_empty());
        }
    });
}

#[test]
fn what_sqlite_replaces_without_a_word_is_gone() {
    let base = Base::sqlite();
    let mut database = filled(&base);
    base.sql(EDITS.into_iter().find(|edit| edit.starts_with("INSERT INTO channels")).expect("one"));
    for edit in EDITS.into_iter().filter(|edit| edit.starts_with("INSERT INTO clients")) {
        base.sql(edit);
    }
    let (mut snapshot, mut mark) = read(&mut database);
    let insert = |rows: &str| format!("INSERT OR REPLACE INTO {rows}");
    for sql in [
        insert(
            "users (domain_id, name, enabled) SELECT domain_id, name, 0 FROM users WHERE name = '1000'",
        ),
        insert(
            "users (domain_id, name, number_alias) SELECT domain_id, 'x', number_alias FROM users \
             WHERE number_alias IS NOT NULL LIMIT 1",
        ),
        // What took the place is gone again, or has another name, before anybody looks.
        insert("users (domain_id, name) SELECT domain_id, name FROM users WHERE name = '1001'")
            + "; DELETE FROM users WHERE name = '1001'",
        "UPDATE OR REPLACE users SET name = 'x' WHERE name = '1002'; \
         UPDATE users SET name = '1002' WHERE name = 'x'"
            .to_owned(),
        insert("rooms (name, profile) SELECT name, 'replaced' FROM rooms"),
        insert("documents (name, xml) SELECT name, '<configuration name=\"y\"/>' FROM documents"),
        insert("contexts (section, name) SELECT section, name FROM contexts LIMIT 1"),
        // Parts that get another owner.
        "INSERT INTO profiles (kind, name) VALUES ('sofia', 'other')".to_owned(),
        insert(
            "gateways (id, profile_id, name) SELECT id, (SELECT max(id) FROM profiles), name \
             FROM gateways WHERE profile_id IS NOT NULL LIMIT 1",
        ),
        "INSERT INTO groups (domain_id, name) SELECT id, 'other' FROM domains LIMIT 1".to_owned(),
        insert(
            "group_members (id, group_id, user_id) SELECT id, (SELECT max(id) FROM groups), user_id \
             FROM group_members LIMIT 1",
        ),
        "INSERT INTO languages (name) VALUES ('xx')".to_owned(),
        insert(
            "phrases (id, language_id, name, xml) SELECT id, (SELECT max(id) FROM languages), name, \
             xml FROM phrases LIMIT 1",
        ),
        insert("domains (name) SELECT name FROM domains LIMIT 1"),
        insert(
            "clients (channel_id, name, ha1, session, created, expires) \
             SELECT channel_id, name, ha1, 'other', created, expires FROM clients LIMIT 1",
        ),
        insert("channels (name) SELECT name FROM channels"),
    ] {
        base.sql(&sql);
        follow(&mut database, &mut snapshot, &mut mark);
        assert_eq!(whole(&snapshot), whole(&read(&mut database).0), "after: {sql}");
    }
}

#[test]
fn a_user_that_is_deleted_without_its_memberships_is_in_no_group() {
    let base = Base::sqlite();
    let mut database = filled(&base);
    let (mut snapshot, mut mark) = read(&mut database);
    base.sql("PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id = (SELECT min(user_id) FROM group_members)");
    follow(&mut database, &mut snapshot, &mut mark);
    assert_eq!(whole(&snapshot), whole(&read(&mut database).0));
}
