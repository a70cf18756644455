//! Walks a post through the stages.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use jackfield_api::registry::{Conflict, Match, StartError};
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{Form, FormError, Lookup, Refusal, Section};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, error, info, info_span, warn};

use super::check::check;
use super::crew::Crew;
use super::events::Events;
use super::guard;
use super::picture::Picture;
use super::refusal::{Reply, reply};
use super::registry::{Entry, Registry, all, linked_names};
use super::run::{BOUND, Places};
use crate::metrics::{HandlerMetrics, Metrics};
use crate::settings::{GuardMode, Settings, UnknownDomain};

/// The stages, made once at start, and the picture that look-ups are answered from.
pub struct Router {
    registries: Vec<Box<dyn Registry>>,
    /// Of each handler of each registry.
    runners: Vec<Vec<Runner>>,
    events: Events,
    picture: ArcSwap<Picture>,
    settings: Arc<Settings>,
    metrics: Arc<Metrics>,
    /// Of look-ups that no handler answered, by section.
    unhandled: Vec<HandlerMetrics>,
}

struct Runner {
    places: Places,
    metrics: HandlerMetrics,
}

/// Why the stages could not be made.
#[derive(Debug)]
pub enum StartErrors {
    /// Handlers that could not be made.
    Handlers(Vec<StartError>),
    /// Keys that two handlers claim.
    Conflicts(Vec<Conflict>),
    /// No handler is linked in.
    NoHandlers,
    /// `disabled_handlers` or `[handlers.NAME]` names a handler that is not there.
    Unknown(Vec<String>),
}

impl fmt::Display for StartErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn lines(f: &mut fmt::Formatter<'_>, list: &[impl fmt::Display]) -> fmt::Result {
            list.iter()
                .enumerate()
                .try_for_each(|(at, line)| write!(f, "{}{line}", if at == 0 { "" } else { "\n" }))
        }
        match self {
            Self::Handlers(errors) => lines(f, errors),
            Self::Conflicts(conflicts) => lines(f, conflicts),
            Self::NoHandlers => f.write_str(
                "no handler is linked into this program: its crate must say \
                 `use jackfield_handlers as _;` or the like, once for each crate of handlers",
            ),
            Self::Unknown(names) => write!(
                f,
                "the settings name handlers that are not there: {}; \
                 `jackfield handlers` lists those that are",
                names.join(", ")
            ),
        }
    }
}

impl std::error::Error for StartErrors {}

/// How far a look-up got on its way to a handler.
pub(super) struct Routing<'a> {
    /// The registry that answers the section; `None` for a section that nobody answers.
    pub(super) registry: Option<usize>,
    /// The look-up's key in it.
    pub(super) key: std::borrow::Cow<'a, str>,
    /// The handler that has the key.
    pub(super) found: Option<Match>,
}

impl Router {
    /// Makes every handler and resolves every key against a first snapshot.
    pub fn new(
        settings: Arc<Settings>,
        metrics: Arc<Metrics>,
        snapshot: Snapshot,
    ) -> Result<Self, StartErrors> {
        Self::check_names(&settings)?;
        let registries = all(&settings).map_err(StartErrors::Handlers)?;
        let mut events = Events::new(&settings).map_err(StartErrors::Handlers)?;
        events.resolve().map_err(StartErrors::Conflicts)?;
        if registries.iter().all(|registry| registry.handlers().is_empty())
            && events.handlers().is_empty()
        {
            return Err(StartErrors::NoHandlers);
        }
        let picture = Picture::new(snapshot, &registries).map_err(StartErrors::Conflicts)?;
        let handlers: usize =
            registries.iter().map(|registry| registry.handlers().len()).sum::<usize>()
                + events.handlers().len();
        // One more than all handlers can hold at once.
        let crew = Crew::new(handlers * BOUND + 1);
        let runners = registries
            .iter()
            .map(|registry| {
                let runner = |entry: &Entry| Runner {
                    places: Places::new(&crew),
                    metrics: metrics.handler(
                        registry.section().map_or(registry.kind(), Section::as_str),
                        entry.name,
                    ),
                };
                registry.handlers().iter().map(runner).collect()
            })
            .collect();
        let unhandled =
            Section::ALL.iter().map(|section| metrics.handler(section.as_str(), "none")).collect();
        Ok(Self {
            registries,
            runners,
            events,
            picture: ArcSwap::from_pointee(picture),
            settings,
            metrics,
            unhandled,
        })
    }

    /// Names in the settings that no linked handler has are typing errors.
    fn check_names(settings: &Settings) -> Result<(), StartErrors> {
        let linked = linked_names();
        let named = settings.handlers.keys().chain(&settings.disabled_handlers);
        let unknown: Vec<_> =
            named.filter(|name| !linked.contains(&name.as_str())).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { Err(StartErrors::Unknown(unknown)) }
    }

    /// Every handler with the kind of its registry, in their fixed order.
    pub fn handlers(&self) -> impl Iterator<Item = (&'static str, Entry)> {
        let sections = self.registries.iter().flat_map(|registry| {
            registry.handlers().into_iter().map(|entry| (registry.kind(), entry))
        });
        sections.chain(self.events.handlers().into_iter().map(|entry| ("channel-event", entry)))
    }

    /// The registries, in the order in which a look-up passes them.
    pub fn registries(&self) -> &[Box<dyn Registry>] {
        &self.registries
    }

    /// What look-ups are answered from now.
    pub fn picture(&self) -> Arc<Picture> {
        self.picture.load_full()
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers a post.
    pub async fn answer(self: &Arc<Self>, body: Vec<u8>) -> Result<Reply, FormError> {
        let form = Form::parse(body)?;
        let picture = self.picture.load_full();
        if form.is_lookup() {
            Ok(self.lookup(form, picture).await)
        } else {
            Ok(self.event(&form, &picture).await)
        }
    }

    async fn event(&self, form: &Form, picture: &Arc<Picture>) -> Reply {
        let decision = self.events.decide(form, picture).await;
        let outcome = match &decision.verdict {
            Ok(verdict) => verdict.word(),
            Err(refusal) => refusal.outcome(),
        };
        self.metrics.events.with_label_values(&[decision.handler, outcome]).inc();
        info!(handler = decision.handler, outcome, "channel event");
        match decision.verdict {
            Ok(verdict) => Reply::text(verdict.word()),
            Err(_) => Reply::not_found(),
        }
    }

    async fn lookup(self: &Arc<Self>, form: Form, picture: Arc<Picture>) -> Reply {
        let started = Instant::now();
        let verdict = guard::check(&form);
        let Some(lookup) = Lookup::new(form) else {
            self.metrics.rejected(guard::Rule::Section, "none");
            warn!(rule = guard::Rule::Section.as_str(), "look-up of an unknown section rejected");
            return Reply::not_found();
        };
        let lookup = Arc::new(lookup);
        let span = info_span!(
            "lookup",
            section = lookup.section().as_str(),
            handler = Empty,
            outcome = Empty,
            core_uuid = lookup.core_uuid().map(tracing::field::debug),
            call_id = lookup.call_id().map(tracing::field::debug),
        );
        let answering = async {
            if let Err(rule) = verdict {
                let flow = guard::flow(&lookup);
                self.metrics.rejected(rule, flow);
                warn!(rule = rule.as_str(), flow, "look-up has been written into");
                if self.settings.guard == GuardMode::Enforce {
                    let metrics = &self.unhandled[lookup.section() as usize];
                    let refusal = Refusal::Denied("the guard rejected the look-up");
                    return self.refuse(&refusal, "none", &lookup, metrics, started);
                }
            }
            self.route_and_run(&lookup, &picture, started).await
        };
        answering.instrument(span).await
    }

    async fn route_and_run(
        self: &Arc<Self>,
        lookup: &Arc<Lookup>,
        picture: &Arc<Picture>,
        started: Instant,
    ) -> Reply {
        let section = lookup.section();
        let routing = self.route(lookup, picture);
        let (Some(registry), Some(found)) = (routing.registry, routing.found) else {
            let metrics = &self.unhandled[section as usize];
            return self.refuse(&self.unrouted(section), "none", lookup, metrics, started);
        };
        let handler = found.handler();
        let runner = &self.runners[registry][handler];
        let name = runner.metrics.name;
        let ask = {
            let (router, lookup, picture) =
                (Arc::clone(self), Arc::clone(lookup), Arc::clone(picture));
            move || router.registries[registry].ask(handler, &lookup, &picture.snapshot)
        };
        let answer = runner.places.run(self.settings.section(section).deadline, ask).await;
        let answer = answer.and_then(|document| match check(&document, lookup, &routing.key) {
            Ok(()) => Ok(document),
            Err(mismatch) => Err(Refusal::Internal(mismatch.as_str().to_owned())),
        });
        match answer {
            Ok(document) => {
                self.observe(name, "answered", &runner.metrics, started);
                Reply::xml(document.into_body())
            }
            Err(refusal) => self.refuse(&refusal, name, lookup, &runner.metrics, started),
        }
    }

    /// Finds the handler of a look-up: the outer registry by section, then the section's own.
    pub(super) fn route<'a>(&self, lookup: &'a Lookup, picture: &Picture) -> Routing<'a> {
        let mut last = Routing { registry: None, key: "".into(), found: None };
        for (at, registry) in self.registries.iter().enumerate() {
            let is_outer = registry.section().is_none();
            if is_outer || registry.section() == Some(lookup.section()) {
                let key = registry.key(lookup);
                let found = picture.routes[at].find(&key);
                if found.is_some() || !is_outer {
                    last = Routing { registry: Some(at), key, found };
                }
                if found.is_some() {
                    break;
                }
            }
        }
        last
    }

    /// What a look-up without a handler is answered with.
    pub(super) fn unrouted(&self, section: Section) -> Refusal {
        match (section, self.settings.unknown_domain) {
            // The caller chooses the domain: not-found would let it reach the switch's own users.
            (Section::Directory, UnknownDomain::Deny) => {
                Refusal::Denied("nobody serves the domain")
            }
            _ => Refusal::NotFound("no handler has this key"),
        }
    }

    fn refuse(
        &self,
        refusal: &Refusal,
        handler: &'static str,
        lookup: &Lookup,
        metrics: &HandlerMetrics,
        started: Instant,
    ) -> Reply {
        self.observe(handler, refusal.outcome(), metrics, started);
        match refusal {
            Refusal::Internal(_) => error!(%refusal, "look-up failed"),
            _ => info!(%refusal, "look-up refused"),
        }
        reply(refusal, lookup.section(), lookup.form(), &self.settings)
    }

    fn observe(
        &self,
        handler: &'static str,
        outcome: &'static str,
        metrics: &HandlerMetrics,
        started: Instant,
    ) {
        let took = started.elapsed();
        metrics.observe(outcome, took);
        let span = Span::current();
        span.record("handler", handler);
        span.record("outcome", outcome);
        debug!(duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "look-up");
    }
}
