//! What tells whether another answer is the same, and nothing about it to whoever has not the key.
//!
//! Answers hold hashes of PINs and of passwords that people chose. From a plain checksum such a secret
//! can be found by trying; from this one only by whoever may read the key, which is kept apart from
//! what is recorded.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::hex;

/// Its name in the state folder.
const FILE: &str = "record.key";
/// Bytes of the key.
const KEY: usize = 32;
/// Bytes that a key is told by, and that an answer is.
const NAME: usize = 4;
const SUM: usize = 8;

/// Seals answers with one key.
pub(crate) struct Seal {
    key: [u8; KEY],
    keyed: Hmac<Sha256>,
    /// Tells the key, with what separates it.
    name: String,
}

impl Seal {
    /// With the key of a state folder, or a new one that is not kept yet.
    pub(super) fn of(state: &Path) -> Self {
        Self::read(state).ok().flatten().unwrap_or_else(|| Self::with(rand::random()))
    }

    /// With the key of a state folder, if there is one.
    pub(crate) fn read(state: &Path) -> io::Result<Option<Self>> {
        match fs::read(file(state)) {
            Ok(bytes) => match bytes.try_into() {
                Ok(key) => Ok(Some(Self::with(key))),
                Err(_) => Err(io::Error::new(ErrorKind::InvalidData, "it holds no key")),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps the key, where there is none. A file that holds no key is left alone.
    pub(super) fn keep(&self, state: &Path) -> io::Result<()> {
        if Self::read(state)?.is_some_and(|kept| kept.key == self.key) {
            return Ok(());
        }
        // Under its own name nobody finds half of it.
        let part = file(state).with_extension(format!("key.{}", std::process::id()));
        let _ = fs::remove_file(&part);
        let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        let kept = made
            .write_all(&self.key)
            .and_then(|()| made.sync_all())
            .and_then(|()| fs::hard_link(&part, file(state)));
        let _ = fs::remove_file(&part);
        kept
    }

    fn with(key: [u8; KEY]) -> Self {
        let keyed = Hmac::new_from_slice(&key).expect("a key of any length is one");
        let mut seal = Self { key, keyed, name: String::new() };
        seal.name = hex(&seal.digest(b"the key's name")[..NAME]) + "-";
        seal
    }

    /// The seal of an answer.
    pub(crate) fn seal(&self, body: &[u8]) -> String {
        self.name.clone() + &hex(&self.digest(body)[..SUM])
    }

    /// Whether a seal was made with this key.
    pub(crate) fn is_of(&self, seal: &str) -> bool {
        seal.starts_with(&self.name)
    }

    fn digest(&self, text: &[u8]) -> [u8; 32] {
        self.keyed.clone().chain_update(text).finalize().into_bytes().into()
    }
}

fn file(state: &Path) -> PathBuf {
    state.join(FILE)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_seal_is_no_function_of_the_answer_alone() {
        let [one, other] = [Seal::with([1; KEY]), Seal::with([2; KEY])];
        assert_eq!(one.seal(b"x"), Seal::with([1; KEY]).seal(b"x"));
        let end = |seal: String| seal.split_once('-').map(|it| it.1.to_owned());
        assert_ne!(end(one.seal(b"x")), end(other.seal(b"x")));
        assert_ne!(one.seal(b"x"), one.seal(b"y"));
        assert!(one.is_of(&one.seal(b"x")) && !one.is_of(&other.seal(b"x")));
    }

    #[test]
    fn a_key_is_kept_once_and_for_its_user_alone() {
        let state = tempfile::tempdir().expect("a folder");
        let state = state.path();
        let first = Seal::of(state);
        assert!(!file(state).exists(), "not before it is used");
        first.keep(state).expect("kept");
        first.keep(state).expect("kept already");
        assert_eq!(Seal::of(state).seal(b"x"), first.seal(b"x"));
        assert!(Seal::with([1; KEY]).keep(state).is_err(), "another one takes no key away");
        assert_eq!(Seal::of(state).seal(b"x"), first.seal(b"x"));
        let mode = fs::metadata(file(state)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(state).expect("readable").count(), 1);
    }
}
