//! The signals that a service takes.

use std::io::{self, IsTerminal, stderr};

use tokio::signal::unix::{self, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// To read the settings again.
    Reload,
    /// To stop.
    Stop,
}

/// Signals, from the moment on that this is made.
pub(super) struct Signals {
    terminate: unix::Signal,
    interrupt: unix::Signal,
    hangup: unix::Signal,
    /// Whether somebody watches it at a terminal, which can be closed.
    at_terminal: bool,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            at_terminal: stderr().is_terminal(),
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            // A terminal that is closed sends the same as who wants the settings to be read.
            _ = self.hangup.recv() => {
                if self.at_terminal && !stderr().is_terminal() { Signal::Stop } else { Signal::Reload }
            }
        }
    }

    /// The next one that asks to stop.
    pub(super) async fn stop(&mut self) {
        while self.next().await != Signal::Stop {}
    }
}
