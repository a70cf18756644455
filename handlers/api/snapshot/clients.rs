//! The clients of all channels: found by name without a scan, and changed one by one.
//!
//! They come and go and log in all the time, while copies are made of the snapshot. So they lie in
//! parts that copies share, and a change copies the parts that it is in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "stored")]
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::Client;

/// How many parts: a copy costs a pointer each, a change what one holds.
const PARTS: usize = 256;

type Part = BTreeMap<Uuid, (i64, Arc<Client>)>;

/// Clients, each with the row that it is stored in.
#[derive(Clone)]
pub struct Clients {
    /// By the last byte of the name.
    by_name: Vec<Arc<Part>>,
    /// By the last byte of the row.
    names: Vec<Arc<BTreeMap<i64, Uuid>>>,
    len: usize,
}

impl Default for Clients {
    fn default() -> Self {
        Self { by_name: vec![Arc::default(); PARTS], names: vec![Arc::default(); PARTS], len: 0 }
    }
}

impl Clients {
    /// The client of this name, as [`Clients::name`] reads it.
    pub fn named(&self, name: &str) -> Option<&Client> {
        self.get(Self::name(name)?)
    }

    /// A name: a UUID with its hyphens, case apart. What else a UUID may be spelled as the switch would
    /// not find in an answer.
    pub fn name(text: &str) -> Option<Uuid> {
        const LENGTH: usize = 36;
        Uuid::parse_str(text).ok().filter(|_| text.len() == LENGTH)
    }

    /// The client of this name.
    pub fn get(&self, name: Uuid) -> Option<&Client> {
        self.by_name[part_of(name)].get(&name).map(|(_, client)| &**client)
    }

    /// The client of this row.
    pub fn at(&self, row: i64) -> Option<&Client> {
        self.get(*self.names[part_of_row(row)].get(&row)?)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them with their rows, in no order.
    pub fn with_rows(&self) -> impl Iterator<Item = (i64, &Client)> {
        let parts = self.by_name.iter().flat_map(|part| part.values());
        parts.map(|(row, client)| (*row, &**client))
    }

    /// Writes a client, over the one of its row. One of another row that has its name is gone: no
    /// database has two of them.
    pub fn put(&mut self, row: i64, client: Client) {
        self.remove(row);
        let name = client.name;
        let part = Arc::make_mut(&mut self.by_name[part_of(name)]);
        if let Some((other, _)) = part.insert(name, (row, Arc::new(client))) {
            Arc::make_mut(&mut self.names[part_of_row(other)]).remove(&other);
            self.len -= 1;
        }
        Arc::make_mut(&mut self.names[part_of_row(row)]).insert(row, name);
        self.len += 1;
    }

    /// Takes the client of a row away.
    pub fn remove(&mut self, row: i64) {
        let names = &mut self.names[part_of_row(row)];
        if !names.contains_key(&row) {
            return;
        }
        if let Some(name) = Arc::make_mut(names).remove(&row) {
            Arc::make_mut(&mut self.by_name[part_of(name)]).remove(&name);
            self.len -= 1;
        }
    }
}

/// The last byte of a UUID is a random one in every version that has any.
fn part_of(name: Uuid) -> usize {
    usize::from(name.as_bytes()[15]) % PARTS
}

fn part_of_row(row: i64) -> usize {
    usize::from(row.to_le_bytes()[0]) % PARTS
}

impl FromIterator<(i64, Client)> for Clients {
    fn from_iter<I: IntoIterator<Item = (i64, Client)>>(clients: I) -> Self {
        let mut found = Self::default();
        clients.into_iter().for_each(|(row, client)| found.put(row, client));
        found
    }
}

/// In the order of their rows.
impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clients: BTreeMap<i64, &Client> = self.with_rows().collect();
        clients.fmt(f)
    }
}

#[cfg(feature = "stored")]
impl Serialize for Clients {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.with_rows())
    }
}

#[cfg(feature = "stored")]
impl<'de> Deserialize<'de> for Clients {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<(i64, Client)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ClientSecret;

    fn client(name: u64) -> Client {
        Client {
            channel: 1,
            name: Uuid::from_u64_pair(0, name),
            secret: ClientSecret::parse(&"0".repeat(32)).expect("a hash"),
            session: Uuid::nil().into(),
            created: 0,
            expires: 1,
            asked_from: None,
            connected: None,
            replaced: Vec::new(),
            granted: Vec::new(),
        }
    }

    fn numbered(row: i64) -> Client {
        client(row.unsigned_abs())
    }

    #[test]
    fn a_client_is_found_by_its_name_and_by_its_row() {
        let mut clients: Clients = (1..=1000).map(|n| (n * 3, numbered(n * 7))).collect();
        assert_eq!(clients.len(), 1000);
        let name = Uuid::from_u128(700);
        assert_eq!(clients.at(300).map(|client| client.name), Some(name));
        let spelled = name.to_string().to_uppercase();
        assert_eq!(clients.named(&spelled).map(|client| client.name), Some(name));
        assert!(clients.named("nobody").is_none() && clients.at(301).is_none());
        assert!(clients.named(&name.simple().to_string()).is_none());

        clients.put(300, client(5));
        assert!(clients.get(name).is_none() && clients.get(Uuid::from_u128(5)).is_some());
        clients.remove(300);
        clients.remove(300);
        assert!(clients.at(300).is_none() && clients.get(Uuid::from_u128(5)).is_none());
        assert_eq!((clients.len(), clients.with_rows().count()), (999, 999));
    }

    #[test]
    fn of_two_with_one_name_the_last_is_there() {
        let mut clients: Clients = [(1, client(1)), (2, client(2))].into_iter().collect();
        clients.put(2, client(1));
        assert!(clients.at(1).is_none() && clients.get(Uuid::from_u128(2)).is_none());
        assert_eq!((clients.at(2).map(|it| it.name.as_u128()), clients.len()), (Some(1), 1));
    }

    #[test]
    fn a_copy_shares_all_parts_that_a_change_is_not_in() {
        let before: Clients = (1..=10_000).map(|n| (n, numbered(n))).collect();
        let mut after = before.clone();
        after.put(77, client(77));
        let shared = |one: &Clients, other: &Clients| {
            let pairs = one.by_name.iter().zip(&other.by_name);
            pairs.filter(|(one, other)| Arc::ptr_eq(one, other)).count()
        };
        assert_eq!(shared(&before, &after), PARTS - 1);
        assert_eq!(format!("{before:?}"), format!("{after:?}"));
    }

    #[test]
    fn clients_are_kept_as_they_are() {
        let clients: Clients = (1..=300).map(|n| (n, numbered(n))).collect();
        let kept = serde_json::to_string(&clients).expect("plain data");
        let back: Clients = serde_json::from_str(&kept).expect("what was written");
        assert_eq!(format!("{back:?}"), format!("{clients:?}"));
    }
}
