//! Logins of clients, and their ends.
//!
//! A login is decided by one update, whose condition is all that it depends on: who may be expected,
//! whether the channel is open, whether there is room. What is read before it in the same transaction
//! is what the answer is made of. No two writers pass at once: on PostgreSQL each begins by locking the
//! row of the revision, on SQLite by writing it. So the count of who is connected is still true when
//! the update is made, whichever instance makes it, and the limit of a channel holds.

use diesel::dsl::count_star;
use diesel::prelude::*;
use jackfield_api::snapshot::{Channel, Client, Replaced, SecondLogin, SessionId, Verto};
use jackfield_api::{Approval, ClientLeave, ClientLogin, LoginDecision, LoginRefusal};

use super::super::DbError;
use super::super::schema::{channels, clients};
use super::super::session::Session;
use super::super::tables::channel::ChannelRow;
use super::super::tables::client::{self, ClientRow};
use super::super::tables::{Row, json};

/// How many sessions a client's row has that were replaced and have not gone. Each has been named at as
/// many approvals before the oldest is left out.
const MOST_REPLACED: usize = 16;

/// Decides on a login at this time.
pub(super) fn login(
    c: &mut Session,
    login: &ClientLogin,
    now: i64,
) -> Result<LoginDecision, DbError> {
    let Some((id, client, channel)) = found(c, login)? else {
        return Ok(LoginDecision::Refused(LoginRefusal::Unknown));
    };
    let is_second = client.session != login.session;
    let approved = |instead_of: Vec<SessionId>| {
        LoginDecision::Approved(Approval {
            methods: channel.methods.clone(),
            event_channels: channel.event_channels.clone(),
            instead_of,
            granted_before: client.granted.clone(),
        })
    };
    // Each time anew: nobody knows whether the answer that told it before has arrived. The session itself
    // may be left over on another switch, where this hook does not reach.
    let mut instead_of: Vec<_> = client.replaced.iter().map(|it| it.session.clone()).collect();
    instead_of.retain(|session| *session != login.session);
    if is_recorded(&client, &channel, login, now) {
        return Ok(approved(instead_of));
    }
    let takes_over = is_second && channel.second_login == SecondLogin::PuntOld;
    if record(c, id, &client, &channel, login, now)? {
        instead_of.extend(takes_over.then(|| client.session.clone()));
        return Ok(approved(instead_of));
    }
    Ok(match refusal(&client, &channel, login, now) {
        // Beside the other one, and recorded as nothing.
        Some(LoginRefusal::Second) if channel.second_login == SecondLogin::Allow => {
            let is_room =
                client.is_connected(&channel, now) || has_room(c, &channel, &client, now)?;
            if is_room { approved(Vec::new()) } else { LoginDecision::Refused(LoginRefusal::Full) }
        }
        Some(refusal) => LoginDecision::Refused(refusal),
        None => LoginDecision::Refused(LoginRefusal::Full),
    })
}

/// The client that is meant, and its channel.
fn found(c: &mut Session, login: &ClientLogin) -> Result<Option<(i64, Client, Channel)>, DbError> {
    let Some(id) = client::named(c, login.name)? else { return Ok(None) };
    let Some(client) = ClientRow::read(c, id)? else { return Ok(None) };
    let client = client.read_as(id)?;
    let Some(channel) = ChannelRow::read(c, client.channel)? else { return Ok(None) };
    let channel = channel.read_as(client.channel)?;
    Ok(Some((id, client, channel)))
}

/// Whether it is told once more: nothing is to be written.
fn is_recorded(client: &Client, channel: &Channel, login: &ClientLogin, now: i64) -> bool {
    let connection = client.connected.as_ref();
    let same =
        connection.is_some_and(|it| it.address == login.address && it.switch == login.switch);
    let is_granted = granted(client, channel).len() == client.granted.len();
    let is_connected = channel.enabled && client.is_connected(channel, now);
    same && client.session == login.session && is_connected && is_granted
}

/// The decision: whether the connection is the client's from now on.
fn record(
    c: &mut Session,
    id: i64,
    client: &Client,
    channel: &Channel,
    login: &ClientLogin,
    now: i64,
) -> QueryResult<bool> {
    let open = channels::table.filter(channels::enabled.eq(true)).select(channels::id);
    let taking_over = channels::table
        .filter(channels::second_login.eq(SecondLogin::PuntOld.word()))
        .select(channels::id);
    let since = now - i64::from(channel.session_life);
    let all = diesel::alias!(clients as connected_clients);
    let taken = all
        .filter(all.field(clients::channel_id).eq(client.channel))
        .filter(all.field(clients::connected).gt(since))
        .filter(all.field(clients::expires).gt(now))
        .select(count_star())
        .single_value();
    let mut update = diesel::update(clients::table).filter(clients::id.eq(id)).into_boxed();
    // Where there is no limit, nobody counts.
    if let Some(limit) = channel.limit {
        // One that is connected already takes no second place.
        let is_room = clients::connected.gt(since).or(taken.lt(i64::from(limit)));
        update = update.filter(is_room);
    }
    let written = update
        .filter(clients::expires.gt(now))
        .filter(clients::channel_id.eq_any(open))
        // As it was read: the answer names it where another takes its place.
        .filter(clients::session.eq(client.session.as_str()))
        .filter(
            clients::session.eq(login.session.as_str()).or(clients::channel_id.eq_any(taking_over)),
        )
        .set((
            clients::session.eq(login.session.as_str()),
            clients::connected.eq(now),
            clients::connected_address.eq(&login.address),
            clients::connected_switch.eq(&login.switch),
            clients::replaced.eq(json(&replaced_by(client, login, since))),
            clients::granted.eq(json(&granted(client, channel))),
        ))
        .execute(c)?;
    Ok(written == 1)
}

/// Who has to make place for this login, or has had to before: also the same session on another switch,
/// where nobody but us would end it. None is there for longer than a session lives.
fn replaced_by(client: &Client, login: &ClientLogin, since: i64) -> Vec<Replaced> {
    let now = client
        .connected
        .clone()
        .map(|connection| Replaced { session: client.session.clone(), connection });
    let mut all: Vec<_> = client.replaced.iter().cloned().chain(now).collect();
    all.retain(|Replaced { session, connection }| {
        let is_its_own =
            *session == login.session && connection.switch.eq_ignore_ascii_case(&login.switch);
        !is_its_own && connection.at > since
    });
    let oldest = all.len().saturating_sub(MOST_REPLACED);
    all.split_off(oldest)
}

/// What sessions of the client have been granted, and this one will be, that has to be named to be taken.
fn granted(client: &Client, channel: &Channel) -> Vec<String> {
    let mut granted = client.granted.clone();
    for right in channel.methods.iter().chain(&channel.event_channels) {
        if !Verto::has(right) && !granted.contains(right) {
            granted.push(right.clone());
        }
    }
    granted
}

/// Why it was not recorded, if it is not that the channel is full.
fn refusal(
    client: &Client,
    channel: &Channel,
    login: &ClientLogin,
    now: i64,
) -> Option<LoginRefusal> {
    if client.is_expired(now) {
        return Some(LoginRefusal::Expired);
    }
    if !channel.enabled {
        return Some(LoginRefusal::Disabled);
    }
    let is_second = client.session != login.session;
    (is_second && channel.second_login != SecondLogin::PuntOld).then_some(LoginRefusal::Second)
}

/// Whether one more client may be connected.
fn has_room(c: &mut Session, channel: &Channel, client: &Client, now: i64) -> QueryResult<bool> {
    let Some(limit) = channel.limit else { return Ok(true) };
    let connected: i64 = clients::table
        .filter(clients::channel_id.eq(client.channel))
        .filter(clients::connected.gt(now - i64::from(channel.session_life)))
        .filter(clients::expires.gt(now))
        .select(count_star())
        .first(c)?;
    Ok(connected < i64::from(limit))
}

/// Records that a connection has ended; whether it was one of the client's.
pub(super) fn leave(c: &mut Session, leave: &ClientLeave) -> Result<bool, DbError> {
    forget(c, leave, i64::MAX)
}

/// The same of a connection that was made before this time.
pub(super) fn forget(c: &mut Session, leave: &ClientLeave, before: i64) -> Result<bool, DbError> {
    let named = clients::table.filter(clients::name.eq(leave.name.to_string()));
    let written = diesel::update(named)
        .filter(clients::connected.lt(before))
        .filter(clients::connected_address.eq(&leave.address))
        .filter(clients::connected_switch.eq(&leave.switch))
        .set((
            clients::connected.eq(None::<i64>),
            clients::connected_address.eq(None::<String>),
            clients::connected_switch.eq(None::<String>),
        ))
        .execute(c)?;
    Ok(forget_replaced(c, leave, before)? || written > 0)
}

/// The same of a connection that had to go.
fn forget_replaced(c: &mut Session, leave: &ClientLeave, before: i64) -> Result<bool, DbError> {
    let Some(id) = client::named(c, leave.name)? else { return Ok(false) };
    let Some(row) = ClientRow::read(c, id)? else { return Ok(false) };
    let mut replaced = row.read_as(id)?.replaced;
    let count = replaced.len();
    replaced.retain(|Replaced { connection: it, .. }| {
        it.at >= before || it.address != leave.address || it.switch != leave.switch
    });
    if replaced.len() == count {
        return Ok(false);
    }
    let at = clients::table.filter(clients::id.eq(id));
    diesel::update(at).set(clients::replaced.eq(json(&replaced))).execute(c)?;
    Ok(true)
}
