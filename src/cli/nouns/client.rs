//! `jackfield client`.

use anyhow::bail;
use clap::{Args, Subcommand};
use jackfield_api::snapshot::{Channel, Client, Connection};
use serde_json::{Map, Value, json};

use super::{Add, Desk, List, N, One, Output, Remove, Set, Spoken, Verb, show};
use crate::cli::Source;
use crate::clock::seconds;
use crate::db::nouns::{Address, ChannelClient, ClientKey, Name, one};
use crate::secret::{client_secret, generate_password, generate_session, generate_uuid};

/// What can be done with clients. A new one has no name that people choose.
#[derive(Subcommand)]
pub(in crate::cli) enum ClientVerb {
    /// Adds one to a channel, and shows what it logs in with once
    Add(ClientAdd),
    /// Lists them
    List(List),
    /// Shows one
    Show(One<ChannelClient>),
    /// Changes one; what no flag names stays
    Set(Set<ChannelClient>),
    /// Takes one away
    Remove(Remove<ChannelClient>),
}

/// Arguments of `jackfield client add`.
#[derive(Args)]
pub(in crate::cli) struct ClientAdd {
    /// The channel that it is of
    #[arg(value_name = "CHANNEL")]
    channel: Name,
    /// How long it lives [default: as long as a session of the channel]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=315_360_000))]
    life: Option<i64>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

pub(in crate::cli) fn run(verb: ClientVerb) -> anyhow::Result<()> {
    match verb {
        ClientVerb::Add(ClientAdd { channel, life, output, source }) => {
            let key = ClientKey { name: generate_uuid(), channel: Some(channel) };
            let fields = ClientFields { life, ..ClientFields::default() };
            super::run(&Verb::<ChannelClient>::Add(Add { key, fields, output, source }))
        }
        ClientVerb::List(list) => super::run(&Verb::<ChannelClient>::List(list)),
        ClientVerb::Show(one) => super::run(&Verb::Show(one)),
        ClientVerb::Set(set) => super::run(&Verb::Set(set)),
        ClientVerb::Remove(remove) => super::run(&Verb::Remove(remove)),
    }
}

/// Flags of `jackfield client set`.
#[derive(Args, Default)]
pub(in crate::cli) struct ClientFields {
    /// How long it lives from now on
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=315_360_000))]
    life: Option<i64>,
    /// Make another password, and show it once
    #[arg(long)]
    new_password: bool,
    /// Expect another session id, and show it once: the one before is that of a second login now
    #[arg(long)]
    new_session: bool,
    /// Forget that it is connected, where a switch has not told that it has gone
    #[arg(long)]
    disconnected: bool,
}

impl Spoken for ChannelClient {
    const KEY: &'static str = "NAME";
    const OWNER: Option<&'static str> = Some("channel");
    const COLUMNS: &'static [&'static str] = &["NAME", "CHANNEL", "STATE", "FROM", "SWITCH"];
    type Fields = ClientFields;

    fn new(key: &N<Self>) -> Self {
        let channel = Channel::new(key.channel.clone().map(|name| name.0).unwrap_or_default());
        let client = Client {
            channel: 0,
            name: key.name,
            // What nobody knows; of a new one both are made anew.
            secret: client_secret(key.name, "", &generate_password()),
            session: generate_session(),
            created: seconds(),
            expires: 0,
            asked_from: None,
            connected: None,
            replaced: Vec::new(),
            granted: Vec::new(),
        };
        Self { channel, client }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &ClientFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        let client = &mut self.client;
        if was.is_none() {
            let name = Address::Key(Name(self.channel.name.clone()));
            (client.channel, self.channel) = one::<Channel>(desk.session, &name)?;
            client.expires = client.created + i64::from(self.channel.session_life);
        }
        if let Some(life) = fields.life {
            client.expires = seconds() + life;
        }
        if was.is_none() {
            desk.made.push(("domain", desk.verto_domain.to_owned()));
        }
        if was.is_none() || fields.new_password {
            let password = generate_password();
            client.secret = client_secret(client.name, desk.verto_domain, &password);
            desk.made.push(("password", password));
        }
        if was.is_none() || fields.new_session {
            client.part();
            client.session = generate_session();
            desk.made.push(("session", client.session.as_str().to_owned()));
        }
        if fields.disconnected {
            if client.connections().next().is_none() {
                bail!("it is not connected");
            }
            client.connected = None;
            client.replaced.clear();
        }
        Ok(())
    }

    fn leaving(&self, _: i64, desk: &mut Desk<'_>) -> anyhow::Result<()> {
        if let Some(connection) = &self.client.connected {
            desk.note(format!(
                "it was connected to switch «{}»: it is put out there if `[[switches]]` names that; else it \
                 keeps what it was granted until it leaves",
                connection.switch.escape_debug()
            ));
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let connected = self.client.connected.as_ref();
        show::fields(json!({
            "name": self.client.name.to_string(),
            "channel": self.channel.name,
            "created": self.client.created,
            "expires": self.client.expires,
            "asked_from": self.client.asked_from,
            "is_connected": self.client.is_connected(&self.channel, seconds()),
            "connected": connected.map(|it| it.at),
            "connected_address": connected.map(|it| it.address.as_str()),
            "connected_switch": connected.map(|it| it.switch.as_str()),
            "replaced": self.client.replaced.iter().map(|it| &it.connection).collect::<Vec<_>>(),
        }))
    }

    fn cells(&self) -> Vec<String> {
        let now = seconds();
        let connection =
            self.client.connected.as_ref().filter(|_| self.client.is_connected(&self.channel, now));
        let state = match connection {
            _ if self.client.is_expired(now) => "expired",
            Some(_) => "connected",
            None => "expected",
        };
        let told =
            |text: fn(&Connection) -> &String| connection.map(text).cloned().unwrap_or_default();
        vec![
            self.client.name.to_string(),
            self.channel.name.clone(),
            state.to_owned(),
            told(|connection| &connection.address),
            told(|connection| &connection.switch),
        ]
    }
}
