//! What a look-up is answered with whose handler fails, beyond denying it: an operator's document, or
//! the last good answer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jackfield::settings::Settings;
use jackfield_api::document::{Credential, Dialplan, Directory, DirectoryDomain, DirectoryUser};
use jackfield_api::lookup::{DialplanLookup, DirectoryFlow, DirectoryLookup, UserFlow};
use jackfield_api::snapshot::{Condition, Extension};
use jackfield_api::testing::pbx;
use jackfield_api::{Answer, DialplanHandler, DirectoryHandler, Facts, Keys, Refusal, register};

use crate::support::{Body, Metrics, Reply, Server, body, find, is_not_found, post, tree};

/// Contexts and domains whose handler fails.
static FAILING: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn failing() -> MutexGuard<'static, BTreeSet<String>> {
    FAILING.lock().expect("whole")
}

/// Answers until it is told to fail.
struct Moody;

impl Moody {
    fn mood(key: &str) -> Result<(), Refusal> {
        if failing().contains(key) {
            return Err(Refusal::Internal("in no mood to answer".into()));
        }
        Ok(())
    }
}

impl DialplanHandler for Moody {
    fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        Self::mood(&lookup.context())?;
        let to = lookup.destination();
        let extension = Extension::new(&to, Condition::default());
        Dialplan::context(lookup.context(), [&extension])
    }
}

impl DirectoryHandler for Moody {
    fn answer(&self, lookup: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
        Self::mood(lookup.domain())?;
        let DirectoryFlow::User(user) = lookup.flow() else {
            return Err(Refusal::Denied("no user"));
        };
        let hash = match user.flow() {
            UserFlow::SipAuth(client) => format!("{} at {}", client.username, client.realm),
            _ => "of nobody".to_owned(),
        };
        let domain = DirectoryDomain::new(lookup.domain());
        Directory::user(domain, DirectoryUser::new(user.user, Credential::A1Hash(hash.into())))
    }
}

register!(
    DialplanHandler,
    "test-moody",
    Keys::Fixed(&["moody-1.test", "moody-2.test", "moody-3.test", "moody-4.test"]),
    Moody
);
register!(
    DirectoryHandler,
    "test-moody",
    Keys::Fixed(&["moody-1.test", "moody-2.test", "moody-3.test"]),
    Moody
);

fn call(context: &str, number: &str) -> Body {
    body(23)
        .set("Caller-Context", context)
        .set("Hunt-Context", context)
        .set("Hunt-Destination-Number", number)
        .set("Caller-Destination-Number", number)
}

/// A REGISTER of a client of this name, with another nonce and response each time.
fn register(domain: &str, user: &str, response: &str) -> Body {
    body(42)
        .set("key_value", domain)
        .set("domain", domain)
        .set("user", user)
        .set("sip_auth_username", user)
        .set("sip_auth_nonce", response)
        .set("sip_auth_response", response)
}

fn goes_to(reply: &Reply, context: &str, number: &str) -> bool {
    let path = format!("section[name=dialplan]/context[name={context}]/extension[name={number}]");
    find(&tree(&reply.body), &path).is_some()
}

fn hash(reply: &Reply, domain: &str, user: &str) -> Option<String> {
    let path = format!(
        "section[name=directory]/domain[name={domain}]/users/user[id={user}]/params\
         /param[name=a1-hash]"
    );
    find(&tree(&reply.body), &path)?.attribute("value").map(str::to_owned)
}

fn is_closed(reply: &Reply, path: &str) -> bool {
    reply.status == 200
        && find(&tree(&reply.body), path).is_some_and(|found| found.children.is_empty())
}

fn fallbacks(server: &Server, section: &str, policy: &str) -> f64 {
    let labels = [("section", section), ("policy", policy)];
    Metrics::of(server.machine).sum("jackfield_fallbacks_total", &labels)
}

fn is(count: f64, expected: u32) -> bool {
    (count - f64::from(expected)).abs() < 0.1
}

#[test]
fn the_last_good_answer_serves_whom_the_handler_could_not_tell_from_who_got_it() {
    let server = Server::start("[sections.dialplan]\nfail = 'stale'");
    let to = server.machine;
    let context = "moody-1.test";
    assert!(goes_to(&post(to, call(context, "1000").bytes()), context, "1000"));
    failing().insert(context.to_owned());
    let other = call(context, "1000").set("Unique-ID", "another-call").set("Caller-Username", "x");
    assert!(goes_to(&post(to, other.bytes()), context, "1000"));
    assert!(is(fallbacks(&server, "dialplan", "stale"), 1));
    let hangup = format!("section/context[name={context}]/extension/condition/action");
    for asked in [
        call(context, "1001"),
        call(context, "1000").set("hostname", "another-switch"),
        call(context, "1000").set("key_value", "x"),
    ] {
        assert!(is_closed(&post(to, asked.bytes()), &hangup), "nobody was ever answered that");
    }
    assert!(is(fallbacks(&server, "dialplan", "deny"), 3));
    // The look-up failed all the same.
    let labels = [("handler", "test-moody"), ("outcome", "internal")];
    assert!(is(Metrics::of(to).sum("jackfield_lookups_total", &labels), 4));
    // It outlives the data that it was made from: a change may be why the handler fails.
    server.app.router.publish(pbx()).expect("no conflict");
    assert!(goes_to(&post(to, call(context, "1000").bytes()), context, "1000"));
    failing().remove(context);
}

#[test]
fn what_lets_somebody_in_is_served_to_the_same_client_and_never_after_the_data_have_changed() {
    let server = Server::start("[sections.directory]\nfail = 'stale'");
    let to = server.machine;
    let domain = "moody-1.test";
    let ask = |user: &str, response: &str| {
        hash(&post(to, register(domain, user, response).bytes()), domain, user)
    };
    let realm = body(42).get("sip_auth_realm").expect("recorded").to_owned();
    let expected = Some(format!("1000 at {realm}"));
    assert_eq!(ask("1000", &"a".repeat(32)), expected);
    failing().insert(domain.to_owned());
    assert_eq!(ask("1000", &"b".repeat(32)), expected, "only nonce and response differ");
    assert_eq!(ask("1000", &"b".repeat(64)), None, "another algorithm");
    assert_eq!(ask("1001", &"a".repeat(32)), None, "another user");
    for (field, value) in [
        ("sip_auth_realm", "elsewhere.test"),
        ("sip_auth_username", "1001"),
        ("action", "user_call"),
        ("hostname", "another-switch"),
    ] {
        let asked = register(domain, "1000", &"a".repeat(32)).set(field, value);
        assert_eq!(hash(&post(to, asked.bytes()), domain, "1000"), None, "{field}");
    }
    server.app.router.publish(pbx()).expect("no conflict");
    assert_eq!(ask("1000", &"a".repeat(32)), None, "the password may have been changed");
    assert!(is(fallbacks(&server, "directory", "stale"), 1));
    failing().remove(domain);
}

#[test]
fn nothing_is_kept_for_other_policies_nor_for_a_look_up_that_somebody_has_written_into() {
    let kept = |server: &Server| {
        Metrics::of(server.machine).sum("jackfield_kept_answers", &[("what", "last_good")])
    };
    let server = Server::start("");
    post(server.machine, call("moody-2.test", "1000").bytes());
    assert!(is(kept(&server), 0));
    let server = Server::start("guard = 'observe'\n[sections.dialplan]\nfail = 'stale'");
    let polluted = call("moody-2.test", "1000").and("section", "x");
    assert!(goes_to(&post(server.machine, polluted.bytes()), "moody-2.test", "1000"));
    assert!(is(kept(&server), 0));
    post(server.machine, call("moody-2.test", "1000").bytes());
    assert!(is(kept(&server), 1));
    failing().insert("moody-2.test".to_owned());
    assert!(!goes_to(&post(server.machine, polluted.bytes()), "moody-2.test", "1000"));
    failing().remove("moody-2.test");
}

#[test]
fn what_an_operator_asks_is_answered_as_a_switch_is_and_neither_counted_nor_kept() {
    let server = Server::start("[sections.dialplan]\nfail = 'stale'");
    let (to, context) = (server.machine, "moody-4.test");
    let ask = |body: &Body| {
        let asked = server.block_on(server.app.router.ask(body.bytes()));
        asked.expect("a form").expect("a look-up")
    };
    let answers = |body: &Body| {
        let body = String::from_utf8(ask(body).reply.body).expect("UTF-8");
        body.contains("<extension name=\"1000\"")
    };
    let call = call(context, "1000");
    let before = Metrics::of(to);
    assert!(answers(&call));
    failing().insert(context.to_owned());
    assert!(!answers(&call), "what it was told before was kept");
    let polluted = call.clone().and("section", "x");
    assert_eq!(ask(&polluted).outcome, "denied");
    assert_eq!(ask(&body(48).set("section", "x")).outcome, "not_found");
    let pin = body(76).set("VM-User-Password", "no-digits");
    assert_eq!(ask(&pin).outcome, "answered");
    assert_eq!(ask(&register("nobody.test", "1", "1")).outcome, "denied");
    assert_eq!(Metrics::of(to).counted_since(&before), [""; 0]);
    // What was kept for a switch is what it would be told now.
    failing().remove(context);
    post(to, call.bytes());
    failing().insert(context.to_owned());
    let before = Metrics::of(to);
    assert!(answers(&call));
    assert_eq!(Metrics::of(to).counted_since(&before), [""; 0]);
    failing().remove(context);
    // A switch's are counted all the same.
    post(to, polluted.bytes());
    let after = Metrics::of(to);
    assert!(is(after.sum("jackfield_guard_rejections_total", &[]), 1));
    assert!(is(after.sum("jackfield_lookups_total", &[("outcome", "denied")]), 1));
}

/// A document of a section in a file.
fn written(folder: &Path, section: &str, inside: &str) -> PathBuf {
    let file = folder.join(format!("{section}.xml"));
    let text = format!(
        "<document type=\"freeswitch/xml\">\n<section name=\"{section}\">\n{inside}\n</section>\n\
         </document>\n"
    );
    std::fs::write(&file, text).expect("writable");
    file
}

fn by_document(section: &str, file: &Path) -> String {
    format!("[sections.{section}]\nfail = 'document {}'\n", file.display())
}

const SORRY: &str = "<context name=\"sorry\"><extension name=\"sorry\"><condition>\
    <action application=\"playback\" data=\"${sorry}\"/></condition></extension></context>";

#[test]
fn an_operators_document_is_sent_for_what_it_has_and_the_default_for_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let user = "<domain name=\"fails.test\"><users><user id=\"1000\"><params>\
        <param name=\"a1-hash\" value=\"of the operator\"/><param name=\"vm-a1-hash\" value=\"x\"/>\
        </params></user></users></domain>";
    let settings = [
        ("dialplan", SORRY),
        ("directory", user),
        ("configuration", "<configuration name=\"fails.test\"><settings/></configuration>"),
    ]
    .map(|(section, inside)| by_document(section, &written(folder.path(), section, inside)))
    .concat();
    let server = Server::start(&settings);
    let to = server.machine;
    // A context under whatever name it is asked for.
    for context in ["fails.test", "panics.test"] {
        let reply = post(to, call(context, "1").bytes());
        let path = format!("section/context[name={context}]/extension[name=sorry]");
        assert!(find(&tree(&reply.body), &path).is_some(), "{context}: {}", reply.text());
    }
    // A user of the domain that it has, in look-ups of one user alone.
    let ask = |asked: Body, domain: &str| {
        post(to, asked.set("key_value", domain).set("domain", domain).bytes())
    };
    let of_operator = Some("of the operator".to_owned());
    assert_eq!(hash(&ask(body(42), "fails.test"), "fails.test", "1000"), of_operator);
    for (asked, domain) in [(42, "panics.test"), (34, "fails.test"), (60, "fails.test")] {
        let closed = format!("section/domain[name={domain}]");
        let reply = ask(body(asked), domain);
        assert!(is_closed(&reply, &closed), "{asked} {domain}: {}", reply.text());
    }
    let unchecked = body(42).set("action", "skinny-auth");
    assert!(is_closed(&ask(unchecked, "fails.test"), "section/domain[name=fails.test]"));
    // A configuration by its name.
    let settings = "section/configuration[name=fails.test]/settings";
    let reply = post(to, body(1).set("key_value", "fails.test").bytes());
    assert!(find(&tree(&reply.body), settings).is_some(), "{}", reply.text());
    assert!(is_not_found(&post(to, body(1).set("key_value", "panics.test").bytes()).body));
    for (section, document, default) in [
        ("dialplan", 2, ("deny", 0)),
        ("directory", 1, ("deny", 4)),
        ("configuration", 1, ("not-found", 1)),
    ] {
        assert!(is(fallbacks(&server, section, "document"), document), "{section}");
        assert!(is(fallbacks(&server, section, default.0), default.1), "{section}");
    }
}

#[test]
fn a_document_that_is_broken_or_opens_a_door_is_refused_with_its_line_and_that_of_the_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = "<domain name=\"x\">\n<users>\n<user id=\"1000\"/>\n</users>\n</domain>";
    let empty = "<context name=\"x\">\n</extension>";
    for (section, inside, line, words) in [
        ("directory", open, 5, "log in as user «1000»"),
        ("dialplan", empty, 4, "extension"),
        ("dialplan", "<X-PRE-PROCESS cmd=\"exec\" data=\"id\"/>", 3, "X-PRE-PROCESS"),
        ("chatplan", SORRY, 0, ""),
    ] {
        let file = written(folder.path(), section, inside);
        let text = format!("guard = 'enforce'\n{}", by_document(section, &file));
        let read = Settings::read(Some(("j.toml".into(), &text)), &|_| None);
        if line == 0 {
            assert!(read.is_ok(), "{read:?}");
            continue;
        }
        let error = read.expect_err("refused").to_string();
        assert!(error.starts_with("j.toml:3: "), "{error}");
        assert!(error.contains(&format!("{}:{line}: ", file.display())), "{error}");
        assert!(error.contains(words), "{error}");
    }
    let gone = by_document("dialplan", &folder.path().join("gone.xml"));
    let error = Settings::read(Some(("j.toml".into(), &gone)), &|_| None).expect_err("refused");
    assert!(error.to_string().contains("gone.xml: No such file"), "{error}");
}

#[test]
fn more_look_ups_of_a_section_than_it_may_have_are_answered_at_once_by_its_policy() {
    let settings = "[sections.directory]\nmax_lookups = 4\ndeadline_ms = 3000\n\
                    [sections.dialplan]\nfail = 'unavailable'\ndeadline_ms = 3000";
    let server = Server::start(settings);
    let to = server.machine;
    let hangs = || {
        let asked = body(43).set("key_value", "hangs.test").set("domain", "hangs.test");
        let started = Instant::now();
        let reply = post(to, asked.bytes());
        assert!(is_closed(&reply, "section/domain[name=hangs.test]"), "{}", reply.text());
        started.elapsed()
    };
    let mut took: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..12).map(|_| scope.spawn(hangs)).collect();
        asked.into_iter().map(|asked| asked.join().expect("it ends")).collect()
    });
    took.sort_unstable();
    assert!(took[7] < Duration::from_millis(1500), "eight are told at once: {took:?}");
    assert!(took[8] >= Duration::from_millis(2900), "four may try: {took:?}");
    let labels = [("section", "directory"), ("handler", "test-hangs"), ("outcome", "shed")];
    assert!(is(Metrics::of(to).sum("jackfield_lookups_total", &labels), 8));
    // The other sections have room.
    assert!(hash(&post(to, body(42).bytes()), "pbx.example.test", "1000").is_some());
}
