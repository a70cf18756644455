//! How many look-ups of one handler run at once, and what becomes of the others.
//!
//! A look-up that finds every place taken waits for one, first come, first served, but only if it can
//! still be answered in time: how fast the queue moves is measured, and by that the next ones are told
//! at once that it is no use. Whoever leaves a place starts the next look-up by himself, so that a
//! queue moves as fast as the handler does, however busy the threads are that serve sockets.
//!
//! A handler that hangs holds its places until it returns; the look-ups they belong to end at their
//! deadline, and once every place is held past it, whoever comes is told so at once, too.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jackfield_api::Refusal;
use tokio::time::Instant;

/// The places of one handler.
pub(super) struct Places(Arc<Shared>);

struct Shared {
    bound: usize,
    state: Mutex<State>,
    pace: Pace,
}

#[derive(Default)]
struct State {
    taken: usize,
    /// Places whose look-up has ended at its deadline while the handler has not returned.
    overdue: usize,
    /// By the order in which they came.
    waiting: BTreeMap<u64, Waiting>,
    came: u64,
}

/// Starts a look-up that has got its place.
type Start = Box<dyn FnOnce(Place) + Send>;

struct Waiting {
    start: Start,
    ended: Arc<AtomicBool>,
    since: Instant,
    end: Instant,
    /// 1 for the first in the queue.
    position: u32,
}

/// One place, held until the handler returns.
pub(super) struct Place {
    shared: Arc<Shared>,
    /// Set by whoever ends first: the handler, or the look-up at its deadline.
    ended: Arc<AtomicBool>,
    /// Since when, if there was a queue for it.
    waited_for: Option<Instant>,
}

/// A look-up that has a place or waits for one, until it is answered or ends.
pub(super) struct Entered {
    shared: Arc<Shared>,
    ended: Arc<AtomicBool>,
    /// What it waits under, if it had to.
    number: Option<u64>,
}

impl Places {
    pub(super) fn new(bound: usize) -> Self {
        let (state, pace) = (Mutex::default(), Pace::default());
        Self(Arc::new(Shared { bound, state, pace }))
    }

    /// Starts a look-up as soon as there is a place for it, here or wherever one gets free; or says at
    /// once why there will be none before the end.
    pub(super) fn enter(
        &self,
        end: Instant,
        start: impl FnOnce(Place) + Send + 'static,
    ) -> Result<Entered, Refusal> {
        let shared = &self.0;
        let ended = Arc::new(AtomicBool::new(false));
        let mut state = shared.state();
        if state.taken < shared.bound {
            state.taken += 1;
            drop(state);
            let place =
                Place { shared: Arc::clone(shared), ended: Arc::clone(&ended), waited_for: None };
            start(place);
            return Ok(Entered { shared: Arc::clone(shared), ended, number: None });
        }
        if state.overdue >= shared.bound {
            return Err(Refusal::Overloaded(
                "every place of the handler is held by a late look-up",
            ));
        }
        let since = Instant::now();
        let position = u32::try_from(state.waiting.len() + 1).unwrap_or(u32::MAX);
        if !shared.pace.allows(position, end.saturating_duration_since(since)) {
            return Err(Refusal::Overloaded("it could not be answered in time"));
        }
        state.came += 1;
        let number = state.came;
        let (start, of_waiting): (Start, _) = (Box::new(start), Arc::clone(&ended));
        let waiting = Waiting { start, ended: of_waiting, since, end, position };
        state.waiting.insert(number, waiting);
        drop(state);
        Ok(Entered { shared: Arc::clone(shared), ended, number: Some(number) })
    }

    /// How many are held by look-ups that have ended.
    pub(super) fn overdue(&self) -> usize {
        self.0.state().overdue
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody else's code runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if self.ended.swap(true, SeqCst) {
            state.overdue -= 1;
        }
        if state.waiting.is_empty() && self.waited_for.is_none() {
            state.taken -= 1;
            return;
        }
        let now = Instant::now();
        // Who cannot be answered any more leaves by himself, and says why.
        let number = state.waiting.iter().find(|(_, waiting)| waiting.end > now);
        let number = number.map(|(number, _)| *number);
        let next = number.and_then(|number| state.waiting.remove(&number));
        if next.is_none() {
            state.taken -= 1;
        }
        drop(state);
        if let Some(since) = self.waited_for {
            self.shared.pace.held(now - since);
        }
        if let Some(Waiting { start, ended, since, position, .. }) = next {
            self.shared.pace.waited(now - since, position);
            start(Self { shared: Arc::clone(&self.shared), ended, waited_for: Some(now) });
        }
    }
}

impl Entered {
    /// The deadline has come. Says what it was that took too long.
    pub(super) fn is_late(&self) -> Refusal {
        if self.leave() {
            return Refusal::Overloaded("every place of the handler is taken");
        }
        let mut state = self.shared.state();
        if !self.ended.swap(true, SeqCst) {
            state.overdue += 1;
        }
        Refusal::Internal("the handler missed its deadline".into())
    }

    /// Leaves the queue; whether it was in it.
    fn leave(&self) -> bool {
        let Some(number) = self.number else { return false };
        let left = self.shared.state().waiting.remove(&number);
        let Some(Waiting { since, position, .. }) = &left else { return false };
        self.shared.pace.waited(since.elapsed(), *position);
        true
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.leave();
    }
}

/// How fast the queue moves, as far as somebody has waited in it lately.
#[derive(Default)]
struct Pace(Mutex<Option<Measured>>);

/// Sums in which older measurements count for less and less.
struct Measured {
    /// Seconds waited for places, and how many places they were.
    waited: f64,
    places: f64,
    /// Seconds from taking a place to giving it back.
    hold: f64,
    at: Instant,
}

/// What was measured longer ago says nothing of now.
const RECENTLY: Duration = Duration::from_secs(1);
/// What is left of a measurement when the next one comes.
const WEIGHT: f64 = 0.9;

impl Pace {
    fn measured(&self) -> MutexGuard<'_, Option<Measured>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody at this position can be answered in the time left, if nothing changes.
    fn allows(&self, position: u32, left: Duration) -> bool {
        let measured = self.measured();
        let Some(Measured { waited, places, hold, at }) = &*measured else { return true };
        // Places get free in bursts, so it may take half of one more.
        let needed = waited / places * f64::from(position) + hold * 1.5;
        at.elapsed() > RECENTLY || needed <= left.as_secs_f64()
    }

    /// Somebody has waited this long from this position on, or has given up.
    fn waited(&self, time: Duration, position: u32) {
        // Whoever comes finds the next place half on its way.
        let (time, places) = (time.as_secs_f64(), f64::from(position) - 0.5);
        let at = Instant::now();
        let mut measured = self.measured();
        *measured = Some(match measured.take() {
            Some(old) if old.at.elapsed() <= RECENTLY => Measured {
                waited: old.waited * WEIGHT + time,
                places: old.places * WEIGHT + places,
                hold: old.hold,
                at,
            },
            _ => Measured { waited: time, places, hold: 0.0, at },
        });
    }

    fn held(&self, time: Duration) {
        if let Some(measured) = &mut *self.measured() {
            let time = time.as_secs_f64();
            let before = if measured.hold > 0.0 { measured.hold } else { time };
            measured.hold = before * WEIGHT + time * (1.0 - WEIGHT);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::time::timeout_at;

    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    /// Waits for a place.
    async fn take(places: &Places, end: Instant) -> Result<Place, Refusal> {
        let (tell, told) = oneshot::channel();
        let entered = places.enter(end, |place| drop(tell.send(place)))?;
        match timeout_at(end, told).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(entered.is_late()),
        }
    }

    fn in_(time: Duration) -> Instant {
        Instant::now() + time
    }

    #[tokio::test]
    async fn who_comes_first_gets_the_next_place() {
        let places = Arc::new(Places::new(1));
        let held = take(&places, in_(LONG)).await.expect("a place");
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut waiting = Vec::new();
        for n in 0..3 {
            let (places, tell) = (Arc::clone(&places), tell.clone());
            waiting.push(tokio::spawn(async move {
                let _place = take(&places, in_(LONG)).await.expect("a place");
                tell.send(n).expect("somebody listens");
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for n in 0..3 {
            assert_eq!(told.recv().await, Some(n));
        }
    }

    #[tokio::test]
    async fn who_leaves_the_queue_is_never_started_and_holds_up_nobody() {
        let places = Places::new(1);
        let held = take(&places, in_(LONG)).await.expect("a place");
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let ask = |n| {
            let tell = tell.clone();
            let start = move |place| {
                let _ = tell.send(n);
                drop(place);
            };
            places.enter(in_(LONG), start).expect("there is time")
        };
        let [first, second, third, fourth] = [1, 2, 3, 4].map(ask);
        drop(second);
        assert!(matches!(third.is_late(), Refusal::Overloaded(_)));
        drop(held);
        assert_eq!([told.recv().await, told.recv().await], [Some(1), Some(4)]);
        drop((first, third, fourth));
        assert!(told.try_recv().is_err());
        assert_eq!(places.0.state().taken, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn once_the_queue_is_too_slow_whoever_joins_it_is_told_at_once() {
        // It can do 80 a second, and gets 400.
        const HOLD: Duration = Duration::from_millis(100);
        const DEADLINE: Duration = Duration::from_millis(800);
        let places = Arc::new(Places::new(8));
        let mut asked = Vec::new();
        for _ in 0..1600 {
            let places = Arc::clone(&places);
            asked.push(tokio::spawn(async move {
                let (came, end) = (Instant::now(), in_(DEADLINE));
                let outcome = match take(&places, end).await {
                    Ok(place) => {
                        tokio::time::sleep(HOLD).await;
                        drop(place);
                        if Instant::now() > end { "late" } else { "answered" }
                    }
                    Err(_) => "shed",
                };
                (outcome, came.elapsed())
            }));
            tokio::time::sleep(Duration::from_micros(2500)).await;
        }
        let mut done = Vec::new();
        for asked in asked {
            done.push(asked.await.expect("it ends"));
        }
        // In the first second nobody knows yet.
        let then = &done[400..];
        let count = |word: &str| then.iter().filter(|(what, _)| *what == word).count();
        let at_once = then.iter().filter(|(what, took)| *what == "shed" && took.is_zero()).count();
        let told = format!(
            "{} answered, {} late, {} shed, {at_once} of them at once",
            count("answered"),
            count("late"),
            count("shed")
        );
        assert!(count("answered") > 200, "{told}");
        assert!(count("late") < 20, "{told}");
        assert!(at_once > 900 && at_once * 20 >= count("shed") * 19, "{told}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_was_slow_is_tried_again() {
        let places = Arc::new(Places::new(1));
        let held = take(&places, in_(LONG)).await.expect("a place");
        assert!(take(&places, in_(Duration::from_millis(500))).await.is_err());
        let started = Instant::now();
        assert!(take(&places, in_(Duration::from_millis(400))).await.is_err(), "it is too slow");
        assert!(started.elapsed().is_zero(), "{:?}", started.elapsed());
        tokio::time::sleep(RECENTLY * 2).await;
        let waiting = {
            let places = Arc::clone(&places);
            tokio::spawn(
                async move { take(&places, in_(Duration::from_millis(400))).await.is_ok() },
            )
        };
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.expect("it ends"));
    }
}
