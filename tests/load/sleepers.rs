//! A program with handlers of its own: the service, and two handlers that sleep for ten seconds.
//!
//! `tests/load/sleepers` measures what they cost the look-ups of others.

use std::time::Duration;

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

fn main() -> std::process::ExitCode {
    jackfield::main()
}
