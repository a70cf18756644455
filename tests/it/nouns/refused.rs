//! Names, keys and values that are not taken: a clear word, and nothing is changed.

use crate::support::{Base, on_each};

/// A key for each noun, with `{}` where the name stands that is tried.
const KEYS: [(&str, &str, &[&str]); 12] = [
    ("agent", "{}", &["--attribute", "type=callback"]),
    ("context", "{}", &[]),
    ("context", "chatplan/{}", &[]),
    ("document", "{}", &["--file", "-"]),
    ("domain", "{}", &[]),
    ("global", "{}", &["1"]),
    ("language", "{}", &[]),
    ("menu", "{}", &[]),
    ("phrase", "en/{}", &["--file", "-"]),
    ("queue", "{}", &[]),
    ("room", "{}", &[]),
    ("user", "{}", &["--no-password", "--no-pin"]),
];

#[test]
fn names_that_do_not_survive_the_way_to_a_switch_are_a_wrong_command_line() {
    let long = "x".repeat(201);
    on_each(|base| {
        for (noun, key, more) in KEYS {
            for (name, why) in [
                ("", "a name is missing"),
                ("a%41", "the switch sends «%41» decoded"),
                ("a\u{7}b", "holds a control character"),
                ("a\tb", "holds a control character"),
                (" a", "begins or ends with a blank"),
                ("a<!b", "would be acted on by the switch"),
                (long.as_str(), "longer than 200 bytes"),
            ] {
                let key = key.replace("{}", name);
                let arguments = [&[noun, "add", &*key], more].concat();
                base.refuses(&arguments, 64, why);
            }
        }
    });
}

#[test]
fn what_a_name_means_for_its_noun_is_seen_to() {
    on_each(|base| {
        for (arguments, why) in [
            (&["domain", "add", "a&b"][..], "the switch sends a domain as it is, and «&»"),
            (&["domain", "set", "pbx.example.test", "--name", "a&b"], "«&» would break that"),
            (&["user", "set", "1000", "--id", "a%41", "--no-password"], "«%41» decoded"),
            (&["user", "set", "1000", "--number-alias", "1001"], "is the id of user «1001»"),
            (&["room", "set", "3000", "--name", "a%41"], "«%41» decoded"),
            (&["room", "set", "3000", "--profile", ""], "its profile: a name is missing"),
            (&["menu", "set", "demo", "--name", "more"], "there is a menu «more» already"),
            (&["context", "add", "a/b"], "with a slash in it its extensions"),
            (&["language", "add", "a/b"], "with a slash in it its phrases"),
            (&["global", "add", "a", "$${a}"], "made of itself"),
            (&["global", "add", "a"], "which value?"),
            (&["menu", "set", "demo", "--attribute", "a b=1"], "«a b» is no name of an attribute"),
            (&["menu", "set", "demo", "--attribute", "name=x"], "--name changes it"),
            (&["menu", "set", "demo", "--attribute", "timeout=$${"], "the value of «timeout»"),
            (&["menu", "set", "demo", "--attribute", "timeout=<!"], "the value of «timeout»"),
            (&["menu", "set", "demo", "--entry", "1=menu-exec-app:<!"], "«<!» would be acted on"),
            (&["menu", "set", "demo", "--remove-entry", "77"], "«77» does nothing"),
            (&["agent", "set", "1000@default", "--unset-attribute", "x"], "«x» is not set"),
            (&["queue", "set", "sales@default", "--tier", "7"], "there is no agent «7»"),
            (&["queue", "set", "sales@default", "--remove-tier", "7"], "«7» does not serve it"),
            (&["queue", "set", "sales@default", "--param", "a=$${"], "the value of «a»"),
            (&["language", "set", "en", "--group-attribute", "x=1"], "write GROUP/NAME"),
            (&["extension", "set", "default/users", "--action", "playback=<!"], "«<!»"),
            (&["extension", "set", "default/users", "--condition", "x=\u{1}"], "U+0001"),
            (&["extension", "add", "nowhere/x", "--action", "a"], "there is no context «nowhere»"),
            (&["extension", "add", "default/x"], "what does it do?"),
            (&["phrase", "add", "xx/x", "--file", "/dev/null"], "/dev/null:1: no element"),
            (&["phrase", "list", "--of", "xx"], "there is no language «xx»"),
            (&["context", "remove", "default"], "it has 1 extensions; --with-all"),
            (&["language", "remove", "en"], "it has 2 phrases; --with-all"),
            (&["user", "show", "id:999999"], "there is no user «id:999999»"),
        ] {
            base.refuses(arguments, 1, why);
        }
    });
}

#[test]
fn a_wrong_command_line_says_what_to_write() {
    on_each(|base| {
        for (arguments, why) in [
            (&["room", "show", "id:x"][..], "an id is a number, as in id:17"),
            (&["extension", "show", "default"], "write CONTEXT/NAME"),
            (&["extension", "add", "default/x", "--condition", "x"], "write FIELD=REGEX"),
            (&["extension", "add", "default/x", "--at", "0"], "--at"),
            (
                &["extension", "add", "default/x", "--xml", "-", "--action", "a"],
                "cannot be used with",
            ),
            (&["phrase", "show", "hello"], "write LANGUAGE/NAME"),
            (&["menu", "add", "x", "--entry", "1"], "write DIGITS=ACTION:PARAM"),
            (&["queue", "add", "x", "--tier", "a=0"], "from 1 on"),
            (&["user", "add", "x", "--password", "y"], "--password"),
            (&["user", "list", "--limit", "0"], "--limit"),
            (&["gizmo", "list"], "gizmo"),
        ] {
            base.refuses(arguments, 64, why);
        }
    });
}

#[test]
fn what_something_refers_to_and_is_not_there_is_noted() {
    on_each(|base| {
        let told = base.did(&["room", "add", "1", "--profile", "wide"]);
        assert!(told.err.contains("conference profile «wide» is not there"), "{}", told.err);
        let told = base.did(&["room", "add", "2"]);
        assert!(!told.err.contains("is not there"), "{}", told.err);
        let told = base.did(&["menu", "set", "demo", "--entry", "9=menu-sub:nowhere"]);
        assert!(told.err.contains("menu «nowhere», which it leads to, is not there"));
        assert!(!told.err.contains("«more»"), "{}", told.err);
        let told = base.did(&["agent", "add", "7@default"]);
        assert!(told.err.contains("no agent without a type"), "{}", told.err);
        let told = base.did(&["agent", "remove", "1000@default"]);
        assert!(told.err.contains("it served support@default"), "{}", told.err);
        let told = base.did(&["context", "remove", "default", "--with-all"]);
        assert!(told.err.contains("with it went 1 extensions"), "{}", told.err);
    });
}

#[test]
fn a_name_that_commands_take_for_an_id_is_refused() {
    let base = Base::sqlite();
    base.refuses(&["user", "add", "id:1x"], 64, "id");
    base.refuses(&["room", "add", "id:1"], 64, "id");
}
