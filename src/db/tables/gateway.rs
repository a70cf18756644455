//! Gateways: each belongs to a profile or to a user.

use diesel::prelude::*;
use jackfield_api::snapshot::Gateway;

use super::super::schema::gateways;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(gateways, GatewayRow {
    pub(in crate::db) profile_id: Option<i64>,
    pub(in crate::db) user_id: Option<i64>,
    pub(in crate::db) name: String,
    pub(in crate::db) params: String,
    pub(in crate::db) others: String,
});

/// Whose a gateway is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::db) enum Owner {
    Profile(i64),
    User(i64),
}

impl GatewayRow {
    pub(in crate::db) fn of(owner: Owner, gateway: &Gateway) -> Self {
        let (profile_id, user_id) = match owner {
            Owner::Profile(id) => (Some(id), None),
            Owner::User(id) => (None, Some(id)),
        };
        let (params, others) = (json(&gateway.params), gateway.others.to_xml());
        Self { profile_id, user_id, name: gateway.name.clone(), params, others }
    }

    /// None where it is nobody's, which the table does not allow.
    pub(in crate::db) fn owner(&self) -> Option<Owner> {
        self.profile_id.map(Owner::Profile).or(self.user_id.map(Owner::User))
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Gateway, DbError> {
        let columns = Columns::of::<Self>(id);
        Ok(Gateway {
            params: columns.json("params", &self.params)?,
            others: columns.others(&self.others)?,
            name: self.name,
        })
    }
}

/// The gateways of a profile, in the order of their ids.
pub(in crate::db) fn of_profile(
    c: &mut Session,
    profile: i64,
) -> QueryResult<Vec<(i64, GatewayRow)>> {
    let found = gateways::table.filter(gateways::profile_id.eq(profile)).order(gateways::id);
    found.select((gateways::id, GatewayRow::as_select())).load(c)
}

/// The gateways of these users, each behind its user's id, in the order of their ids.
pub(in crate::db) fn of_users(
    c: &mut Session,
    users: &[i64],
) -> QueryResult<Vec<(i64, i64, GatewayRow)>> {
    let found = gateways::table.filter(gateways::user_id.eq_any(users)).order(gateways::id);
    found
        .select((gateways::user_id.assume_not_null(), gateways::id, GatewayRow::as_select()))
        .load(c)
}
