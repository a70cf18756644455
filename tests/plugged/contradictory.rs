//! A program whose module contradicts itself and the service in every way, for `tests/it/plugged.rs`.

use std::sync::Arc;

use jackfield::app::App;
use jackfield::plug::axum::routing::get;
use jackfield::plug::clap::ArgMatches;
use jackfield::plug::{Opened, Stop, anyhow};
use jackfield_api::counter;

counter!(TAKEN, "jackfield_calls_total", "Calls.");
counter!(NO_NAME, "acme-calls", "Calls.");
counter!(TWICE, "acme_calls_total", "Calls.");
counter!(TWICE_MORE, "acme_calls_total", "Calls.", what = ["a", "b"]);

jackfield::route!("acme", "/metrics", Machine, get(async || ""));
jackfield::protect!("no-route");

jackfield::command!("twice", "Does one thing", run);
jackfield::command!("twice", "Does another", run);

fn run(_: &ArgMatches, _: &Opened) -> anyhow::Result<()> {
    Ok(())
}

jackfield::service!("sync", sync);
jackfield::service!("sync", sync);

async fn sync(_: Arc<App>, _: Stop) -> anyhow::Result<()> {
    Ok(())
}

fn main() -> std::process::ExitCode {
    [&TAKEN, &NO_NAME, &TWICE].into_iter().for_each(counter::Counter::add);
    TWICE_MORE.add("a");
    jackfield::main()
}
