//! Writes a whole PBX into empty tables.

use std::collections::HashMap;

use diesel::prelude::*;
use jackfield_api::snapshot::{Contents, Context, Domain, Gateway, Language, Profile};
use serde::Serialize;

use super::DbError;
use super::schema::{
    access_lists, agents, contexts, documents, domain_aliases, domains, extensions, gateways,
    globals, group_members, groups, languages, menus, phrases, profiles, queues, rooms, tiers,
    users,
};
use super::session::Session;

/// Everything in it. The caller wraps this in a transaction.
pub(super) fn contents(c: &mut Session, contents: &Contents) -> Result<(), DbError> {
    for global in &contents.globals {
        diesel::insert_into(globals::table)
            .values((globals::name.eq(&global.name), globals::value.eq(&global.value)))
            .execute(c)?;
    }
    for found in &contents.domains {
        domain(c, found)?;
    }
    for found in &contents.profiles {
        profile(c, found)?;
    }
    for list in &contents.access_lists {
        diesel::insert_into(access_lists::table)
            .values((
                access_lists::name.eq(&list.name),
                access_lists::default_allow.eq(list.default_allow),
                access_lists::nodes.eq(json(&list.nodes)),
            ))
            .execute(c)?;
    }
    for (section, list) in [("dialplan", &contents.dialplan), ("chatplan", &contents.chatplan)] {
        for found in list {
            context(c, section, found)?;
        }
    }
    for room in &contents.rooms {
        diesel::insert_into(rooms::table)
            .values((rooms::name.eq(&room.name), rooms::profile.eq(&room.profile)))
            .execute(c)?;
    }
    for menu in &contents.menus {
        diesel::insert_into(menus::table)
            .values((
                menus::name.eq(&menu.name),
                menus::attributes.eq(json(&menu.attributes)),
                menus::entries.eq(json(&menu.entries)),
            ))
            .execute(c)?;
    }
    callcenter(c, contents)?;
    for found in &contents.languages {
        language(c, found)?;
    }
    for document in &contents.documents {
        diesel::insert_into(documents::table)
            .values((documents::name.eq(&document.name), documents::xml.eq(document.xml.to_xml())))
            .execute(c)?;
    }
    Ok(())
}

fn domain(c: &mut Session, domain: &Domain) -> Result<(), DbError> {
    let domain_id: i64 = diesel::insert_into(domains::table)
        .values((
            domains::name.eq(domain.name()),
            domains::params.eq(json(domain.params())),
            domains::variables.eq(json(domain.variables())),
            domains::realms.eq(json(domain.realms())),
            domains::algorithms.eq(json(domain.algorithms())),
            domains::others.eq(domain.others().to_xml()),
        ))
        .returning(domains::id)
        .get_result(c)?;
    for alias in domain.aliases() {
        diesel::insert_into(domain_aliases::table)
            .values((domain_aliases::domain_id.eq(domain_id), domain_aliases::name.eq(alias)))
            .execute(c)?;
    }
    let mut ids = HashMap::new();
    for user in domain.users() {
        let id: i64 = diesel::insert_into(users::table)
            .values((
                users::domain_id.eq(domain_id),
                users::name.eq(&user.id),
                users::number_alias.eq(&user.number_alias),
                users::enabled.eq(!user.disabled),
                users::cidr.eq(&user.cidr),
                users::secrets.eq(json(&user.secrets)),
                users::voicemail_hash.eq(&user.voicemail_hash),
                users::params.eq(json(&user.params)),
                users::variables.eq(json(&user.variables)),
                users::others.eq(user.others.to_xml()),
            ))
            .returning(users::id)
            .get_result(c)?;
        ids.insert(user.id.to_ascii_lowercase(), id);
        for found in &user.gateways {
            gateway(c, None, Some(id), found)?;
        }
    }
    for group in domain.groups() {
        let group_id: i64 = diesel::insert_into(groups::table)
            .values((
                groups::domain_id.eq(domain_id),
                groups::name.eq(&group.name),
                groups::params.eq(json(&group.params)),
                groups::variables.eq(json(&group.variables)),
            ))
            .returning(groups::id)
            .get_result(c)?;
        for (position, member) in (1_i64..).zip(&group.members) {
            let Some(user_id) = ids.get(&member.to_ascii_lowercase()) else { continue };
            diesel::insert_into(group_members::table)
                .values((
                    group_members::group_id.eq(group_id),
                    group_members::user_id.eq(user_id),
                    group_members::position.eq(position),
                ))
                .execute(c)?;
        }
    }
    Ok(())
}

fn profile(c: &mut Session, profile: &Profile) -> Result<(), DbError> {
    let id: i64 = diesel::insert_into(profiles::table)
        .values((
            profiles::kind.eq(profile.kind.to_string()),
            profiles::name.eq(&profile.name),
            profiles::params.eq(json(&profile.params)),
            profiles::domains.eq(json(&profile.domains)),
            profiles::aliases.eq(json(&profile.aliases)),
            profiles::others.eq(profile.others.to_xml()),
        ))
        .returning(profiles::id)
        .get_result(c)?;
    profile.gateways.iter().try_for_each(|found| gateway(c, Some(id), None, found))
}

fn gateway(
    c: &mut Session,
    profile: Option<i64>,
    user: Option<i64>,
    gateway: &Gateway,
) -> Result<(), DbError> {
    diesel::insert_into(gateways::table)
        .values((
            gateways::profile_id.eq(profile),
            gateways::user_id.eq(user),
            gateways::name.eq(&gateway.name),
            gateways::params.eq(json(&gateway.params)),
            gateways::others.eq(gateway.others.to_xml()),
        ))
        .execute(c)?;
    Ok(())
}

fn context(c: &mut Session, section: &str, context: &Context) -> Result<(), DbError> {
    let id: i64 = diesel::insert_into(contexts::table)
        .values((contexts::section.eq(section), contexts::name.eq(context.name())))
        .returning(contexts::id)
        .get_result(c)?;
    for (position, extension) in (1_i64..).zip(context.extensions()) {
        diesel::insert_into(extensions::table)
            .values((
                extensions::context_id.eq(id),
                extensions::position.eq(position),
                extensions::name.eq(&extension.name),
                extensions::continues.eq(extension.continues),
                extensions::conditions.eq(json(&extension.conditions)),
            ))
            .execute(c)?;
    }
    Ok(())
}

fn callcenter(c: &mut Session, contents: &Contents) -> Result<(), DbError> {
    let mut queue_ids = HashMap::new();
    for queue in &contents.queues {
        let id: i64 = diesel::insert_into(queues::table)
            .values((queues::name.eq(&queue.name), queues::params.eq(json(&queue.params))))
            .returning(queues::id)
            .get_result(c)?;
        queue_ids.insert(&queue.name, id);
    }
    let mut agent_ids = HashMap::new();
    for agent in &contents.agents {
        let id: i64 = diesel::insert_into(agents::table)
            .values((agents::name.eq(&agent.name), agents::attributes.eq(json(&agent.attributes))))
            .returning(agents::id)
            .get_result(c)?;
        agent_ids.insert(&agent.name, id);
    }
    for tier in &contents.tiers {
        let (Some(queue), Some(agent)) = (queue_ids.get(&tier.queue), agent_ids.get(&tier.agent))
        else {
            continue;
        };
        diesel::insert_into(tiers::table)
            .values((
                tiers::queue_id.eq(queue),
                tiers::agent_id.eq(agent),
                tiers::level.eq(i64::from(tier.level)),
                tiers::position.eq(i64::from(tier.position)),
            ))
            .execute(c)?;
    }
    Ok(())
}

fn language(c: &mut Session, language: &Language) -> Result<(), DbError> {
    let id: i64 = diesel::insert_into(languages::table)
        .values((
            languages::name.eq(&language.name),
            languages::attributes.eq(json(&language.attributes)),
            languages::groups.eq(json(&language.groups)),
        ))
        .returning(languages::id)
        .get_result(c)?;
    for phrase in language.macros.values() {
        diesel::insert_into(phrases::table)
            .values((
                phrases::language_id.eq(id),
                phrases::name.eq(&phrase.name),
                phrases::xml.eq(phrase.xml.to_xml()),
            ))
            .execute(c)?;
    }
    Ok(())
}

pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data")
}
