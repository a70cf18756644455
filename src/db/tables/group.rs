//! Groups of users.

use diesel::prelude::*;
use jackfield_api::snapshot::Group;

use super::super::schema::groups;
use super::super::schema::{group_members, users};
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(groups, GroupRow {
    pub(in crate::db) domain_id: i64,
    pub(in crate::db) name: String,
    pub(in crate::db) params: String,
    pub(in crate::db) variables: String,
});

impl GroupRow {
    pub(in crate::db) fn of(domain_id: i64, group: &Group) -> Self {
        let (params, variables) = (json(&group.params), json(&group.variables));
        Self { domain_id, name: group.name.clone(), params, variables }
    }

    pub(in crate::db) fn read_as(self, id: i64, members: Vec<String>) -> Result<Group, DbError> {
        let columns = Columns::of::<Self>(id);
        Ok(Group {
            params: columns.json("params", &self.params)?,
            variables: columns.json("variables", &self.variables)?,
            name: self.name,
            members,
        })
    }
}

/// Every group's id with the id and the name of a user that is in it, in the groups' orders.
pub(in crate::db) fn members(
    c: &mut Session,
    group: Option<i64>,
) -> QueryResult<Vec<(i64, i64, String)>> {
    let mut rows = group_members::table.inner_join(users::table).into_boxed();
    if let Some(group) = group {
        rows = rows.filter(group_members::group_id.eq(group));
    }
    rows.order((group_members::group_id, group_members::position, group_members::id))
        .select((group_members::group_id, users::id, users::name))
        .load(c)
}

/// Sets who is in a group; whether it was others.
pub(in crate::db) fn set_members(c: &mut Session, group: i64, wanted: &[i64]) -> QueryResult<bool> {
    let stored = members(c, Some(group))?;
    if stored.iter().map(|(_, user, _)| user).eq(wanted) {
        return Ok(false);
    }
    diesel::delete(group_members::table.filter(group_members::group_id.eq(group))).execute(c)?;
    for (position, user) in (1_i64..).zip(wanted) {
        diesel::insert_into(group_members::table)
            .values((
                group_members::group_id.eq(group),
                group_members::user_id.eq(user),
                group_members::position.eq(position),
            ))
            .execute(c)?;
    }
    Ok(true)
}

/// The ids of a domain's groups.
pub(in crate::db) fn ids_of_domain(c: &mut Session, domain: i64) -> QueryResult<Vec<i64>> {
    groups::table.filter(groups::domain_id.eq(domain)).select(groups::id).load(c)
}

/// The ids of the groups that any of these users is in.
pub(in crate::db) fn with_members(c: &mut Session, users: &[i64]) -> QueryResult<Vec<i64>> {
    let found = group_members::table.filter(group_members::user_id.eq_any(users));
    found.select(group_members::group_id).distinct().load(c)
}
