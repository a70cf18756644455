//! Users as bytes outside of memory: the packed form as it lies there, but for the index, which is
//! made anew.
//!
//! Numbers have four bytes, rows eight, the lowest first. Texts and extras come first, then the
//! chunks, one after the other, so that there is never a second copy of all users. What is read back
//! may be anything: it is users then, or an error.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::super::kept::{broken, json, read_json};
use super::texts::Texts;
use super::{Chunk, Users};

/// More than is reserved for anything before it has been read.
const RESERVED: usize = 1 << 20;

impl Users {
    /// Writes all of them.
    pub(in super::super) fn keep(&self, to: &mut dyn Write) -> io::Result<()> {
        number(to, self.texts.len())?;
        for text in self.texts.all() {
            number(to, text.len())?;
            to.write_all(text.as_bytes())?;
        }
        number(to, self.extras.len())?;
        for (row, extras) in self.extras.iter() {
            to.write_all(&row.to_le_bytes())?;
            json(to, extras)?;
        }
        number(to, self.chunks.len())?;
        self.chunks.iter().try_for_each(|chunk| chunk.keep(to))
    }

    /// Reads what [`Users::keep`] wrote.
    pub(in super::super) fn read_kept(from: &mut dyn Read) -> io::Result<Self> {
        let mut texts = Texts::default();
        for at in 0..read_number(from)? {
            let length = read_number(from)?;
            let text = String::from_utf8(read_bytes(from, length)?);
            let text = text.map_err(|_| broken("a text is not UTF-8"))?;
            if texts.add(&text) != at {
                return Err(broken("a text is there twice"));
            }
        }
        let mut extras = BTreeMap::new();
        for _ in 0..read_number(from)? {
            extras.insert(read_row(from)?, read_json(from)?);
        }
        let (packed_texts, texts, extras) = (texts.len(), texts.into(), extras.into());
        let mut users = Self { texts, packed_texts, extras, ..Self::default() };
        let mut last = None;
        for _ in 0..read_number(from)? {
            let chunk = Chunk::read_kept(from, &mut last)?;
            users.len += chunk.rows.len();
            users.chunks.push(chunk);
        }
        users.chunks.shrink_to_fit();
        users.index = users.indexed();
        Ok(users)
    }
}

impl Chunk {
    fn keep(&self, to: &mut dyn Write) -> io::Result<()> {
        number(to, self.rows.len())?;
        number(to, self.bytes.len())?;
        self.rows.iter().try_for_each(|row| to.write_all(&row.to_le_bytes()))?;
        self.ends.iter().try_for_each(|end| to.write_all(&end.to_le_bytes()))?;
        to.write_all(&self.bytes)
    }

    /// Reads one whose rows are behind the `last` one.
    fn read_kept(from: &mut dyn Read, last: &mut Option<i64>) -> io::Result<Arc<Self>> {
        let (count, length) = (read_number(from)?, read_number(from)?);
        let mut chunk = Self::default();
        let room = usize::try_from(count).unwrap_or_default().min(RESERVED);
        chunk.rows.reserve_exact(room);
        chunk.ends.reserve_exact(room);
        for _ in 0..count {
            let row = read_row(from)?;
            if last.replace(row).is_some_and(|last| last >= row) {
                return Err(broken("rows are not in their order"));
            }
            chunk.rows.push(row);
        }
        let mut end = 0;
        for _ in 0..count {
            let next = read_number(from)?;
            if next < end || next > length {
                return Err(broken("a record ends before it begins"));
            }
            chunk.ends.push(next);
            end = next;
        }
        if count == 0 || end != length {
            return Err(broken("records do not fill what is theirs"));
        }
        chunk.bytes = read_bytes(from, length)?;
        Ok(chunk.fit())
    }
}

fn number(to: &mut dyn Write, number: usize) -> io::Result<()> {
    let number = u32::try_from(number).map_err(|_| broken("more than can be kept"))?;
    to.write_all(&number.to_le_bytes())
}

fn read_number(from: &mut dyn Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_row(from: &mut dyn Read) -> io::Result<i64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    let row = i64::from_le_bytes(bytes);
    if (0..Users::MOST_ROWS).contains(&row) { Ok(row) } else { Err(broken("there is no such row")) }
}

/// Takes memory as bytes come, whatever length is told.
fn read_bytes(from: &mut dyn Read, length: u32) -> io::Result<Vec<u8>> {
    let length = usize::try_from(length).unwrap_or_default();
    let mut bytes = vec![0; length.min(RESERVED)];
    from.read_exact(&mut bytes)?;
    while bytes.len() < length {
        let had = bytes.len();
        bytes.resize(length.min(had + RESERVED), 0);
        from.read_exact(&mut bytes[had..])?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::global::{Global, Globals};
    use super::super::super::user::hex;
    use super::super::tests::{any_user, many, user, whole};
    use super::*;
    use crate::snapshot::kept::FORMAT;
    use crate::snapshot::{Algorithm, Hosts, Setting, User, UserRef};

    fn kept(users: &Users) -> Vec<u8> {
        let mut bytes = Vec::new();
        users.keep(&mut bytes).expect("a Vec takes all");
        bytes
    }

    fn read(bytes: &[u8]) -> io::Result<Users> {
        Users::read_kept(&mut &*bytes)
    }

    fn list(users: &Users) -> Vec<String> {
        users.iter().map(|user| whole(&user.to_user())).collect()
    }

    fn globals(value: &str) -> Globals {
        let (name, hosts) = ("number".into(), Hosts::default());
        Globals::new(&[Global { name, value: value.into(), hosts }])
    }

    /// Reads all that can be read of a user.
    fn look_at(user: UserRef<'_>) {
        let texts = user.params().chain(user.variables()).map(|it| it.name.len() + it.text.len());
        assert!(texts.sum::<usize>() < 1 << 30);
        for secret in user.secrets() {
            let digits = if secret.algorithm == Algorithm::Md5 { 32 } else { 64 };
            assert!(secret.ha1().is_none_or(|ha1| ha1.len() == digits), "part of a hash");
        }
        assert!(user.gateways().len() < 1 << 20);
        assert!(whole(&user.to_user()).len() < 1 << 30);
    }

    proptest! {
        #[test]
        fn what_is_read_back_is_what_was_kept(
            users in prop::collection::vec(any_user(), 0..8),
            edits in prop::collection::vec((0..12_i64, any_user()), 0..4),
        ) {
            let mut was: Users = users.into_iter().collect();
            was.resolve(&globals("555"));
            for (row, user) in &edits {
                was.put(*row, user, &globals("555"));
            }
            let mut is = read(&kept(&was)).expect("whole");
            prop_assert_eq!((list(&is), is.len()), (list(&was), was.len()));
            prop_assert_eq!(kept(&is), kept(&was));
            for name in was.iter().map(|user| user.id) {
                let found = |users: &Users| users.find(name).map(|user| whole(&user.to_user()));
                prop_assert_eq!(found(&is), found(&was));
            }
            // It can be changed as the one before.
            for users in [&mut is, &mut was] {
                users.remove(3);
                users.put(7, &user("changed"), &globals("555"));
            }
            prop_assert_eq!(list(&is), list(&was));
        }

        #[test]
        fn damaged_bytes_are_users_or_an_error_and_never_a_panic(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut in prop::option::of(any::<prop::sample::Index>()),
            users in prop::collection::vec(any_user(), 1..4),
        ) {
            let mut all: Users = users.into_iter().collect();
            all.put(10, &User { disabled: true, ..user("last") }, &globals("555"));
            let mut bytes = kept(&all);
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let Ok(mut users) = read(&bytes) else { return Ok(()) };
            users.resolve_texts(&globals("555"));
            users.iter().for_each(look_at);
            let names: Vec<String> = users.iter().map(|user| user.id.to_owned()).collect();
            names.iter().filter_map(|name| users.find(name)).for_each(look_at);
            for row in 0..12 {
                users.put(row, &user("changed"), &globals("555"));
                users.remove(row + 1);
            }
            users.iter().for_each(look_at);
            let again = kept(&users);
            prop_assert_eq!(kept(&read(&again).expect("whole")), again);
        }
    }

    #[test]
    fn a_part_of_a_hash_is_no_hash() {
        let whole = kept(&many(1));
        let record = whole.len() - many(1).chunks[0].bytes.len();
        // Behind what the user has, its id, and the hash of the PIN.
        let part = record + 1 + 1 + "U1".len() + 16;
        assert_eq!(read(&whole).expect("whole").at(2).expect("there").secrets().count(), 2);
        for length in 0..whole[part] {
            let mut bytes = whole.clone();
            bytes[part] = length;
            let users = read(&bytes).expect("a user with secrets that end too early");
            users.iter().for_each(look_at);
            let hashes = users.at(2).expect("there").secrets().filter_map(|secret| secret.ha1());
            assert!(hashes.count() < 2, "{length}");
        }
    }

    #[test]
    fn every_chunk_and_what_its_texts_read_comes_back() {
        let mut was = many(2000);
        let variables = vec![Setting::written("x", "$${number}")];
        was.put(1000, &User { variables, ..user("x") }, &globals("555"));

        let mut is = read(&kept(&was)).expect("whole");
        is.resolve_texts(&globals("555"));
        assert_eq!(is.chunks.len(), was.chunks.len());
        let texts = |users: &Users| {
            let user = users.find("X").expect("there");
            user.variables().map(|it| it.text.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((texts(&is), texts(&was)), (vec!["555".into()], vec!["555".into()]));
        assert_eq!(list(&is), list(&was));
    }

    #[test]
    fn what_lies_in_no_order_is_refused() {
        let bytes = kept(&many(2));
        let rows = bytes.len() - many(2).chunks[0].bytes.len() - 8 - 16;
        for (at, row, told) in [
            (0, 4_i64, "order"),
            (0, -1, "no such row"),
            (8, Users::MOST_ROWS, "no such row"),
            (8, 2, "order"),
        ] {
            let mut bytes = bytes.clone();
            bytes[rows + at..rows + at + 8].copy_from_slice(&row.to_le_bytes());
            let error = read(&bytes).expect_err(told).to_string();
            assert!(error.contains(told), "{error}");
        }
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    /// Where this fails, users lie in memory or are kept in another way than before: raise
    /// [`FORMAT`], and write down what is so now.
    #[test]
    fn the_format_is_the_one_of_its_number() {
        let one = User { cidr: Some("192.0.2.0/24".into()), ..user("1000") };
        let is = hex(&kept(&[one].into_iter().collect()));
        let was = [
            "0100000010000000",
            "7062782e6578616d706c652e74657374",
            "00000000",
            "0100000001000000bf000000",
            "0100000000000000",
            "bf000000",
            "0c",
            "0431303030",
            "0c3139322e302e322e302f3234",
            "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
            "47",
            "000100107062782e6578616d706c652e746573740a0a0a0a0a0a0a0a0a0a0a0a",
            "0a0a0a0a0101030b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "0b0b0b0b0b0b0b0052000c757365725f636f6e7465787400000764656661756c",
            "74000b6163636f756e74636f6465000100186566666563746976655f63616c6c",
            "65725f69645f6e616d6500000e457874656e73696f6e2031303030",
        ];
        assert_eq!(FORMAT, 2);
        assert_eq!(is, was.concat());
    }
}
