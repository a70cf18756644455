//! Clients of channels.

use diesel::prelude::*;
use jackfield_api::snapshot::{Client, ClientSecret, Connection, SessionId, Uuid};

use super::super::schema::clients;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(clients, ClientRow {
    pub(in crate::db) channel_id: i64,
    pub(in crate::db) name: String,
    pub(in crate::db) ha1: String,
    pub(in crate::db) session: String,
    pub(in crate::db) created: i64,
    pub(in crate::db) expires: i64,
    pub(in crate::db) asked_from: Option<String>,
    pub(in crate::db) connected: Option<i64>,
    pub(in crate::db) connected_address: Option<String>,
    pub(in crate::db) connected_switch: Option<String>,
    pub(in crate::db) replaced: String,
    pub(in crate::db) granted: String,
});

impl ClientRow {
    pub(in crate::db) fn of(client: &Client) -> Self {
        let connected = client.connected.as_ref();
        Self {
            channel_id: client.channel,
            name: client.name.to_string(),
            ha1: client.secret.ha1(),
            session: client.session.as_str().to_owned(),
            created: client.created,
            expires: client.expires,
            asked_from: client.asked_from.clone(),
            connected: connected.map(|connection| connection.at),
            connected_address: connected.map(|connection| connection.address.clone()),
            connected_switch: connected.map(|connection| connection.switch.clone()),
            replaced: json(&client.replaced),
            granted: json(&client.granted),
        }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Client, DbError> {
        let columns = Columns::of::<Self>(id);
        let secret = ClientSecret::parse(&self.ha1).ok_or("no hash of a client");
        let session = SessionId::parse(&self.session).ok_or("no session id");
        let connected = (self.connected, self.connected_address, self.connected_switch);
        let connected = match connected {
            (Some(at), Some(address), Some(switch)) => Some(Connection { at, address, switch }),
            _ => None,
        };
        Ok(Client {
            channel: self.channel_id,
            name: columns.parsed("name", Uuid::parse_str(&self.name).map_err(|_| "no UUID"))?,
            secret: columns.parsed("ha1", secret)?,
            session: columns.parsed("session", session)?,
            created: self.created,
            expires: self.expires,
            asked_from: self.asked_from,
            connected,
            replaced: columns.json("replaced", &self.replaced)?,
            granted: columns.json("granted", &self.granted)?,
        })
    }
}

/// Clients of a channel behind an id, in the order of their ids.
pub(in crate::db) fn of_channel(
    c: &mut Session,
    channel: i64,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(i64, ClientRow)>> {
    clients::table
        .filter(clients::channel_id.eq(channel))
        .filter(clients::id.gt(after))
        .order(clients::id)
        .limit(limit)
        .select((clients::id, ClientRow::as_select()))
        .load(c)
}

/// The client of this name.
pub(in crate::db) fn named(c: &mut Session, name: Uuid) -> QueryResult<Option<i64>> {
    let found = clients::table.filter(clients::name.eq(name.to_string()));
    found.select(clients::id).first(c).optional()
}
