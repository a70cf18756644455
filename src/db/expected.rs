//! Expected sessions: what pages are given for the verto client that they host.
//!
//! Each is given in one transaction that takes the revision first, as every writer does
//! ([`Session::write`]). So what is counted is so until the client is stored, and the bounds of a
//! channel hold exactly, however many ask at once and of however many instances.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use jackfield_api::snapshot::{Channel, Client, SessionId, TokenHash, Uuid};

use super::schema::clients;
use super::session::Session;
use super::tables::Row;
use super::tables::channel::ChannelRow;
use super::tables::client::ClientRow;
use super::{Database, DatabaseUrl, DbError};
use crate::clock::seconds;
use crate::secret::{client_secret, generate_key, generate_session, generate_uuid};

/// Who changes tells of it.
const WHO: &str = "page";
/// What is left, once the database has given up, to take back what was begun.
const RESERVE: Duration = Duration::from_millis(50);
/// How many expired clients go with each one that comes: more than one, so that they get fewer.
const SWEPT: i64 = 50;
/// For how many seconds a client that does not connect makes no room for others.
const TIME_TO_CONNECT: i64 = 600;
/// Of session ids that were given out by us.
const SESSION_LENGTH: usize = 43;

/// What a page asks for.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The row of its channel.
    pub(crate) channel: i64,
    /// The hash of the token that it came with.
    pub(crate) token: Option<TokenHash>,
    /// The session that it comes back to.
    pub(crate) session: Option<SessionId>,
    /// Where it asks from.
    pub(crate) address: String,
    /// The domain that clients log in to.
    pub(crate) domain: String,
}

/// What a page is given: the password is stored nowhere, and told this once.
pub(crate) struct Given {
    pub(crate) name: Uuid,
    pub(crate) password: String,
    pub(crate) session: SessionId,
    /// When it ends, in seconds since 1970.
    pub(crate) expires: i64,
    /// Whether it was there before.
    pub(crate) is_resumed: bool,
}

/// Why a page is given nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotGiven {
    /// The channel has gone or been disabled since it was read.
    #[error("the channel is gone or disabled")]
    Channel,
    /// The token has become another one since it was read.
    #[error("the token is another one")]
    Token,
    /// The channel has no such session, or has it no more.
    #[error("there is no such session")]
    Session,
    /// As many clients are alive and not connected as the channel allows.
    #[error("the channel has as many clients that are not connected as it may have")]
    ChannelBound,
    /// The address has asked for as many of these as it may.
    #[error("the address has as many clients that are not connected as it may have")]
    AddressBound,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<diesel::result::Error> for NotGiven {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

/// Gives a page what it asks for. What is not given by the end is not given later.
pub(crate) fn give(url: &DatabaseUrl, ask: &Ask, end: Instant) -> Result<Given, NotGiven> {
    let end = end.checked_sub(RESERVE).unwrap_or(end);
    let left = || end.saturating_duration_since(Instant::now());
    let mut database = Database::open(url)?;
    // One millisecond: none would mean for ever.
    let patience = left().max(Duration::from_millis(1));
    database.session.give_up_after(patience).map_err(DbError::from)?;
    database.session.write(WHO, |c| {
        let now = seconds();
        // As it is stored now: the snapshot that let the page in may be a second old.
        let row = ChannelRow::read(c, ask.channel)?.filter(|row| row.enabled);
        let channel = row.ok_or(NotGiven::Channel)?.read_as(ask.channel)?;
        if !channel.admits(ask.token) {
            return Err(NotGiven::Token);
        }
        let given = match &ask.session {
            Some(session) => resume(c, ask, session, now)?,
            None => create(c, ask, &channel, now)?,
        };
        if left().is_zero() { Err(DbError::Late.into()) } else { Ok(given) }
    })
}

/// The password becomes another one, and nothing else: a page that was reloaded has forgotten it.
fn resume(c: &mut Session, ask: &Ask, session: &SessionId, now: i64) -> Result<Given, NotGiven> {
    // One that a browser has made up, and taken a client over with, may be anybody's guess.
    if session.as_str().len() != SESSION_LENGTH {
        return Err(NotGiven::Session);
    }
    let alive = clients::table
        .filter(clients::channel_id.eq(ask.channel))
        .filter(clients::session.eq(session.as_str()))
        .filter(clients::expires.gt(now));
    let found = alive.select((clients::id, ClientRow::as_select()));
    let (id, row) = found.first::<(i64, ClientRow)>(c).optional()?.ok_or(NotGiven::Session)?;
    let client = row.read_as(id)?;
    let password = generate_key();
    let ha1 = client_secret(client.name, &ask.domain, &password).ha1();
    let at = clients::table.filter(clients::id.eq(id));
    diesel::update(at).set(clients::ha1.eq(ha1)).execute(c)?;
    let Client { name, session, expires, .. } = client;
    Ok(Given { name, password, session, expires, is_resumed: true })
}

fn create(c: &mut Session, ask: &Ask, channel: &Channel, now: i64) -> Result<Given, NotGiven> {
    sweep(c, ask.channel, now)?;
    let most = i64::from(channel.max_unconnected);
    if !has_room(c, ask, channel, now, None, most)? {
        return Err(NotGiven::ChannelBound);
    }
    let most = i64::from(channel.max_unconnected_per_address);
    if !has_room(c, ask, channel, now, Some(&ask.address), most)? {
        return Err(NotGiven::AddressBound);
    }
    let (name, password, session) = (generate_uuid(), generate_key(), generate_session());
    let client = Client {
        channel: ask.channel,
        name,
        secret: client_secret(name, &ask.domain, &password),
        session,
        created: now,
        expires: now + i64::from(channel.session_life),
        asked_from: Some(ask.address.clone()),
        connected: None,
        replaced: Vec::new(),
        granted: Vec::new(),
    };
    ClientRow::of(&client).insert(c)?;
    let Client { session, expires, .. } = client;
    Ok(Given { name, password, session, expires, is_resumed: false })
}

/// Whether fewer clients than these are alive and not connected ([`Client::is_connected`]): of the
/// channel, or of those that were asked for from one address. The oldest makes room where it has had
/// its time to connect: its page has been left, or asks for another one when it comes back.
fn has_room(
    c: &mut Session,
    ask: &Ask,
    channel: &Channel,
    now: i64,
    address: Option<&str>,
    most: i64,
) -> QueryResult<bool> {
    let void = now - i64::from(channel.session_life);
    let unconnected = || {
        let mut of_channel = clients::table
            .filter(clients::channel_id.eq(ask.channel))
            .filter(clients::expires.gt(now))
            .filter(clients::connected.is_null().or(clients::connected.le(void)))
            .into_boxed();
        if let Some(address) = address {
            of_channel = of_channel.filter(clients::asked_from.eq(address.to_owned()));
        }
        of_channel
    };
    if unconnected().count().get_result::<i64>(c)? < most {
        return Ok(true);
    }
    let left = unconnected().filter(clients::created.le(now - TIME_TO_CONNECT));
    let oldest = left.order(clients::created).select(clients::id).first::<i64>(c).optional()?;
    match oldest {
        Some(id) if most > 0 => ClientRow::remove(c, id).map(|()| true),
        _ => Ok(false),
    }
}

/// Removes clients of the channel whose time is over.
fn sweep(c: &mut Session, channel: i64, now: i64) -> QueryResult<()> {
    let over = clients::table
        .filter(clients::channel_id.eq(channel))
        .filter(clients::expires.le(now))
        .order(clients::expires)
        .limit(SWEPT)
        .select(clients::id)
        .load::<i64>(c)?;
    for id in over {
        ClientRow::remove(c, id)?;
    }
    Ok(())
}
