//! A program whose module contradicts itself and the service in every way, for `tests/it/plugged.rs`.

use jackfield::plug::axum::routing::get;
use jackfield_api::counter;

counter!(TAKEN, "jackfield_calls_total", "Calls.");
counter!(NO_NAME, "acme-calls", "Calls.");
counter!(TWICE, "acme_calls_total", "Calls.");
counter!(TWICE_MORE, "acme_calls_total", "Calls.", what = ["a", "b"]);

jackfield::route!("acme", "/metrics", Machine, get(async || ""));
jackfield::protect!("no-route");

jackfield::command!("twice", "Does one thing", |_, _| Ok(()));
jackfield::command!("twice", "Does another", |_, _| Ok(()));

jackfield::service!("sync", |_, _| std::future::ready(Ok(())));
jackfield::service!("sync", |_, _| std::future::ready(Ok(())));

fn main() -> std::process::ExitCode {
    [&TAKEN, &NO_NAME, &TWICE].into_iter().for_each(counter::Counter::add);
    TWICE_MORE.add("a");
    jackfield::main()
}
