//! For tests of this section: look-ups, and what is in their answers.

use jackfield_api::lookup::DirectoryLookup;
use jackfield_api::snapshot::{Algorithm, Contents, Domain, Secret, Snapshot, User};
use jackfield_api::testing::switch_xml::Node;
use jackfield_api::testing::{lookup, seen};
use jackfield_api::{DirectoryHandler, Facts, Refusal};

use super::accounts::Accounts;

/// A recorded body, by its number and name in `tests/bodies`.
pub(super) fn body(name: &str) -> String {
    let path = format!("{}/../tests/bodies/{name}.form", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

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
    let lookup = lookup(body);
    let document = Accounts.answer(&DirectoryLookup::new(&lookup), Facts::new(snapshot))?;
    let tree = seen(&document);
    let section = tree.child("section").expect("a section");
    assert_eq!(section.attribute("name"), Some("directory"));
    let text = String::from_utf8(document.into_body()).expect("UTF-8");
    Ok((text, section.clone()))
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
    let params = user(section).child("params").expect("params");
    let named = |param: &&Node| {
        param.attribute("name").is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    params.children.iter().filter(named).filter_map(|param| param.attribute("value")).collect()
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
    let domains = vec![Domain::new("pbx.example.test").with_users(vec![user])];
    Snapshot::new(Contents { domains: domains.into(), ..Contents::default() })
}

pub(super) fn bob(secrets: Vec<Secret>) -> User {
    User { id: "1000".into(), number_alias: Some("77".into()), secrets, ..User::default() }
}
