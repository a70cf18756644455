//! `xml_curl.conf.xml`: whom the switch asks, for what, and how long it waits.

mod gateway;
mod names;
mod order;
mod url;
mod words;

use jackfield_api::Section;

pub(super) use self::gateway::BEHIND_NGINX;
pub(super) use self::words::Sections;
use super::fault::{Fault, Mend};
use super::param::{Param, Params, line};
use crate::export::Service;
use crate::import::{Element, Looked, Place};
use crate::settings::Settings;

/// The document, with what its bindings are held against.
pub(super) struct Curl<'e> {
    document: &'e Element,
    bindings: Vec<Binding<'e>>,
    settings: &'e Settings,
    service: Service,
}

/// One binding, as `mod_xml_curl` reads it.
struct Binding<'e> {
    element: &'e Element,
    params: Params<'e>,
}

impl<'e> Binding<'e> {
    /// The URL that counts; a binding without one is left out.
    fn gateway(&self) -> Option<&Param<'e>> {
        self.params.get("gateway-url")
    }

    fn words(&self) -> &'e str {
        self.gateway().and_then(|url| url.element.attribute("bindings")).unwrap_or_default()
    }

    /// For what it is asked; nothing where it is left out.
    fn sections(&self) -> Option<Sections> {
        self.gateway().map(|_| Sections::of(self.words()))
    }
}

/// More seconds help nobody.
const LONGEST: u64 = 5;

/// What a switch takes of an answer where nothing is said about it.
const MOST_BYTES: u64 = 1 << 20;

impl<'e> Curl<'e> {
    pub(super) fn of(document: &'e Element, looked: &Looked, settings: &'e Settings) -> Self {
        let lists = document.children_named("bindings");
        let bindings = lists.flat_map(|list| list.children_named("binding"));
        let bindings =
            bindings.map(|element| Binding { element, params: Params::of(element, looked) });
        let bindings = bindings.collect();
        Self { document, bindings, settings, service: Service::of(settings) }
    }

    /// For what anybody is asked, with the line of each binding.
    pub(super) fn bound(&self) -> Vec<(Sections, Place)> {
        let bound =
            |binding: &Binding<'_>| Some((binding.sections()?, binding.element.place.clone()));
        self.bindings.iter().filter_map(bound).collect()
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.bindings.iter().any(|binding| binding.gateway().is_some()) {
            faults.push(Fault::error(
                &self.document.place,
                "no binding has a gateway-url",
                "mod_xml_curl does not load, and the switch answers itself from its disk",
                Mend::Do("write what `jackfield snippet xml_curl` prints".to_owned()),
            ));
        }
        for binding in &self.bindings {
            if let Some(url) = binding.gateway() {
                words::check(binding, url, &mut faults);
                gateway::check(binding, url, self.settings, &self.service, &mut faults);
                self.waiting(binding, &mut faults);
                request(binding, &mut faults);
            }
            names::check(binding, &mut faults);
        }
        order::check(&self.bindings, self.settings, &self.service, &mut faults);
        faults
    }

    /// How long it waits for an answer.
    fn waiting(&self, binding: &Binding<'_>, faults: &mut Vec<Fault>) {
        let bound = binding.sections().unwrap_or_default();
        let asked: Vec<_> = Section::ALL.into_iter().filter(|one| bound.has(*one)).collect();
        let needed = self.settings.switch_timeout(&asked);
        let right = line("timeout", &needed.to_string());
        let no_limit = "without a limit a service that hangs stops every REGISTER of the switch";
        let Some(timeout) = binding.params.get("timeout") else {
            if !names::is_misspelt(binding, "timeout") {
                let place = &binding.element.place;
                faults.push(Fault::error(
                    place,
                    "there is no timeout",
                    no_limit,
                    Mend::Below(right),
                ));
            }
            return;
        };
        let (seconds, place) = (leading_number(&timeout.value), timeout.place());
        let instead = Mend::Instead(right);
        if timeout.is_unknown() {
            return;
        }
        if seconds == 0 {
            let what = format!("a timeout of «{}» is none", timeout.value);
            faults.push(Fault::error(place, what, no_limit, instead));
        } else if asked.iter().any(|one| self.is_late(*one, seconds)) {
            let what = format!("it waits {seconds} s, and an answer may take as long");
            let why = "the service may still be at work, within its `deadline_ms`, when the switch goes \
                       on to its disk";
            faults.push(Fault::error(place, what, why, instead));
        } else if seconds > LONGEST.max(needed) {
            let what = format!("it waits {seconds} s, and no answer takes longer than {needed}");
            let why = "while the switch waits for one REGISTER all others wait, too";
            faults.push(Fault::warning(place, what, why, instead));
        }
    }

    fn is_late(&self, section: Section, seconds: u64) -> bool {
        self.settings.section(section).deadline.as_secs() >= seconds
    }
}

/// How it asks, and how much of an answer it takes.
fn request(binding: &Binding<'_>, faults: &mut Vec<Fault>) {
    let get = |name: &str| binding.params.get(name);
    let most = get("response-max-bytes");
    if let Some(most) = most.filter(|most| leading_number(&most.value) < MOST_BYTES) {
        let what = format!("of an answer it takes no more than {} bytes", most.value);
        let why = "a longer one is dropped, and the switch goes on to its disk";
        faults.push(Fault::warning(most.place(), what, why, Mend::Remove));
    }
    if let Some(method) = get("method").filter(|method| !method.value.eq_ignore_ascii_case("post"))
    {
        faults.push(Fault::error(
            method.place(),
            format!("it asks with {}", method.value),
            "only POST is answered: every look-up fails, and the switch goes on to its disk",
            Mend::Remove,
        ));
    }
    for field in binding.params.0.iter().filter(|param| param.is("enable-post-var")) {
        faults.push(Fault::error(
            field.place(),
            format!("of each look-up only «{}» and what is listed beside it is sent", field.value),
            "answers are made of what is left out: users, contexts and menus are not found, and a PIN \
             cannot be changed",
            Mend::Remove,
        ));
    }
    if let Some(dynamic) = get("use-dynamic-url").filter(|dynamic| dynamic.is_true()) {
        faults.push(Fault::error(
            dynamic.place(),
            "what a look-up says is put into the URL, unescaped",
            "whoever sends a REGISTER chooses where the switch asks",
            Mend::Remove,
        ));
    }
    if let Some(scheme) =
        get("auth-scheme").filter(|scheme| !scheme.value.eq_ignore_ascii_case("basic"))
    {
        faults.push(Fault::warning(
            scheme.place(),
            format!("with auth-scheme {} each look-up is asked twice", scheme.value),
            "the first request has no credentials, or no body, and is refused",
            Mend::Instead(scheme.with("basic")),
        ));
    }
}

/// As C's `atoi` reads it, but nothing below 0.
fn leading_number(text: &str) -> u64 {
    let text = text.trim_start();
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap_or_default()
}
