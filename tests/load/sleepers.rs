//! A program with handlers of its own: the service, two handlers that sleep for ten seconds, and a
//! background service that waits for the end.
//!
//! `tests/load/sleepers` measures what they cost the look-ups of others.

use std::sync::Arc;
use std::time::Duration;

use jackfield::app::App;
use jackfield::plug::{Stop, anyhow};
use jackfield_api::document::Dialplan;
use jackfield_api::lookup::{DialplanLookup, Field};
use jackfield_api::{
    Answer, Answering, AsyncDialplanHandler, AsyncFacts, DialplanHandler, Facts, Keys, register,
};

const SLEEP: Duration = Duration::from_secs(10);

struct Sleeper;

impl DialplanHandler for Sleeper {
    fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        std::thread::sleep(SLEEP);
        Dialplan::context(lookup.context(), [])
    }
}

impl AsyncDialplanHandler for Sleeper {
    fn question(&self) -> &[Field] {
        &[Field::Destination]
    }

    fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            tokio::time::sleep(SLEEP).await;
            Dialplan::context(lookup.context(), [])
        })
    }
}

register!(DialplanHandler, "sleeps", Keys::Fixed(&["sleeps"]), Sleeper);
register!(AsyncDialplanHandler, "sleeps-outside", Keys::Fixed(&["sleeps-outside"]), Sleeper);

/// A background service that has nothing to do.
async fn idle(_: Arc<App>, mut stop: Stop) -> anyhow::Result<()> {
    stop.begins().await;
    Ok(())
}

jackfield::service!("idle", idle);

fn main() -> std::process::ExitCode {
    jackfield::main()
}
