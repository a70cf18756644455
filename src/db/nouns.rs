//! The nouns of the command line: what people add, change and take away one by one.
//!
//! A noun is an object with a key that people write, as `1000@pbx.example.test`; the id of its row
//! does as well, as `id:17`. Whatever writes one goes through [`add`] or [`change`], so that nothing is
//! stored that a switch could not be told.

mod acl;
mod agent;
mod attributes;
mod channel;
mod client;
mod context;
mod document;
mod domain;
mod extension;
mod gateway;
mod global;
mod group;
mod language;
mod menu;
mod phrase;
mod profile;
mod queue;
mod room;
mod user;

use std::fmt;
use std::str::FromStr;

use jackfield_api::snapshot::Hosts;

use super::tables::{Row, find_all};
use super::{DbError, Session};

pub(crate) use self::agent::queues_of;
pub(crate) use self::client::{ChannelClient, ClientKey};
pub(crate) use self::context::{ContextKey, StoredContext};
pub(crate) use self::domain::{domain, hashes_that_lack, void};
pub(crate) use self::extension::PlacedExtension;
pub(crate) use self::gateway::{GatewayOwner, OwnedGateway};
pub(crate) use self::group::DomainGroup;
pub(crate) use self::phrase::LanguagePhrase;
pub(crate) use self::profile::ProfileKey;
pub(crate) use self::queue::ServedQueue;
pub(crate) use self::room::has_profile;
pub(crate) use self::user::{DomainUser, Taken};

/// An object that people work on.
pub(crate) trait Noun: Sized {
    /// The word for one, as in `user`.
    const NOUN: &'static str;

    /// Whether several may have one key.
    const REPEATS: bool = false;

    /// What people find one by.
    type Key: Clone + fmt::Display + FromStr<Err = String> + Send + Sync + 'static;

    /// The key that it has.
    fn key(&self) -> Self::Key;

    /// Says why a switch cannot be told of it as it is.
    fn check(&self) -> Result<(), String>;

    /// The switches that it is for: of two with one key, no switch may have both.
    fn hosts(&self) -> Hosts {
        Hosts::default()
    }

    /// The ids of those with this key: more than one only where names may repeat, or where they are for
    /// different switches.
    fn find(c: &mut Session, key: &Self::Key) -> Result<Vec<i64>, NounError>;

    /// The one with this id.
    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError>;

    /// Those behind an id, in the order of their ids, or in that which decides where there is one; of
    /// one owner alone where one is named.
    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError>;

    /// Writes it, over the one with this id or as a new one; its id.
    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError>;

    /// What would go with it: how many, of what, as in `24 users`.
    fn belongings(_: &mut Session, _id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(Vec::new())
    }

    /// Takes it away, with all that is its own.
    fn remove(c: &mut Session, id: i64) -> Result<(), NounError>;
}

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    /// Whose: a domain for users, a context for extensions.
    pub(crate) of: Option<&'a str>,
    /// Behind this id.
    pub(crate) after: i64,
    /// How many at most.
    pub(crate) limit: i64,
}

/// Why an object cannot be had or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NounError {
    /// It is not there.
    #[error("there is no {noun} «{key}»; `jackfield {noun} list` shows what there is")]
    Absent {
        /// The noun.
        noun: &'static str,
        /// What was asked for.
        key: String,
    },
    /// There is one with its key already.
    #[error("there is a {noun} «{key}» already (id:{id}); `jackfield {noun} set` changes it")]
    Taken {
        /// The noun.
        noun: &'static str,
        /// The key.
        key: String,
        /// The id of the other.
        id: i64,
    },
    /// There are several.
    #[error("there are {} of the name «{key}»: say which one by its id, {}", ids.len(), listed(ids))]
    Several {
        /// What was asked for.
        key: String,
        /// Their ids.
        ids: Vec<i64>,
    },
    /// It cannot be stored as it is.
    #[error("{noun} «{key}»: {why}")]
    Refused {
        /// The noun.
        noun: &'static str,
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
    /// The database has a say, too.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<diesel::result::Error> for NounError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

fn listed(ids: &[i64]) -> String {
    ids.iter().map(|id| format!("id:{id}")).collect::<Vec<_>>().join(" or ")
}

impl NounError {
    fn refused<N: Noun>(object: &N, why: impl Into<String>) -> Self {
        Self::Refused { noun: N::NOUN, key: object.key().to_string(), why: why.into() }
    }
}

/// How people name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address<K> {
    /// By the id of its row, as `id:17`.
    Id(i64),
    /// By its key.
    Key(K),
}

impl<K: FromStr<Err = String>> FromStr for Address<K> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("id:").map(str::parse) {
            Some(Ok(id)) => Ok(Self::Id(id)),
            Some(Err(_)) => Err("an id is a number, as in id:17".to_owned()),
            None => text.parse().map(Self::Key),
        }
    }
}

impl<K: fmt::Display> fmt::Display for Address<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id:{id}"),
            Self::Key(key) => key.fmt(f),
        }
    }
}

/// The one that is meant.
pub(crate) fn one<N: Noun>(
    c: &mut Session,
    address: &Address<N::Key>,
) -> Result<(i64, N), NounError> {
    let absent = || NounError::Absent { noun: N::NOUN, key: address.to_string() };
    let id = match address {
        Address::Id(id) => *id,
        Address::Key(key) => match N::find(c, key)?[..] {
            [] => return Err(absent()),
            [id] => id,
            ref ids => return Err(NounError::Several { key: key.to_string(), ids: ids.to_vec() }),
        },
    };
    Ok((id, N::read(c, id)?.ok_or_else(absent)?))
}

/// Takes one away. `with_all` says that what belongs to it may go, too; what that was is the answer.
pub(crate) fn remove<N: Noun>(
    c: &mut Session,
    id: i64,
    object: &N,
    with_all: bool,
) -> Result<Vec<String>, NounError> {
    let owned = N::belongings(c, id)?;
    let owned: Vec<String> = owned
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !owned.is_empty() && !with_all {
        let why = format!("it has {}; --with-all takes these away, too", owned.join(", "));
        return Err(NounError::refused(object, why));
    }
    N::remove(c, id)?;
    Ok(owned)
}

/// Writes a new one; its id.
pub(crate) fn add<N: Noun>(c: &mut Session, object: &N) -> Result<i64, NounError> {
    object.check().map_err(|why| NounError::refused(object, why))?;
    free(c, object, None)?;
    object.write(c, None)
}

/// Writes over one.
pub(crate) fn change<N: Noun>(c: &mut Session, id: i64, object: &N) -> Result<(), NounError> {
    object.check().map_err(|why| NounError::refused(object, why))?;
    free(c, object, Some(id))?;
    object.write(c, Some(id)).map(drop)
}

/// Sees to it that no other has its key, but for other switches.
fn free<N: Noun>(c: &mut Session, object: &N, id: Option<i64>) -> Result<(), NounError> {
    if N::REPEATS {
        return Ok(());
    }
    let names = object.hosts().names().to_vec();
    names
        .iter()
        .try_for_each(|name| crate::names::check_host(name))
        .map_err(|why| NounError::refused(object, format!("a switch that it is for: {why}")))?;
    for other in N::find(c, &object.key())?.into_iter().filter(|other| Some(*other) != id) {
        if N::read(c, other)?.is_some_and(|other| other.hosts().overlap(&object.hosts())) {
            let key = object.key().to_string();
            return Err(NounError::Taken { noun: N::NOUN, key, id: other });
        }
    }
    Ok(())
}

/// Whether there is one with this key.
pub(crate) fn exists<N: Noun>(c: &mut Session, key: &N::Key) -> Result<bool, NounError> {
    Ok(!N::find(c, key)?.is_empty())
}

/// A key that is a name and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        crate::names::check(text).map(|()| Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that is a name within a domain: `1000@pbx.example.test`, or the name alone where there is one
/// domain only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InDomain {
    pub(crate) name: String,
    pub(crate) domain: Option<String>,
}

impl FromStr for InDomain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, domain) = match text.rsplit_once('@') {
            Some((name, domain)) => (name, Some(domain)),
            None => (text, None),
        };
        crate::names::check(name)?;
        domain.map_or(Ok(()), crate::names::check_domain)?;
        Ok(Self { name: name.to_owned(), domain: domain.map(str::to_owned) })
    }
}

impl fmt::Display for InDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.domain {
            Some(domain) => write!(f, "{}@{domain}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A noun that has a name to itself and a table to itself.
pub(super) trait Named: Sized {
    const WORD: &'static str;
    type Row: Row;

    fn name(&self) -> &str;
    fn row(&self) -> Self::Row;
    fn of(id: i64, row: Self::Row) -> Result<Self, DbError>;

    /// The switches that it is for.
    fn switches(&self) -> Hosts {
        Hosts::default()
    }

    /// What would go with it, as [`Noun::belongings`] says it.
    fn owned(_: &mut Session, _id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(Vec::new())
    }

    /// Says why a switch cannot be told of it, its name apart.
    fn check_rest(&self) -> Result<(), String>;
}

impl<T: Named> Noun for T {
    const NOUN: &'static str = T::WORD;
    type Key = Name;

    fn key(&self) -> Name {
        Name(self.name().to_owned())
    }

    fn check(&self) -> Result<(), String> {
        crate::names::check(self.name())?;
        self.check_rest()
    }

    fn hosts(&self) -> Hosts {
        self.switches()
    }

    fn find(c: &mut Session, key: &Name) -> Result<Vec<i64>, NounError> {
        Ok(find_all::<T::Row>(c, "", &key.0)?)
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        Ok(T::Row::read(c, id)?.map(|row| T::of(id, row)).transpose()?)
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = T::Row::page(c, page.after, page.limit)?;
        rows.into_iter().map(|(id, row)| Ok((id, T::of(id, row)?))).collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        Ok(super::tables::put(c, id, &self.row())?.0)
    }

    fn belongings(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        T::owned(c, id)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(T::Row::remove(c, id)?)
    }
}
