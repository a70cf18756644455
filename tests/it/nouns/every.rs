//! What holds for every noun alike: five verbs, and answers that follow at once.

use crate::support::{Base, Body, Program, body, on_each, post};

/// A noun, and what is done with one of its objects.
struct Case {
    noun: &'static str,
    key: &'static str,
    add: &'static [&'static str],
    /// What is on the standard input of `add` and `set`.
    inputs: [&'static str; 2],
    set: &'static [&'static str],
    /// What is shown, and answered, after `add` and after `set`.
    says: [&'static str; 2],
    asked: fn() -> Body,
}

fn configuration(file: &str) -> Body {
    body(2).set("key_value", file)
}

const CASES: &[Case] = &[
    Case {
        noun: "acl",
        key: "new",
        add: &["--node", "allow=198.51.100.0/24"],
        inputs: ["", ""],
        set: &["--node", "deny=203.0.113.0/24"],
        says: ["198.51.100.0/24", "203.0.113.0/24"],
        asked: || body(20),
    },
    Case {
        noun: "agent",
        key: "7000@default",
        add: &["--attribute", "type=callback", "--attribute", "contact=user/7000"],
        inputs: ["", ""],
        set: &["--attribute", "contact=user/7001"],
        says: ["user/7000", "user/7001"],
        asked: || body(7),
    },
    Case {
        noun: "context",
        key: "fresh",
        add: &[],
        inputs: ["", ""],
        set: &["--name", "fresher"],
        says: ["fresh", "fresher"],
        asked: || body(24).set("Caller-Context", "fresher").set("Hunt-Context", "fresher"),
    },
    Case {
        noun: "document",
        key: "new.conf",
        add: &["--file", "-"],
        inputs: [
            "<configuration name='new.conf'><a b='first &amp; one'/></configuration>",
            "<configuration name='new.conf'><a b='second'/></configuration>",
        ],
        set: &["--file", "-"],
        says: ["first &amp; one", "second"],
        asked: || configuration("new.conf"),
    },
    Case {
        noun: "domain",
        key: "new.example.test",
        add: &["--param", "x=first"],
        inputs: ["", ""],
        set: &["--param", "x=second"],
        says: ["first", "second"],
        asked: || body(48).set("key_value", "new.example.test").set("domain", "new.example.test"),
    },
    Case {
        noun: "extension",
        key: "default/new",
        add: &["--condition", "destination_number=^77$", "--action", "playback=first"],
        inputs: ["", ""],
        set: &["--condition", "destination_number=^77$", "--action", "playback=second"],
        says: ["first", "second"],
        asked: || body(24),
    },
    Case {
        noun: "gateway",
        key: "new",
        add: &["--profile", "internal", "--param", "proxy=first.example.test"],
        inputs: ["", ""],
        set: &["--param", "proxy=second.example.test"],
        says: ["first.example.test", "second.example.test"],
        asked: || body(10),
    },
    Case {
        noun: "global",
        key: "c",
        add: &["first"],
        inputs: ["", ""],
        set: &["second"],
        says: ["first", "second"],
        asked: || configuration("kept.conf"),
    },
    Case {
        noun: "group",
        key: "new@pbx.example.test",
        add: &["--member", "1001"],
        inputs: ["", ""],
        set: &["--member", "1002"],
        says: ["1001", "1002"],
        asked: || body(34).set("group", "new").set("group_name", "new"),
    },
    Case {
        noun: "language",
        key: "de",
        add: &["--attribute", "say-module=first"],
        inputs: ["", ""],
        set: &["--attribute", "say-module=second"],
        says: ["first", "second"],
        asked: || body(52).set_last("lang", "de"),
    },
    Case {
        noun: "menu",
        key: "new",
        add: &["--attribute", "timeout=4001", "--entry", "*=menu-top"],
        inputs: ["", ""],
        set: &["--attribute", "timeout=4002"],
        says: ["4001", "4002"],
        asked: || body(32).set_last("Menu-Name", "new"),
    },
    Case {
        noun: "phrase",
        key: "en/new",
        add: &["--file", "-"],
        inputs: [
            "<macro name='new'><a b='first'/></macro>",
            "<macro name='new'><a b='second'/></macro>",
        ],
        set: &["--file", "-"],
        says: ["first", "second"],
        asked: || body(30).set_last("macro_name", "new"),
    },
    Case {
        noun: "profile",
        key: "sofia/new",
        add: &["--param", "sip-port=5091"],
        inputs: ["", ""],
        set: &["--param", "sip-port=5092"],
        says: ["5091", "5092"],
        asked: || body(10),
    },
    Case {
        noun: "queue",
        key: "new@default",
        add: &["--param", "strategy=ring-all", "--tier", "1000@default=1,3001"],
        inputs: ["", ""],
        set: &["--tier", "1000@default=2,3002"],
        says: ["3001", "3002"],
        asked: || body(7),
    },
    Case {
        noun: "room",
        key: "7777",
        add: &[],
        inputs: ["", ""],
        set: &["--name", "77778"],
        says: ["7777", "77778"],
        asked: || body(5),
    },
    Case {
        noun: "user",
        key: "2000@pbx.example.test",
        add: &["--password-stdin", "--no-pin", "--caller-id-name", "first"],
        inputs: ["a good password", ""],
        set: &["--caller-id-name", "second"],
        says: ["first", "second"],
        asked: || body(42).set("user", "2000").set_last("sip_auth_username", "2000"),
    },
];

fn with<'a>(start: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [start, more].concat()
}

fn is_answered(program: &Program, case: &Case, words: &str) {
    let answer = post(program.machine, (case.asked)().bytes());
    assert!(answer.text().contains(words), "{}: {words} in {}", case.noun, answer.text());
}

#[test]
fn every_noun_is_added_listed_shown_set_and_removed_and_answers_follow_at_once() {
    on_each(|base| {
        let program = Program::serve(base);
        for case in CASES {
            goes_round(base, &program, case);
        }
    });
}

fn goes_round(base: &Base, program: &Program, case: &Case) {
    let &Case { noun, key, says: [first, second], .. } = case;
    let since = base.open().revision().expect("readable");
    base.refuses(&[noun, "show", key], 1, &format!("there is no {noun}"));

    let added = base.did_with(&with(&[noun, "add", key, "--json"], case.add), case.inputs[0]);
    assert!(added.out.starts_with("{\n  \"id\": "), "{noun}: {}", added.out);
    assert!(added.err.contains("answers from revision"), "{noun}: {}", added.err);
    let id = added.json()["id"].as_i64().expect("a number");
    let by_id = format!("id:{id}");
    if noun != "context" {
        is_answered(program, case, first);
    }
    if noun != "extension" {
        let again = with(&[noun, "add", key], case.add);
        base.refuses_with(&again, case.inputs[0], 1, &format!("already (id:{id})"));
    }
    let listed = base.did(&[noun, "list", "--json"]).json();
    let listed = listed.as_array().expect("a list");
    assert!(listed.iter().any(|found| found["id"] == id), "{noun}: {listed:?}");
    let lines = base.did(&[noun, "list"]).out;
    assert!(lines.lines().next().expect("titles").trim_start().starts_with("ID"), "{lines}");
    assert!(lines.lines().any(|line| line.trim_start().starts_with(&id.to_string())), "{lines}");
    assert!(base.did(&[noun, "show", key]).out.contains(first), "{noun}");
    let shown = base.did(&[noun, "show", &by_id, "--json"]);
    assert!(shown.out.starts_with("{\n  \"id\": ") && shown.json()["id"] == id, "{noun}");

    base.did_with(&with(&[noun, "set", &by_id], case.set), case.inputs[1]);
    assert!(base.did(&[noun, "show", &by_id]).out.contains(second), "{noun}");
    is_answered(program, case, second);
    let told = base.explained(&(case.asked)());
    assert!(told.contains(second), "{noun}: {told}");

    let removed = base.did(&[noun, "remove", &by_id]);
    assert!(removed.out.starts_with(&format!("removed {noun} ")), "{}", removed.out);
    // Without the global the answer is one that a switch has to put its own into.
    if noun != "global" {
        let answer = post(program.machine, (case.asked)().bytes());
        assert!(!answer.text().contains(second), "{noun}: {}", answer.text());
    }
    let told = base.explained(&(case.asked)());
    assert!(!told.split_once("HTTP").expect("an answer").1.contains(second), "{noun}: {told}");
    base.refuses(&[noun, "show", &by_id], 1, &format!("there is no {noun}"));

    let changes = base.did(&["changes", "--since", &since.to_string(), "--json"]).json();
    for verb in ["add", "set", "remove"] {
        let who = format!("{noun} {verb}");
        let there = changes.as_array().expect("a list").iter().any(|change| change["who"] == *who);
        assert!(there, "{who}: {changes}");
    }
}

#[test]
fn a_list_comes_in_pages_that_miss_and_repeat_nothing() {
    on_each(|base| {
        for at in 0..7 {
            let key = format!("30{at:02}");
            base.did(&["user", "add", &key, "--no-password", "--no-pin"]);
            // Each before the others: their ids are not their order.
            let key = format!("default/{at}");
            base.did(&["extension", "add", &key, "--action", "answer", "--at", "1"]);
        }
        for noun in ["user", "extension", "menu", "queue", "room", "phrase"] {
            let whole = base.did(&[noun, "list", "--json"]).json();
            let whole: Vec<i64> = ids(&whole);
            let (mut paged, mut after) = (Vec::new(), "0".to_owned());
            loop {
                let page = base.did(&[noun, "list", "--json", "--limit", "3", "--after", &after]);
                let found = ids(&page.json());
                assert!(found.len() <= 3);
                let more = page.err.contains("--after");
                paged.extend(found);
                let Some(last) = paged.last().filter(|_| more) else { break };
                after = last.to_string();
            }
            assert_eq!(paged, whole, "{noun}");
        }
        let some = base.did(&["user", "list", "--limit", "2", "--of", "pbx.example.test"]);
        assert_eq!(some.out.lines().count(), 3, "{}", some.out);
        assert!(some.err.contains("there are more: --after "), "{}", some.err);
        base.refuses(&["room", "list", "--of", "x"], 1, "belongs to nothing");
        base.refuses(&["user", "list", "--of", "x.test"], 1, "there is no domain «x.test»");
    });
}

fn ids(list: &serde_json::Value) -> Vec<i64> {
    let list = list.as_array().expect("a list");
    list.iter().map(|found| found["id"].as_i64().expect("a number")).collect()
}
