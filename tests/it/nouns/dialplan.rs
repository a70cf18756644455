//! Extensions: their order, their names that may repeat, and their XML.

use crate::support::{Base, Program, body, on_each, post};

/// Everything that an extension can hold.
const NESTED: &str = r#"<include>
  <extension name="hours" continue="true">
    <condition wday="2-6" break="on-false"/>
    <condition regex="any" break="never">
      <regex field="destination_number" expression="^9$"/>
      <regex field="caller_id_number"><expression>^1(\d)$</expression></regex>
      <action application="set" data="greeting=&lt;$1&gt; ${name}" inline="true"/>
      <anti-action application="log" data="INFO a &amp; b"/>
      <condition field="${open}" expression="^true$" require-nested="false">
        <action application="log" data="$${domain} &quot;x&quot;" loop="2"/>
        <anti-action application="hangup"/>
      </condition>
    </condition>
  </extension>
</include>"#;

fn order(base: &Base, context: &str) -> Vec<String> {
    let listed = base.did(&["extension", "list", "--of", context, "--json"]).json();
    let names = listed.as_array().expect("a list").iter().enumerate().map(|(at, found)| {
        assert_eq!(found["at"], at + 1, "{listed}");
        found["name"].as_str().expect("a name").to_owned()
    });
    names.collect()
}

#[test]
fn extensions_stand_where_they_are_put_and_are_tried_in_that_order() {
    on_each(|base| {
        let program = Program::serve(base);
        let add = |key: &str, at: &str| {
            base.did(&["extension", "add", key, "--action", "answer", "--at", at]);
        };
        base.did(&["context", "add", "o"]);
        for name in ["o/c", "o/d"] {
            base.did(&["extension", "add", name, "--action", "answer"]);
        }
        add("o/a", "1");
        add("o/b", "2");
        add("o/e", "77");
        assert_eq!(order(base, "o"), ["a", "b", "c", "d", "e"]);
        let moved = |key: &str, at: &str, then: &str| {
            base.did(&["extension", "set", key, "--at", at]);
            assert_eq!(order(base, "o").concat(), then, "{key} to {at}");
        };
        moved("o/e", "1", "eabcd");
        moved("o/e", "3", "abecd");
        moved("o/e", "3", "abecd");
        moved("o/a", "5", "becda");
        moved("o/c", "2", "bceda");
        base.did(&["extension", "remove", "o/e"]);
        moved("o/a", "3", "bcad");
        moved("o/b", "99", "cadb");
        assert_eq!(order(base, "default"), ["users"]);
        let asked = body(24).set("Caller-Context", "o").set("Hunt-Context", "o");
        let answer = post(program.machine, asked.bytes());
        let names = answer.text().split("<extension name=\"").skip(1);
        let names: String = names.map(|rest| rest.split('"').next().unwrap_or_default()).collect();
        assert_eq!(names, "cadb");
        base.refuses(&["extension", "list", "--after", "99999"], 1, "there is no extension");
    });
}

#[test]
fn of_several_with_one_name_the_id_is_asked_for_and_none_needs_a_name() {
    on_each(|base| {
        let id = |arguments: &[&str]| base.did(arguments).json()["id"].to_string();
        let add = |key| id(&["extension", "add", key, "--action", "answer", "--json"]);
        let (one, other, nameless) = (add("default/x"), add("default/x"), add("default/"));
        let words = format!("say which one by its id, id:{one} or id:{other}");
        base.refuses(&["extension", "remove", "default/x"], 1, &words);
        base.did(&["extension", "remove", &format!("id:{one}")]);
        let shown = base.did(&["extension", "show", "default/x", "--json"]).json();
        assert_eq!(shown["id"].to_string(), other);
        let shown = base.did(&["extension", "show", "default/"]).out;
        assert!(shown.starts_with("<extension>\n"), "{shown}");
        base.did(&["extension", "set", &format!("id:{nameless}"), "--name", "named"]);
        base.did(&["extension", "show", "default/named"]);
        let chat = ["extension", "add", "chatplan/public/x", "--action", "reply", "--json"];
        assert_eq!(base.did(&chat).json()["section"], "chatplan");
    });
}

#[test]
fn what_show_prints_is_taken_back_unharmed() {
    on_each(|base| {
        let program = Program::serve(base);
        let answer = || post(program.machine, body(24).bytes()).text().to_owned();
        base.did(&["global", "add", "domain", "pbx.example.test"]);
        let file = base.file_of("hours.xml", NESTED);
        base.did(&["extension", "add", "default/hours", "--xml", &file, "--at", "1"]);
        let (before, stored) = (answer(), conditions(base));
        for part in ["regex=\"any\"", "<expression>^1(\\d)&#36;</expression>", "require-nested"] {
            assert!(before.contains(part), "{part}: {before}");
        }
        for id in base.select("SELECT id || '' AS it FROM extensions") {
            let key = format!("id:{id}");
            let shown = base.did(&["extension", "show", &key]).out;
            assert!(!shown.contains("&#36;"), "for people: {shown}");
            base.did_with(&["extension", "set", &key, "--xml", "-"], &shown);
        }
        assert_eq!(answer(), before);
        assert_eq!(conditions(base), stored);
        base.refuses(&["extension", "add", "default/other", "--xml", &file], 1, "holds extension");
        // Flags replace what it does, and leave the rest.
        base.did(&["extension", "set", "default/hours", "--action", "hangup"]);
        let shown = base.did(&["extension", "show", "default/hours", "--json"]).json();
        assert_eq!((shown["continue"].clone(), shown["at"].clone()), (true.into(), 1.into()));
        assert!(!shown["xml"].as_str().expect("a text").contains("regex"), "{shown}");
    });
}

fn conditions(base: &Base) -> Vec<String> {
    base.select("SELECT name || conditions AS it FROM extensions WHERE name = 'hours'")
}

#[test]
fn a_file_that_cannot_be_taken_is_told_with_its_line() {
    on_each(|base| {
        for (text, words) in [
            ("<extension>\n<condition>\n</extension>", ":3: </extension> closes nothing"),
            ("<context name='x'/>", ":1: this is <context>"),
            ("<extension>\n<X-PRE-PROCESS cmd='exec' data='id'/></extension>", ":2: the pre-"),
            (
                "<extension><condition>\n<action application='x' data='<!'/></condition></extension>",
                ":2: ",
            ),
            ("<extension>\n<condition field='(not shown)'/></extension>", ":2: «(not shown)»"),
            ("<extension><condition><action/></condition></extension>", "has no application"),
        ] {
            let file = base.file_of("bad.xml", text);
            let words =
                if words.starts_with(':') { format!("{file}{words}") } else { words.into() };
            base.refuses(&["extension", "add", "default/x", "--xml", &file], 1, &words);
        }
        base.refuses(
            &["extension", "add", "default/x", "--xml", "/nonexistent"],
            1,
            "/nonexistent cannot be read",
        );
        let left = "<extension name='x'><condition/><stray/></extension>";
        let told = base.did_with(&["extension", "add", "default/x", "--xml", "-"], left);
        assert!(told.err.contains("left out: standard input:1: <stray>"), "{}", told.err);
        let big = format!("playback={}", "x".repeat(100_000));
        for at in 0..10 {
            let key = format!("default/{at}");
            base.did(&["extension", "add", &key, "--action", &big]);
        }
        base.refuses(
            &["extension", "add", "default/one-more", "--action", &big],
            1,
            "its context would be longer than the switch takes",
        );
    });
}

#[test]
fn a_secret_in_an_action_is_neither_taken_from_the_command_line_nor_shown() {
    on_each(|base| {
        let secret = "set=sip_auth_password=hush-9";
        let arguments = ["extension", "add", "default/x", "--action", secret];
        base.refuses(&arguments, 64, "use --xml -");
        let xml = "<extension name='x'><condition><action application='set' \
                   data='sip_auth_password=hush-9'/></condition></extension>";
        base.did_with(&["extension", "add", "default/x", "--xml", "-"], xml);
        for arguments in [
            &["extension", "show", "default/x"][..],
            &["extension", "show", "default/x", "--json"],
            &["extension", "list"],
            &["changes"],
        ] {
            let told = base.did(arguments).all();
            assert!(!told.contains("hush-9"), "{told}");
        }
        let told = base.explained(&body(24));
        assert!(told.contains("sip_auth_password=(not shown)"), "{told}");
        let shown = base.did(&["extension", "show", "default/x"]).out;
        let back = ["extension", "set", "default/x", "--xml", "-"];
        base.refuses_with(&back, &shown, 1, "put the value itself in its place");
    });
}

#[test]
fn what_an_operator_would_hardly_mean_is_told() {
    let base = Base::sqlite();
    base.did(&["context", "add", "pub"]);
    let all = base.did(&["extension", "add", "pub/all", "--action", "answer"]);
    assert!(all.err.contains("takes all that reach it"), "{}", all.err);
    let add = |name: &str, regex: &str| {
        let condition = format!("destination_number={regex}");
        base.did(&["extension", "add", name, "--condition", &condition, "--action", "echo"]).err
    };
    let behind = add("pub/echo", "^9999$");
    assert!(behind.contains("no call reaches it") && behind.contains("--at 1"), "{behind}");
    let first = base.did(&["extension", "set", "pub/echo", "--at", "1"]).err;
    assert!(!first.contains("no call reaches it"), "{first}");
    let shown = base.did(&["extension", "show", "pub/echo"]).out;
    let file = base.file_of("echo.xml", &shown);
    let back = |at: &str| {
        let told = base.did(&["extension", "set", "pub/echo", "--xml", &file, "--at", at]);
        (told.out, told.err.contains("nothing was changed"))
    };
    for (at, word, nothing) in [("1", "unchanged ", true), ("2", "changed ", false)] {
        let (out, told) = back(at);
        assert!(out.starts_with(word) && told == nothing, "{at}: {out}");
    }
    assert!(add("pub/broken", "^(9997$").contains("no regular expression"));
    for fine in ["^(?=9)9997$", "^\\d{4}$", "/^9997$/i", "^(${x})$"] {
        assert!(!add("pub/fine", fine).contains("regular expression"), "{fine}");
    }
    for application in ["bridge:user/1000", "answer now"] {
        base.refuses(&["extension", "add", "pub/x", "--action", application], 1, "application");
    }
}
