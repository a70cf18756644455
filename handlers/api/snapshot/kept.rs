//! A snapshot as bytes, to be kept and read back when the database is away.
//!
//! What has been made of the contents is kept with them: globals have been put in, and are not put in
//! again. Lists are JSON; users stay packed. Whoever keeps the bytes is to see that they come back
//! whole: damage that makes no other snapshot of them is an error here, and none is a panic.

use std::io::{self, Read, Write};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::global::Globals;
use super::users::Users;
use super::{Contents, Snapshot};

/// Told in front of the bytes. To be raised whenever what was written before would be taken for
/// something else. (A list with other fields is refused by itself.)
pub const FORMAT: u32 = 2;

impl Snapshot {
    /// Writes everything.
    pub fn keep(&self, to: &mut dyn Write) -> io::Result<()> {
        let Contents {
            revision,
            globals,
            domains,
            profiles,
            access_lists,
            dialplan,
            chatplan,
            rooms,
            menus,
            queues,
            agents,
            tiers,
            languages,
            documents,
            channels,
            clients,
            verto: _,
        } = &self.contents;
        // A number alone has no end.
        json(to, &[revision])?;
        json(to, globals)?;
        json(to, domains)?;
        json(to, profiles)?;
        json(to, access_lists)?;
        json(to, dialplan)?;
        json(to, chatplan)?;
        json(to, rooms)?;
        json(to, menus)?;
        json(to, queues)?;
        json(to, agents)?;
        json(to, tiers)?;
        json(to, languages)?;
        json(to, documents)?;
        json(to, channels)?;
        json(to, clients)?;
        domains.iter().try_for_each(|domain| domain.users().keep(to))
    }

    /// Reads what [`Snapshot::keep`] wrote in this [`FORMAT`], and no byte more.
    pub fn read_kept(from: &mut dyn Read) -> io::Result<Self> {
        let [revision] = read_json(from)?;
        let mut contents = Contents {
            revision,
            globals: read_json(from)?,
            domains: read_json(from)?,
            profiles: read_json(from)?,
            access_lists: read_json(from)?,
            dialplan: read_json(from)?,
            chatplan: read_json(from)?,
            rooms: read_json(from)?,
            menus: read_json(from)?,
            queues: read_json(from)?,
            agents: read_json(from)?,
            tiers: read_json(from)?,
            languages: read_json(from)?,
            documents: read_json(from)?,
            channels: read_json(from)?,
            clients: read_json(from)?,
            // The service that serves it says how.
            ..Contents::default()
        };
        let globals = Arc::new(Globals::new(&contents.globals));
        for domain in contents.domains.iter_mut() {
            domain.take_back(Users::read_kept(from)?, &globals);
        }
        Ok(Self::of_resolved(contents, globals))
    }
}

pub(super) fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Writes an array or an object, which end by themselves.
pub(super) fn json(to: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(to, value).map_err(io::Error::from)
}

pub(super) fn read_json<T: DeserializeOwned>(from: &mut dyn Read) -> io::Result<T> {
    let read = T::deserialize(&mut serde_json::Deserializer::from_reader(from));
    read.map_err(|error| match error.io_error_kind() {
        Some(_) => error.into(),
        // Its words may hold what is stored.
        None if error.is_eof() => io::ErrorKind::UnexpectedEof.into(),
        None => broken("a list is not what this version writes"),
    })
}
