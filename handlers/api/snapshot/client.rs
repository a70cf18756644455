//! Clients: each is one browser's login to a channel.

use std::fmt;

use uuid::Uuid;

use super::Channel;

/// A client: what one browser logs in to `mod_verto` with.
///
/// ```
/// # let pbx = jackfield_api::testing::pbx();
/// // By what it logs in as, with its channel.
/// assert!(pbx.client("0b7e1c9e-0000-4000-8000-000000000000").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Client {
    /// The row of its channel.
    pub channel: i64,
    /// What it logs in as.
    pub name: Uuid,
    /// What it proves itself with.
    pub secret: ClientSecret,
    /// The session id that its login has to come with.
    pub session: SessionId,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
    /// The address that asked for it; none where it was made by hand.
    pub asked_from: Option<String>,
    /// The connection that it has, as far as the switches have told.
    pub connected: Option<Connection>,
    /// Who had to make place for it, and may still be there: its oldest first.
    #[cfg_attr(feature = "stored", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub replaced: Vec<Replaced>,
    /// What its sessions have been granted so far and `mod_verto` does not know by itself, by name: what
    /// is to be taken from them has to be named.
    #[cfg_attr(feature = "stored", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub granted: Vec<String>,
}

/// A session whose place another login has taken ([`SecondLogin::PuntOld`](super::SecondLogin)), with the
/// connection that it had. It has to be put out, until it is known that the connection is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Replaced {
    /// The session.
    pub session: SessionId,
    /// Its connection.
    #[cfg_attr(feature = "stored", serde(flatten))]
    pub connection: Connection,
}

/// A connection of a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Connection {
    /// When it was made, in seconds since 1970.
    pub at: i64,
    /// The browser's address and port, as the switch tells them.
    pub address: String,
    /// The switch, by the host name that its hook scripts tell.
    pub switch: String,
}

impl Client {
    /// Whether its time is over.
    pub fn is_expired(&self, now: i64) -> bool {
        self.expires <= now
    }

    /// Whether it is connected. Nobody is for longer than a session lives, whatever switches have told
    /// or failed to tell.
    pub fn is_connected(&self, channel: &Channel, now: i64) -> bool {
        let since = now - i64::from(channel.session_life);
        !self.is_expired(now) && self.connected.as_ref().is_some_and(|it| it.at > since)
    }

    /// Another session is to be expected: the one that is connected has to go.
    pub fn part(&mut self) {
        let session = self.session.clone();
        self.replaced
            .extend(self.connected.take().map(|connection| Replaced { session, connection }));
    }

    /// All connections that it may have on switches: the one that it has, and those that have to go.
    pub fn connections(&self) -> impl Iterator<Item = (&SessionId, &Connection)> {
        let own = self.connected.iter().map(|connection| (&self.session, connection));
        own.chain(self.replaced.iter().map(|it| (&it.session, &it.connection)))
    }
}

/// HA1 of a client: MD5 of `name:domain:password`.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(try_from = "String", into = "String"))]
pub struct ClientSecret([u8; 16]);

impl ClientSecret {
    /// 32 lower-case hexadecimal digits.
    pub fn parse(digits: &str) -> Option<Self> {
        super::user::bytes(digits).map(Self)
    }

    /// As [`ClientSecret::parse`] reads it.
    pub fn ha1(&self) -> String {
        super::user::hex(&self.0)
    }
}

impl TryFrom<String> for ClientSecret {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, &'static str> {
        Self::parse(&digits).ok_or("no hash of a client")
    }
}

impl From<ClientSecret> for String {
    fn from(secret: ClientSecret) -> Self {
        secret.ha1()
    }
}

/// Never the hash.
impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// The session id of a verto login. The client chooses it; whoever knows it can speak for the client.
///
/// One that could be something else in a command of a switch, or in a line of an answer, is none; nor
/// is one that holds the word that tells hook scripts to put a client out: older ones look for it in
/// all of an answer.
///
/// ```
/// use jackfield_api::snapshot::SessionId;
///
/// assert!(SessionId::parse("51c2-a").is_some());
/// assert!(SessionId::parse("51c2 a").is_none() && SessionId::parse("punt").is_none());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "stored", serde(try_from = "String", into = "String"))]
pub struct SessionId(Box<str>);

impl SessionId {
    /// The longest.
    const LONGEST: usize = 128;

    /// 1 to 128 letters, digits, `.`, `_`, `~` and `-`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
        let is_one = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(fits);
        (is_one && !holds_punt(text)).then(|| Self(text.into()))
    }

    /// The text. Not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether older hook scripts would take an answer with this in it for another one.
pub fn holds_punt(text: &str) -> bool {
    const PUNT: &[u8] = b"punt";
    text.as_bytes().windows(PUNT.len()).any(|part| part.eq_ignore_ascii_case(PUNT))
}

impl From<Uuid> for SessionId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.to_string().into())
    }
}

impl TryFrom<String> for SessionId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text).ok_or("no session id")
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0.into()
    }
}

/// Never the id.
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_can_be_nothing_else_in_a_command() {
        for id in ["a", "0b7e-~._Z", &"x".repeat(128)] {
            assert_eq!(SessionId::parse(id).expect("an id").as_str(), id);
        }
        for text in
            ["", "punt", "xPuNtx", "a b", "a\nb", "a,b", "ä", "a'", "$a", "a=b", &"x".repeat(129)]
        {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_connection_is_void_once_a_session_of_its_age_is_over() {
        let channel = Channel { session_life: 100, ..Channel::new("c") };
        let mut client = Client {
            channel: 1,
            name: Uuid::nil(),
            secret: ClientSecret::parse(&"0".repeat(32)).expect("a hash"),
            session: Uuid::nil().into(),
            created: 0,
            expires: 1000,
            asked_from: None,
            connected: None,
            replaced: Vec::new(),
            granted: Vec::new(),
        };
        assert!(!client.is_connected(&channel, 10));
        let (address, switch) = (String::new(), String::new());
        client.connected = Some(Connection { at: 10, address, switch });
        assert!(client.is_connected(&channel, 109));
        assert!(!client.is_connected(&channel, 110));
        client.expires = 50;
        assert!(client.is_connected(&channel, 49) && !client.is_connected(&channel, 50));
    }

    #[test]
    fn neither_hash_nor_session_id_is_shown() {
        let digits = "5".repeat(32);
        let secret = ClientSecret::parse(&digits).expect("a hash");
        assert_eq!(secret.ha1(), digits);
        let session = SessionId::parse("hush").expect("an id");
        let shown = format!("{secret:?} {session:?}");
        assert!(!shown.contains("hush") && !shown.contains("555"), "{shown}");
    }
}
