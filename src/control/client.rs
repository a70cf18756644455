//! The side of the commands.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{Answer, Request, path};

/// How long the service may take to read a large database.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why the service could not be told.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It runs, but does not serve what the database holds.
    #[error("{0}")]
    Refused(String),
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
    let path = path(state);
    let answer =
        ask(&path, Request::Reload).map_err(|source| ControlError::Unreachable { path, source })?;
    match answer {
        Some(Answer::Revision(revision)) => Ok(Some(revision)),
        Some(Answer::Error(why)) => Err(ControlError::Refused(why)),
        Some(Answer::Settings(_)) => Err(ControlError::Refused("it answered otherwise".to_owned())),
        None => Ok(None),
    }
}

/// How the service of a state folder is, as `/health` says it; `None` where no service runs.
pub fn status(state: &Path) -> Result<Option<serde_json::Value>, ControlError> {
    let path = path(state);
    ask(&path, Request::Status).map_err(|source| ControlError::Unreachable { path, source })
}

fn ask<T: DeserializeOwned>(path: &Path, request: Request) -> std::io::Result<Option<T>> {
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
    let mut line = serde_json::to_string(&request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    if BufReader::new(stream).read_line(&mut answer)? == 0 {
        return Err(std::io::Error::new(ErrorKind::UnexpectedEof, "it was closed"));
    }
    Ok(Some(serde_json::from_str(&answer)?))
}
