//! The event socket of one switch: what the rest needs of it, and the client that is behind.
//!
//! The event socket has no encryption, and its password goes over it in clear: it is for loopback,
//! or for a network that is yours alone.

use std::time::Duration;

use freeswitch_esl_tokio::{AuthMethod, EslClient, EslConnectOptions, EslError, EslEventStream};

use super::pace::Pace;
use crate::settings::SwitchSettings;

/// A way to a switch that is logged in.
pub(super) trait Link: Send {
    /// Gives one command, and waits for what it says. Commands are answered one after the other.
    fn call(&mut self, command: &str) -> impl Future<Output = Result<String, Lost>> + Send;

    /// Waits until the link is lost. It can be waited for again.
    fn lost(&mut self) -> impl Future<Output = Lost> + Send;
}

/// Makes links to one switch.
pub(super) trait Dial: Send + Sync + 'static {
    type Link: Link;

    fn dial(&self) -> impl Future<Output = Result<Self::Link, NoLink>> + Send;
}

/// Why a link is of no use any more.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Lost(pub(super) String);

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoLink {
    /// Nobody is there, for now.
    #[error("{0}")]
    Unreachable(String),
    /// It will not have us, until somebody changes something.
    #[error("{0}")]
    Refused(String),
}

/// The event socket of a switch.
pub(super) struct EventSocket {
    settings: SwitchSettings,
    dial: Duration,
    answer: Duration,
    /// A link that is silent for so long is dropped by its reader.
    silence: Duration,
}

impl EventSocket {
    pub(super) fn new(settings: SwitchSettings, pace: &Pace) -> Self {
        let silence = 3 * (pace.probe + pace.answer);
        Self { settings, dial: pace.dial, answer: pace.answer, silence }
    }
}

impl Dial for EventSocket {
    type Link = EventSocketLink;

    async fn dial(&self) -> Result<EventSocketLink, NoLink> {
        let password = self.settings.password.clone();
        // A file may be on a disk that hangs.
        let password = tokio::task::spawn_blocking(move || password.read())
            .await
            .map_err(|_| NoLink::Unreachable("the service is stopping".to_owned()))?
            .map_err(|error| {
                NoLink::Refused(format!("cannot read the password's file: {error}"))
            })?;
        let SwitchSettings { host, port, .. } = &self.settings;
        let options = EslConnectOptions::new().with_connect_timeout(self.dial);
        let auth = AuthMethod::password(password);
        // It has a buffer of 64 KiB inside.
        let connected = Box::pin(EslClient::connect_with_auth(host, *port, auth, options));
        let (client, events) = connected.await.map_err(no_link)?;
        client.set_command_timeout(self.answer);
        client.set_liveness_timeout(self.silence);
        Ok(EventSocketLink { client, events })
    }
}

fn no_link(error: EslError) -> NoLink {
    match error {
        EslError::AuthenticationFailed { .. } => {
            NoLink::Refused("it does not accept the password".to_owned())
        }
        EslError::AccessDenied { .. } => NoLink::Refused(
            "its event socket lets nobody in from here; see `apply-inbound-acl` in \
             event_socket.conf"
                .to_owned(),
        ),
        error => NoLink::Unreachable(error.to_string()),
    }
}

/// A link through the event socket.
pub(super) struct EventSocketLink {
    client: EslClient,
    /// None are subscribed to. It ends with the link, and the link with it.
    events: EslEventStream,
}

impl Link for EventSocketLink {
    async fn call(&mut self, command: &str) -> Result<String, Lost> {
        let response = self.client.api(command).await.map_err(|error| Lost(error.to_string()))?;
        // A command that is not allowed is answered without a body.
        let text = response.body().or_else(|| response.reply_text());
        Ok(text.unwrap_or_default().to_owned())
    }

    async fn lost(&mut self) -> Lost {
        while let Some(event) = self.events.recv().await {
            if let Err(error) = event {
                tracing::debug!(%error, "the event socket said something odd");
            }
        }
        Lost("it closed the connection".to_owned())
    }
}
