//! Clients of channels that have to go from a switch.
//!
//! The hook script of the switch where a client logs in puts out whoever has to make place there. What it
//! cannot reach is told over the event socket: a session on another switch, one whose hook never heard
//! the answer, and the clients of a channel that was disabled or removed. What is taken from whom is what
//! `lua-hooks/` takes: every method and event channel that a session can have been given, then its calls,
//! then the session itself where the switch can end one.

use std::collections::BTreeMap;

use jackfield_api::snapshot::{Client, Connection, Contents, SessionId, Uuid, Verto};

use super::command::{Command, Right};

/// Sessions that have to go, each with the connection that is meant where that is known: a session that
/// has come back over another one is another one.
pub type Outs = BTreeMap<(SessionId, Option<Connection>), Out>;

/// A session that has to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Out {
    client: Uuid,
    session: SessionId,
    /// Whether the client has no other one on this switch, so that all calls in its name end.
    is_only: bool,
    /// What it may have been given: also what `mod_verto` does not know by itself.
    methods: String,
    event_channels: String,
}

impl Out {
    fn new(contents: &Contents, client: &Client, session: &SessionId, is_only: bool) -> Self {
        let channel = contents.channels.at(client.channel);
        let of_channel = |list: fn(&_) -> &Vec<String>| channel.map(list).into_iter().flatten();
        let list = |known: &[&str], own: Vec<&String>| {
            let own = own.into_iter().chain(&client.granted).map(String::as_str);
            let mut all = known.to_vec();
            for right in own.filter(|it| Verto::can_name(it)) {
                if !all.contains(&right) {
                    all.push(right);
                }
            }
            all.join(",")
        };
        Self {
            client: client.name,
            session: session.clone(),
            is_only,
            methods: list(&Verto::METHODS, of_channel(|it| &it.methods).collect()),
            event_channels: list(
                &Verto::EVENT_CHANNELS,
                of_channel(|it| &it.event_channels).collect(),
            ),
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

/// The sessions of a client that have to go from a switch, by what is stored: those that were replaced,
/// and all of one whose channel is not open. Of a client whose time is over, too, where that is told.
pub fn leavers(
    contents: &Contents,
    client: &Client,
    is_here: impl Fn(&str) -> bool,
    now: Option<i64>,
) -> Outs {
    let is_shut = contents.channels.at(client.channel).is_none_or(|channel| !channel.enabled)
        || now.is_some_and(|now| client.is_expired(now));
    let stays = client.connected.as_ref().filter(|it| !is_shut && is_here(&it.switch));
    let here = client.connections().filter(|(_, connection)| is_here(&connection.switch));
    // The switch itself ends an older connection of the session that stays.
    let goes = here.filter(|(session, _)| stays.is_none() || **session != client.session);
    let out = |session: &SessionId| Out::new(contents, client, session, stays.is_none());
    goes.map(|(session, it)| ((session.clone(), Some(it.clone())), out(session))).collect()
}

/// The sessions of a client that is one no more, wherever they are: it may have moved a moment ago.
pub(super) fn of_nobody(contents: &Contents, client: &Client) -> Outs {
    let replaced = client.replaced.iter().map(|it| &it.session);
    let all = std::iter::once(&client.session).chain(replaced);
    let out = |session: &SessionId| Out::new(contents, client, session, true);
    all.map(|session| ((session.clone(), None), out(session))).collect()
}
