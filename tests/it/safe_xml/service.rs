//! The whole service, given data and look-ups that do harm.

use std::sync::Arc;

use jackfield::app::App;
use jackfield::fsapi::Reply;
use jackfield::settings::Settings;
use jackfield_api::FormError;
use jackfield_api::snapshot::{
    Algorithm, Contents, Context, Domain, Group, Language, Secret, Setting, Snapshot, User,
};
use jackfield_api::testing::pbx;
use jackfield_api::testing::switch_xml::Node;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::nasty::{cases, named, nasty, seen, texts};
use crate::support::{Body, DOMAIN, Metrics, body, encoded, find, recorded};

/// The service without a socket.
struct Service {
    app: Arc<App>,
    runtime: Runtime,
}

impl Service {
    fn over(snapshot: Snapshot) -> Self {
        // A slow machine is no failure of a handler.
        let patient: String = ["directory", "dialplan", "chatplan", "languages", "configuration"]
            .map(|section| format!("[sections.{section}]\ndeadline_ms = 60000\n"))
            .concat();
        let settings = Settings::read(Some(("test.toml".into(), &patient)), &|_| None);
        let app = App::new(settings.expect("valid"), snapshot).expect("no conflict");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        Self { app, runtime: runtime.expect("a runtime") }
    }

    fn answer(&self, body: impl Into<Vec<u8>>) -> Result<Reply, FormError> {
        self.runtime.block_on(self.app.router.answer(body.into()))
    }

    /// What a switch sees of the answer to a body.
    fn seen(&self, body: impl Into<Vec<u8>>) -> Node {
        let reply = self.answer(body).expect("a form");
        assert_eq!(reply.status, 200);
        seen(&reply.body)
    }

    /// Look-ups that a handler failed to answer, by a panic for example.
    fn failed(&self) -> f64 {
        let text = self.app.metrics.text(&self.app.router.picture(), &[]);
        let metrics = Metrics::parse(std::str::from_utf8(&text).expect("UTF-8"));
        metrics.sum("jackfield_lookups_total", &[("outcome", "internal")])
    }
}

/// A user of everything that somebody may type into a form.
fn stored(t: &[String]) -> Snapshot {
    let secret = |realm: &str| Secret::new(&t[0], realm, Algorithm::Md5, &"a".repeat(32));
    let user = User {
        id: t[0].as_str().into(),
        number_alias: Some(t[1].as_str().into()),
        cidr: Some(t[2].as_str().into()),
        secrets: vec![secret(&t[3])],
        params: vec![Setting::new("vm-mailto", &t[4])],
        variables: vec![
            Setting::new("user_context", "default"),
            Setting::new("effective_caller_id_name", &t[5]),
        ],
        ..User::default()
    };
    let group = Group { name: t[6].clone(), members: vec![t[0].clone()], ..Group::default() };
    Snapshot::new(Contents {
        domains: [Domain::new(&t[3]).with_users(vec![user]).with_groups(vec![group])].into(),
        dialplan: [Context::new(t[7].clone(), Vec::new())].into(),
        languages: [Language {
            name: "en".into(),
            attributes: vec![Setting::new("say-module", &t[4])],
            ..Language::default()
        }]
        .into(),
        ..Contents::default()
    })
}

/// A look-up for a domain, with more fields, as the switch writes it.
fn directory(domain: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
    let fields = fields.concat();
    format!(
        "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value={domain}\
         &Event-Name=REQUEST_PARAMS{fields}&domain={}",
        encoded(domain)
    )
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let bodies: Vec<Vec<u8>> = recorded().into_iter().map(|(_, body)| body).collect();
    let pieces = prop_oneof![
        4 => nasty().prop_map(String::into_bytes),
        2 => proptest::sample::select(vec![
            &b"&"[..], b"=", b"&&", b"&section=", b"&user=", b"&domain=", b"&key=", b"&action=",
            b"&Event-Name=", b"&Hunt-Context=", b"\xff\xfe", b"%FF", b"%zz", b"%", b"&=", b"\0",
        ]).prop_map(<[u8]>::to_vec),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    (
        proptest::sample::select(bodies),
        proptest::collection::vec((any::<usize>(), any::<bool>(), pieces), 0..5),
    )
        .prop_map(|(mut body, changes)| {
            for (at, cuts, piece) in changes {
                let at = at % (body.len() + 1);
                let end = if cuts { (at + piece.len()).min(body.len()) } else { at };
                body.splice(at..end, piece);
            }
            body
        })
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_stored_text_is_answered_as_it_is_or_not_at_all(t in texts(8)) {
        let service = Service::over(stored(&t));
        let domain = &t[3];
        // As the switch has it: raw in the base fields where that is possible, encoded elsewhere.
        for fields in [
            &[("action", "sip_auth"), ("sip_auth_username", &t[0]), ("sip_auth_realm", domain),
              ("sip_auth_response", "0123456789abcdef0123456789abcdef"), ("key", "id"),
              ("user", &t[0])][..],
            &[("key", "id"), ("user", &t[1])],
        ] {
            let tree = service.seen(directory(domain, fields));
            let Some(user) = tree.find(&[
                ("section", Some(("name", "directory"))), ("domain", None), ("users", None),
                ("user", None),
            ]) else {
                continue;
            };
            prop_assert_eq!(user.attribute("id"), Some(t[0].as_str()));
            prop_assert_eq!(user.attribute("number-alias"), Some(t[1].as_str()));
            prop_assert_eq!(user.attribute("cidr"), Some(t[2].as_str()));
            let param = find(user, "params/param[name=vm-mailto]");
            prop_assert_eq!(param.and_then(|p| p.attribute("value")), Some(t[4].as_str()));
            let variable = find(user, "variables/variable[name=effective_caller_id_name]");
            prop_assert_eq!(variable.and_then(|v| v.attribute("value")), Some(t[5].as_str()));
            let context = find(user, "variables/variable[name=user_context]");
            prop_assert_eq!(context.and_then(|v| v.attribute("value")), Some("default"));
        }
        for fields in [
            &[("group", t[6].as_str()), ("action", "group_call"), ("group_name", &t[6])][..],
            &[("purpose", "network-list")],
            &[("purpose", "gateways"), ("profile", "internal")],
            &[],
        ] {
            service.seen(directory(domain, fields));
        }
        service.seen(body(23).set("Hunt-Context", &encoded(&t[7])).bytes());
        service.seen(body(52).bytes());
    }

    #[test]
    fn one_stored_name_alone_is_answered_as_it_is_or_closes_the_user(name in named()) {
        let user = User {
            id: "1000".into(),
            variables: vec![Setting::new("effective_caller_id_name", &name)],
            ..User::default()
        };
        let domains = vec![Domain::new(DOMAIN).with_users(vec![user])];
        let service = Service::over(Snapshot::new(Contents { domains: domains.into(), ..Contents::default() }));
        let tree = service.seen(body(43).bytes());
        let user = find(&tree, "section/domain[name=pbx.example.test]/users/user[id=1000]");
        let variable = user.and_then(|user| find(user, "variables/variable"));
        if let Some(variable) = variable {
            prop_assert_eq!(variable.attribute("value"), Some(name.as_str()));
        } else {
            let domain = find(&tree, "section[name=directory]/domain[name=pbx.example.test]");
            prop_assert!(domain.is_some_and(|domain| domain.children.is_empty()));
        }
    }

    #[test]
    fn refusals_are_made_of_what_was_asked_and_stay_harmless(
        domain in named(), context in nasty(), user in nasty(), other in nasty(),
    ) {
        let service = Service::over(pbx());
        let tree = service.seen(directory(&domain, &[("key", "id"), ("user", &user)]));
        let names: Vec<_> = tree.children.iter()
            .flat_map(|section| &section.children)
            .filter_map(|found| found.attribute("name"))
            .collect();
        // One of both spellings at least is what was asked, where it can be carried at all.
        prop_assert!(names.is_empty() || names.iter().any(|name| {
            *name == domain || domain.contains(name)
        }), "{:?} for {:?}", names, domain);
        service.seen(body(43).set("user", &encoded(&user)).bytes());
        service.seen(body(42).set("key_value", &domain).set("domain", &encoded(&domain)).bytes());
        let dialled = body(23).set("Hunt-Context", &encoded(&context));
        service.seen(dialled.bytes());
        // Rejected by the guard: closed by contexts and domains that a stranger has written.
        service.seen(dialled.and("action", &encoded(&other)).and("action", "x").bytes());
        service.seen(body(43).before("key", "user", &encoded(&other)).bytes());
        service.seen(body(43).before("key", "domain", &encoded(&other)).bytes());
        service.seen(body(52).set("lang", &encoded(&other)).bytes());
        service.seen(body(67).set("context", &encoded(&context)).bytes());
        service.seen(body(1).set("key_value", &other.replace('&', "")).bytes());
        prop_assert!(service.failed() < 0.5, "a handler failed");
    }

    #[test]
    fn no_change_to_a_recorded_body_yields_anything_but_a_safe_answer(body in mutated()) {
        let service = Service::over(pbx());
        match service.answer(body) {
            Err(FormError::Empty | FormError::TooManyPairs) => {}
            Err(other) => panic!("{other}"),
            Ok(reply) => {
                prop_assert_eq!(reply.status, 200);
                if reply.content_type.starts_with("text/xml") {
                    safe(&reply.body);
                }
            }
        }
        prop_assert!(service.failed() < 0.5, "a handler failed");
    }

    #[test]
    fn no_bytes_at_all_yield_anything_but_a_safe_answer(
        body in proptest::collection::vec(any::<u8>(), 0..2000)
    ) {
        let service = Service::over(pbx());
        if let Ok(reply) = service.answer(body) {
            prop_assert_eq!(reply.status, 200);
            safe(&reply.body);
        }
        prop_assert!(service.failed() < 0.5, "a handler failed");
    }
}

/// As [`seen`], for documents whose globals are live on purpose too.
fn safe(body: &[u8]) {
    crate::support::tree(body);
}

#[test]
fn a_harmless_name_is_carried_through_the_whole_service() {
    let name = "O'Brien & Söhne <x@y> \"q\" $ 5";
    let t: Vec<_> = [name, "alias", "192.0.2.1/32", "d.test", "m@d.test", name, "g", "c"]
        .map(str::to_owned)
        .to_vec();
    let service = Service::over(stored(&t));
    let tree = service.seen(directory("d.test", &[("key", "id"), ("user", name)]));
    let user = find(&tree, "section/domain[name=d.test]/users/user").expect("the user");
    assert_eq!(user.attribute("id"), Some(name));
}

#[test]
fn a_refusal_of_a_name_that_cannot_be_carried_names_nobody() {
    let service = Service::over(pbx());
    let nasty = "a<!b";
    let tree = service.seen(directory(nasty, &[("key", "id"), ("user", "1000")]));
    let section = tree.child("section").expect("a section");
    assert!(section.children.is_empty() && section.attribute("name") == Some("directory"));
    let asked = Body::parse(&body(23).text()).set("Hunt-Context", &encoded(nasty));
    assert!(service.seen(asked.bytes()).child("section").is_some());
}
