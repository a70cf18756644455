//! What the switch is told where there is no document.

use jackfield_api::document::{
    Credential, Dialplan, Directory, DirectoryDomain, DirectoryUser, Fixed, MAX_BYTES, not_found,
};
use jackfield_api::lookup::{
    ChatplanLookup, ConfigurationLookup, DirectoryFlow, DirectoryLookup, LanguagesLookup,
    PinLookup, UserFlow,
};
use jackfield_api::xml::Value;
use jackfield_api::{Answer, Document, Form, Lookup, Pair, Refusal, Section};

use crate::settings::{FailPolicy, Settings};

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status: 200, or 503 by the fail policy `unavailable`.
    pub status: u16,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

const XML: &str = "text/xml; charset=utf-8";

impl Reply {
    /// A document.
    pub(super) fn xml(body: Vec<u8>) -> Self {
        Self { status: 200, content_type: XML, body }
    }

    /// Lines for a hook script.
    pub(super) fn text(body: String) -> Self {
        Self { status: 200, content_type: "text/plain; charset=utf-8", body: body.into_bytes() }
    }

    /// The not-found document: the switch asks its next binding and its files on disk.
    pub(super) fn not_found() -> Self {
        Self::xml(not_found())
    }
}

/// What a refusal is to a look-up; for a failure, also the word of the policy that it was answered by:
/// that of the section, or its default where that one has nothing to send.
pub(super) fn reply(
    refusal: &Refusal,
    lookup: &Lookup,
    settings: &Settings,
) -> (Reply, Option<&'static str>) {
    let (section, form) = (lookup.section(), lookup.form());
    match refusal {
        Refusal::NotFound(_) => (Reply::not_found(), None),
        Refusal::Denied(_) => (closed(section, form), None),
        // By an error status the switch would write the request into its log, PIN and all.
        _ if section == Section::Directory && PinLookup::of(form).is_some() => {
            (closed(section, form), Some(FailPolicy::Deny.word()))
        }
        _ => {
            let policy = &settings.section(section).fail;
            if let Some(reply) = by(policy, lookup) {
                return (reply, Some(policy.word()));
            }
            let default = FailPolicy::default_of(section);
            (by(&default, lookup).unwrap_or_else(Reply::not_found), Some(default.word()))
        }
    }
}

/// What a policy has to send.
fn by(policy: &FailPolicy, lookup: &Lookup) -> Option<Reply> {
    match policy {
        FailPolicy::Deny => Some(closed(lookup.section(), lookup.form())),
        FailPolicy::NotFound => Some(Reply::not_found()),
        FailPolicy::Unavailable => {
            Some(Reply { status: 503, content_type: XML, body: not_found() })
        }
        // Whoever has such an answer has sent it.
        FailPolicy::Stale => None,
        FailPolicy::Document(_, fixed) => {
            let document = of_an_operator(fixed, lookup)?;
            (document.body().len() <= MAX_BYTES).then(|| Reply::xml(document.into_body()))
        }
    }
}

/// What an operator's document has for a look-up.
fn of_an_operator(fixed: &Fixed, lookup: &Lookup) -> Option<Document> {
    let named = |name: &str| fixed.named(name)?.ok();
    match lookup.section() {
        Section::Configuration => named(&ConfigurationLookup::new(lookup).file()),
        Section::Directory => {
            let view = DirectoryLookup::new(lookup);
            match view.flow() {
                // Where no secret is asked for, the secret of a user keeps nobody out.
                DirectoryFlow::User(user) if user.flow() != UserFlow::Unchecked => {
                    named(view.domain())
                }
                // Its users have secrets, which no list holds.
                _ => None,
            }
        }
        Section::Dialplan => fixed.contexts(asked_contexts(lookup.form())).ok(),
        Section::Chatplan => {
            let name = ChatplanLookup::new(lookup).context();
            fixed.contexts(carried(std::iter::once(name))).ok()
        }
        // `phrases`, which is older, has its elements in another order.
        Section::Languages if lookup.section_name() == fixed.section().as_str() => {
            named(&LanguagesLookup::new(lookup).language())
        }
        Section::Languages | Section::Channels => None,
    }
}

/// Applications that play something or end the call.
const HARMLESS: [&str; 14] = [
    "answer",
    "endless_playback",
    "gentones",
    "hangup",
    "info",
    "log",
    "phrase",
    "playback",
    "pre_answer",
    "respond",
    "ring_ready",
    "say",
    "set",
    "sleep",
];

/// Tells what may not have been thought of: whoever reaches a context while its handler fails runs what
/// the document says, strangers too.
pub(crate) fn point_out(settings: &Settings) {
    for doubt in settings.doubts() {
        tracing::warn!("{doubt}");
    }
    for section in Section::ALL {
        if let FailPolicy::Document(_, fixed) = &settings.section(section).fail {
            let reaching: Vec<_> =
                fixed.applications().filter(|name| !HARMLESS.contains(name)).collect();
            if !reaching.is_empty() {
                let applications = reaching.join(" ");
                tracing::warn!(
                    section = section.as_str(),
                    applications,
                    "the document of the fail policy is for all contexts, those of strangers too"
                );
            }
        }
    }
}

/// The answer that ends the switch's search without giving it anything. It is made from the form
/// alone, polluted or not, so that nobody can push a look-up on to the files on the switch's disk.
fn closed(section: Section, form: &Form) -> Reply {
    let answer = match section {
        Section::Directory => match PinLookup::of(form) {
            Some(asked) => pin_not_stored(asked),
            None => Directory::domains(asked_domains(form).into_iter().map(DirectoryDomain::new)),
        },
        Section::Dialplan => Dialplan::closed(asked_contexts(form)),
        _ => return Reply::not_found(),
    };
    answer.map_or_else(|_| Reply::not_found(), |document| Reply::xml(document.into_body()))
}

/// Where the switch finds no user, it takes the new PIN for stored and tells the caller so.
fn pin_not_stored(asked: PinLookup<'_>) -> Answer {
    let user = DirectoryUser::new(asked.user, Credential::Closed).voicemail_hash(None);
    Directory::user(DirectoryDomain::new(asked.domain), user.pin_stored(false))
}

/// The domain that the switch itself is after: in a polluted look-up the last field of that name,
/// which the switch adds behind everything a stranger can write, or the raw key.
fn asked_domains(form: &Form) -> Vec<Value<'_>> {
    let field =
        form.pairs().skip(5).filter(|pair| pair.is_named("domain")).last().map(Pair::decoded);
    let key = (form.base(2) == "domain").then(|| form.base(4));
    carried(field.into_iter().chain(key))
}

/// Every context named in the look-up; `global`, which the switch tries last, where there is none.
fn asked_contexts(form: &Form) -> Vec<Value<'_>> {
    let named = |pair: &Pair<'_>| pair.is_named("Hunt-Context") || pair.is_named("Caller-Context");
    let contexts = form.pairs().skip(5).filter(named).map(Pair::decoded);
    let located = (form.base(2) == "context").then(|| form.base(4));
    // From the end: the switch's own come last.
    let contexts: Vec<_> = contexts.chain(located).collect();
    let mut contexts = carried(contexts.into_iter().rev().take(8));
    if contexts.is_empty() {
        contexts.push("global".into());
    }
    contexts
}

/// Names that can stand in a document, each once. What cannot is in no file on a disk either.
fn carried<'a>(names: impl Iterator<Item = std::borrow::Cow<'a, str>>) -> Vec<Value<'a>> {
    let mut carried: Vec<Value<'a>> = Vec::new();
    for name in names.filter(|name| !name.is_empty()).map(Value::from) {
        if name.check_plain().is_ok() && !carried.contains(&name) {
            carried.push(name);
        }
    }
    carried
}
