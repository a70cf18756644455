//! The side of the commands.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{Answer, Counts, Recording, Request, Told, path};
use crate::db::Mark;

/// How long the service may take to read a large database.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why the service could not be told.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It runs, but does not serve what the database holds.
    #[error("{0}")]
    Refused(String),
    /// It answers from another database than the one that was asked about.
    #[error("the running service serves another database: {0}")]
    Another(String),
    /// The socket is there, but nobody can be talked to through it.
    #[error("the service cannot be told through {path}: {source}")]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

/// Has the service of a state folder read its database at once, and waits until it answers look-ups
/// from that. The revision that it serves; `None` where no service runs.
pub fn reload(state: &Path) -> Result<Option<i64>, ControlError> {
    reload_to(state, None)
}

/// As [`reload`], for a database that is at this mark. A service that serves another one is an error:
/// its revisions say nothing of this one.
pub fn reload_at(state: &Path, mark: Mark) -> Result<Option<i64>, ControlError> {
    reload_to(state, Some(mark))
}

fn reload_to(state: &Path, mark: Option<Mark>) -> Result<Option<i64>, ControlError> {
    let path = path(state);
    let answer = ask(&path, &Request::Reload { mark })
        .map_err(|source| ControlError::Unreachable { path, source })?;
    match answer {
        Some(Answer::Revision(revision)) => Ok(Some(revision)),
        Some(Answer::Another(database)) => Err(ControlError::Another(database)),
        Some(Answer::Error(why)) => Err(ControlError::Refused(why)),
        Some(_) => Err(otherwise()),
        None => Ok(None),
    }
}

fn otherwise() -> ControlError {
    ControlError::Refused("the service answered otherwise: is it of another version?".to_owned())
}

/// Has the service of a state folder write what is recorded; whether it records, and where. `None`
/// where no service runs.
pub(crate) fn recording(state: &Path) -> Result<Option<Recording>, ControlError> {
    let path = path(state);
    match ask(&path, &Request::Recording) {
        Ok(Some(Answer::Recording(recording))) => Ok(Some(recording)),
        Ok(Some(_)) => Err(otherwise()),
        Ok(None) => Ok(None),
        Err(source) => Err(ControlError::Unreachable { path, source }),
    }
}

/// What the service of a state folder answers a look-up; `None` where no service runs.
pub(crate) fn ask_about(state: &Path, body: &str) -> Result<Option<Told>, ControlError> {
    let path = path(state);
    match ask(&path, &Request::Ask { body: body.to_owned() }) {
        Ok(Some(Answer::Told(told))) => Ok(Some(told)),
        Ok(Some(Answer::Error(why))) => Err(ControlError::Refused(why)),
        Ok(Some(_)) => Err(otherwise()),
        Ok(None) => Ok(None),
        Err(source) => Err(ControlError::Unreachable { path, source }),
    }
}

/// What the service of a state folder has counted; `None` where no service runs.
pub(crate) fn counts(state: &Path) -> Result<Option<Counts>, ControlError> {
    let path = path(state);
    match ask(&path, &Request::Counts) {
        Ok(Some(Answer::Counts(counts))) => Ok(Some(counts)),
        Ok(Some(_)) => Err(otherwise()),
        Ok(None) => Ok(None),
        Err(source) => Err(ControlError::Unreachable { path, source }),
    }
}

/// Look-ups of a service as it records them, a line each.
type Following = std::io::Lines<BufReader<UnixStream>>;

/// Whether the service of a state folder records, and what it does from now on. `None` where no service
/// runs.
pub(crate) fn follow(state: &Path) -> Result<Option<(Recording, Following)>, ControlError> {
    let path = path(state);
    let begin = || {
        let Some(stream) = connect(&path, &Request::Follow)? else { return Ok(None) };
        let waits = stream.try_clone()?;
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        // However long it takes until somebody asks something.
        waits.set_read_timeout(None)?;
        Ok(Some((serde_json::from_str(&first)?, lines)))
    };
    match begin() {
        Ok(Some((Answer::Recording(recording), lines))) => Ok(Some((recording, lines))),
        Ok(Some(_)) => Err(otherwise()),
        Ok(None) => Ok(None),
        Err(source) => Err(ControlError::Unreachable { path, source }),
    }
}

/// How the service of a state folder is, as `/health` says it; `None` where no service runs.
pub fn status(state: &Path) -> Result<Option<serde_json::Value>, ControlError> {
    let path = path(state);
    ask(&path, &Request::Status).map_err(|source| ControlError::Unreachable { path, source })
}

fn ask<T: DeserializeOwned>(path: &Path, request: &Request) -> std::io::Result<Option<T>> {
    let Some(stream) = connect(path, request)? else { return Ok(None) };
    let mut answer = String::new();
    if BufReader::new(stream).read_line(&mut answer)? == 0 {
        return Err(std::io::Error::new(ErrorKind::UnexpectedEof, "it was closed"));
    }
    Ok(Some(serde_json::from_str(&answer)?))
}

/// The service, once it has been asked.
fn connect(path: &Path, request: &Request) -> std::io::Result<Option<UnixStream>> {
    let mut stream = match UnixStream::connect(path) {
        Ok(stream) => stream,
        // None has run here, or it ended without tidying up.
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    Ok(Some(stream))
}
