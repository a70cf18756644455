//! `jackfield probe`: what a switch would be told about a user or a number.

use super::{recorded, recording, told, tool};
use crate::support::{Metrics, body, post};

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
    assert!(said.contains("NO   REGISTER, MD5  (directory, accounts: denied)"), "{said}");
    assert!(said.contains("refused: the switch stops there"), "{said}");
    let wrong = tool(state.path(), "probe user", &["1000"]);
    assert_eq!(wrong.status.code(), Some(64));
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
