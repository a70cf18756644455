//! Groups of users.

use std::collections::HashMap;

use jackfield_api::snapshot::Group;

use super::domain::{domain_named, name_of};
use super::user::check_setting;
use super::{InDomain, Noun, NounError, Page};
use crate::db::Session;
use crate::db::tables::group::{self, GroupRow};
use crate::db::tables::user::UserRow;
use crate::db::tables::{Row, find, put};
use crate::names;

/// A group, and the name of the domain that it is in.
#[derive(Debug, Clone, Default)]
pub(crate) struct DomainGroup {
    pub(crate) domain: String,
    pub(crate) group: Group,
}

impl Noun for DomainGroup {
    const NOUN: &'static str = "group";
    type Key = InDomain;

    fn key(&self) -> InDomain {
        InDomain { name: self.group.name.clone(), domain: Some(self.domain.clone()) }
    }

    fn check(&self) -> Result<(), String> {
        names::check(&self.group.name)?;
        self.group.params.iter().chain(&self.group.variables).try_for_each(check_setting)
    }

    fn find(c: &mut Session, key: &InDomain) -> Result<Vec<i64>, NounError> {
        let domain = domain_named(c, key.domain.as_deref())?;
        let found = find::<GroupRow>(c, &format!("domain_id = {domain}"), &key.name)?;
        Ok(found.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = GroupRow::read(c, id)? else { return Ok(None) };
        let members = group::members(c, Some(id))?.into_iter().map(|(_, _, name)| name).collect();
        let domain = name_of(c, row.domain_id)?;
        Ok(Some(Self { domain, group: row.read_as(id, members)? }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let only = page.of.map(|domain| domain_named(c, Some(domain))).transpose()?;
        let mut members = HashMap::<i64, Vec<String>>::new();
        for (group, _, name) in group::members(c, None)? {
            members.entry(group).or_default().push(name);
        }
        let rows = GroupRow::page(c, page.after, i64::MAX)?;
        let rows = rows.into_iter().filter(|(_, row)| only.is_none_or(|id| id == row.domain_id));
        rows.take(usize::try_from(page.limit).unwrap_or(usize::MAX))
            .map(|(id, row)| {
                let domain = name_of(c, row.domain_id)?;
                let members = members.remove(&id).unwrap_or_default();
                Ok((id, Self { domain, group: row.read_as(id, members)? }))
            })
            .collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        let domain = domain_named(c, Some(&self.domain))?;
        let (id, _) = put(c, id, &GroupRow::of(domain, &self.group))?;
        let mut members = Vec::new();
        for name in &self.group.members {
            let user = find::<UserRow>(c, &format!("domain_id = {domain}"), name)?;
            let absent = || {
                let why = format!("there is no user «{name}» in «{}»", self.domain);
                NounError::refused(self, why)
            };
            members.push(user.ok_or_else(absent)?);
        }
        group::set_members(c, id, &members)?;
        Ok(id)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(GroupRow::remove(c, id)?)
    }
}
