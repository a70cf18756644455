//! Channel events: posts of the hook scripts, which have no section.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use jackfield_api::registry::{Conflict, Routes, StartError, Table};
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{ChannelEventHandler, Event, Form, Refusal, Verdict};

use super::picture::Picture;
use super::registry::{Entry, table};
use crate::settings::Settings;

/// How long a decision may take. The hook holds up nobody but its own client.
const DEADLINE: Duration = Duration::from_millis(800);

/// The registry of channel events, by `action`.
pub(super) struct Events {
    table: Table<dyn ChannelEventHandler>,
    routes: Routes,
}

/// What became of an event.
pub(super) struct Decision {
    /// The handler's name; `none` where there is none.
    pub(super) handler: &'static str,
    /// What it decided.
    pub(super) verdict: Result<Verdict, Refusal>,
}

impl Events {
    pub(super) fn new(settings: &Settings) -> Result<Self, Vec<StartError>> {
        Ok(Self { table: table(settings)?, routes: Routes::default() })
    }

    /// Actions do not depend on the snapshot, so they are resolved once.
    pub(super) fn resolve(&mut self) -> Result<(), Vec<Conflict>> {
        self.routes = self.table.routes(&Snapshot::default())?;
        Ok(())
    }

    pub(super) fn handlers(&self) -> Vec<Entry> {
        self.table.handlers().iter().map(Entry::from).collect()
    }

    pub(super) async fn decide(&self, form: &Form, picture: &Arc<Picture>) -> Decision {
        let none = |why| Decision { handler: "none", verdict: Err(Refusal::NotFound(why)) };
        // A look-up that lost its second field is no event.
        if form.pairs().take(5).any(|pair| pair.is_named("section")) {
            return none("a section stands where it does not belong");
        }
        let Ok(pairs) = serde_urlencoded::from_bytes(form.body()) else {
            return none("not a form");
        };
        let event = Event::new(pairs);
        let Some(found) = self.routes.find(event.action()) else {
            return none("no handler for this action");
        };
        let handler = &self.table.handlers()[found.handler()];
        let deciding = AssertUnwindSafe(handler.handler.handle(&event, &picture.snapshot));
        let verdict = match tokio::time::timeout(DEADLINE, catch(deciding)).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(())) => Err(Refusal::Internal("the handler panicked".into())),
            Err(_) => Err(Refusal::Internal("the handler missed its deadline".into())),
        };
        Decision { handler: handler.name, verdict }
    }
}

/// Polls a decision; a panic in it ends it and nothing else.
async fn catch<'a>(
    deciding: AssertUnwindSafe<jackfield_api::Deciding<'a>>,
) -> Result<Result<Verdict, Refusal>, ()> {
    let AssertUnwindSafe(mut deciding) = deciding;
    std::future::poll_fn(move |cx| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| deciding.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => std::task::Poll::Ready(Err(())),
        }
    })
    .await
}
