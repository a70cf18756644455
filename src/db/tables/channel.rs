//! Channels that browsers may join.

use diesel::prelude::*;
use jackfield_api::snapshot::{Channel, TokenHash};

use super::super::schema::channels;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(channels, ChannelRow {
    pub(in crate::db) name: String,
    pub(in crate::db) enabled: bool,
    pub(in crate::db) client_limit: Option<i64>,
    pub(in crate::db) access: String,
    pub(in crate::db) second_login: String,
    pub(in crate::db) context: String,
    pub(in crate::db) dialplan: String,
    pub(in crate::db) methods: String,
    pub(in crate::db) event_channels: String,
    pub(in crate::db) session_life: i64,
    pub(in crate::db) origins: String,
    pub(in crate::db) token_hash: Option<String>,
    pub(in crate::db) max_unconnected: i64,
    pub(in crate::db) max_unconnected_per_address: i64,
});

impl ChannelRow {
    pub(in crate::db) fn of(channel: &Channel) -> Self {
        Self {
            name: channel.name.clone(),
            enabled: channel.enabled,
            client_limit: channel.limit.map(i64::from),
            access: channel.access.to_string(),
            second_login: channel.second_login.to_string(),
            context: channel.context.clone(),
            dialplan: channel.dialplan.clone(),
            methods: json(&channel.methods),
            event_channels: json(&channel.event_channels),
            session_life: channel.session_life.into(),
            origins: json(&channel.origins),
            token_hash: channel.token.map(|token| token.digits()),
            max_unconnected: channel.max_unconnected.into(),
            max_unconnected_per_address: channel.max_unconnected_per_address.into(),
        }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Channel, DbError> {
        let columns = Columns::of::<Self>(id);
        let number = |column, number: i64| columns.parsed(column, u32::try_from(number));
        let token = |digits: String| {
            columns.parsed("token_hash", TokenHash::parse(&digits).ok_or("no hash of a token"))
        };
        Ok(Channel {
            enabled: self.enabled,
            limit: self.client_limit.map(|limit| number("client_limit", limit)).transpose()?,
            access: columns.parsed("access", self.access.parse())?,
            second_login: columns.parsed("second_login", self.second_login.parse())?,
            methods: columns.json("methods", &self.methods)?,
            event_channels: columns.json("event_channels", &self.event_channels)?,
            session_life: number("session_life", self.session_life)?,
            origins: columns.json("origins", &self.origins)?,
            token: self.token_hash.map(token).transpose()?,
            max_unconnected: number("max_unconnected", self.max_unconnected)?,
            max_unconnected_per_address: number(
                "max_unconnected_per_address",
                self.max_unconnected_per_address,
            )?,
            name: self.name,
            context: self.context,
            dialplan: self.dialplan,
        })
    }
}
