//! The side of the service.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::follow::follow;
use super::{Answer, Counts, Recording, Request, Told, path};
use crate::app::App;
use crate::http::Stop;
use crate::reload;
use crate::watch::Watcher;

/// The longest request.
const LONGEST: u64 = 512 * 1024;
/// How long a request may take to arrive.
const SEND_TIME: Duration = Duration::from_secs(5);

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody answers there already.
    #[error(
        "another service runs with {path}; give this one a state folder of its own (`state_dir`)"
    )]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// It cannot be made.
    #[error("cannot make the control socket {path}: {source}; `state_dir` names its folder")]
    Impossible {
        /// The socket.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// The socket. It is removed with this value.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Makes it in the state folder. One that nobody answers on any more is replaced.
    pub async fn open(state: &Path) -> Result<Self, OpenError> {
        let path = path(state);
        if UnixStream::connect(&path).await.is_ok() {
            return Err(OpenError::Taken { path });
        }
        match bind(state, &path) {
            Ok(listener) => Ok(Self { listener, path }),
            Err(source) => Err(OpenError::Impossible { path, source }),
        }
    }

    /// Answers until it is dropped.
    ///
    /// What was asked for before is answered even then: it holds a copy of `under_way` meanwhile.
    pub async fn serve(self, app: Arc<App>, watcher: Watcher, under_way: Stop) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (app, watcher) = (Arc::clone(&app), watcher.clone());
                    let under_way = under_way.clone();
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, &app, &watcher, under_way).await {
                            tracing::debug!(%error, "a control connection ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a control connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Under another name first: under its own nobody ever finds it open to others, or half made.
fn bind(state: &Path, path: &Path) -> io::Result<UnixListener> {
    DirBuilder::new().recursive(true).mode(0o700).create(state)?;
    let part = path.with_extension(std::process::id().to_string());
    let _ = fs::remove_file(&part);
    let listener = UnixListener::bind(&part)?;
    let placed = fs::set_permissions(&part, Permissions::from_mode(0o600))
        .and_then(|()| fs::rename(&part, path));
    if placed.is_err() {
        let _ = fs::remove_file(&part);
    }
    placed.map(|()| listener)
}

async fn converse(
    mut stream: UnixStream,
    app: &Arc<App>,
    watcher: &Watcher,
    mut stop: Stop,
) -> io::Result<()> {
    let (from, mut to) = stream.split();
    let mut from = BufReader::new(from);
    let mut line = String::new();
    loop {
        line.clear();
        let mut limited = (&mut from).take(LONGEST);
        let read = tokio::time::timeout(SEND_TIME, limited.read_line(&mut line));
        let read = tokio::select! {
            biased;
            read = read => read??,
            // Nothing is under way.
            () = stop.begins() => return Ok(()),
        };
        if read == 0 {
            return Ok(());
        }
        if matches!(serde_json::from_str(&line), Ok(Request::Follow)) {
            return follow(app, from, to, &mut stop).await;
        }
        let mut answer = answer(&line, app, watcher).await?;
        answer.push(b'\n');
        to.write_all(&answer).await?;
    }
}

/// The answer to a line, without its end.
async fn answer(line: &str, app: &Arc<App>, watcher: &Watcher) -> serde_json::Result<Vec<u8>> {
    let answer = match serde_json::from_str(line) {
        Ok(Request::Status) => return serde_json::to_vec(&app.status().await),
        Ok(Request::Reload { mark }) => match watcher.reload_at(mark).await {
            (done, true) => done.map(Answer::Revision),
            (_, false) => Ok(Answer::Another(app.settings().database_url.to_string())),
        },
        Ok(Request::Settings) => reload::run(Arc::clone(app)).await.map(Answer::Settings),
        Ok(Request::Recording) => Ok(Answer::Recording(Recording::of(app).await)),
        Ok(Request::Counts) => Ok(Answer::Counts(Counts::of(&app.router))),
        Ok(Request::Ask { body }) => match app.router.ask(body.into_bytes()).await {
            Ok(Some(asked)) => Ok(Answer::Told(Told::of(&asked))),
            Ok(None) => Err("the body is no look-up".to_owned()),
            Err(error) => Err(error.to_string()),
        },
        Ok(Request::Follow) | Err(_) => Err(r#"write {"do":"reload"}, {"do":"settings"}, {"do":"status"}, {"do":"recording"}, {"do":"follow"}, {"do":"counts"} or {"do":"ask","body":"..."}"#.to_owned()),
    };
    serde_json::to_vec(&answer.unwrap_or_else(Answer::Error))
}
