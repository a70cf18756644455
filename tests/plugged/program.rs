//! A program with a module of its own that has one of everything, for `tests/it/plugged.rs`.
//!
//! What it does wrong it does where its settings or its environment say so.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use jackfield::app::App;
use jackfield::plug::anyhow::{self, bail};
use jackfield::plug::axum::extract::State;
use jackfield::plug::axum::routing::get;
use jackfield::plug::clap::{ArgMatches, arg};
use jackfield::plug::{Opened, Stop, tokio};
use jackfield_api::document::{Dialplan, Directory, DirectoryDomain};
use jackfield_api::lookup::{DialplanLookup, DirectoryLookup, LanguagesLookup};
use jackfield_api::registry::{BuildError, Settings};
use jackfield_api::snapshot::{Condition, Extension, Snapshot};
use jackfield_api::{
    Answer, Answering, AsyncFacts, AsyncLanguagesHandler, DialplanHandler, DirectoryHandler, Facts,
    Keys, LanguagesHandler, Refusal, counter, register, tracing,
};
use serde::Deserialize;

counter!(CALLS, "acme_calls_total", "Calls by what was done.", what = ["hotline", "stored"]);
counter!(ROUNDS, "acme_rounds_total", "Rounds of the background service.");

/// `[handlers.acme]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Acme {
    hotline: String,
    /// What the background service does.
    #[serde(default)]
    sync: String,
}

impl Acme {
    fn new(settings: &Settings<'_>) -> Result<Self, BuildError> {
        let acme: Self = settings.read()?;
        if acme.hotline.is_empty() {
            return Err(BuildError::new(
                "hotline = «»: write a number, as in `hotline = \"4242\"`",
            ));
        }
        Ok(acme)
    }
}

/// Answers one number of a context that is stored, and the rest as it is stored.
impl DialplanHandler for Acme {
    fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
        let name = lookup.context();
        match &*lookup.destination() {
            "panic" => panic!("on purpose"),
            "waiting" => CALLED.store(true, Ordering::Relaxed),
            "hang" => std::thread::sleep(Duration::from_secs(3)),
            number if number == self.hotline => {
                CALLS.add("hotline");
                tracing::debug!(context = ?name, "a call for the hotline");
                let to_agents = Condition::default().run("callcenter", "support@default");
                return Dialplan::context(name, [&Extension::new("hotline", to_agents)]);
            }
            _ => {}
        }
        CALLS.add("stored");
        let stored = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
        Dialplan::stored(name, stored)
    }
}

register!(DialplanHandler, "acme", Keys::Fixed(&["default"]), priority = 10, new = Acme::new);

/// Answers with another domain than was asked for.
struct Elsewhere;

impl DirectoryHandler for Elsewhere {
    fn answer(&self, _: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
        Directory::domains([DirectoryDomain::new("other.test")])
    }
}

register!(DirectoryHandler, "elsewhere", Keys::Fixed(&["elsewhere.test"]), Elsewhere);

/// Claims a key that a built-in handler has, where it is told to.
fn disputed(_: &Snapshot) -> Vec<String> {
    std::env::var("ACME_DISPUTES").into_iter().collect()
}

register!(
    DialplanHandler,
    "disputes",
    Keys::From(disputed),
    new = |settings: &Settings<'_>| {
        settings.none().map(|()| Acme { hotline: String::new(), sync: String::new() })
    }
);

/// Has no language, but takes every one.
struct Mute;

impl LanguagesHandler for Mute {
    fn answer(&self, _: &LanguagesLookup<'_>, _: Facts<'_>) -> Answer {
        Err(Refusal::NotFound("the language"))
    }
}

impl AsyncLanguagesHandler for Mute {
    fn answer<'a>(&'a self, _: LanguagesLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async { Err(Refusal::NotFound("the language")) })
    }
}

register!(LanguagesHandler, "mute", Keys::CatchAll, priority = -1, Mute);
register!(AsyncLanguagesHandler, "mute-outside", Keys::CatchAll, Mute);

jackfield::route!("acme-users", "/acme/users", Machine, get(users));
jackfield::protect!("acme-users");

jackfield::route!("acme-waits", "/acme/waits", Machine, get(waits));
jackfield::route!("acme-panics", "/acme/panics", Machine, get(panics));

/// Whether a call has been made for those who wait for one.
static CALLED: AtomicBool = AtomicBool::new(false);

/// Blocks until a call is made for it, or for long.
async fn waits() -> &'static str {
    tracing::info!("acme waits for a call");
    for _ in 0..500 {
        if CALLED.load(Ordering::Relaxed) {
            return "called";
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    "not called"
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

async fn users(State(app): State<Arc<App>>) -> String {
    app.snapshot().user_count().to_string()
}

jackfield::command!(
    "acme-test",
    "Says what the module makes of a number",
    |command| command.arg(arg!(<NUMBER> "The number that is called")),
    test
);

fn test(arguments: &ArgMatches, opened: &Opened) -> anyhow::Result<()> {
    let acme: Acme = opened.module_settings("acme")?;
    let number = arguments.get_one::<String>("NUMBER").map(String::as_str).unwrap_or_default();
    if number == "fail" {
        bail!("the CRM does not answer");
    }
    let what = if number == acme.hotline { "the hotline" } else { "as stored" };
    let users = opened.snapshot()?.user_count();
    Ok(writeln!(std::io::stdout(), "{number}: {what}, {users} users")?)
}

jackfield::service!("acme-sync", sync);

/// Fails as often as its settings say, and goes on then.
async fn sync(app: Arc<App>, mut stop: Stop) -> anyhow::Result<()> {
    static FAILED: AtomicU32 = AtomicU32::new(0);
    let acme: Acme = app.module_settings("acme")?;
    ROUNDS.add();
    match (&*acme.sync, FAILED.fetch_add(1, Ordering::Relaxed)) {
        ("fails-once" | "fails-beside", 0) => bail!("the CRM does not answer"),
        ("forges-once", 0) => bail!("no answer\nERROR forged {}", "x".repeat(1000)),
        ("unspeakable-once", 0) => return Err(Unspeakable.into()),
        ("panics-once", 0) => panic!("on purpose"),
        ("blocks", _) => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        ("ends", _) => return Ok(()),
        _ => {}
    }
    tokio::select! {
        () = tokio::time::sleep(Duration::from_hours(1)) => {}
        () = stop.begins() => tracing::info!("acme has written its last"),
    }
    Ok(())
}

/// An error that panics where it is told.
#[derive(Debug)]
struct Unspeakable;

impl std::error::Error for Unspeakable {}

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("on purpose")
    }
}

jackfield::service!("acme-spawns", spawns);

/// Blocks whatever runs what it spawns, where it is told to.
async fn spawns(app: Arc<App>, mut stop: Stop) -> anyhow::Result<()> {
    let acme: Acme = app.module_settings("acme")?;
    if acme.sync == "fails-beside" {
        for _ in 0..4 {
            tokio::spawn(async { std::thread::sleep(Duration::from_mins(1)) });
        }
    }
    stop.begins().await;
    Ok(())
}

fn main() -> std::process::ExitCode {
    jackfield::main()
}
