//! Says what became of a look-up, and why: the same stages, told.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup, PinLookup, UserFlow};
use jackfield_api::registry::{Keys, Match};
use jackfield_api::snapshot::Algorithm;
use jackfield_api::{Form, Lifetime, Lookup};

use super::guard;
use super::refusal::reply;
use super::registry::Entry;
use super::router::{Asked, Router, unrouted};
use crate::secret::{PLAIN, redact};
use crate::settings::GuardMode;

/// The handler that answers from the stored users.
const ACCOUNTS: &str = "accounts";

impl Router {
    /// Tells what this program makes of a recorded body. Secrets are left out, of the body as of
    /// the answer.
    pub async fn explain(self: &Arc<Self>, body: Vec<u8>) -> String {
        let mut told = Told::default();
        let form = match Form::parse(body.clone()) {
            Ok(form) => form,
            Err(error) => {
                told.say("form", &error.to_string());
                return told.text;
            }
        };
        if form.is_lookup() {
            self.tell_lookup(&form, &mut told);
        } else {
            // Deciding on it would change what is stored.
            let what = "`section` is not the second, as a switch sends it: a channel event";
            told.say("form", &format!("{} fields; {what}", form.len()));
            let handler = self.event_handler(&form);
            told.say("channel-event", handler.unwrap_or("no handler has its action: not found"));
            return told.text;
        }
        if PinLookup::of(&form).is_some() {
            told.say("store", "asks for another PIN; nothing is stored, and it is answered so");
        }
        if let Ok(Some(Asked { reply, handler, why, .. })) = self.ask(body).await {
            if let Some(lookup) = Lookup::new(form).filter(|_| handler == ACCOUNTS) {
                self.tell_secret(&lookup, &mut told);
            }
            // Of one that nobody answers it has been told.
            if let Some(why) = why.filter(|_| handler != "none") {
                told.say("refusal", &why.escape_debug().to_string());
            }
            told.say("answer", &format!("HTTP {}, {} bytes", reply.status, reply.body.len()));
            told.text.push_str(&redact(&String::from_utf8_lossy(&reply.body)));
        }
        told.text
    }

    fn tell_lookup(&self, form: &Form, told: &mut Told) {
        told.say("form", &format!("a look-up with {} fields", form.len()));
        for pair in form.pairs() {
            if let Some(name) = PLAIN.iter().find(|name| pair.is_named(name)) {
                told.more(&format!("{name} = {}", pair.decoded().escape_debug()));
            }
        }
        match (guard::check(form), self.settings().guard) {
            (Ok(()), _) => told.say("guard", "nobody but the switch has written into it"),
            (Err(rule), GuardMode::Observe) => {
                told.say("guard", &format!("breaks rule {rule}; answered all the same (observe)"));
            }
            (Err(rule), GuardMode::Enforce) => {
                told.say("guard", &format!("breaks rule {rule}: rejected"));
                return;
            }
        }
        if let Some(lookup) = Lookup::new(form.clone()) {
            self.tell_route(&lookup, told);
        }
    }

    /// Says why a phone is told to have no secret: its own is a hash for another name or realm.
    fn tell_secret(&self, lookup: &Lookup, told: &mut Told) {
        let picture = self.picture();
        let view = DirectoryLookup::new(lookup);
        let DirectoryFlow::User(asked) = view.flow() else { return };
        let UserFlow::SipAuth(auth) = asked.flow() else { return };
        let user = picture.snapshot.domain(view.domain()).and_then(|it| it.user(&asked.user));
        let Some(user) = user.filter(|user| !user.disabled) else { return };
        if user.secret(&auth.username, &auth.realm, auth.algorithm).is_some() {
            return;
        }
        let of = |name: &str, realm: &str, algorithm: Algorithm| {
            let algorithm = algorithm.as_str();
            format!("realm {} ({algorithm}, as {})", realm.escape_debug(), name.escape_debug())
        };
        let has: Vec<_> =
            user.secrets().map(|it| of(it.username, it.realm, it.algorithm)).collect();
        let has = if has.is_empty() {
            "there is none at all".to_owned()
        } else {
            format!("there is one for {}", has.join(", for "))
        };
        let asked = of(&auth.username, &auth.realm, auth.algorithm);
        told.say("secret", &format!("no secret for {asked}; {has}"));
    }

    fn tell_route(&self, lookup: &Lookup, told: &mut Told) {
        let picture = self.picture();
        let host = lookup.hostname();
        let limits = picture.snapshot.on(&host).limits();
        if !limits.is_empty() {
            told.say("limits", &format!("switch «{}» is named by", host.escape_debug()));
        }
        for (what, hosts) in limits {
            told.more(&format!("{what} (for {hosts})").escape_debug().to_string());
        }
        let routing = self.route(lookup, &picture);
        for (at, registry) in self.registries().iter().enumerate() {
            let kind = registry.kind();
            if registry.section().is_some_and(|section| section != lookup.section()) {
                told.say(kind, "not asked: another section");
                continue;
            }
            let key = registry.key(lookup);
            let found = routing.found.filter(|_| routing.registry == Some(at));
            told.say(kind, &format!("key «{}» ({})", key.escape_debug(), registry.key_field()));
            let handlers = registry.handlers();
            for (place, entry) in handlers.iter().enumerate() {
                let outranks = |answers: usize| {
                    let Entry { name, priority, .. } = handlers[answers];
                    let own = entry.priority;
                    format!("not asked: «{name}» has priority {priority}, this one {own}").into()
                };
                let why: Cow<'_, str> = match (found, entry.keys) {
                    (Some(Match::Key(answers)), _) if answers == place => {
                        "answers: it has the key".into()
                    }
                    (Some(Match::CatchAll(answers)), _) if answers == place => {
                        "answers: no other has the key".into()
                    }
                    (Some(Match::CatchAll(answers)), Keys::CatchAll) => outranks(answers),
                    (Some(Match::Key(_)), Keys::CatchAll) => {
                        "not asked: another has the key".into()
                    }
                    (None, Keys::CatchAll) => "not asked: an earlier registry answers".into(),
                    (Some(Match::Key(answers)), _)
                        if picture.routes[at].is_outranked(place, &key) =>
                    {
                        outranks(answers)
                    }
                    _ => "does not have the key".into(),
                };
                told.more(&format!("{} ({}): {why}", entry.name, entry.origin));
            }
        }
        if let (Some(registry), Some(found)) = (routing.registry, routing.found)
            && let Some(flights) = self.flights(registry, found)
        {
            let Lifetime { fresh, stale, refused, .. } = flights.lifetime();
            told.say("async", "it asks the outside, once for each question at a time");
            let fields: Vec<_> = flights.fields().names().collect();
            told.more(&format!("a question is the base fields and {}", fields.join(", ")));
            told.more(&format!(
                "an answer is kept for {fresh:?}, {stale:?} longer after failures; a refusal for \
                 {refused:?}"
            ));
        }
        if routing.found.is_none() {
            let settings = self.settings();
            let refusal = unrouted(lookup, &settings);
            let (reply, _) = reply(&refusal, lookup, &settings);
            told.say("refusal", &format!("{refusal} (HTTP {})", reply.status));
        }
    }
}

#[derive(Default)]
struct Told {
    text: String,
}

impl Told {
    fn say(&mut self, stage: &str, what: &str) {
        // Writing into a `String` cannot fail.
        let _ = writeln!(self.text, "{stage:<14} {what}");
    }

    fn more(&mut self, what: &str) {
        let _ = writeln!(self.text, "{:<14}   {what}", "");
    }
}
