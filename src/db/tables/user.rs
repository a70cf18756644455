//! Users of a domain.

use std::borrow::Cow;

use diesel::prelude::*;
use jackfield_api::snapshot::User;
use jackfield_api::snapshot::users::StoredUser;

use super::super::schema::users;
use super::super::session::Session;
use super::{Columns, Row, json, row};
use crate::db::DbError;

/// How many are read at once: PostgreSQL's client holds all rows of a query.
const PAGE: i64 = 1024;

row!(users, UserRow {
    pub(in crate::db) domain_id: i64,
    pub(in crate::db) name: String,
    pub(in crate::db) number_alias: Option<String>,
    pub(in crate::db) enabled: bool,
    pub(in crate::db) cidr: Option<String>,
    pub(in crate::db) secrets: String,
    pub(in crate::db) voicemail_hash: Option<String>,
    pub(in crate::db) params: String,
    pub(in crate::db) variables: String,
    pub(in crate::db) others: String,
});

impl UserRow {
    pub(in crate::db) fn of(domain_id: i64, user: &User) -> Self {
        Self {
            domain_id,
            name: user.id.clone(),
            number_alias: user.number_alias.clone(),
            enabled: !user.disabled,
            cidr: user.cidr.clone(),
            secrets: json(&user.secrets),
            voicemail_hash: user.voicemail_hash.clone(),
            params: json(&user.params),
            variables: json(&user.variables),
            others: user.others.to_xml(),
        }
    }

    /// The user without its gateways, as it is packed.
    pub(in crate::db) fn stored(&self, id: i64) -> Result<StoredUser<'_>, DbError> {
        let columns = Columns::of::<Self>(id);
        Ok(StoredUser {
            id: &self.name,
            number_alias: self.number_alias.as_deref(),
            disabled: !self.enabled,
            cidr: self.cidr.as_deref(),
            secrets: columns.json("secrets", &self.secrets)?,
            voicemail_hash: self.voicemail_hash.as_deref(),
            params: columns.json("params", &self.params)?,
            variables: columns.json("variables", &self.variables)?,
            others: Cow::Owned(columns.others(&self.others)?),
            ..StoredUser::default()
        })
    }

    /// The user without its gateways.
    pub(in crate::db) fn read_as(self, id: i64) -> Result<User, DbError> {
        let columns = Columns::of::<Self>(id);
        Ok(User {
            secrets: columns.json("secrets", &self.secrets)?,
            params: columns.json("params", &self.params)?,
            variables: columns.json("variables", &self.variables)?,
            others: columns.others(&self.others)?,
            id: self.name,
            number_alias: self.number_alias,
            disabled: !self.enabled,
            cidr: self.cidr,
            voicemail_hash: self.voicemail_hash,
            ..User::default()
        })
    }
}

/// The users of a domain behind an id, in the order of their ids.
pub(in crate::db) fn of_domain(
    c: &mut Session,
    domain: i64,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(i64, UserRow)>> {
    users::table
        .filter(users::domain_id.eq(domain))
        .filter(users::id.gt(after))
        .order(users::id)
        .limit(limit)
        .select((users::id, UserRow::as_select()))
        .load(c)
}

/// The id and the second name of every user of a domain.
pub(in crate::db) fn names(
    c: &mut Session,
    domain: i64,
) -> QueryResult<Vec<(String, Option<String>)>> {
    let of_it = users::table.filter(users::domain_id.eq(domain));
    of_it.select((users::name, users::number_alias)).load(c)
}

/// Takes a user's second name away.
pub(in crate::db) fn free_alias(c: &mut Session, id: i64) -> QueryResult<()> {
    let user = users::table.filter(users::id.eq(id));
    diesel::update(user).set(users::number_alias.eq(None::<String>)).execute(c).map(drop)
}

impl UserRow {
    /// Every user, some at a time: together they are too many to be held twice.
    pub(in crate::db) fn each_page(
        c: &mut Session,
        mut tell: impl FnMut(Vec<(i64, Self)>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut last = i64::MIN;
        loop {
            let rows = Self::page(c, last, PAGE)?;
            let Some((id, _)) = rows.last() else { return Ok(()) };
            last = *id;
            tell(rows)?;
        }
    }
}

/// The users with these ids, of those that are there.
pub(in crate::db) fn with_ids(c: &mut Session, ids: &[i64]) -> QueryResult<Vec<(i64, UserRow)>> {
    let found = users::table.filter(users::id.eq_any(ids));
    found.select((users::id, UserRow::as_select())).load(c)
}

/// The ids of a domain's users.
pub(in crate::db) fn ids_of_domain(c: &mut Session, domain: i64) -> QueryResult<Vec<i64>> {
    users::table.filter(users::domain_id.eq(domain)).select(users::id).load(c)
}
