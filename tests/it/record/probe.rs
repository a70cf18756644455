//! `jackfield probe`: what a switch would be told about a user or a number.

use super::{recorded, recording, told, tool};
use crate::support::{Base, Metrics, body, on_each, post};

const DOMAIN: &str = "@pbx.example.test";

#[test]
fn a_user_is_asked_about_in_every_flow_of_the_service_or_of_the_database() {
    let state = tempfile::tempdir().expect("a folder");
    let ask = || told(&tool(state.path(), "probe user", &[&format!("1000{DOMAIN}")]));
    let alone = ask();
    assert!(alone.starts_with("asked: no service runs here: "), "{alone}");
    for words in [
        "yes  REGISTER, MD5  (directory, accounts: answered)\n       it registers with its password",
        "yes  REGISTER, SHA-256  (",
        "its calls go to context default",
        "it is called by ",
        "yes  its mailbox  (directory, accounts: answered)\n       it opens with its PIN",
        "  a verto login  (",
    ] {
        assert!(alone.contains(words), "{words}: {alone}");
    }
    let service = recording(state.path(), &[]);
    let before = Metrics::of(service.machine);
    let live = ask();
    assert!(live.starts_with("asked: the service that runs here\n"), "{live}");
    assert_eq!(live.split_once('\n').map(|it| it.1), alone.split_once('\n').map(|it| it.1));
    let log = service.log();
    assert!(!log.contains("ERROR"), "{log}");
    let number = told(&tool(state.path(), "probe user", &[&format!("5551000{DOMAIN}")]));
    assert!(number.contains("it is user 1000"), "{number}");
    told(&tool(state.path(), "probe number", &["1002"]));
    tool(state.path(), "probe user", &[&format!("2222{DOMAIN}")]);
    assert_eq!(Metrics::of(service.machine).counted_since(&before), [""; 0], "no switch has asked");
    post(service.machine, body(42).bytes());
    assert_eq!(recorded(state.path()).len(), 1, "the switch's alone");
}

#[test]
fn a_user_that_nobody_knows_is_told_as_what_the_switch_makes_of_it() {
    let state = tempfile::tempdir().expect("a folder");
    let unknown = tool(state.path(), "probe user", &[&format!("2222{DOMAIN}")]);
    assert_eq!(unknown.status.code(), Some(1));
    let said = String::from_utf8(unknown.stdout).expect("UTF-8");
    assert!(
        said.contains("NO   REGISTER, MD5  (directory, accounts: denied: there is no such user)"),
        "{said}"
    );
    assert!(said.contains("refused: the switch stops there"), "{said}");
    let nowhere = tool(state.path(), "probe user", &["1000@nowhere.example.com", "--json"]);
    let steps: serde_json::Value = serde_json::from_slice(&nowhere.stdout).expect("JSON");
    assert_eq!(steps[0]["refusal"], "denied: nobody serves the domain");
    let wrong = tool(state.path(), "probe user", &["1000@"]);
    assert_eq!(wrong.status.code(), Some(64));
}

#[test]
fn a_user_without_its_domain_is_the_one_of_the_only_domain() {
    let state = tempfile::tempdir().expect("a folder");
    let said = told(&tool(state.path(), "probe user", &["1000"]));
    assert_eq!(said, told(&tool(state.path(), "probe user", &[&format!("1000{DOMAIN}")])));
    let base = Base::sqlite();
    base.did(&["domain", "add", "other.example.test"]);
    base.refuses(&["probe", "user", "1000"], 1, "there are several; say which one");
}

#[test]
fn why_a_user_cannot_register_is_told_of_each_kind_apart() {
    on_each(|base| {
        base.did(&[
            "profile",
            "set",
            "sofia/internal",
            "--param",
            "challenge-realm=pbx.example.test",
        ]);
        base.did(&["profile", "set", "sofia/external", "--param", "auth-calls=false"]);
        base.did(&["user", "add", "out", "--no-password", "--enabled", "false"]);
        for (user, words) in [
            ("nobody", "NO   REGISTER, MD5  (directory, accounts: denied: there is no such user)"),
            ("out", "NO   REGISTER, MD5  (directory, accounts: denied: the user is disabled)"),
            ("1009", "nobody registers as it: it has no secret of this kind"),
        ] {
            let told = base.run_with(&["probe", "user", user], "");
            assert!(told.out.contains(words), "{user}: {}", told.out);
            let asked = body(42).set("user", user).set("sip_auth_username", user);
            let explained = base.explained(&asked);
            let why = match user {
                "1009" => {
                    "no secret for realm pbx.example.test (MD5, as 1009); there is none at all"
                }
                _ => words.split_once("accounts: ").expect("a reason").1.trim_end_matches(')'),
            };
            assert!(explained.contains(why), "{why}: {explained}");
        }
    });
}

#[test]
fn a_realm_that_no_secret_was_made_for_is_told() {
    on_each(|base| {
        let realm = |profile: &str, realm: &str| {
            let param = format!("challenge-realm={realm}");
            base.did(&["profile", "set", &format!("sofia/{profile}"), "--param", &param]);
        };
        base.did(&["profile", "set", "sofia/external", "--param", "auth-calls=false"]);
        let registers = |works: &str, words: &str| {
            let said = base.run_with(&["probe", "user", "1000"], "").out;
            let start = format!("{works}REGISTER, MD5  (");
            assert!(said.contains(&start) && said.contains(words), "{start} {words}: {said}");
            said
        };
        registers(
            "yes  ",
            "profile internal challenges with realm auto_to: the phone's own domain",
        );
        realm("internal", "auto_from");
        registers("yes  ", "realm auto_from: the phone's own domain; a phone at 127.0.0.1 has no");
        realm("internal", "192.0.2.1");
        registers("NO   ", "refused at profile internal: it challenges with realm 192.0.2.1, for");
        realm("internal", "pbx.example.test");
        let said = registers("yes  ", "it registers with its password");
        assert!(!said.contains("realm"), "{said}");
        let told = base.explained(&body(42).set("sip_auth_realm", "127.0.0.1"));
        let words = "no secret for realm 127.0.0.1 (MD5, as 1000); there is one for realm \
                     pbx.example.test (MD5, as 1000)";
        assert!(told.contains(words) && !told.contains("555555"), "{told}");
        assert!(!base.explained(&body(42)).contains("no secret for"));
    });
}

#[test]
fn where_a_number_goes_is_said_in_the_first_line() {
    let state = tempfile::tempdir().expect("a folder");
    let said = told(&tool(state.path(), "probe number", &["9196"]));
    assert_eq!(said.lines().nth(2), Some("goes to extension echo: answer, echo"), "{said}");
    let nowhere = tool(state.path(), "probe number", &["1002", "--context", "elsewhere"]);
    let said = String::from_utf8(nowhere.stdout).expect("UTF-8");
    assert!(said.contains("\ngoes nowhere: "), "{said}");
}

#[test]
fn what_a_bridge_calls_and_is_not_stored_is_marked() {
    on_each(|base| {
        base.did(&["profile", "set", "sofia/external", "--param", "auth-calls=false"]);
        let numbers = [
            (
                "ghost",
                "user/ghost@pbx.example.test",
                "    (user/ghost@pbx.example.test is not stored)",
            ),
            ("gone", "sofia/gateway/gone/0123", "    (gateway gone is not stored)"),
            ("bob", "user/1000@pbx.example.test", ""),
            ("peer", "sofia/gateway/peer/0123", ""),
        ];
        base.did(&[
            "gateway",
            "add",
            "peer",
            "--profile",
            "external",
            "--param",
            "proxy=192.0.2.9",
        ]);
        base.did(&["context", "add", "own"]);
        for (name, leg, mark) in numbers {
            base.did(&[
                "extension",
                "add",
                &format!("own/{name}"),
                "--condition",
                &format!("destination_number=^{name}$"),
                "--action",
                &format!("bridge={leg}"),
            ]);
            let said = base.run_with(&["probe", "number", name, "--context", "own"], "").out;
            let line = format!("  bridge {leg}\n");
            let (_, after) = said.split_once(&line).unwrap_or_else(|| panic!("{line}: {said}"));
            assert_eq!(!mark.is_empty(), said.contains("is not stored"), "{said}");
            assert!(after.trim_start().starts_with(mark.trim_start()), "{mark}: {said}");
        }
    });
}

#[test]
fn a_number_is_followed_to_whom_it_rings() {
    let state = tempfile::tempdir().expect("a folder");
    let said = told(&tool(state.path(), "probe number", &["1002"]));
    for words in [
        "1002 in context default  (dialplan, dialplan: answered)",
        "user/1002@",
        "yes  1002@pbx.example.test is rung",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let from = format!("1000{DOMAIN}");
    let said = told(&tool(state.path(), "probe number", &["1001", "--from", &from]));
    assert!(said.contains(&format!("yes  1000{DOMAIN} calls  (directory")), "{said}");
    let steps = told(&tool(state.path(), "probe number", &["1001", "--json"]));
    let steps: serde_json::Value = serde_json::from_str(&steps).expect("JSON");
    assert_eq!(steps[0]["section"], "dialplan");
}

#[test]
fn a_number_that_goes_nowhere_is_told() {
    let state = tempfile::tempdir().expect("a folder");
    let nowhere = tool(state.path(), "probe number", &["404404404"]);
    let said = String::from_utf8(nowhere.stdout).expect("UTF-8");
    assert!(nowhere.status.code() == Some(1) && said.contains("NO_ROUTE_DESTINATION"), "{said}");
    let context = tool(state.path(), "probe number", &["1002", "--context", "elsewhere"]);
    let said = String::from_utf8(context.stdout).expect("UTF-8");
    assert!(context.status.code() == Some(1) && said.contains("not found: "), "{said}");
}
