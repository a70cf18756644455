//! Asks an asynchronous handler each question once at a time, and keeps what it says.
//!
//! A *flight* is one question under way. It has a life of its own: who asked first may leave, others
//! join, each waits until its own deadline, and all get the one answer, or hear of the one failure. It
//! ends at a limit, and so does its claim to the question if it does not stop even then.
//!
//! What is kept is kept under the whole question. An answer that was made with the snapshot serves
//! only look-ups of that very picture, fresh or not; nobody joins a flight of another picture, since it
//! is not known before the end what it uses.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use jackfield_api::lookup::{Fields, PinLookup};
use jackfield_api::{Answer, AsyncFacts, Document, Lifetime, Lookup, Refusal};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Instrument, Span};

use super::kept_answers::{Entry, KeptAnswers, Key};
use super::outside::Outside;
use super::picture::Picture;
use super::places::Places;
use super::registry::Registry;
use crate::metrics::{AsyncMetrics, Metrics};

/// How many questions of one handler are under way at once. Each has a thread.
pub(super) const BOUND: usize = 64;
/// How long the outside may take. Nobody waits for it by then, but the next who ask have its answer.
const LIMIT: Duration = Duration::from_secs(30);
/// Bytes of answers that are kept of one handler.
const ANSWERS: u64 = 16 << 20;
/// Bytes of refusals; strangers can cause them.
const REFUSALS: u64 = 1 << 20;

/// One asynchronous handler, and everything that it is asked.
pub(super) struct Flights {
    registry: Arc<dyn Registry>,
    handler: usize,
    fields: Fields,
    lifetime: Lifetime,
    outside: Arc<Outside>,
    places: Places,
    under_way: Mutex<HashMap<Key, Flight>>,
    next: AtomicU64,
    answers: KeptAnswers,
    refusals: KeptAnswers,
    metrics: AsyncMetrics,
}

/// What became of a question: said to all who wait for it.
type Told = Result<Arc<Document>, Refusal>;

#[derive(Clone)]
struct Flight {
    number: u64,
    generation: u64,
    /// When it ends, whatever the handler does.
    limit: Instant,
    told: Shared<oneshot::Receiver<Told>>,
}

/// One look-up of the handler.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) lookup: Arc<Lookup>,
    /// What it was routed by.
    pub(super) key: String,
    pub(super) picture: Arc<Picture>,
    /// When whoever asked wants to be answered.
    pub(super) end: Instant,
    /// Whether it is counted where the answer came from.
    pub(super) counts: bool,
}

impl Flights {
    /// Those of a handler of a registry, if it is asynchronous.
    pub(super) fn of(
        registry: &Arc<dyn Registry>,
        handler: usize,
        outside: &Arc<Outside>,
        metrics: &Metrics,
        [section, name]: [&'static str; 2],
    ) -> Option<Arc<Self>> {
        let (fields, lifetime) = registry.declared(handler)?;
        Some(Arc::new(Self {
            registry: Arc::clone(registry),
            handler,
            fields,
            lifetime,
            outside: Arc::clone(outside),
            places: Places::new(BOUND),
            under_way: Mutex::default(),
            next: AtomicU64::default(),
            answers: KeptAnswers::new(ANSWERS, metrics.kept(section, name, "answers")),
            refusals: KeptAnswers::new(REFUSALS, metrics.kept(section, name, "refusals")),
            metrics: metrics.asynchronous(section, name),
        }))
    }

    /// How many look-ups have ended while the outside has not answered.
    pub(super) fn overdue(&self) -> usize {
        self.places.overdue()
    }

    /// The fields that make up its questions.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// How long it has its answers kept.
    pub(super) fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// Answers one look-up, by its deadline.
    pub(super) async fn ask(self: &Arc<Self>, asked: Asked) -> Answer {
        if PinLookup::is_meant(asked.lookup.form()) {
            // What was typed is in no question, so two of them could be taken for one.
            return Err(Refusal::Denied("no PIN is changed through an asynchronous handler"));
        }
        let question = self.fields.key_of(&asked.lookup);
        let generation = asked.picture.generation;
        let count = |source| {
            if asked.counts {
                self.metrics.from(source);
            }
        };
        if let Some(known) = self.known(&question, generation) {
            count(if known.is_ok() { "kept" } else { "refusal_kept" });
            return known;
        }
        let (flight, source) = self.join(&question, &asked);
        count(source);
        let told = match timeout_at(asked.end, flight.told).await {
            Ok(Ok(told)) => told,
            Ok(Err(_)) => Err(Refusal::Internal("the handler panicked".into())),
            Err(_) => Err(Refusal::Internal("the handler missed its deadline".into())),
        };
        match told {
            Ok(document) => Ok((*document).clone()),
            Err(refusal) if refusal.is_failure() => {
                let document = self.last_good(&question, generation).ok_or(refusal)?;
                count("last_good");
                Ok(document)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// What is kept, while it is fresh.
    fn known(&self, question: &[u8], generation: u64) -> Option<Answer> {
        let serves = |entry: &Entry, time| entry.is_of(generation) && entry.made.elapsed() < time;
        let Lifetime { fresh, refused, .. } = self.lifetime;
        let answer = self.answers.get(question).filter(|entry| serves(entry, fresh));
        let refusal = || self.refusals.get(question).filter(|entry| serves(entry, refused));
        let known = answer.or_else(refusal)?.answer;
        Some(known.map(|document| (*document).clone()))
    }

    /// What is kept, for when the outside fails.
    fn last_good(&self, question: &[u8], generation: u64) -> Option<Document> {
        let Lifetime { fresh, stale, .. } = self.lifetime;
        let serves = |entry: &Entry| {
            entry.is_of(generation) && entry.made.elapsed() < fresh.saturating_add(stale)
        };
        let document = self.answers.get(question).filter(serves)?.answer.ok()?;
        Some((*document).clone())
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Key, Flight>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flight that has this question, begun now if there is none, and which of the two it is.
    fn join(self: &Arc<Self>, question: &[u8], asked: &Asked) -> (Flight, &'static str) {
        let mut under_way = self.under_way();
        let generation = asked.picture.generation;
        let now = Instant::now();
        let joins = |flight: &&Flight| flight.generation == generation && flight.limit > now;
        let known = under_way.get(question).filter(joins);
        if let Some(flight) = known {
            return (flight.clone(), "joined");
        }
        let (tell, told) = oneshot::channel();
        let number = self.next.fetch_add(1, Relaxed);
        let limit = asked.end.max(now + LIMIT);
        let flight = Flight { number, generation, limit, told: told.shared() };
        under_way.insert(question.into(), flight.clone());
        drop(under_way);
        let flights = Arc::clone(self);
        let flying = Flying { flights, question: question.into(), number, began: now, limit };
        self.metrics.questions.inc();
        tokio::spawn(flying.fly(asked.clone(), tell).in_current_span());
        (flight, "asked")
    }
}

/// One flight, from its own side. It leaves however it ends.
struct Flying {
    flights: Arc<Flights>,
    question: Key,
    number: u64,
    began: Instant,
    limit: Instant,
}

/// What a handler made of a question, and whether it used the snapshot for it.
struct Made {
    answer: Answer,
    from_snapshot: bool,
}

impl Flying {
    async fn fly(self, asked: Asked, tell: oneshot::Sender<Told>) {
        let told = match self.ask(&asked).await {
            Ok(Made { answer, from_snapshot }) => {
                let told = answer.map(Arc::new);
                self.keep(&told, from_snapshot.then_some(asked.picture.generation));
                told
            }
            Err(refusal) => Err(refusal),
        };
        // Whoever comes from now on finds what is kept, or asks anew.
        drop(self);
        let _ = tell.send(told);
    }

    async fn ask(&self, asked: &Asked) -> Result<Made, Refusal> {
        let (flights, limit) = (Arc::clone(&self.flights), self.limit);
        let runtime = self.flights.outside.handle().map_err(|error| {
            Refusal::Internal(format!("threads for the handler could not be started: {error}"))
        })?;
        let (tell, mut told) = oneshot::channel();
        let (runtime, asked_by) = (runtime.clone(), asked.clone());
        let span = Span::current();
        let entered = self.flights.places.enter(asked.end, move |place| {
            let waiting = runtime.clone();
            let made = async move { flights.make(&asked_by, limit).await }.instrument(span);
            runtime.spawn_blocking(move || {
                let made = waiting.block_on(made);
                // Held until the handler has returned, whoever waits for it.
                drop(place);
                let _ = tell.send(made);
            });
        })?;
        let done = if let Ok(done) = timeout_at(asked.end, &mut told).await {
            done
        } else {
            let late = entered.is_late();
            if let Refusal::Overloaded(_) = late {
                return Err(late);
            }
            tokio::select! {
                done = &mut told => done,
                // A little longer than the handler is given, so that this is one that never yields.
                () = sleep_until(self.limit + Duration::from_secs(1)) => {
                    return Err(Refusal::Internal("the handler never yields".into()));
                }
            }
        };
        done.unwrap_or_else(|_| Err(Refusal::Internal("the handler panicked".into())))
    }

    /// Keeps an answer as long as the handler says, unless another flight has taken over the question.
    fn keep(&self, told: &Told, generation: Option<u64>) {
        let under_way = self.flights.under_way();
        if under_way.get(&self.question).is_none_or(|flight| flight.number != self.number) {
            return;
        }
        let Flights { answers, refusals, lifetime, .. } = &*self.flights;
        let entry = Entry { answer: told.clone(), made: self.began, generation };
        match told {
            Ok(_) => {
                refusals.remove(&self.question);
                if !(lifetime.fresh.is_zero() && lifetime.stale.is_zero()) {
                    answers.put(self.question.clone(), entry);
                }
            }
            Err(refusal) if !refusal.is_failure() => {
                // What is refused now must not come back when the outside fails.
                answers.remove(&self.question);
                if !lifetime.refused.is_zero() {
                    refusals.put(self.question.clone(), entry);
                }
            }
            Err(_) => {}
        }
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.flights.metrics.questions.dec();
        let mut under_way = self.flights.under_way();
        if under_way.get(&self.question).is_some_and(|flight| flight.number == self.number) {
            under_way.remove(&self.question);
        }
    }
}

impl Flights {
    /// Asks the handler, and holds its answer against the question. On a thread of its own.
    async fn make(&self, asked: &Asked, limit: Instant) -> Result<Made, Refusal> {
        let (watched, used) = (asked.lookup.watched(), AtomicBool::new(false));
        let facts = AsyncFacts::new(&asked.picture.snapshot).noting(&used);
        let answering = async { self.registry.ask_outside(self.handler, &watched, facts).await };
        let Ok(answer) = timeout_at(limit, answering).await else {
            return Err(Refusal::Internal("the handler took too long for anybody".into()));
        };
        let undeclared = match watched.read() {
            None => Some("the look-up as a whole".to_owned()),
            Some(read) => self.fields.first_beyond(&read).map(|name| format!("the field «{name}»")),
        };
        if let Some(what) = undeclared {
            return Err(Refusal::Internal(format!(
                "the handler reads {what}, which is not part of its question: \
                 name it in `question()`"
            )));
        }
        let answer = answer.and_then(|document| match document.check(&asked.lookup, &asked.key) {
            _ if document.write_first().is_some() => {
                Err(Refusal::Internal("an asynchronous handler writes nothing".into()))
            }
            Ok(()) => Ok(document),
            Err(mismatch) => Err(mismatch.into()),
        });
        Ok(Made { answer, from_snapshot: used.load(Relaxed) })
    }
}
