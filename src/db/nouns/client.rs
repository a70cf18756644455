//! Clients of channels. Mostly they are made by whoever asks for a session, some by hand.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::str::FromStr;

use jackfield_api::snapshot::{Channel, Client, Uuid};

use super::{Address, Name, Noun, NounError, Page, one};
use crate::db::Session;
use crate::db::tables::client::{self, ClientRow};
use crate::db::tables::{Row, put};

/// A client, and its channel.
#[derive(Debug, Clone)]
pub(crate) struct ChannelClient {
    pub(crate) channel: Channel,
    pub(crate) client: Client,
}

/// What a client logs in as; of a new one, and the channel that it is to be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientKey {
    pub(crate) name: Uuid,
    pub(crate) channel: Option<Name>,
}

impl FromStr for ClientKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = Uuid::parse_str(text)
            .map_err(|_| "a client is named by a UUID; `jackfield client list` shows them")?;
        Ok(Self { name, channel: None })
    }
}

impl fmt::Display for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl Noun for ChannelClient {
    const NOUN: &'static str = "client";
    type Key = ClientKey;

    fn key(&self) -> ClientKey {
        ClientKey { name: self.client.name, channel: None }
    }

    fn check(&self) -> Result<(), String> {
        if self.client.expires <= self.client.created {
            return Err("it ends before it is made".to_owned());
        }
        Ok(())
    }

    fn find(c: &mut Session, key: &ClientKey) -> Result<Vec<i64>, NounError> {
        Ok(client::named(c, key.name)?.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = ClientRow::read(c, id)? else { return Ok(None) };
        let client = row.read_as(id)?;
        Ok(Some(Self { channel: channel(c, client.channel)?, client }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = match page.of {
            Some(channel) => {
                let channel = Address::Key(Name(channel.to_owned()));
                let (id, _) = one::<Channel>(c, &channel)?;
                client::of_channel(c, id, page.after, page.limit)?
            }
            None => ClientRow::page(c, page.after, page.limit)?,
        };
        let mut channels = HashMap::<i64, Channel>::new();
        let mut clients = Vec::with_capacity(rows.len());
        for (id, row) in rows {
            let client = row.read_as(id)?;
            let channel = match channels.entry(client.channel) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(free) => free.insert(channel(c, client.channel)?).clone(),
            };
            clients.push((id, Self { channel, client }));
        }
        Ok(clients)
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        Ok(put(c, id, &ClientRow::of(&self.client))?.0)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(ClientRow::remove(c, id)?)
    }
}

fn channel(c: &mut Session, id: i64) -> Result<Channel, NounError> {
    Ok(one::<Channel>(c, &Address::Id(id))?.1)
}
