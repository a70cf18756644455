//! Documents, phrases and menus that are taken from files.

use crate::support::{Program, body, on_each, post};

#[test]
fn a_document_hides_its_secrets_and_is_not_stored_without_them() {
    on_each(|base| {
        let xml = "<configuration name='x.conf'>\n<settings>\n\
                   <param name='password' value='hush-9'/><param name='a' value='b$${c}$1'/>\n\
                   <login secret='hush-9'><password>hush-9</password></login>\n\
                   </settings></configuration>";
        base.did_with(&["document", "add", "x.conf", "--file", "-"], xml);
        let shown = base.did(&["document", "show", "x.conf"]).out;
        assert_eq!(shown.matches("(not shown)").count(), 3, "{shown}");
        assert!(shown.contains("b$${c}$1"), "{shown}");
        let json = base.did(&["document", "show", "x.conf", "--json"]).out;
        let asked = body(2).set("key_value", "x.conf");
        for told in [&shown, &json, &base.explained(&asked), &base.did(&["document", "list"]).out] {
            assert!(!told.contains("hush-9"), "{told}");
        }
        base.refuses_with(
            &["document", "set", "x.conf", "--file", "-"],
            &shown,
            1,
            "standard input:3: «(not shown)» stands there for a value that is not shown",
        );
        assert!(base.select("SELECT xml AS it FROM documents")[1].contains("hush-9"));
        base.did_with(
            &["document", "set", "x.conf", "--file", "-"],
            &shown.replace("(not shown)", "another"),
        );
    });
}

#[test]
fn a_file_as_an_export_or_a_snippet_writes_it_is_taken() {
    on_each(|base| {
        let inner = "<configuration name='x.conf'>\n<settings/></configuration>";
        for (at, file) in [
            format!("<include>\n{inner}\n</include>\n"),
            format!("<?xml version='1.0'?>\n<!-- <include> -->\n <include>{inner}</include>"),
        ]
        .iter()
        .enumerate()
        {
            let verb = ["add", "set"][at];
            base.did_with(&["document", verb, "x.conf", "--file", "-"], file);
            let shown = base.did(&["document", "show", "x.conf"]).out;
            assert!(shown.starts_with("<configuration name=\"x.conf\">"), "{shown}");
        }
        let broken = "<include>\n<configuration name='x.conf'>\n<a></configuration></include>";
        let words = "standard input:3: ";
        base.refuses_with(&["document", "set", "x.conf", "--file", "-"], broken, 1, words);
    });
}

#[test]
fn a_file_of_another_kind_is_told_with_its_line() {
    on_each(|base| {
        let long = format!("<configuration name='x.conf' a='{}'/>", "x".repeat(1 << 20));
        for (text, words) in [
            ("<configuration name='y.conf'/>", "one <configuration name=\"x.conf\">"),
            ("<include name='x.conf'/>", ":1: "),
            ("<a name='x.conf'/>", "one <configuration name=\"x.conf\">"),
            ("<configuration name='x.conf'/><a/>", "and nothing beside it"),
            ("<configuration name='x.conf'>\n<a></configuration>", ":2: "),
            ("<configuration name='x.conf'>\n<X-PRE-PROCESS/></configuration>", ":2: "),
            ("", ":1: no element"),
            (&long, "longer than the switch takes"),
        ] {
            let file = base.file_of("x.xml", text);
            let words =
                if words.starts_with(':') { format!("{file}{words}") } else { words.into() };
            base.refuses(&["document", "add", "x.conf", "--file", &file], 1, &words);
        }
        base.refuses(&["document", "add", "x.conf"], 1, "what does it say?");
        let one = "<macro name='x'/>";
        for (key, words) in [
            ("en/y", "one <macro name=\"y\">"),
            ("en/x@", "a name is missing before or behind the @"),
        ] {
            base.refuses_with(&["phrase", "add", key, "--file", "-"], one, 1, words);
        }
        base.did_with(&["phrase", "add", "en/x@ivr", "--file", "-"], one);
    });
}

#[test]
fn a_menu_is_taken_from_the_switch_s_own_words() {
    on_each(|base| {
        let xml = "<include>\n<menu name='demo' greet-long='$${sounds_dir}/x.wav' pin='4711'>\n\
                   <entry action='menu-sub' digits='2' param='more'/>\n\
                   <entry action='menu-exec-app' digits='/^(10\\d\\d)$/' param='transfer $1'/>\n\
                   </menu></include>";
        base.did_with(&["menu", "set", "demo", "--xml", "-"], xml);
        let shown = base.did(&["menu", "show", "demo", "--json"]);
        let menu = shown.json();
        assert_eq!(menu["entries"][1]["digits"], "/^(10\\d\\d)$/");
        assert_eq!(menu["entries"][1]["param"], "transfer $1");
        assert_eq!(menu["attributes"][0]["value"], "$${sounds_dir}/x.wav");
        assert!(!shown.out.contains("4711"), "{}", shown.out);
        base.did_with(&["menu", "set", "demo", "--secret-attribute", "pin"], "815\n");
        let stored = base.select("SELECT attributes AS it FROM menus WHERE name = 'demo'");
        assert!(stored[0].contains("815") && !stored[0].contains("4711"));
        base.refuses(&["menu", "set", "demo", "--attribute", "pin=1"], 1, "--secret-attribute pin");
        base.refuses_with(&["menu", "add", "x", "--xml", "-"], xml, 1, "holds menu «demo»");
        base.refuses_with(&["menu", "add", "x", "--xml", "-"], "<menu>", 1, "standard input:1: ");
    });
}

#[test]
fn phrases_of_a_group_are_played_with_what_the_group_sets() {
    on_each(|base| {
        let program = Program::serve(base);
        let answer = || {
            let asked = body(30).set_last("macro_name", "x%40ivr");
            post(program.machine, asked.bytes()).text().to_owned()
        };
        let macros = "<macro name='x'><input pattern='(.*)'/></macro>";
        base.did_with(&["phrase", "add", "en/x@ivr", "--file", "-"], macros);
        let set = |flags: [&str; 2]| base.did(&["language", "set", "en", flags[0], flags[1]]);
        set(["--group-attribute", "ivr/sound-prefix=/ivr"]);
        assert!(answer().contains("<macros name=\"ivr\" sound-prefix=\"/ivr\">"), "{}", answer());
        set(["--group-attribute", "/sound-prefix=/none"]);
        let shown = base.did(&["language", "show", "en"]).out;
        assert!(shown.contains("/ivr") && shown.contains("/none"), "{shown}");
        set(["--unset-group-attribute", "ivr/sound-prefix"]);
        assert!(answer().contains("<macros name=\"ivr\">"), "{}", answer());
    });
}

#[test]
fn a_secret_within_a_text_is_neither_taken_from_the_command_line_nor_shown() {
    on_each(|base| {
        let dial = "{a=b,sip_auth_password=hush-9,c=d}sofia/x/1";
        let xml = format!(
            "<extension name='x'><condition><action application='bridge' data='{dial}'/>\n\
             <action application='multiset' data='my_pwd=hush-9 c=d'/></condition></extension>"
        );
        base.did_with(&["extension", "add", "default/x", "--xml", "-"], &xml);
        let menu = format!(
            "<menu name='m'><entry action='menu-exec-app' digits='1' param='bridge {dial}'/></menu>"
        );
        base.did_with(&["menu", "add", "m", "--xml", "-"], &menu);
        let agent = ["agent", "add", "7@default", "--secret-attribute", "contact"];
        base.did_with(&agent, "[sip_auth_password=hush-9]user/${x}");
        base.did_with(&["global", "add", "where", "--value-stdin"], "https://u:hush-9@h/");
        for arguments in [
            &["extension", "show", "default/x"][..],
            &["extension", "show", "default/x", "--json"],
            &["menu", "show", "m"],
            &["menu", "list", "--json"],
            &["agent", "show", "7@default"],
            &["agent", "list"],
            &["global", "show", "where"],
            &["global", "list"],
        ] {
            let told = base.did(arguments).all();
            assert!(!told.contains("hush-9") && told.contains("(not shown)"), "{told}");
        }
        let shown = base.did(&["extension", "show", "default/x"]).out;
        assert!(shown.contains("{a=b,sip_auth_password=(not shown),c=d}sofia/x/1"), "{shown}");
        let agent = base.did(&["agent", "show", "7@default"]).out;
        assert!(agent.contains("[sip_auth_password=(not shown)]user/${x}"), "{agent}");

        let (action, entry) = (format!("bridge={dial}"), format!("1=menu-exec-app:bridge {dial}"));
        let param = format!("dial-string={dial}");
        for (arguments, code, words) in [
            (&["extension", "set", "default/x", "--action", &*action][..], 64, "use --xml -"),
            (&["extension", "set", "default/x", "--anti-action", &action], 64, "use --xml -"),
            (&["menu", "set", "m", "--entry", &entry], 64, "use --xml -"),
            (&["user", "set", "1000", "--param", &param], 1, "--secret-param"),
            (&["user", "set", "1000", "--param", "=hush-9"], 64, "write NAME=VALUE"),
            (&["user", "set", "1000", "--password-stdin=hush-9"], 64, "unexpected"),
            (&["global", "set", "where", "https://u:hush-9@h/"], 1, "--value-stdin"),
        ] {
            base.refuses(arguments, code, words);
            let told = base.run_with(arguments, "").all();
            assert!(!told.contains("hush-9"), "{told}");
        }
    });
}
