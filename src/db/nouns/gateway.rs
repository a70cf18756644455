//! Gateways: each belongs to a SIP profile or to a user, and has its name to itself on the whole
//! switch; one of a profile that is limited to switches, on these.

use std::fmt;

use jackfield_api::snapshot::{Gateway, Hosts, Profile, ProfileKind};

use super::profile::ProfileKey;
use super::user::check_setting;
use super::{Address, DomainUser, InDomain, Name, Noun, NounError, Page, one};
use crate::db::Session;
use crate::db::tables::gateway::{GatewayRow, Owner};
use crate::db::tables::{Row, find_all, put};
use crate::names;

/// Whose a gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GatewayOwner {
    /// A SIP profile's: it runs as long as that does, on the switches that have the profile.
    Profile { id: i64, name: String, hosts: Hosts },
    /// A user's: a profile that parses its domain runs it.
    User { id: i64, key: InDomain },
}

impl GatewayOwner {
    /// The SIP profile that is meant.
    pub(crate) fn profile(
        c: &mut Session,
        address: &Address<ProfileKey>,
    ) -> Result<Self, NounError> {
        let mut address = address.clone();
        if let Address::Key(key) = &mut address {
            key.kind.get_or_insert(ProfileKind::Sofia);
        }
        let (id, Profile { name, hosts, .. }) = one::<Profile>(c, &address)?;
        Ok(Self::Profile { id, name, hosts })
    }

    /// The user that is meant.
    pub(crate) fn user(c: &mut Session, key: &InDomain) -> Result<Self, NounError> {
        let (id, user) = one::<DomainUser>(c, &Address::Key(key.clone()))?;
        Ok(Self::User { id, key: user.key() })
    }

    fn id(&self) -> Owner {
        match self {
            Self::Profile { id, .. } => Owner::Profile(*id),
            Self::User { id, .. } => Owner::User(*id),
        }
    }
}

impl fmt::Display for GatewayOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile { name, .. } => write!(f, "profile {name}"),
            Self::User { key, .. } => write!(f, "user {key}"),
        }
    }
}

/// A gateway and its owner.
#[derive(Debug, Clone)]
pub(crate) struct OwnedGateway {
    /// None only until it is said, of a new one.
    pub(crate) owner: Option<GatewayOwner>,
    pub(crate) gateway: Gateway,
}

impl Noun for OwnedGateway {
    const NOUN: &'static str = "gateway";
    type Key = Name;

    fn key(&self) -> Name {
        Name(self.gateway.name.clone())
    }

    fn check(&self) -> Result<(), String> {
        names::check(&self.gateway.name)?;
        self.gateway.params.iter().try_for_each(check_setting)
    }

    fn hosts(&self) -> Hosts {
        match &self.owner {
            Some(GatewayOwner::Profile { hosts, .. }) => hosts.clone(),
            _ => Hosts::default(),
        }
    }

    fn find(c: &mut Session, key: &Name) -> Result<Vec<i64>, NounError> {
        Ok(find_all::<GatewayRow>(c, "", &key.0)?)
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = GatewayRow::read(c, id)? else { return Ok(None) };
        Ok(Some(Self { owner: owner(c, &row)?, gateway: row.read_as(id)? }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = GatewayRow::page(c, page.after, i64::MAX)?;
        let mut found = Vec::new();
        for (id, row) in rows {
            if i64::try_from(found.len()).is_ok_and(|count| count >= page.limit) {
                break;
            }
            let owner = owner(c, &row)?;
            let is = |name: &str| match &owner {
                Some(GatewayOwner::Profile { name: profile, .. }) => {
                    profile.eq_ignore_ascii_case(name)
                }
                Some(GatewayOwner::User { key, .. }) => key.to_string().eq_ignore_ascii_case(name),
                None => false,
            };
            if page.of.is_none_or(is) {
                found.push((id, Self { owner, gateway: row.read_as(id)? }));
            }
        }
        Ok(found)
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        let Some(owner) = &self.owner else {
            let why = "say whose it is: --profile NAME, or --user ID@DOMAIN";
            return Err(NounError::refused(self, why));
        };
        Ok(put(c, id, &GatewayRow::of(owner.id(), &self.gateway))?.0)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(GatewayRow::remove(c, id)?)
    }
}

fn owner(c: &mut Session, row: &GatewayRow) -> Result<Option<GatewayOwner>, NounError> {
    Ok(match row.owner() {
        Some(Owner::Profile(id)) => Profile::read(c, id)?
            .map(|Profile { name, hosts, .. }| GatewayOwner::Profile { id, name, hosts }),
        Some(Owner::User(id)) => {
            DomainUser::read(c, id)?.map(|user| GatewayOwner::User { id, key: user.key() })
        }
        None => None,
    })
}
