//! A tree that was imported, served, and asked about everything that the tree holds.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;

use jackfield::app::read_snapshot;
use jackfield::db::DatabaseUrl;
use jackfield_api::testing::switch_xml::{Node, parse, preprocess};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::compare::{Order, assert_same, canonical, without};
use super::reference::{self, CONF_DIR, OF_THE_SWITCH};
use crate::support::{Server, encoded, exchange, jackfield, parse_reply, request};

/// Runs the import of a tree into a database.
pub(crate) fn import(tree: &Path, database: &Path, arguments: &[&str]) -> Output {
    jackfield()
        .env("JACKFIELD_DATABASE_URL", format!("sqlite:{}", database.display()))
        .arg("import")
        .arg(tree)
        .args(arguments)
        .output()
        .expect("the program runs")
}

/// The service over an imported tree, and what the switch itself makes of the tree.
pub(crate) struct Served {
    server: Server,
    pub(crate) tree: Node,
    domain: String,
    /// Whether the files were exported.
    exported: bool,
}

impl Served {
    /// Imports with the domain of this name and serves what came of it.
    pub(crate) fn new(tree: &Path, domain: &str) -> (Self, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("jackfield.db");
        let set = format!("domain={domain}");
        let done = import(tree, &database, &["--set", &set]);
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{told}");
        let url = format!("sqlite:{}", database.display()).parse().expect("a database");
        let snapshot = read_snapshot(&url).expect("it can be read");
        let root = fs::canonicalize(tree).expect("there");
        let served = Self {
            server: Server::over("", snapshot),
            tree: reference::tree(&root, &[("domain", domain)]),
            domain: domain.to_owned(),
            exported: false,
        };
        (served, String::from_utf8(done.stdout).expect("UTF-8"))
    }

    /// Serves a database beside the files that were exported from it.
    pub(crate) fn exported(url: &DatabaseUrl, root: &Path, domain: &str) -> Self {
        let snapshot = read_snapshot(url).expect("it can be read");
        let tree = without(&reference::tree(root, &[]), &|node| node.name == "jackfield");
        Self {
            server: Server::over("", snapshot),
            tree: without_ours(tree),
            domain: domain.to_owned(),
            exported: true,
        }
    }

    /// A section of the tree, as the switch itself has it.
    pub(crate) fn section(&self, name: &str) -> &Node {
        let section = self.tree.find(&[("section", Some(("name", name)))]);
        section.unwrap_or_else(|| panic!("no section {name}"))
    }

    /// What is answered to a look-up, as a switch with its own globals reads it: the section.
    pub(crate) fn ask(&self, body: &str) -> Node {
        let request = request(&self.server.machine, body.as_bytes());
        let request = String::from_utf8(request).expect("ASCII");
        let request = request.replace("\r\nAccept:", "\r\nConnection: close\r\nAccept:");
        let reply = parse_reply(&exchange(self.server.machine, request.as_bytes()));
        let globals = |name: &str| {
            let stand_ins: &[_] = if self.exported { &STAND_INS } else { &[] };
            let known = OF_THE_SWITCH.iter().chain(&[("conf_dir", CONF_DIR)]).chain(stand_ins);
            known.into_iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned())
        };
        let seen = preprocess(reply.text(), &globals);
        assert_eq!(seen.commands, [""; 0], "{body}");
        assert!(seen.dropped.len() <= 1, "the declaration alone: {:?}", seen.dropped);
        let root = parse(&seen.text).unwrap_or_else(|error| panic!("{error}\n{}", seen.text));
        root.child("section").unwrap_or_else(|| panic!("no section: {}", reply.text())).clone()
    }

    /// Whatever the switch locates by a name: the first element of the section answered.
    fn located(&self, section: &str, tag: &str, name: &str) -> Node {
        let answer = self.ask(&format!(
            "hostname=vm&section={section}&tag_name={tag}&key_name=name&key_value={name}\
             &Event-Name=REQUEST_PARAMS&section={section}"
        ));
        assert_eq!(answer.attribute("name"), Some(section), "{name}");
        let found = answer.children.first();
        found.unwrap_or_else(|| panic!("nothing in {section} for {name}")).clone()
    }

    /// Every configuration document says what the tree says; their names.
    pub(crate) fn check_documents(&self) -> Vec<String> {
        let mut names = Vec::new();
        for expected in self.section("configuration").children_named("configuration") {
            let name = expected.attribute("name").expect("a name");
            let answered = self.located("configuration", "configuration", name);
            let said_otherwise = |node: &Node| match name {
                "voicemail.conf" => node.attribute("name") == Some("allow-empty-password-auth"),
                "lua.conf" => {
                    matches!(node.attribute("script"), Some("login.lua" | "disconnect.lua"))
                }
                _ => false,
            };
            let canonical = |node| {
                let node = without(node, &said_otherwise);
                canonical(&if self.exported { by_file(node) } else { node }, Order::ByName)
            };
            assert_same(name, &canonical(&answered), &canonical(expected));
            names.push(name.to_owned());
        }
        names
    }

    /// Every context says what the tree says, in its order; names and numbers of extensions.
    pub(crate) fn check_contexts(&self, section: &str) -> Vec<(String, usize)> {
        let contexts = self.section(section).children_named("context").map(|expected| {
            let name = expected.attribute("name").expect("a name");
            let answered = self.located(section, "context", name);
            let canonical = |node| canonical(node, Order::Kept);
            assert_same(name, &canonical(&answered), &canonical(expected));
            (name.to_owned(), answered.children.len())
        });
        contexts.collect()
    }

    /// Every phrase says what the tree says; the languages with their numbers of phrases.
    pub(crate) fn check_phrases(&self) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for language in self.section("languages").children_named("language") {
            let name = language.attribute("name").expect("a name");
            let answered = self.located("languages", "language", name);
            let attributes = |node: &Node| {
                let mut attributes = node.attributes.clone();
                attributes.sort();
                attributes
            };
            assert_eq!(attributes(&answered), attributes(language), "{name}");
            let phrases = language.child("phrases").expect("phrases");
            let mut count = 0;
            for macros in phrases.children_named("macros") {
                let group = macros.attribute("name").map(|group| format!("@{group}"));
                for phrase in macros.children_named("macro") {
                    let macro_name = phrase.attribute("name").expect("a name");
                    let first = macros.find(&[("macro", Some(("name", macro_name)))]);
                    if first.is_some_and(|first| !std::ptr::eq(first, phrase)) {
                        continue;
                    }
                    let asked = format!("{macro_name}{}", group.as_deref().unwrap_or_default());
                    let answer = self.ask(&format!(
                        "hostname=vm&section=languages&tag_name=&key_name=&key_value=\
                         &Event-Name=REQUEST_PARAMS&macro_name={}&lang={name}",
                        encoded(&asked)
                    ));
                    let list = ("macros", macros.attribute("name").map(|name| ("name", name)));
                    let path = [("language", None), ("phrases", None), list, ("macro", None)];
                    let found = answer.find(&path).unwrap_or_else(|| panic!("no {asked}"));
                    let canonical = |node| canonical(node, Order::Kept);
                    assert_same(&asked, &canonical(found), &canonical(phrase));
                    count += 1;
                }
            }
            found.push((name.to_owned(), count));
        }
        found
    }

    /// Every user says what the tree says but for its secrets, which fit its password; their ids.
    pub(crate) fn check_users(&self) -> Vec<String> {
        let domain = self.described();
        let mut ids = Vec::new();
        for (expected, group) in users(domain) {
            let id = expected.attribute("id").expect("an id");
            // The secret that stands in a file may be of either kind.
            let digits = param(expected, "a1-hash").map_or(32, |hash| hash.len());
            let (answered, user) = self.user(id, id, digits);
            for list in ["params", "variables", "profile-variables"] {
                let of = |node: &Node| node.child(list).map(|list| canonical(list, Order::Kept));
                assert_eq!(of(&answered), of(domain), "{list} of the domain");
            }
            let expected = with_inherited(expected, group);
            let open = |node: &Node| canonical(&without(node, &is_credential), Order::ByName);
            let uncached = |mut node: Node| {
                node.attributes.retain(|(name, _)| name != "cacheable");
                node
            };
            assert_same(id, &open(&user), &open(&uncached(expected.clone())));
            self.check_secrets(&expected, &user);
            ids.push(id.to_owned());
        }
        ids
    }

    /// The domain, as the switch itself has it.
    fn described(&self) -> &Node {
        let mut domains = self.section("directory").children_named("domain");
        let named = |domain: &&Node| domain.attribute("name") == Some(&self.domain);
        domains.find(named).expect("the domain")
    }

    fn user(&self, id: &str, login: &str, digits: usize) -> (Node, Node) {
        let domain = &self.domain;
        let answer = self.ask(&format!(
            "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value={domain}\
             &Event-Name=REQUEST_PARAMS&action=sip_auth&sip_auth_username={}\
             &sip_auth_realm={domain}&sip_auth_response={}&key=id&user={}&domain={domain}",
            encoded(login),
            "0".repeat(digits),
            encoded(id)
        ));
        let domain = answer.child("domain").expect("the domain").clone();
        let user = domain.find(&[("users", None), ("user", None)]).expect("the user").clone();
        (domain, user)
    }

    fn check_secrets(&self, expected: &Node, user: &Node) {
        let (id, domain) = (expected.attribute("id").expect("an id"), &self.domain);
        let value = |name: &str| param(expected, name);
        if let Some(password) = value("password") {
            let alias = expected.attribute("number-alias");
            for login in [Some(id), alias].into_iter().flatten() {
                let text = format!("{login}:{domain}:{password}");
                let md5 = hex(&Md5::digest(&text));
                assert_eq!(param(&self.user(id, login, 32).1, "a1-hash"), Some(md5), "{login}");
                let sha256 = hex(&Sha256::digest(&text));
                assert_eq!(param(&self.user(id, login, 64).1, "a1-hash"), Some(sha256), "{login}");
            }
        } else if value("a1-hash").is_some() {
            assert_eq!(param(user, "a1-hash"), value("a1-hash"));
        } else {
            assert_eq!(param(user, "a1-hash"), None, "{id}");
            assert_eq!(param(user, "allow-empty-password").as_deref(), Some("false"), "{id}");
        }
        let pin = value("vm-password").map(|pin| hex(&Md5::digest(format!("{id}:{domain}:{pin}"))));
        let pin = pin.or_else(|| value("vm-a1-hash"));
        assert_eq!(param(user, "vm-a1-hash"), Some(pin.unwrap_or_else(|| "closed".into())), "{id}");
    }

    /// Every group has the members that the tree gives it; the groups with their sizes.
    pub(crate) fn check_groups(&self) -> Vec<(String, usize)> {
        let domain = self.described();
        let known: Vec<&str> = users(domain).filter_map(|(user, _)| user.attribute("id")).collect();
        let groups = domain.child("groups").expect("groups").children_named("group");
        let groups = groups.filter(|group| group.attribute("name") != Some(""));
        let groups = groups.map(|group| {
            let name = group.attribute("name").expect("a name");
            let answer = self.ask(&format!(
                "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value={0}\
                 &Event-Name=REQUEST_PARAMS&group={name}&action=group_call&group_name={name}\
                 &domain={0}",
                self.domain
            ));
            let path = [("domain", None), ("groups", None), ("group", None), ("users", None)];
            let ids = |node: &Node| -> Vec<String> {
                let ids = node.children.iter().filter_map(|user| user.attribute("id"));
                ids.filter(|id| known.contains(id)).map(str::to_owned).collect()
            };
            let members = ids(answer.find(&path).expect("the group"));
            assert_eq!(members, ids(group.child("users").expect("users")), "{name}");
            (name.to_owned(), members.len())
        });
        groups.collect()
    }

    /// Every gateway of a user says what the tree says; their names.
    pub(crate) fn check_gateways(&self) -> Vec<String> {
        let answer = self.ask(
            "hostname=vm&section=directory&tag_name=&key_name=&key_value=\
             &Event-Name=REQUEST_PARAMS&purpose=gateways&profile=external",
        );
        let named = |node: &Node| gateways(node);
        let domain = self.described();
        let (answered, expected) = (named(&answer), named(domain));
        assert_eq!(answered, expected);
        answered.into_iter().map(|(name, _)| name).collect()
    }
}

/// What exported files set, because only the machine knows it.
const STAND_INS: [(&str, &str); 2] =
    [("external_rtp_ip", "192.0.2.2"), ("external_sip_ip", "192.0.2.2")];

/// An element with those inside of it that have files of their own in the order of the files.
fn by_file(mut node: Node) -> Node {
    node.children = node.children.into_iter().map(by_file).collect();
    if node.children.iter().all(|child| ["menu", "profile", "gateway"].contains(&&*child.name)) {
        node.children.sort_by_key(|child| child.attribute("name").map(str::to_owned));
    }
    node
}

/// Elements without the attributes that no switch reads.
fn without_ours(mut node: Node) -> Node {
    node.attributes.retain(|(name, _)| !name.starts_with("jackfield"));
    node.children = node.children.into_iter().map(without_ours).collect();
    node
}

fn gateways(node: &Node) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for child in &node.children {
        if child.name == "gateway" {
            let name = child.attribute("name").expect("a name").to_owned();
            found.push((name, canonical(child, Order::ByName)));
        }
        found.extend(gateways(child));
    }
    found
}

/// Users where they are described, with the group in which.
fn users(domain: &Node) -> impl Iterator<Item = (&Node, Option<&Node>)> {
    let groups = domain.child("groups").into_iter().flat_map(|list| &list.children);
    let grouped = groups.flat_map(|group| {
        let users = group.child("users").into_iter().flat_map(|list| &list.children);
        users.map(move |user| (user, Some(group)))
    });
    let alone = domain.child("users").into_iter().flat_map(|list| &list.children);
    grouped
        .chain(alone.map(|user| (user, None)))
        .filter(|(user, _)| user.name == "user" && user.attribute("type").is_none())
}

/// The user with what it inherits from its group, as the switch merges them.
fn with_inherited(user: &Node, group: Option<&Node>) -> Node {
    let mut user = user.clone();
    user.children.retain(|child| child.name != "gateways");
    for list in ["params", "variables"] {
        let Some(inherited) = group.and_then(|group| group.child(list)) else { continue };
        if user.child(list).is_none() {
            user.children.push(Node { name: list.to_owned(), ..Node::default() });
        }
        let own = user.children.iter_mut().find(|child| child.name == list).expect("just made");
        for item in &inherited.children {
            let name = item.attribute("name");
            if !own.children.iter().any(|own| own.attribute("name") == name) {
                own.children.push(item.clone());
            }
        }
    }
    user
}

fn is_credential(node: &Node) -> bool {
    const NAMES: [&str; 7] = [
        "password",
        "a1-hash",
        "vm-password",
        "vm-a1-hash",
        "allow-empty-password",
        "sip-forbid-register",
        "dial-string",
    ];
    node.name == "param" && node.attribute("name").is_some_and(|name| NAMES.contains(&name))
}

fn param(user: &Node, name: &str) -> Option<String> {
    let params = user.child("params")?;
    let param = params.children.iter().find(|param| param.attribute("name") == Some(name))?;
    param.attribute("value").map(str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
