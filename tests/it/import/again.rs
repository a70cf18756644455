//! Importing into a database that others work on, too.

use std::fs;
use std::path::Path;

use jackfield_api::snapshot::{Contents, Domain, User};

use crate::support::{Base, on_each_empty};

/// A tree with this directory; each line is a line of the file.
fn tree(directory: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "<document type=\"freeswitch/xml\"><section name=\"directory\">\n{directory}\n</section>\
         </document>\n"
    );
    fs::write(folder.path().join("freeswitch.xml"), text).expect("writable");
    folder
}

fn path(tree: &tempfile::TempDir) -> &str {
    let path: &Path = tree.path();
    path.to_str().expect("UTF-8")
}

/// Imports what has to be imported; what was told.
fn import(base: &Base, directory: &str) -> String {
    base.did(&["import", path(&tree(directory))]).out
}

/// What is told of a tree that is not imported, with `--dry-run` too: each problem.
fn refused(base: &Base, directory: &str) -> Vec<String> {
    let tree = tree(directory);
    base.refuses(&["import", path(&tree), "--dry-run"], 1, "nothing was imported");
    let revision = base.open().revision().expect("readable");
    let told = base.run_with(&["import", path(&tree)], "");
    assert_eq!((told.code, &*told.out), (Some(1), ""), "{}", told.err);
    assert_eq!(base.open().revision().expect("readable"), revision);
    told.err.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

/// A domain «one.test», also called «two.test», with user 2000, and 1500 also called 3000.
fn filled(empty: &dyn Fn() -> Base) -> Base {
    let base = empty();
    base.did(&["domain", "add", "one.test", "--alias", "two.test"]);
    let nobody = ["--no-password", "--no-pin"];
    base.did(&[&["user", "add", "2000"], &nobody[..]].concat());
    base.did(&[&["user", "add", "1500", "--number-alias", "3000"], &nobody[..]].concat());
    base
}

#[test]
fn a_name_that_is_stored_as_anothers_is_told_with_its_line() {
    on_each_empty(|empty| {
        let base = filled(empty);
        let told = refused(
            &base,
            "<domain name=\"one.test\">\n\
             <user id=\"1000\" number-alias=\"2000\"/>\n\
             <user id=\"3000\"/>\n\
             <user id=\"1001\" number-alias=\"3000\"/>\n\
             </domain>\n\
             <domain name=\"TWO.test\"/>\n\
             <domain name=\"four.test\"><jackfield><alias name=\"one.test\"/>\n\
             <alias name=\"Two.test\"/></jackfield></domain>",
        );
        let second = "is stored as the second name of user «1500»; \
                      `jackfield user set 1500@one.test --number-alias ''` takes it away";
        let expected = [
            "freeswitch.xml:3: number-alias «2000» of user «1000» is the id of a user that is stored",
            &format!("freeswitch.xml:4: the id of user «3000» {second}"),
            "freeswitch.xml:7: the domain's name, «TWO.test», is an alias of the stored domain \
             «one.test»; take it from there first: `jackfield domain set --help` says how",
            "freeswitch.xml:8: an alias of the domain, «one.test», is a name of domain «one.test» \
             (freeswitch.xml:2) too",
            "freeswitch.xml:9: an alias of the domain, «Two.test», is a name of domain «TWO.test» \
             (freeswitch.xml:7) too",
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_second_name_that_the_tree_lacks_stays_and_is_nobody_elses() {
    on_each_empty(|empty| {
        let base = filled(empty);
        let told = refused(
            &base,
            "<domain name=\"one.test\">\n<user id=\"1500\"/>\n<user id=\"3000\"/>\n</domain>",
        );
        assert_eq!(
            told,
            [
                "freeswitch.xml:4: the id of user «3000» is stored as the second name of user «1500»; \
              `jackfield user set 1500@one.test --number-alias ''` takes it away"
            ]
        );
        let told = refused(
            &base,
            "<domain name=\"one.test\">\n<user id=\"1001\" number-alias=\"3000\"/>\n\
             <user id=\"1500\"/>\n</domain>",
        );
        assert_eq!(
            told,
            ["freeswitch.xml:3: number-alias «3000» is stored as that of user «1500»; \
              `jackfield user set 1500@one.test --number-alias ''` takes it away"]
        );
        let told = import(
            &base,
            "<domain name=\"one.test\">\n<user id=\"1500\"><params>\
             <param name=\"password\" value=\"hush\"/></params></user>\n</domain>",
        );
        assert!(
            told.contains("freeswitch.xml:3: user «1500» keeps the second name «3000», which"),
            "{told}"
        );
        // It is good for logging in, as the id is.
        let stored = base.open().load().expect("readable");
        let user = stored.domains[0].user("3000").expect("still called so");
        assert_eq!(user.secrets().filter(|secret| secret.username == "3000").count(), 4);
    });
}

#[test]
fn second_names_that_change_hands_within_the_tree_are_taken() {
    on_each_empty(|empty| {
        let base = filled(empty);
        import(
            &base,
            "<domain name=\"one.test\">\n<user id=\"1500\" number-alias=\"4000\"/>\n\
             <user id=\"1001\" number-alias=\"3000\"/>\n</domain>",
        );
        let stored = base.open().load().expect("readable");
        assert_eq!(
            stored.domains[0].user("3000").map(|user| user.id.to_owned()).as_deref(),
            Some("1001")
        );
        let told = import(
            &base,
            "<domain name=\"one.test\"><user id=\"7\" number-alias=\"8\"/>\n<user id=\"8\"/>\n\
             </domain>",
        );
        assert!(
            told.contains(":2: number-alias «8» of user «7»: it is the id of freeswitch.xml:3")
        );
    });
}

#[test]
fn what_is_written_gives_no_name_twice_whoever_writes_it() {
    on_each_empty(|empty| {
        let base = filled(empty);
        let mut database = base.open();
        let user = |id: &str, alias: Option<&str>| User {
            id: id.into(),
            number_alias: alias.map(Into::into),
            ..User::default()
        };
        let one = Domain::new("one.test").with_users(vec![
            user("1000", Some("2000")),
            user("3000", None),
            user("1001", Some("3000")),
        ]);
        let domains = vec![one, Domain::new("TWO.test")];
        let contents = Contents { domains: domains.into(), ..Contents::default() };
        let before = database.revision().expect("readable");
        let told = database.merge("test", &contents, &|| {}).expect_err("not to be stored");
        let told = told.to_string();
        for line in [
            "user «1000@one.test»: its second name is the id of user «2000»",
            "user «3000@one.test»: its id is the second name of user «1",
            "user «1001@one.test»: its second name is the id of user «3000»",
            "user «1001@one.test»: its second name is also that of user «1500»",
            "«TWO.test» of domain «TWO.test» is a name of domain «one.test» already",
        ] {
            assert!(told.contains(line), "{line} is not in {told}");
        }
        assert_eq!(database.revision().expect("readable"), before);
    });
}

/// The revision that is stored.
fn revision(base: &Base) -> i64 {
    base.open().revision().expect("readable")
}

/// What stands under a title of a report.
fn under<'a>(report: &'a str, title: &str) -> Vec<&'a str> {
    let lines = report.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
}

const PASSWORDS: &str = "The tree's password takes the place of what is stored";
const PINS: &str = "The tree's PIN takes the place of what is stored";
const DISABLED: &str = "Disabled here, and stays so";
const KEPT: &str = "Stays, though the tree lacks it";

/// Two users with passwords, the first with a PIN, too.
const USERS: &str = "<domain name=\"one.test\">\n\
    <params><param name=\"dial-string\" value=\"here\"/></params>\n\
    <user id=\"1000\"><params><param name=\"password\" value=\"first word\"/>\
    <param name=\"vm-password\" value=\"8642\"/></params>\
    <variables><variable name=\"toll_allow\" value=\"local\"/></variables></user>\n\
    <user id=\"1001\"><params><param name=\"password\" value=\"second word\"/></params></user>\n\
    <user id=\"1002\"/>\n</domain>";

#[test]
fn what_was_done_here_and_the_tree_does_not_speak_of_stays() {
    on_each_empty(|empty| {
        let base = empty();
        import(&base, USERS);
        base.did(&["user", "set", "1000", "--enabled", "false", "--variable", "toll_allow=all"]);
        base.did(&["user", "set", "1000", "--cidr", "192.0.2.0/24", "--variable", "MINE=1"]);
        base.did_with(&["user", "set", "1001", "--pin-stdin"], "97531\n");
        base.did_with(&["user", "set", "1002", "--password-stdin"], "third word\n");
        base.did(&["domain", "set", "one.test", "--variable", "ours=1", "--realm", "r.test"]);
        let pins = || {
            let stored = base.open().load().expect("readable");
            let users = stored.domains[0].users();
            users
                .iter()
                .map(|user| (user.voicemail_hash(), user.secrets().count()))
                .collect::<Vec<_>>()
        };
        let before = pins();
        let told = import(&base, USERS);
        assert_eq!(under(&told, DISABLED), ["1000@one.test"], "{told}");
        assert_eq!(
            under(&told, KEPT),
            ["one.test: variable ours", "1000@one.test: cidr, variable MINE"],
            "{told}"
        );
        assert_eq!((under(&told, PASSWORDS), under(&told, PINS)), (vec![], vec![]), "{told}");
        assert!(told.contains("freeswitch.xml:6: user «1002» keeps the stored password"), "{told}");
        assert!(!told.contains("«1002» has no password"), "{told}");

        let after = pins();
        assert!(after[1].0.is_some() && after[0].0.is_some());
        assert_eq!(
            after.iter().map(|user| &user.0).collect::<Vec<_>>(),
            before.iter().map(|user| &user.0).collect::<Vec<_>>()
        );
        // The realm is new, and the tree tells the first two passwords alone.
        assert_eq!(after.iter().map(|user| user.1).collect::<Vec<_>>(), [4, 4, 2]);
        let stored = base.open().load().expect("readable");
        let user = stored.domains[0].user("1000").expect("there");
        assert!(user.disabled && user.cidr == Some("192.0.2.0/24"));
        let told_of = |name: &str| {
            let found = user.to_user().variables.into_iter().find(|found| found.name == name);
            found.map(|found| found.text)
        };
        assert_eq!(
            (told_of("toll_allow"), told_of("MINE")),
            (Some("local".into()), Some("1".into()))
        );
        assert_eq!(stored.domains[0].variables().len(), 1);
        assert_eq!(stored.domains[0].realms(), ["r.test"]);

        let before = revision(&base);
        let again = import(&base, USERS);
        assert!(again.contains(": 0 rows were added, 0 changed; "), "{again}");
        assert_eq!((under(&again, DISABLED), revision(&base)), (vec!["1000@one.test"], before));
    });
}

#[test]
fn whoever_gets_the_trees_password_or_pin_is_named_before_and_after() {
    on_each_empty(|empty| {
        let base = empty();
        import(&base, USERS);
        base.did_with(&["user", "set", "1000", "--password-stdin"], "mine alone\n");
        base.did_with(&["user", "set", "1000", "--pin-stdin"], "97531\n");
        base.did(&["user", "set", "1001", "--no-password"]);
        let tree = tree(USERS);
        let before = revision(&base);
        let dry = base.did(&["import", path(&tree), "--dry-run"]);
        assert_eq!(revision(&base), before);
        let wet = base.did(&["import", path(&tree)]);
        for told in [&dry, &wet] {
            assert_eq!(under(&told.out, PASSWORDS), ["1000@one.test", "1001@one.test"]);
            assert_eq!(under(&told.out, PINS), ["1000@one.test"]);
            let stored = base.open().load().expect("readable");
            let users = stored.domains[0].users().iter();
            let hashes = users.flat_map(|user| {
                let secrets = user.secrets().filter_map(|secret| secret.ha1());
                secrets.chain(user.voicemail_hash()).collect::<Vec<_>>()
            });
            let words = ["first word", "second word", "8642", "mine alone", "97531"];
            for secret in hashes.chain(words.map(str::to_owned)) {
                assert!(!told.all().contains(&secret), "{secret} is in {}", told.all());
            }
        }
        let told = import(&base, USERS);
        assert_eq!((under(&told, PASSWORDS), under(&told, PINS)), (vec![], vec![]), "{told}");
    });
}

#[test]
fn a_tree_with_one_hash_of_a_password_leaves_the_others_of_it() {
    on_each_empty(|empty| {
        let base = empty();
        import(&base, USERS);
        let stored = base.open().load().expect("readable");
        let user = stored.domains[0].user("1000").expect("there");
        let md5 = user.secrets().find_map(|secret| secret.ha1().filter(|hash| hash.len() == 32));
        let told = |hash: &str| {
            import(
                &base,
                &format!(
                    "<domain name=\"one.test\"><user id=\"1000\"><params>\
                     <param name=\"a1-hash\" value=\"{hash}\"/></params></user></domain>"
                ),
            )
        };
        let count = || {
            let stored = base.open().load().expect("readable");
            stored.domains[0].user("1000").expect("there").secrets().count()
        };
        let same = told(&md5.expect("an MD5 hash"));
        assert_eq!((under(&same, PASSWORDS), count()), (vec![], 2), "{same}");
        let other = told(&"0".repeat(32));
        assert_eq!((under(&other, PASSWORDS), count()), (vec!["1000@one.test"], 1), "{other}");
    });
}
