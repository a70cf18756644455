//! Channel events: posts of the hook scripts, which have no section.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use jackfield_api::registry::{Conflict, Routes, StartError, Table};
use jackfield_api::snapshot::{Snapshot, Uuid};
use jackfield_api::{ChannelEventHandler, ClientEvent, Event, Form, Means, Refusal, Verdict};
use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::crew::Crew;
use super::outside::Outside;
use super::picture::Picture;
use super::registry::{Entry, table};
use super::run::Share;
use crate::db::Writer;
use crate::settings::Settings;

/// How long a decision may take. The hook holds up nobody but its own client.
const DEADLINE: Duration = Duration::from_millis(800);

/// A decision with all that it needs.
type Owned = Pin<Box<dyn Future<Output = Result<Verdict, Refusal>> + Send>>;

/// How far a decision has come.
enum Step {
    Decided(Verdict),
    Waits(Owned),
}

/// Tells that a decision can go on.
struct Woken(Notify);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

/// The registry of channel events, by `action`.
pub(super) struct Events {
    table: Arc<Table<dyn ChannelEventHandler>>,
    shares: Vec<Share>,
    routes: Routes,
    writer: Writer,
    outside: Arc<Outside>,
}

/// What became of an event.
pub(super) struct Decision {
    /// The handler's name; `none` where there is none.
    pub(super) handler: &'static str,
    /// The client that the event is about, where there is one of that name: others may say anything.
    pub(super) client: Option<Uuid>,
    /// What it decided.
    pub(super) verdict: Result<Verdict, Refusal>,
    /// What the hook is told where it has not decided.
    pub(super) undecided: Option<Verdict>,
}

impl Events {
    pub(super) fn new(
        settings: &Settings,
        outside: &Arc<Outside>,
    ) -> Result<Self, Vec<StartError>> {
        let table = Arc::new(table(settings)?);
        let writer = Writer::new(settings.database_url.clone());
        let (shares, routes, outside) = (Vec::new(), Routes::default(), Arc::clone(outside));
        Ok(Self { table, shares, routes, writer, outside })
    }

    /// Actions do not depend on the snapshot, so they are resolved once.
    pub(super) fn resolve(&mut self, crew: &Crew) -> Result<(), Vec<Conflict>> {
        self.routes = self.table.routes(&Snapshot::default())?;
        self.shares = self.table.handlers().iter().map(|_| Share::new(crew)).collect();
        Ok(())
    }

    pub(super) fn handlers(&self) -> Vec<Entry> {
        self.table.handlers().iter().map(Entry::from).collect()
    }

    /// The name of the handler that an event goes to.
    pub(super) fn handler_of(&self, form: &Form) -> Option<&'static str> {
        self.route(form).ok().map(|(_, at)| self.table.handlers()[at].name)
    }

    pub(super) async fn decide(&self, form: &Form, picture: &Arc<Picture>) -> Decision {
        let (event, at) = match self.route(form) {
            Ok(found) => found,
            Err(why) => {
                let verdict = Err(Refusal::NotFound(why));
                return Decision { handler: "none", client: None, verdict, undecided: None };
            }
        };
        let client = client(&event, &picture.snapshot);
        let (table, picture) = (Arc::clone(&self.table), Arc::clone(picture));
        let (writer, end) = (self.writer.clone(), Instant::now() + DEADLINE);
        let deciding = async move {
            let store = writer.within(end);
            let means = Means::new(&picture.snapshot, &store);
            table.handlers()[at].handler.handle(&event, means).await
        };
        let verdict = self.drive(at, Box::pin(deciding), end).await;
        let found = &self.table.handlers()[at];
        Decision { handler: found.name, client, verdict, undecided: found.handler.undecided() }
    }

    /// Each step of a decision runs on a thread of the crew: a handler that blocks, although it should
    /// not, blocks only that. While it waits it holds neither a thread nor a place.
    async fn drive(
        &self,
        at: usize,
        mut deciding: Owned,
        end: Instant,
    ) -> Result<Verdict, Refusal> {
        let woken = Arc::new(Woken(Notify::new()));
        loop {
            let (outside, waker) = (Arc::clone(&self.outside), Waker::from(Arc::clone(&woken)));
            let step = move || {
                let runtime = outside.handle();
                let runtime = runtime.map_err(|error| Refusal::Internal(error.to_string()))?;
                let _inside = runtime.enter();
                match deciding.as_mut().poll(&mut Context::from_waker(&waker)) {
                    Poll::Ready(verdict) => verdict.map(Step::Decided),
                    Poll::Pending => Ok(Step::Waits(deciding)),
                }
            };
            let left = end.saturating_duration_since(Instant::now());
            match self.shares[at].run(left, step).await? {
                Step::Decided(verdict) => return Ok(verdict),
                Step::Waits(waiting) => deciding = waiting,
            }
            let late = |_| Refusal::Internal("the handler missed its deadline".into());
            timeout_at(end.into(), woken.0.notified()).await.map_err(late)?;
        }
    }

    /// The event that a form tells of, and the place of its handler; if it has none, why.
    fn route(&self, form: &Form) -> Result<(Event, usize), &'static str> {
        // A look-up that lost its second field is no event.
        if form.pairs().take(5).any(|pair| pair.is_named("section")) {
            return Err("a section stands where it does not belong");
        }
        let pairs = serde_urlencoded::from_bytes(form.body()).map_err(|_| "not a form")?;
        let event = Event::new(pairs);
        let found = self.routes.find(event.action()).ok_or("no handler for this action")?;
        Ok((event, found.handler()))
    }
}

fn client(event: &Event, snapshot: &Snapshot) -> Option<Uuid> {
    let login = ClientEvent::new(event).login()?;
    let name = login.split_once('@').map_or(login, |(name, _)| name);
    snapshot.client(name).map(|(client, _)| client.name)
}
