//! Profiles of modules. Their gateways are nouns of their own.

use std::fmt;
use std::str::FromStr;

use jackfield_api::snapshot::{Hosts, Profile, ProfileKind};

use super::user::check_setting;
use super::{Noun, NounError, Page};
use crate::db::Session;
use crate::db::tables::gateway::GatewayRow;
use crate::db::tables::profile::ProfileRow;
use crate::db::tables::{Row, count, find_all, put};
use crate::names;

/// `sofia/internal`, or the name alone where only one module has a profile of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileKey {
    pub(crate) kind: Option<ProfileKind>,
    pub(crate) name: String,
}

impl FromStr for ProfileKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (Some(kind.parse()?), name),
            None => (None, text),
        };
        names::check(name)?;
        Ok(Self { kind, name: name.to_owned() })
    }
}

impl fmt::Display for ProfileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "{kind}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

const KINDS: [ProfileKind; 4] =
    [ProfileKind::Sofia, ProfileKind::Verto, ProfileKind::Conference, ProfileKind::Voicemail];

impl Noun for Profile {
    const NOUN: &'static str = "profile";
    type Key = ProfileKey;

    fn key(&self) -> ProfileKey {
        ProfileKey { kind: Some(self.kind), name: self.name.clone() }
    }

    fn hosts(&self) -> Hosts {
        self.hosts.clone()
    }

    fn check(&self) -> Result<(), String> {
        names::check(&self.name)?;
        for alias in &self.aliases {
            names::check(alias).map_err(|why| format!("alias «{alias}»: {why}"))?;
        }
        for domain in &self.domains {
            let name = &domain.name;
            names::check_domain(name).map_err(|why| format!("domain «{name}»: {why}"))?;
        }
        if self.kind != ProfileKind::Sofia && !(self.aliases.is_empty() && self.domains.is_empty())
        {
            return Err("only profiles of sofia have aliases and domains".to_owned());
        }
        self.params.iter().try_for_each(check_setting)
    }

    fn find(c: &mut Session, key: &ProfileKey) -> Result<Vec<i64>, NounError> {
        let mut found = Vec::new();
        for kind in KINDS.into_iter().filter(|kind| key.kind.is_none_or(|asked| asked == *kind)) {
            found.extend(find_all::<ProfileRow>(c, &format!("kind = '{kind}'"), &key.name)?);
        }
        Ok(found)
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        Ok(ProfileRow::read(c, id)?.map(|row| row.read_as(id)).transpose()?)
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = ProfileRow::page(c, page.after, i64::MAX)?;
        let of_kind =
            |row: &ProfileRow| page.of.is_none_or(|kind| row.kind.eq_ignore_ascii_case(kind));
        rows.into_iter()
            .filter(|(_, row)| of_kind(row))
            .take(usize::try_from(page.limit).unwrap_or(usize::MAX))
            .map(|(id, row)| Ok((id, row.read_as(id)?)))
            .collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        Ok(put(c, id, &ProfileRow::of(self))?.0)
    }

    fn belongings(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(vec![(count::<GatewayRow>(c, &format!("profile_id = {id}"))?, "gateways")])
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(ProfileRow::remove(c, id)?)
    }
}
