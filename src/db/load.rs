//! Reads the tables into the snapshot's plain data: one query a table.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Receiver, sync_channel};

use diesel::prelude::*;
use jackfield_api::snapshot::users::Packer;
use jackfield_api::snapshot::{
    Clients, Contents, Context, Domain, Extension, Gateway, Group, Language, List, Macro, Profile,
    Users,
};

use super::DbError;

use super::schema::revision;
use super::session::Session;
use super::tables::access_list::AccessListRow;
use super::tables::agent::AgentRow;
use super::tables::channel::ChannelRow;
use super::tables::client::ClientRow;
use super::tables::context::{ContextRow, Section};
use super::tables::document::DocumentRow;
use super::tables::domain::DomainRow;
use super::tables::gateway::{GatewayRow, Owner};
use super::tables::global::GlobalRow;
use super::tables::group::GroupRow;
use super::tables::language::LanguageRow;
use super::tables::menu::MenuRow;
use super::tables::phrase::PhraseRow;
use super::tables::profile::ProfileRow;
use super::tables::queue::QueueRow;
use super::tables::room::RoomRow;
use super::tables::user::UserRow;
use super::tables::{Row, all, domain, extension, group, tier};

/// Pages of users that may wait to be packed.
const READ_AHEAD: usize = 4;

/// Everything there is. Rows of a table come in the order of their ids.
pub(super) fn contents(c: &mut Session) -> Result<Contents, DbError> {
    around(c, users_by_domain)
}

/// Everything but users: each domain, by its id, has these.
pub(super) fn contents_around(
    c: &mut Session,
    users: HashMap<i64, Users>,
) -> Result<Contents, DbError> {
    around(c, |_, _| Ok(users))
}

fn around(
    c: &mut Session,
    users: impl FnOnce(&mut Session, &mut Gateways) -> Result<HashMap<i64, Users>, DbError>,
) -> Result<Contents, DbError> {
    let mut gateways = gateways_by_owner(c)?;
    let users = users(c, &mut gateways)?;
    let mut contexts = contexts(c)?;
    Ok(Contents {
        revision: revision::table.select(revision::value).first(c)?,
        globals: list(c, |id, row: GlobalRow| row.read_as(id))?,
        domains: domains(c, users)?,
        profiles: list(c, |id, row: ProfileRow| {
            let gateways = gateways.remove(&Owner::Profile(id)).unwrap_or_default();
            Ok(Profile { gateways, ..row.read_as(id)? })
        })?,
        access_lists: list(c, |id, row: AccessListRow| row.read_as(id))?,
        dialplan: contexts.remove(&Section::Dialplan.to_string()).unwrap_or_default(),
        chatplan: contexts.remove(&Section::Chatplan.to_string()).unwrap_or_default(),
        rooms: list(c, |_, row: RoomRow| Ok(row.read_as()))?,
        menus: list(c, |id, row: MenuRow| row.read_as(id))?,
        queues: list(c, |id, row: QueueRow| row.read_as(id))?,
        agents: list(c, |id, row: AgentRow| row.read_as(id))?,
        tiers: in_rows(tier::tiers(c, None)?),
        languages: languages(c)?,
        documents: list(c, |id, row: DocumentRow| row.read_as(id))?,
        channels: list(c, |id, row: ChannelRow| row.read_as(id))?,
        clients: clients(c)?,
        ..Contents::default()
    })
}

fn list<R: Row, T>(
    c: &mut Session,
    mut read: impl FnMut(i64, R) -> Result<T, DbError>,
) -> Result<List<T>, DbError> {
    let mut list = List::default();
    for (id, row) in all::<R>(c)? {
        list.push_at(id, id, read(id, row)?);
    }
    Ok(list)
}

/// Items in the order of their rows.
fn in_rows<T>(items: impl IntoIterator<Item = (i64, T)>) -> List<T> {
    let mut list = List::default();
    items.into_iter().for_each(|(id, item)| list.push_at(id, id, item));
    list
}

type Gateways = HashMap<Owner, Vec<Gateway>>;

fn gateways_by_owner(c: &mut Session) -> Result<Gateways, DbError> {
    let mut by_owner = Gateways::new();
    for (id, row) in all::<GatewayRow>(c)? {
        let Some(owner) = row.owner() else { continue };
        by_owner.entry(owner).or_default().push(row.read_as(id)?);
    }
    Ok(by_owner)
}

fn domains(c: &mut Session, mut users: HashMap<i64, Users>) -> Result<List<Domain>, DbError> {
    let mut groups = groups_by_domain(c)?;
    let mut aliases = HashMap::<i64, Vec<String>>::new();
    for (domain, name) in domain::aliases(c, None)? {
        aliases.entry(domain).or_default().push(name);
    }
    list(c, |id, row: DomainRow| {
        Ok(row
            .read_as(id, aliases.remove(&id).unwrap_or_default())?
            .with_packed(users.remove(&id).unwrap_or_default())
            .with_groups(groups.remove(&id).unwrap_or_default()))
    })
}

/// The users of each domain. They are read on this thread and packed on another: both take long.
fn users_by_domain(
    c: &mut Session,
    gateways: &mut Gateways,
) -> Result<HashMap<i64, Users>, DbError> {
    let (pages, to_pack) = sync_channel::<Vec<(i64, UserRow)>>(READ_AHEAD);
    std::thread::scope(|scope| {
        let packing = std::thread::Builder::new()
            .name("pack".to_owned())
            .spawn_scoped(scope, move || pack(&to_pack, gateways))
            .map_err(DbError::Thread)?;
        // An error of the other side ends it early, and is told by it.
        let read = UserRow::each_page(c, |page| {
            pages.send(page).map_err(|_| DbError::Query(diesel::result::Error::NotFound))
        });
        drop(pages);
        let packed = packing.join().expect("packing does not panic")?;
        read.map(|()| packed)
    })
}

fn pack(
    pages: &Receiver<Vec<(i64, UserRow)>>,
    gateways: &mut Gateways,
) -> Result<HashMap<i64, Users>, DbError> {
    let mut by_domain = HashMap::<_, Packer>::new();
    for (id, row) in pages.iter().flatten() {
        check_id(id)?;
        let mut user = row.stored(id)?;
        user.gateways = gateways.remove(&Owner::User(id)).unwrap_or_default().into();
        by_domain.entry(row.domain_id).or_default().push(id, &user);
    }
    Ok(by_domain.into_iter().map(|(domain, packer)| (domain, packer.finish())).collect())
}

/// Whether packed users can have this row.
pub(super) fn check_id(id: i64) -> Result<(), DbError> {
    if (0..Users::MOST_ROWS).contains(&id) {
        return Ok(());
    }
    let message = format!("rows are counted up to {}", Users::MOST_ROWS);
    Err(DbError::Malformed { table: UserRow::TABLE, id, column: "id", message })
}

fn groups_by_domain(c: &mut Session) -> Result<HashMap<i64, List<Group>>, DbError> {
    let mut members = HashMap::<i64, Vec<String>>::new();
    for (group, _, user) in group::members(c, None)? {
        members.entry(group).or_default().push(user);
    }
    let mut by_domain = HashMap::<_, List<_>>::new();
    for (id, row) in all::<GroupRow>(c)? {
        let members = members.remove(&id).unwrap_or_default();
        by_domain.entry(row.domain_id).or_default().push_at(id, id, row.read_as(id, members)?);
    }
    Ok(by_domain)
}

/// Contexts by their section.
fn contexts(c: &mut Session) -> Result<HashMap<String, List<Context>>, DbError> {
    let mut extensions = HashMap::<i64, List<Extension>>::new();
    for (id, row) in extension::in_order(c, None)? {
        let (context, position) = (row.context_id, row.position);
        extensions.entry(context).or_default().push_at(position, id, row.read_as(id)?);
    }
    let mut by_section = HashMap::<String, List<Context>>::new();
    for (id, row) in all::<ContextRow>(c)? {
        let context = Context::new(row.name, extensions.remove(&id).unwrap_or_default());
        by_section.entry(row.section).or_default().push_at(id, id, context);
    }
    Ok(by_section)
}

fn clients(c: &mut Session) -> Result<Clients, DbError> {
    let rows = all::<ClientRow>(c)?.into_iter();
    rows.map(|(id, row)| Ok((id, row.read_as(id)?))).collect()
}

fn languages(c: &mut Session) -> Result<List<Language>, DbError> {
    let mut macros = HashMap::<i64, BTreeMap<String, Macro>>::new();
    for (id, row) in all::<PhraseRow>(c)? {
        let (language, key) = (row.language_id, row.name.to_ascii_lowercase());
        macros.entry(language).or_default().insert(key, row.read_as(id)?);
    }
    list(c, |id, row: LanguageRow| {
        Ok(Language { macros: macros.remove(&id).unwrap_or_default(), ..row.read_as(id)? })
    })
}
