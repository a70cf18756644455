//! What a service starts with: the database, or else what was kept of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, anyhow};
use jackfield_api::snapshot::Snapshot;

use super::{Age, KeptFile};
use crate::app::App;
use crate::db::{Database, DatabaseUrl, DbError, Mark};
use crate::fsapi::StartErrors;
use crate::health::Cause;
use crate::settings::InForce;

/// How long the database may take to answer at all, where something is kept.
const ANSWER: Duration = Duration::from_secs(3);
/// How long it may take to be read, where something is kept: a million users take eight seconds.
const READ: Duration = Duration::from_secs(30);

/// Makes the parts of a service over its database, and says where in its history that is. Where that
/// is away, hangs, or holds what cannot be served, they are made over what was kept, and say so until the
/// database is back.
pub fn start(in_force: &Arc<InForce>) -> anyhow::Result<(Arc<App>, Mark)> {
    let settings = in_force.now();
    let file = KeptFile::of(&settings);
    // Nobody waits for ever where there is something to answer from.
    let patient = match file.head() {
        Ok(head) => head.is_none(),
        Err(error) => {
            tracing::warn!("{error}; it is replaced once the database has been read");
            true
        }
    };
    let reading = Reading::start(&settings.database_url)?;
    let serve = |(read, mark)| Ok((over(in_force, read, SystemTime::now())?, mark));
    let why = match reading.wait(patient).and_then(serve) {
        Ok(started) => return Ok(started),
        Err(why) if can_be_kept_from(&why) => why,
        Err(why) => return Err(why),
    };
    let kept = match file.read() {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            let path = file.path().display();
            return Err(why.context(format!("no snapshot is kept in {path} to start with instead")));
        }
        Err(error) if why.is::<Hangs>() => {
            tracing::warn!("{error}; waiting for the database");
            return reading.wait(true).and_then(serve);
        }
        Err(error) => return Err(why.context(error)),
    };
    let app = match over(in_force, kept.snapshot, kept.head.made()) {
        Ok(app) => app,
        Err(error) => {
            let path = file.path().display();
            return Err(why.context(format!("{path} cannot be served either ({error:#})")));
        }
    };
    let picture = app.router.picture();
    app.keeping.is_kept(kept.head.mark.revision, kept.good);
    let _ = app.keeping.started_with.set((Arc::downgrade(&picture), Instant::now()));
    let cause = if is_of_the_data(&why) { Cause::Data } else { Cause::Database };
    app.health.degraded(cause, format!("{why:#}"));
    tracing::error!(
        revision = kept.head.mark.revision,
        age = %Age::since(kept.good),
        "{why:#}; answering from the snapshot that was kept"
    );
    // Another version may have read the same rows in another way, so everything is read anew.
    let is_ours = kept.head.version == env!("CARGO_PKG_VERSION");
    Ok((app, if is_ours { kept.head.mark } else { Mark::default() }))
}

/// Whether what was kept may be free of it.
fn can_be_kept_from(why: &anyhow::Error) -> bool {
    !matches!(why.downcast_ref(), Some(errors) if !matches!(errors, StartErrors::Conflicts(_)))
}

/// Whether the database is at hand, and what it holds is what is wrong.
fn is_of_the_data(why: &anyhow::Error) -> bool {
    match why.downcast_ref::<DbError>() {
        Some(error) => error.is_of_the_contents(),
        None => why.is::<StartErrors>(),
    }
}

fn over(settings: &Arc<InForce>, read: Snapshot, at: SystemTime) -> anyhow::Result<Arc<App>> {
    // Handlers compute keys from the data.
    let made = catch_unwind(AssertUnwindSafe(|| App::read_at(Arc::clone(settings), read, at)));
    Ok(made.map_err(|_| anyhow!("a handler panicked over the data while it computed its keys"))??)
}

/// The database does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{url} has not answered within {} s", .within.as_secs())]
struct Hangs {
    url: DatabaseUrl,
    within: Duration,
}

/// The database while it is read, on a thread that can be left behind.
struct Reading {
    url: DatabaseUrl,
    started: Instant,
    answers: Receiver<Step>,
}

enum Step {
    Opened,
    Read(Box<anyhow::Result<(Snapshot, Mark)>>),
}

impl Reading {
    fn start(url: &DatabaseUrl) -> anyhow::Result<Self> {
        let (tell, answers) = channel();
        let (reading, url) = (url.clone(), url.clone());
        let read = move || {
            let read = || {
                let mut database = Database::open(&reading)?;
                let _ = tell.send(Step::Opened);
                let read = database.load_marked().with_context(|| format!("reading {reading}"));
                read.map(|(contents, mark)| (Snapshot::new(contents), mark))
            };
            // Nobody waits any more where telling fails.
            let _ = tell.send(Step::Read(Box::new(read())));
        };
        let thread = std::thread::Builder::new().name("first-read".to_owned());
        thread.spawn(read).context("cannot start a thread")?;
        Ok(Self { url, started: Instant::now(), answers })
    }

    /// What was read. `patient`: however long it takes.
    fn wait(&self, patient: bool) -> anyhow::Result<(Snapshot, Mark)> {
        let mut within = ANSWER;
        loop {
            let left = within.saturating_sub(self.started.elapsed());
            let step = if patient {
                self.answers.recv().map_err(RecvTimeoutError::from)
            } else {
                self.answers.recv_timeout(left)
            };
            match step {
                Ok(Step::Opened) => within = READ,
                Ok(Step::Read(read)) => return *read,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Hangs { url: self.url.clone(), within }.into());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(anyhow!("reading {} has panicked", self.url));
                }
            }
        }
    }
}
