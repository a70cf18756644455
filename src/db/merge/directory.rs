//! Domains, users and groups; profiles and gateways.

use std::collections::HashMap;

use diesel::prelude::*;
use jackfield_api::snapshot::{Domain, Gateway, Group, Profile, User};

use super::super::DbError;
use super::super::schema::{
    domain_aliases, domains, gateways, group_members, groups, profiles, users,
};
use super::super::store::json;
use super::{Tally, put};
use crate::db::session::Session;

pub(super) fn domain(
    c: &mut Session,
    domain: &Domain,
    tally: &mut Tally,
    done: &dyn Fn(),
) -> Result<(), DbError> {
    let (params, variables) = (json(domain.params()), json(domain.variables()));
    let (realms, algorithms) = (json(domain.realms()), json(domain.algorithms()));
    let others = domain.others().to_xml();
    let id = put!(
        c,
        tally,
        domains,
        [name = domain.name()],
        [
            params = &params,
            variables = &variables,
            realms = &realms,
            algorithms = &algorithms,
            others = &others
        ]
    );
    for alias in domain.aliases() {
        put!(c, tally, domain_aliases, [name = alias], [domain_id = id]);
    }
    let user_ids = self::users(c, id, domain.users(), tally, done)?;
    for found in domain.groups() {
        group(c, id, found, &user_ids, tally)?;
        done();
    }
    Ok(())
}

/// What is stored of a user, to be compared.
#[derive(PartialEq, Eq, Queryable)]
struct Row {
    id: i64,
    name: String,
    number_alias: Option<String>,
    enabled: bool,
    cidr: Option<String>,
    secrets: String,
    voicemail_hash: Option<String>,
    params: String,
    variables: String,
    others: String,
}

fn row(id: i64, user: &User) -> Row {
    Row {
        id,
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

fn users(
    c: &mut Session,
    domain: i64,
    users: &[User],
    tally: &mut Tally,
    done: &dyn Fn(),
) -> Result<HashMap<String, i64>, DbError> {
    let stored: Vec<Row> = users::table
        .filter(users::domain_id.eq(domain))
        .select((
            users::id,
            users::name,
            users::number_alias,
            users::enabled,
            users::cidr,
            users::secrets,
            users::voicemail_hash,
            users::params,
            users::variables,
            users::others,
        ))
        .load(c)?;
    let mut ids: HashMap<String, i64> =
        stored.iter().map(|row| (row.name.to_ascii_lowercase(), row.id)).collect();
    let stored: HashMap<i64, Row> = stored.into_iter().map(|row| (row.id, row)).collect();
    // Second names that change are freed first: one user may get what was another's.
    for user in users {
        let row = ids.get(&user.id.to_ascii_lowercase()).and_then(|id| stored.get(id));
        if let Some(row) = row.filter(|row| row.number_alias != user.number_alias) {
            diesel::update(users::table.filter(users::id.eq(row.id)))
                .set(users::number_alias.eq(None::<String>))
                .execute(c)?;
        }
    }
    for user in users {
        let known = ids.get(&user.id.to_ascii_lowercase()).copied();
        let row = row(known.unwrap_or_default(), user);
        let id = match known {
            Some(id) if stored.get(&id) == Some(&row) => {
                tally.same += 1;
                id
            }
            Some(id) => {
                tally.changed += 1;
                diesel::update(users::table.filter(users::id.eq(id)))
                    .set((
                        users::name.eq(&row.name),
                        users::number_alias.eq(&row.number_alias),
                        users::enabled.eq(row.enabled),
                        users::cidr.eq(&row.cidr),
                        users::secrets.eq(&row.secrets),
                        users::voicemail_hash.eq(&row.voicemail_hash),
                        users::params.eq(&row.params),
                        users::variables.eq(&row.variables),
                        users::others.eq(&row.others),
                    ))
                    .execute(c)?;
                id
            }
            None => {
                tally.added += 1;
                diesel::insert_into(users::table)
                    .values((
                        users::domain_id.eq(domain),
                        users::name.eq(&row.name),
                        users::number_alias.eq(&row.number_alias),
                        users::enabled.eq(row.enabled),
                        users::cidr.eq(&row.cidr),
                        users::secrets.eq(&row.secrets),
                        users::voicemail_hash.eq(&row.voicemail_hash),
                        users::params.eq(&row.params),
                        users::variables.eq(&row.variables),
                        users::others.eq(&row.others),
                    ))
                    .returning(users::id)
                    .get_result(c)?
            }
        };
        ids.insert(user.id.to_ascii_lowercase(), id);
        for found in &user.gateways {
            gateway(c, None, Some(id), found, tally)?;
        }
        done();
    }
    Ok(ids)
}

fn group(
    c: &mut Session,
    domain: i64,
    group: &Group,
    users: &HashMap<String, i64>,
    tally: &mut Tally,
) -> Result<(), DbError> {
    let (params, variables) = (json(&group.params), json(&group.variables));
    let id = put!(
        c,
        tally,
        groups,
        [domain_id = domain, name = &group.name],
        [params = &params, variables = &variables]
    );
    let wanted: Vec<i64> = group
        .members
        .iter()
        .filter_map(|member| users.get(&member.to_ascii_lowercase()).copied())
        .collect();
    let stored: Vec<i64> = group_members::table
        .filter(group_members::group_id.eq(id))
        .order((group_members::position, group_members::id))
        .select(group_members::user_id)
        .load(c)?;
    if stored == wanted {
        return Ok(());
    }
    diesel::delete(group_members::table.filter(group_members::group_id.eq(id))).execute(c)?;
    for (position, user) in (1_i64..).zip(wanted) {
        tally.added += 1;
        diesel::insert_into(group_members::table)
            .values((
                group_members::group_id.eq(id),
                group_members::user_id.eq(user),
                group_members::position.eq(position),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(super) fn profile(
    c: &mut Session,
    profile: &Profile,
    tally: &mut Tally,
) -> Result<(), DbError> {
    let (params, domains) = (json(&profile.params), json(&profile.domains));
    let (aliases, others) = (json(&profile.aliases), profile.others.to_xml());
    let id = put!(
        c,
        tally,
        profiles,
        [kind = profile.kind.to_string(), name = &profile.name],
        [params = &params, domains = &domains, aliases = &aliases, others = &others]
    );
    profile.gateways.iter().try_for_each(|found| gateway(c, Some(id), None, found, tally))
}

fn gateway(
    c: &mut Session,
    profile: Option<i64>,
    user: Option<i64>,
    gateway: &Gateway,
    tally: &mut Tally,
) -> Result<(), DbError> {
    type Stored = (i64, Option<i64>, Option<i64>, String, String);
    let (params, others) = (json(&gateway.params), gateway.others.to_xml());
    let stored: Option<Stored> = gateways::table
        .filter(gateways::name.eq(&gateway.name))
        .select((
            gateways::id,
            gateways::profile_id,
            gateways::user_id,
            gateways::params,
            gateways::others,
        ))
        .first(c)
        .optional()?;
    let owner = (gateways::profile_id.eq(profile), gateways::user_id.eq(user));
    let holds = (gateways::params.eq(&params), gateways::others.eq(&others));
    match stored {
        Some((_, of_profile, of_user, stored, beside))
            if (of_profile, of_user, &stored, &beside) == (profile, user, &params, &others) =>
        {
            tally.same += 1;
        }
        Some((id, ..)) => {
            tally.changed += 1;
            diesel::update(gateways::table.filter(gateways::id.eq(id)))
                .set((owner, holds))
                .execute(c)?;
        }
        None => {
            tally.added += 1;
            diesel::insert_into(gateways::table)
                .values((gateways::name.eq(&gateway.name), owner, holds))
                .execute(c)?;
        }
    }
    Ok(())
}
