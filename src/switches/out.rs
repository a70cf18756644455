//! Clients of channels that have to go from a switch.
//!
//! The hook script of the switch where a client logs in puts out whoever has to make place there. What it
//! cannot reach is told over the event socket: a session on another switch, one whose hook never heard
//! the answer, and the clients of a channel that was disabled or removed. What is taken from whom is what
//! `lua-hooks/` takes: every method and event channel that a session can have been given, then its calls,
//! then the session itself where the switch can end one.

use std::collections::BTreeMap;
use std::fmt;

use jackfield_api::snapshot::{Channel, Client, Contents, SessionId, Uuid};

use super::command::{Command, Right};

/// All methods of `mod_verto` but `login` and the harmless `echo`, and what stands for several of them.
const METHODS: [&str; 13] = [
    "verto",
    "verto.invite",
    "verto.attach",
    "verto.answer",
    "verto.bye",
    "verto.modify",
    "verto.info",
    "verto.subscribe",
    "verto.unsubscribe",
    "verto.broadcast",
    "verto.ping",
    "jsapi",
    "fsapi",
];
const EVENT_CHANNELS: [&str; 8] = [
    "presence",
    "conference",
    "conference-liveArray",
    "conference-chat",
    "conference-info",
    "conference-mod",
    "FSevent",
    "demo",
];

/// A session that has to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Out {
    /// Whose it is.
    pub client: Uuid,
    /// The session. Not for logs.
    pub session: SessionId,
    /// Whether the client has no other one on this switch, so that all calls in its name end.
    pub is_only: bool,
    /// What it may have been given: also what `mod_verto` does not know by itself.
    methods: String,
    event_channels: String,
}

impl Out {
    fn new(client: &Client, channel: Option<&Channel>, session: &SessionId, is_only: bool) -> Self {
        let list = |known: &[&str], own: Option<&Vec<String>>| {
            let own = own.into_iter().flatten().map(String::as_str);
            let own = own.filter(|it| !known.contains(it) && is_plain(it));
            known.iter().copied().chain(own).collect::<Vec<_>>().join(",")
        };
        Self {
            client: client.name,
            session: session.clone(),
            is_only,
            methods: list(&METHODS, channel.map(|it| &it.methods)),
            event_channels: list(&EVENT_CHANNELS, channel.map(|it| &it.event_channels)),
        }
    }

    /// What takes from it what it may do.
    pub(super) fn revoke(&self) -> [Command; 2] {
        let revoke = |right, list: &String| Command::Revoke {
            session: self.session.clone(),
            right,
            list: list.clone(),
        };
        [revoke(Right::Methods, &self.methods), revoke(Right::EventChannels, &self.event_channels)]
    }

    /// What ends its calls, and the session.
    pub(super) fn end(&self) -> impl Iterator<Item = Command> {
        let calls = Command::EndCallsOf(self.session.clone());
        let of_client = self.is_only.then_some(Command::EndCallsOfClient(self.client));
        [calls].into_iter().chain(of_client).chain([Command::Punt(self.session.clone())])
    }
}

/// For people, who know a client by its name.
impl fmt::Display for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put out a session of client {}", self.client)
    }
}

/// As one of a list of words in a command.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._@/+-".contains(&b))
}

/// The sessions of a client that have to go from a switch, by what is stored.
pub fn leavers(
    contents: &Contents,
    client: &Client,
    is_here: impl Fn(&str) -> bool,
) -> BTreeMap<SessionId, Out> {
    let channel = contents.channels.at(client.channel);
    let has_to_go = channel.is_none_or(|channel| !channel.enabled);
    let stays = client.connected.as_ref().filter(|_| !has_to_go);
    let stays_here = stays.is_some_and(|connection| is_here(&connection.switch));
    let all = client.connections().filter(|(session, connection)| {
        is_here(&connection.switch) && (has_to_go || **session != client.session)
    });
    let out = |session: &SessionId| Out::new(client, channel, session, !stays_here);
    all.map(|(session, _)| (session.clone(), out(session))).collect()
}

/// The session that a client is expected with, wherever it has logged in.
pub(super) fn expected(contents: &Contents, client: &Client) -> BTreeMap<SessionId, Out> {
    let channel = contents.channels.at(client.channel);
    let out = Out::new(client, channel, &client.session, true);
    BTreeMap::from([(client.session.clone(), out)])
}

/// All sessions of a client that is a client no more.
pub fn of_nobody(
    contents: &Contents,
    client: &Client,
    is_here: impl Fn(&str) -> bool,
) -> BTreeMap<SessionId, Out> {
    let channel = contents.channels.at(client.channel);
    let here = client.connections().filter(|(_, connection)| is_here(&connection.switch));
    here.map(|(session, _)| (session.clone(), Out::new(client, channel, session, true))).collect()
}
