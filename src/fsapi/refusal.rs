//! What the switch is told where there is no document.

use jackfield_api::document::{
    Credential, Dialplan, Directory, DirectoryDomain, DirectoryUser, not_found,
};
use jackfield_api::lookup::PinLookup;
use jackfield_api::xml::Value;
use jackfield_api::{Answer, Form, Pair, Refusal, Section};

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

    /// A word for a hook script.
    pub(super) fn text(body: &str) -> Self {
        let body = body.as_bytes().to_vec();
        Self { status: 200, content_type: "text/plain; charset=utf-8", body }
    }

    /// The not-found document: the switch asks its next binding and its files on disk.
    pub(super) fn not_found() -> Self {
        Self::xml(not_found())
    }
}

/// What a refusal is in a section: there, the section's fail policy decides on failures.
pub(super) fn reply(
    refusal: &Refusal,
    section: Section,
    form: &Form,
    settings: &Settings,
) -> Reply {
    match refusal {
        Refusal::NotFound(_) => Reply::not_found(),
        Refusal::Denied(_) => closed(section, form),
        // By an error status the switch would write the request into its log, PIN and all.
        _ if section == Section::Directory && PinLookup::of(form).is_some() => {
            closed(section, form)
        }
        _ => match settings.section(section).fail {
            FailPolicy::Deny => closed(section, form),
            FailPolicy::NotFound => Reply::not_found(),
            FailPolicy::Unavailable => Reply { status: 503, content_type: XML, body: not_found() },
        },
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
