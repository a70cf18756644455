//! Look-ups as they are recorded, to whoever follows them.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::broadcast::error::RecvError;

use super::Recording;
use crate::app::App;
use crate::http::Stop;

impl Recording {
    /// What is recorded so far is on the disk once this is told.
    pub(super) async fn of(app: &App) -> Self {
        app.recorder.flush().await;
        let settings = app.settings();
        Self { on: settings.record.on, folder: settings.record_folder() }
    }
}

/// Sends lines until the other side has gone, or the service stops.
pub(super) async fn follow(
    app: &Arc<App>,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    stop: &mut Stop,
) -> io::Result<()> {
    let mut lines = app.recorder.follow();
    let mut told = serde_json::to_vec(&super::Answer::Recording(Recording::of(app).await))?;
    told.push(b'\n');
    write(&mut to, &told, stop).await?;
    let mut nothing = [0; 64];
    loop {
        tokio::select! {
            biased;
            () = stop.begins() => return Ok(()),
            // Nothing more is asked for; only its end counts.
            read = from.read(&mut nothing) => if read? == 0 { return Ok(()) },
            some = lines.recv() => match some {
                Ok(some) => write(&mut to, &some, stop).await?,
                // Whoever reads sees it by the numbers.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

/// Writes, until the service stops: somebody who does not read holds up no end.
async fn write(to: &mut (impl AsyncWrite + Unpin), text: &[u8], stop: &mut Stop) -> io::Result<()> {
    tokio::select! {
        biased;
        () = stop.begins() => Ok(()),
        written = to.write_all(text) => written,
    }
}
