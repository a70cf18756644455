//! One handler, as a look-up comes to it: on the crew, or for one that needs the outside in a flight.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jackfield_api::{Answer, Document, Facts, Lookup};
use tokio::time::Instant;

use super::crew::Crew;
use super::flights::{Asked, Flights};
use super::last_good::LastGood;
use super::outside::Outside;
use super::picture::Picture;
use super::registry::Registry;
use super::report::Subject;
use super::run::Share;
use crate::metrics::Metrics;

/// A handler of a registry, and all that is kept for it.
pub(super) struct Runner {
    registry: Arc<dyn Registry>,
    handler: usize,
    way: Way,
    /// Made when the first answer is to be kept.
    last_good: Arc<OnceLock<LastGood>>,
    names: [&'static str; 2],
    metrics: Arc<Metrics>,
    pub(super) subject: Subject,
}

enum Way {
    Crew(Share),
    Outside(Arc<Flights>),
}

/// How a handler is asked.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) deadline: Duration,
    /// Whether its answer is kept as a last good one, unless it keeps its answers itself.
    pub(super) keeps: bool,
    /// Whether it is counted where the answer came from.
    pub(super) counts: bool,
}

impl Runner {
    /// One for a handler; `names` are those of its section and its own.
    pub(super) fn new(
        registry: &Arc<dyn Registry>,
        handler: usize,
        names: [&'static str; 2],
        crew: &Crew,
        outside: &Arc<Outside>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let way = match Flights::of(registry, handler, outside, metrics, names) {
            Some(flights) => Way::Outside(flights),
            None => Way::Crew(Share::new(crew)),
        };
        let [section, name] = names;
        Self {
            registry: Arc::clone(registry),
            handler,
            way,
            last_good: Arc::default(),
            names,
            subject: Subject::new(metrics.handler(section, name)),
            metrics: Arc::clone(metrics),
        }
    }

    /// Shows how many look-ups have ended while it has not returned.
    pub(super) fn observe(&self) {
        let overdue = match &self.way {
            Way::Crew(share) => share.overdue(),
            Way::Outside(flights) => flights.overdue(),
        };
        let overdue = i64::try_from(overdue).unwrap_or(i64::MAX);
        self.metrics.overdue.with_label_values(&self.names).set(overdue);
    }

    /// Asks the handler, off this thread and by the deadline.
    pub(super) async fn ask(
        &self,
        lookup: &Arc<Lookup>,
        picture: &Arc<Picture>,
        key: &str,
        Terms { deadline, keeps, counts }: Terms,
    ) -> Answer {
        let (lookup, picture) = (Arc::clone(lookup), Arc::clone(picture));
        match &self.way {
            Way::Outside(flights) => {
                let asked = Asked {
                    lookup: Arc::clone(&lookup),
                    key: key.to_owned(),
                    picture: Arc::clone(&picture),
                    end: Instant::now() + deadline,
                    counts,
                };
                let document = flights.ask(asked).await?;
                // Whatever was kept, the globals are those of now.
                complete(document, &lookup, &picture)
            }
            Way::Crew(share) => {
                let (registry, handler) = (Arc::clone(&self.registry), self.handler);
                let keeping = keeps.then(|| {
                    let [section, name] = self.names;
                    let kept = || LastGood::new(self.metrics.kept(section, name, "last_good"));
                    self.last_good.get_or_init(kept);
                    (Arc::clone(&self.last_good), key.to_owned())
                });
                let ask = move || {
                    let facts = Facts::new(&picture.snapshot);
                    let Some((last_good, key)) = keeping else {
                        let document = registry.ask(handler, &lookup, facts)?;
                        return complete(document, &lookup, &picture);
                    };
                    let watched = lookup.watched();
                    let document = match registry.ask(handler, &watched, facts) {
                        Err(refusal) if !refusal.is_failure() => {
                            // What is refused now must not come back when the handler fails.
                            last_good.get().inspect(|kept| kept.forget(&lookup, &key));
                            return Err(refusal);
                        }
                        answer => answer?,
                    };
                    if let Some(last_good) = last_good.get()
                        && document.check(&lookup, &key).is_ok()
                    {
                        last_good.keep(&watched, &key, &document, picture.generation);
                    }
                    complete(document, &lookup, &picture)
                };
                share.run(deadline, ask).await
            }
        }
    }

    /// The last good answer to the same question, for the fail policy `stale`.
    pub(super) fn last_good(
        &self,
        lookup: &Lookup,
        picture: &Picture,
        key: &str,
    ) -> Option<Document> {
        let document = self.last_good.get()?.find(lookup, key, picture.generation)?;
        complete(document, lookup, picture).ok()
    }

    /// What it is asked in, if it is asynchronous.
    pub(super) fn flights(&self) -> Option<&Flights> {
        match &self.way {
            Way::Outside(flights) => Some(flights),
            Way::Crew(_) => None,
        }
    }
}

/// Puts in what is limited to the switch that asks.
fn complete(document: Document, lookup: &Lookup, picture: &Picture) -> Answer {
    Ok(picture.snapshot.on(&lookup.hostname()).complete(document)?)
}
