//! Reads the database into the snapshot's plain data: one query a table.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use jackfield_api::snapshot::{
    AccessList, Agent, Contents, Context, Domain, Extension, Gateway, Global, Group, Language,
    Macro, Menu, Profile, Queue, Room, StoredDocument, Tier, User,
};
use jackfield_api::xml::Raw;
use serde::de::DeserializeOwned;

use super::DbError;
use super::schema::{
    access_lists, agents, contexts, documents, domain_aliases, domains, extensions, gateways,
    globals, group_members, groups, languages, menus, phrases, profiles, queues, revision, rooms,
    tiers, users,
};
use super::session::Session;

/// Everything there is. Rows of a table come in the order of their ids.
pub(super) fn contents(c: &mut Session) -> Result<Contents, DbError> {
    let mut gateways = gateways_by_owner(c)?;
    Ok(Contents {
        revision: revision::table.select(revision::value).first(c)?,
        globals: globals::table
            .order(globals::id)
            .select((globals::name, globals::value))
            .load::<(String, String)>(c)?
            .into_iter()
            .map(|(name, value)| Global { name, value })
            .collect(),
        domains: domains(c, &mut gateways)?,
        profiles: profiles(c, &mut gateways)?,
        access_lists: access_lists(c)?,
        dialplan: contexts(c, "dialplan")?,
        chatplan: contexts(c, "chatplan")?,
        rooms: rooms::table
            .order(rooms::id)
            .select((rooms::name, rooms::profile))
            .load::<(String, String)>(c)?
            .into_iter()
            .map(|(name, profile)| Room { name, profile })
            .collect(),
        menus: menus(c)?,
        queues: queues(c)?,
        agents: agents(c)?,
        tiers: tiers(c)?,
        languages: languages(c)?,
        documents: documents(c)?,
    })
}

/// Whose a gateway is.
#[derive(PartialEq, Eq, Hash)]
enum Owner {
    Profile(i64),
    User(i64),
}

type Gateways = HashMap<Owner, Vec<Gateway>>;

fn gateways_by_owner(c: &mut Session) -> Result<Gateways, DbError> {
    type Row = (i64, Option<i64>, Option<i64>, String, String, String);
    let mut by_owner = Gateways::new();
    let rows = gateways::table.order(gateways::id).load::<Row>(c)?;
    for (id, profile, user, name, params, others) in rows {
        let owner = match (profile, user) {
            (Some(profile), _) => Owner::Profile(profile),
            (None, Some(user)) => Owner::User(user),
            (None, None) => continue,
        };
        let params = json("gateways", id, "params", &params)?;
        let others = raw_any("gateways", id, &others)?;
        by_owner.entry(owner).or_default().push(Gateway { name, params, others });
    }
    Ok(by_owner)
}

fn domains(c: &mut Session, gateways: &mut Gateways) -> Result<Vec<Domain>, DbError> {
    type Row = (i64, String, String, String, String, String, String);
    let mut users = users_by_domain(c, gateways)?;
    let mut groups = groups_by_domain(c)?;
    let mut aliases = HashMap::<i64, Vec<String>>::new();
    for (_, domain, name) in
        domain_aliases::table.order(domain_aliases::id).load::<(i64, i64, String)>(c)?
    {
        aliases.entry(domain).or_default().push(name);
    }
    domains::table
        .order(domains::id)
        .load::<Row>(c)?
        .into_iter()
        .map(|(id, name, params, variables, realms, algorithms, others)| {
            Ok(Domain::new(name)
                .with_settings(
                    json("domains", id, "params", &params)?,
                    json("domains", id, "variables", &variables)?,
                )
                .with_aliases(aliases.remove(&id).unwrap_or_default())
                .with_digests(
                    json("domains", id, "realms", &realms)?,
                    json("domains", id, "algorithms", &algorithms)?,
                )
                .with_others(raw_any("domains", id, &others)?)
                .with_users(users.remove(&id).unwrap_or_default())
                .with_groups(groups.remove(&id).unwrap_or_default()))
        })
        .collect()
}

#[derive(Queryable)]
struct UserRow {
    id: i64,
    domain_id: i64,
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

fn users_by_domain(
    c: &mut Session,
    gateways: &mut Gateways,
) -> Result<HashMap<i64, Vec<User>>, DbError> {
    let mut by_domain = HashMap::<_, Vec<_>>::new();
    for row in users::table.order(users::id).load_iter::<UserRow, _>(c)? {
        let row = row?;
        by_domain.entry(row.domain_id).or_default().push(User {
            secrets: list("users", row.id, "secrets", &row.secrets)?,
            params: list("users", row.id, "params", &row.params)?,
            variables: list("users", row.id, "variables", &row.variables)?,
            gateways: gateways.remove(&Owner::User(row.id)).unwrap_or_default(),
            others: raw_any("users", row.id, &row.others)?,
            id: row.name,
            number_alias: row.number_alias,
            disabled: !row.enabled,
            cidr: row.cidr,
            voicemail_hash: row.voicemail_hash,
        });
    }
    Ok(by_domain)
}

fn groups_by_domain(c: &mut Session) -> Result<HashMap<i64, Vec<Group>>, DbError> {
    type Row = (i64, i64, String, String, String);
    let mut members = HashMap::<i64, Vec<String>>::new();
    let rows = group_members::table
        .inner_join(users::table)
        .order((group_members::group_id, group_members::position, group_members::id))
        .select((group_members::group_id, users::name))
        .load::<(i64, String)>(c)?;
    for (group, user) in rows {
        members.entry(group).or_default().push(user);
    }
    let mut by_domain = HashMap::<_, Vec<_>>::new();
    for (id, domain, name, params, variables) in groups::table.order(groups::id).load::<Row>(c)? {
        by_domain.entry(domain).or_default().push(Group {
            name,
            members: members.remove(&id).unwrap_or_default(),
            params: json("groups", id, "params", &params)?,
            variables: json("groups", id, "variables", &variables)?,
        });
    }
    Ok(by_domain)
}

fn profiles(c: &mut Session, gateways: &mut Gateways) -> Result<Vec<Profile>, DbError> {
    profiles::table
        .order(profiles::id)
        .load::<(i64, String, String, String, String, String, String)>(c)?
        .into_iter()
        .map(|(id, kind, name, params, domains, aliases, others)| {
            Ok(Profile {
                kind: kind.parse().map_err(|message| malformed("profiles", id, "kind", message))?,
                name,
                params: json("profiles", id, "params", &params)?,
                domains: json("profiles", id, "domains", &domains)?,
                aliases: json("profiles", id, "aliases", &aliases)?,
                others: raw_any("profiles", id, &others)?,
                gateways: gateways.remove(&Owner::Profile(id)).unwrap_or_default(),
            })
        })
        .collect()
}

fn access_lists(c: &mut Session) -> Result<Vec<AccessList>, DbError> {
    access_lists::table
        .order(access_lists::id)
        .load::<(i64, String, bool, String)>(c)?
        .into_iter()
        .map(|(id, name, default_allow, nodes)| {
            Ok(AccessList {
                name,
                default_allow,
                nodes: json("access_lists", id, "nodes", &nodes)?,
            })
        })
        .collect()
}

fn contexts(c: &mut Session, section: &str) -> Result<Vec<Context>, DbError> {
    let mut by_context = HashMap::<i64, Vec<Extension>>::new();
    let rows = extensions::table.order((extensions::context_id, extensions::position)).load::<(
        i64,
        i64,
        i64,
        String,
        bool,
        String,
    )>(c)?;
    for (id, context, _, name, continues, conditions) in rows {
        let conditions = json("extensions", id, "conditions", &conditions)?;
        by_context.entry(context).or_default().push(Extension { name, continues, conditions });
    }
    let contexts = contexts::table
        .filter(contexts::section.eq(section))
        .order(contexts::id)
        .select((contexts::id, contexts::name))
        .load::<(i64, String)>(c)?;
    Ok(contexts
        .into_iter()
        .map(|(id, name)| Context::new(name, by_context.remove(&id).unwrap_or_default()))
        .collect())
}

fn menus(c: &mut Session) -> Result<Vec<Menu>, DbError> {
    menus::table
        .order(menus::id)
        .load::<(i64, String, String, String)>(c)?
        .into_iter()
        .map(|(id, name, attributes, entries)| {
            Ok(Menu {
                name,
                attributes: json("menus", id, "attributes", &attributes)?,
                entries: json("menus", id, "entries", &entries)?,
            })
        })
        .collect()
}

fn queues(c: &mut Session) -> Result<Vec<Queue>, DbError> {
    queues::table
        .order(queues::id)
        .load::<(i64, String, String)>(c)?
        .into_iter()
        .map(|(id, name, params)| {
            Ok(Queue { name, params: json("queues", id, "params", &params)? })
        })
        .collect()
}

fn agents(c: &mut Session) -> Result<Vec<Agent>, DbError> {
    agents::table
        .order(agents::id)
        .load::<(i64, String, String)>(c)?
        .into_iter()
        .map(|(id, name, attributes)| {
            Ok(Agent { name, attributes: json("agents", id, "attributes", &attributes)? })
        })
        .collect()
}

fn tiers(c: &mut Session) -> Result<Vec<Tier>, DbError> {
    tiers::table
        .inner_join(queues::table)
        .inner_join(agents::table)
        .order(tiers::id)
        .select((tiers::id, queues::name, agents::name, tiers::level, tiers::position))
        .load::<(i64, String, String, i64, i64)>(c)?
        .into_iter()
        .map(|(id, queue, agent, level, position)| {
            let number = |column, value| {
                u32::try_from(value)
                    .map_err(|_| malformed("tiers", id, column, "is not a small number".into()))
            };
            Ok(Tier {
                queue,
                agent,
                level: number("level", level)?,
                position: number("position", position)?,
            })
        })
        .collect()
}

fn languages(c: &mut Session) -> Result<Vec<Language>, DbError> {
    let mut macros = HashMap::<i64, BTreeMap<String, Macro>>::new();
    for (id, language, name, xml) in
        phrases::table.order(phrases::id).load::<(i64, i64, String, String)>(c)?
    {
        let xml = raw("phrases", id, &xml)?;
        let key = name.to_ascii_lowercase();
        macros.entry(language).or_default().insert(key, Macro { name, xml });
    }
    languages::table
        .order(languages::id)
        .load::<(i64, String, String, String)>(c)?
        .into_iter()
        .map(|(id, name, attributes, groups)| {
            Ok(Language {
                name,
                attributes: json("languages", id, "attributes", &attributes)?,
                groups: json("languages", id, "groups", &groups)?,
                macros: macros.remove(&id).unwrap_or_default(),
            })
        })
        .collect()
}

fn documents(c: &mut Session) -> Result<Vec<StoredDocument>, DbError> {
    documents::table
        .order(documents::id)
        .load::<(i64, String, String)>(c)?
        .into_iter()
        .map(|(id, name, xml)| Ok(StoredDocument { name, xml: raw("documents", id, &xml)? }))
        .collect()
}

/// A list that is kept as long as the snapshot, for each of many users: no longer than it is.
fn list<T: DeserializeOwned>(
    table: &'static str,
    id: i64,
    column: &'static str,
    text: &str,
) -> Result<Vec<T>, DbError> {
    let mut list: Vec<T> = json(table, id, column, text)?;
    list.shrink_to_fit();
    Ok(list)
}

fn json<T: DeserializeOwned>(
    table: &'static str,
    id: i64,
    column: &'static str,
    text: &str,
) -> Result<T, DbError> {
    // Only the kind and the place: the words of an error may repeat a stored value.
    serde_json::from_str(text).map_err(|error| {
        let message = format!(
            "not the list that it should be ({:?} at character {})",
            error.classify(),
            error.column()
        );
        malformed(table, id, column, message)
    })
}

fn raw(table: &'static str, id: i64, xml: &str) -> Result<Raw, DbError> {
    Raw::parse(xml).map_err(|error| malformed(table, id, "xml", error.to_string()))
}

fn raw_any(table: &'static str, id: i64, xml: &str) -> Result<Raw, DbError> {
    Raw::parse_any(xml).map_err(|error| malformed(table, id, "others", error.to_string()))
}

fn malformed(table: &'static str, id: i64, column: &'static str, message: String) -> DbError {
    DbError::Malformed { table, id, column, message }
}
