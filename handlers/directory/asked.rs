//! For tests of this section: look-ups, and what is in their answers.

use jackfield_api::Refusal;
use jackfield_api::snapshot::{Algorithm, Secret, Snapshot, User};
use jackfield_api::testing::switch_xml::Node;
use jackfield_api::testing::{Pbx, ask, seen, written};

use super::accounts::Accounts;

/// A body of the base fields for the demo's domain, and of these.
pub(super) fn asking(fields: &str) -> String {
    let domain = "pbx.example.test";
    format!(
        "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value={domain}\
         &Event-Name=REQUEST_PARAMS&{fields}&domain={domain}"
    )
}

/// What the handler answers to a body, as bytes and as the switch sees it.
pub(super) fn told(body: &str, snapshot: &Snapshot) -> Result<(String, Node), Refusal> {
    let document = ask(&Accounts, body, snapshot)?;
    let section = seen(&document).the("section", "directory").clone();
    Ok((written(&document).to_owned(), section))
}

pub(super) fn denied(body: &str, snapshot: &Snapshot) -> bool {
    matches!(told(body, snapshot), Err(Refusal::Denied(_)))
}

/// The one user of an answer.
pub(super) fn user(section: &Node) -> &Node {
    let users = section.find(&[("domain", None), ("users", None)]).expect("users");
    assert_eq!(users.children.len(), 1);
    &users.children[0]
}

/// All values that a parameter of the user has, case apart, as the switch compares names.
pub(super) fn params<'a>(section: &'a Node, name: &str) -> Vec<&'a str> {
    user(section).params(name)
}

pub(super) fn is_closed(section: &Node) -> bool {
    params(section, "a1-hash").is_empty()
        && params(section, "password").is_empty()
        && params(section, "allow-empty-password") == ["false"]
        && params(section, "sip-forbid-register") == ["true"]
}

pub(super) fn sip_auth(username: &str, realm: &str, response: &str) -> String {
    asking(&format!(
        "action=sip_auth&sip_auth_username={username}&sip_auth_realm={realm}\
         &sip_auth_response={response}&key=id&user=1000"
    ))
}

pub(super) fn secret(username: &str, realm: &str, algorithm: Algorithm, ha1: &str) -> Secret {
    Secret::new(username, realm, algorithm, ha1)
}

/// One user in a domain that has no settings.
pub(super) fn alone(user: User) -> Snapshot {
    Pbx::empty().user_of("pbx.example.test", user).snapshot()
}

pub(super) fn bob(secrets: Vec<Secret>) -> User {
    User { id: "1000".into(), number_alias: Some("77".into()), secrets, ..User::default() }
}
