//! Walks a post through the stages.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use arc_swap::ArcSwap;
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup, PinLookup};
use jackfield_api::registry::{Conflict, Keys, Match};
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{Answer, Document, Form, FormError, Lookup, NotWritten, Refusal, Section};
use tracing::Instrument;

use super::admission::Admission;
use super::crew::Crew;
use super::events::Events;
use super::outside::Outside;
use super::picture::Picture;
use super::refusal::{Reply, reply};
use super::registry::{Entry, Registries, Registry, all};
use super::report::{self, Report, Subject, Trail};
use super::run::BOUND;
use super::runner::{Runner, Terms};
use super::self_check::SelfCheck;
use super::start::StartErrors;
use super::store::Storing;
use super::{flights, guard};
use crate::db::Writer;
use crate::metrics::{Hits, Metrics};
use crate::record::Recorder;
use crate::settings::{FailPolicy, GuardMode, InForce, Settings, UnknownDomain};
use crate::watch::Waker;

/// Where the outer registry stands among the registries.
const OUTER: usize = 0;

/// The stages, made once at start, and the picture that look-ups are answered from.
pub struct Router {
    registries: Vec<Arc<dyn Registry>>,
    /// Of each handler of each registry.
    runners: Vec<Vec<Runner>>,
    events: Events,
    storing: Storing,
    picture: ArcSwap<Picture>,
    settings: Arc<InForce>,
    metrics: Arc<Metrics>,
    recorder: Arc<Recorder>,
    check: SelfCheck,
    admission: Admission,
    /// Look-ups that no handler answered, by section.
    unhandled: Vec<Subject>,
}

/// What became of a look-up.
#[derive(Debug)]
pub struct Asked {
    /// What is sent.
    pub reply: Reply,
    /// Who was asked; `none` if nobody was.
    pub handler: &'static str,
    /// What it ended as, as metrics have it.
    pub outcome: &'static str,
    /// Why it was refused, as the log says it.
    pub why: Option<String>,
}

/// Who asks.
#[derive(Clone, Copy)]
enum Asker<'a> {
    /// A switch; with what whoever passed the look-up on calls it.
    Switch(Option<&'a str>),
    /// Somebody who wants to know what a switch would be told. Nothing is written or kept for him, and
    /// he leaves no [`Trail`]: no alert is made of what he asks.
    Operator,
}

/// How far a look-up got on its way to a handler.
pub(super) struct Routing<'a> {
    /// The registry that answers the section; `None` for a section that nobody answers.
    pub(super) registry: Option<usize>,
    /// The look-up's key in it.
    pub(super) key: Cow<'a, str>,
    /// The handler that has the key.
    pub(super) found: Option<Match>,
}

impl Router {
    /// Makes every handler and resolves every key against a first snapshot, read at this time.
    pub fn new(
        in_force: Arc<InForce>,
        metrics: Arc<Metrics>,
        recorder: Arc<Recorder>,
        snapshot: Snapshot,
        made: SystemTime,
    ) -> Result<Self, StartErrors> {
        let settings = in_force.now();
        StartErrors::check_names(&settings)?;
        let registries =
            all(&settings).map_err(|errors| StartErrors::handlers(errors, &settings))?;
        let asynchronous = registries.iter().flat_map(|registry| registry.handlers());
        let asynchronous = asynchronous.filter(|entry| entry.is_async).count();
        let outside = Arc::new(Outside::new("outside", asynchronous * flights::BOUND));
        let mut events = Events::new(&settings, &outside)
            .map_err(|errors| StartErrors::handlers(errors, &settings))?;
        if registries.iter().all(|registry| registry.handlers().is_empty())
            && events.handlers().is_empty()
        {
            return Err(StartErrors::NoHandlers);
        }
        let snapshot = snapshot.with_verto(settings.verto.login.clone());
        let picture = Picture::new(snapshot, &registries, made).map_err(StartErrors::Conflicts)?;
        let handlers: usize =
            registries.iter().map(|registry| registry.handlers().len()).sum::<usize>()
                + events.handlers().len();
        // One more than all handlers, writes and checks can hold at once.
        let crew = Crew::new((handlers + 2) * BOUND + 1);
        let storing = Storing::new(Writer::new(settings.database_url.clone()), &crew);
        events.resolve(&crew).map_err(StartErrors::Conflicts)?;
        events.handlers().iter().for_each(|entry| metrics.event_handler(entry.name));
        let runners = registries
            .iter()
            .map(|registry| {
                let runner = |(handler, entry): (usize, &Entry)| {
                    // A handler of the outer registry is named after the section it answers.
                    let section = registry.section().or_else(|| match entry.keys {
                        Keys::Fixed([section]) => Section::named(section),
                        _ => None,
                    });
                    let section = section.map_or(registry.kind(), Section::as_str);
                    let names = [section, entry.name];
                    Runner::new(registry, handler, names, &crew, &outside, &metrics)
                };
                registry.handlers().iter().enumerate().map(runner).collect()
            })
            .collect();
        let subject = |section: &Section| Subject::new(metrics.handler(section.as_str(), "none"));
        let unhandled = Section::ALL.iter().map(subject).collect();
        Ok(Self {
            registries,
            runners,
            events,
            storing,
            picture: ArcSwap::from_pointee(picture),
            settings: in_force,
            metrics,
            recorder,
            check: SelfCheck::new(&crew),
            admission: Admission::default(),
            unhandled,
        })
    }

    /// Every handler with the kind of its registry, in their fixed order.
    pub fn handlers(&self) -> impl Iterator<Item = (&'static str, Entry)> {
        let sections = self.registries.iter().flat_map(|registry| {
            registry.handlers().into_iter().map(|entry| (registry.kind(), entry))
        });
        sections.chain(self.events.handlers().into_iter().map(|entry| ("channel-event", entry)))
    }

    /// How often each of them was asked since the start, in the same order.
    pub fn hits(&self) -> impl Iterator<Item = Hits> {
        let of_lookups = self.runners.iter().flatten().map(|runner| runner.subject.hits());
        let events = self.events.handlers().into_iter();
        of_lookups.chain(events.map(|entry| self.metrics.events_of(entry.name)))
    }

    /// The registries, in the order in which a look-up passes them.
    pub fn registries(&self) -> &Registries {
        &self.registries
    }

    /// What look-ups are answered from now.
    pub fn picture(&self) -> Arc<Picture> {
        self.picture.load_full()
    }

    /// Answers from this snapshot from now on. One that breaks a rule is refused, and what was
    /// served before is served on.
    pub fn publish(&self, snapshot: Snapshot) -> Result<(), Vec<Conflict>> {
        let snapshot = snapshot.with_verto(self.settings().verto.login.clone());
        let picture = Picture::new(snapshot, &self.registries, SystemTime::now())?;
        self.picture.store(Arc::new(picture));
        Ok(())
    }

    /// The settings in force. A look-up takes them once.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.now()
    }

    /// Whether a look-up gets through to where a handler would be asked.
    pub async fn self_check(self: &Arc<Self>) -> Result<(), &'static str> {
        self.check.run(self).await
    }

    /// Shows in the metrics what is only known by asking.
    pub fn observe(&self) {
        self.runners.iter().flatten().for_each(Runner::observe);
    }

    /// Answers a post.
    pub async fn answer(self: &Arc<Self>, body: Vec<u8>) -> Result<Reply, FormError> {
        self.answer_request(body, None).await
    }

    /// Answers a post that whoever passed it on has given a name.
    pub async fn answer_request(
        self: &Arc<Self>,
        body: Vec<u8>,
        request: Option<&str>,
    ) -> Result<Reply, FormError> {
        let form = Form::parse(body)?;
        let picture = self.picture.load_full();
        if form.is_lookup() {
            Ok(self.lookup(form, picture, Asker::Switch(request)).await.reply)
        } else {
            Ok(self.event(&form, &picture).await)
        }
    }

    /// Answers a look-up as [`Self::answer`] does where nothing can be written, and says who did;
    /// nothing for what is no look-up. It is neither counted nor recorded, and no answer to it is kept
    /// as a last good one. What an asynchronous handler has asked for it is kept, as its lifetime says:
    /// a switch may have joined that question.
    pub async fn ask(self: &Arc<Self>, body: Vec<u8>) -> Result<Option<Asked>, FormError> {
        let form = Form::parse(body)?;
        let picture = self.picture.load_full();
        Ok(if form.is_lookup() {
            Some(self.lookup(form, picture, Asker::Operator).await)
        } else {
            None
        })
    }

    /// Has what look-ups write served before they are answered.
    pub fn serve_with(&self, waker: Waker) {
        self.storing.serve_with(waker);
    }

    /// The name of the handler that a channel event goes to.
    pub(super) fn event_handler(&self, form: &Form) -> Option<&'static str> {
        self.events.handler_of(form)
    }

    async fn event(&self, form: &Form, picture: &Arc<Picture>) -> Reply {
        let decision = self.events.decide(form, picture).await;
        let outcome = match &decision.verdict {
            Ok(verdict) => verdict.word(),
            Err(refusal) => refusal.outcome(),
        };
        self.metrics.events.with_label_values(&[decision.handler, outcome]).inc();
        report::event(decision.handler, decision.client, outcome);
        match decision.verdict.ok().or(decision.undecided) {
            Some(verdict) => Reply::text(verdict.text()),
            None => Reply::not_found(),
        }
    }

    async fn lookup(
        self: &Arc<Self>,
        form: Form,
        picture: Arc<Picture>,
        asker: Asker<'_>,
    ) -> Asked {
        let started = Instant::now();
        let settings = self.settings();
        let trail = match asker {
            Asker::Switch(request) => {
                let (metrics, recorder) = (&*self.metrics, &*self.recorder);
                Some(Trail { metrics, recorder, settings: &settings, request })
            }
            Asker::Operator => None,
        };
        let verdict = guard::check(&form);
        let Some(lookup) = Lookup::new(form) else {
            report::unknown_section(trail);
            return Asked {
                reply: Reply::not_found(),
                handler: "none",
                outcome: "not_found",
                why: None,
            };
        };
        let lookup = Arc::new(lookup);
        let span = report::span(&lookup);
        let answering = async {
            let unhandled = &self.unhandled[lookup.section() as usize];
            if let Err(rule) = verdict {
                report::polluted(trail, &lookup, rule);
                if settings.guard == GuardMode::Enforce {
                    let refusal = Refusal::Denied("the guard rejected the look-up");
                    let report = Report::new(&lookup, unhandled, trail, started);
                    return close(report, Err(refusal), None, &settings);
                }
            }
            let routing = self.route(&lookup, &picture);
            let (Some(registry), Some(found)) = (routing.registry, routing.found) else {
                let report = Report::new(&lookup, unhandled, trail, started);
                return close(report, Err(unrouted(&lookup, &settings)), None, &settings);
            };
            let (runner, key) = (&self.runners[registry][found.handler()], &*routing.key);
            let report = Report::new(&lookup, &runner.subject, trail, started);
            let of_section = settings.section(lookup.section());
            // Nothing is written or kept for a polluted look-up, not even where it is only observed.
            let is_clean = verdict.is_ok();
            let has_last_good = is_clean && has_last_good(&of_section.fail, &lookup);
            let is_switch = trail.is_some();
            let answer = match self.admission.enter(lookup.section(), &settings) {
                Err(refusal) => Err(refusal),
                Ok(_under_way) => {
                    let deadline = of_section.deadline;
                    let terms =
                        Terms { deadline, keeps: has_last_good && is_switch, counts: is_switch };
                    let answer = runner.ask(&lookup, &picture, key, terms).await;
                    match answer.and_then(|document| checked(document, &lookup, key)) {
                        Ok(document) if is_switch && is_clean => {
                            Ok(self.write_first(document, &lookup, started + deadline).await)
                        }
                        answer => answer,
                    }
                }
            };
            let last_good = match &answer {
                Err(refusal) if refusal.is_failure() && has_last_good => {
                    runner.last_good(&lookup, &picture, key)
                }
                _ => None,
            };
            close(report, answer, last_good, &settings)
        };
        answering.instrument(span).await
    }

    /// How a handler is asked, if it is asynchronous.
    pub(super) fn flights(&self, registry: usize, found: Match) -> Option<&flights::Flights> {
        self.runners[registry][found.handler()].flights()
    }

    /// Carries out the write that an answer depends on, by the look-up's deadline.
    async fn write_first(&self, document: Document, lookup: &Lookup, end: Instant) -> Document {
        let Some((write, then)) = document.write_first() else {
            if PinLookup::of(lookup.form()).is_some() {
                self.metrics.writes.with_label_values(&["pin", "refused"]).inc();
                report::pin_refused(lookup);
            }
            return document;
        };
        let what = write.what();
        let done = self.storing.carry_out(write.clone(), end).await;
        let outcome = done.map_or_else(NotWritten::outcome, |()| "written");
        self.metrics.writes.with_label_values(&[what, outcome]).inc();
        report::written(lookup, what, done);
        if done.is_ok() { then.clone() } else { document }
    }

    /// Finds the handler of a look-up: the outer registry by section, else the section's own by key.
    pub(super) fn route<'a>(&self, lookup: &'a Lookup, picture: &Picture) -> Routing<'a> {
        let find = |at: usize| {
            let key = self.registries[at].key(lookup);
            let found = picture.routes[at].find(&key);
            Routing { registry: Some(at), key, found }
        };
        let outer = find(OUTER);
        let mut sections = self.registries.iter().map(|registry| registry.section());
        match sections.position(|section| section == Some(lookup.section())) {
            Some(own) if outer.found.is_none() => find(own),
            _ => outer,
        }
    }
}

/// Reports the outcome, and makes of it what is sent: where it failed the last good answer, if there
/// is one.
fn close(
    report: Report<'_>,
    answer: Answer,
    last_good: Option<Document>,
    settings: &Settings,
) -> Asked {
    let handler = report.handler();
    let refusal = match answer {
        Ok(document) => {
            let reply = Reply::xml(document.into_body());
            report.answered(&reply);
            return Asked { reply, handler, outcome: "answered", why: None };
        }
        Err(refusal) => refusal,
    };
    let (reply, policy) = match last_good {
        Some(document) => (Reply::xml(document.into_body()), Some(FailPolicy::Stale.word())),
        None => reply(&refusal, report.lookup(), settings),
    };
    report.refused(&refusal, &reply, policy);
    Asked { reply, handler, outcome: refusal.outcome(), why: Some(refusal.to_string()) }
}

/// Whether the last good answer is kept, and serves where there is none.
fn has_last_good(policy: &FailPolicy, lookup: &Lookup) -> bool {
    matches!(policy, FailPolicy::Stale) && !PinLookup::is_meant(lookup.form())
}

/// Holds a document against the question.
fn checked(document: Document, lookup: &Lookup, key: &str) -> Answer {
    document.check(lookup, key)?;
    Ok(document)
}

/// What a look-up without a handler is answered with.
pub(super) fn unrouted(lookup: &Lookup, settings: &Settings) -> Refusal {
    if lookup.section() != Section::Directory || settings.unknown_domain == UnknownDomain::NotFound
    {
        return Refusal::NotFound("no handler has this key");
    }
    match DirectoryLookup::new(lookup).flow() {
        // The dialplan asks whether the domain exists; the closed answer would say that it does.
        DirectoryFlow::Domain => Refusal::NotFound("nobody serves the domain"),
        // The caller chooses the domain: not-found would let it reach the switch's own users.
        _ => Refusal::Denied("nobody serves the domain"),
    }
}
