//! Domains. What their users prove themselves with hangs on their names, realms and algorithms.

use jackfield_api::snapshot::{Domain, User};

use super::user::check_setting;
use super::{Name, Noun, NounError, Page};
use crate::db::Session;
use crate::db::tables::domain::{self, AliasRow, DomainRow};
use crate::db::tables::group::GroupRow;
use crate::db::tables::user::{self, UserRow};
use crate::db::tables::{Row, all, count, find, put};
use crate::{logins, names};

impl Noun for Domain {
    const NOUN: &'static str = "domain";
    type Key = Name;

    fn key(&self) -> Name {
        Name(self.name().to_owned())
    }

    fn check(&self) -> Result<(), String> {
        names::check_domain(self.name())?;
        for alias in self.aliases() {
            names::check_domain(alias).map_err(|why| format!("alias «{alias}»: {why}"))?;
            if alias.eq_ignore_ascii_case(self.name()) {
                return Err("its alias is its name".to_owned());
            }
        }
        for realm in self.realms() {
            names::check(realm).map_err(|why| format!("realm «{realm}»: {why}"))?;
        }
        if self.algorithms().is_empty() {
            return Err("without a digest algorithm nobody can log in".to_owned());
        }
        self.params().iter().chain(self.variables()).try_for_each(check_setting)
    }

    fn find(c: &mut Session, key: &Name) -> Result<Vec<i64>, NounError> {
        Ok(find::<DomainRow>(c, "", &key.0)?.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = DomainRow::read(c, id)? else { return Ok(None) };
        let aliases = domain::aliases(c, Some(id))?.into_iter().map(|(_, alias)| alias).collect();
        Ok(Some(row.read_as(id, aliases)?))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = DomainRow::page(c, page.after, page.limit)?;
        let aliases = domain::aliases(c, None)?;
        rows.into_iter()
            .map(|(id, row)| {
                let of_it = aliases.iter().filter(|(domain, _)| *domain == id);
                let names = of_it.map(|(_, alias)| alias.clone()).collect();
                Ok((id, row.read_as(id, names)?))
            })
            .collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        // A name is found before an alias: of two domains one could not be asked for.
        if let Some(other) = alias_of_another(c, self.name(), id)? {
            return Err(NounError::refused(self, format!("its name is an alias of «{other}»")));
        }
        for alias in self.aliases() {
            let named = find::<DomainRow>(c, "", alias)?.filter(|other| Some(*other) != id);
            let other = match named {
                Some(named) => Some(name_of(c, named)?),
                None => alias_of_another(c, alias, id)?,
            };
            if let Some(other) = other {
                let why = format!("alias «{alias}» is a name of «{other}» already");
                return Err(NounError::refused(self, why));
            }
        }
        let (id, _) = put(c, id, &DomainRow::of(self))?;
        for (stored, row) in all::<AliasRow>(c)? {
            if row.domain_id == id && !self.aliases().contains(&row.name) {
                AliasRow::remove(c, stored)?;
            }
        }
        for alias in self.aliases() {
            if find::<AliasRow>(c, "", alias)?.is_none() {
                AliasRow { domain_id: id, name: alias.clone() }.insert(c)?;
            }
        }
        Ok(id)
    }

    fn belongings(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        let scope = format!("domain_id = {id}");
        let users = count::<UserRow>(c, &scope)?;
        Ok(vec![(users, "users"), (count::<GroupRow>(c, &scope)?, "groups")])
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(DomainRow::remove(c, id)?)
    }
}

/// The name of the domain that an alias belongs to, unless that is the one with this id.
fn alias_of_another(
    c: &mut Session,
    alias: &str,
    id: Option<i64>,
) -> Result<Option<String>, NounError> {
    let Some(found) = find::<AliasRow>(c, "", alias)? else { return Ok(None) };
    match AliasRow::read(c, found)? {
        Some(row) if Some(row.domain_id) != id => Ok(Some(name_of(c, row.domain_id)?)),
        _ => Ok(None),
    }
}

/// The id of a domain: the one of this name, or, where none is named, the one that there is.
pub(super) fn domain_named(c: &mut Session, name: Option<&str>) -> Result<i64, NounError> {
    let absent = |key: &str| NounError::Absent { noun: Domain::NOUN, key: key.to_owned() };
    let Some(name) = name else {
        return match DomainRow::page(c, 0, 2)?[..] {
            [(id, _)] => Ok(id),
            ref found => Err(NounError::Refused {
                noun: Domain::NOUN,
                key: "(not said)".to_owned(),
                why: if found.is_empty() {
                    "there is none yet; `jackfield domain add NAME` makes one".to_owned()
                } else {
                    "there are several; say which one, as in 1000@pbx.example.test".to_owned()
                },
            }),
        };
    };
    if let Some(id) = find::<DomainRow>(c, "", name)? {
        return Ok(id);
    }
    let alias = find::<AliasRow>(c, "", name)?.ok_or_else(|| absent(name))?;
    Ok(AliasRow::read(c, alias)?.ok_or_else(|| absent(name))?.domain_id)
}

/// The domain of this name, or, where none is named, the one that there is.
pub(crate) fn domain(c: &mut Session, name: Option<&str>) -> Result<(i64, Domain), NounError> {
    let id = domain_named(c, name)?;
    let absent = || NounError::Absent { noun: Domain::NOUN, key: name.unwrap_or_default().into() };
    Ok((id, Domain::read(c, id)?.ok_or_else(absent)?))
}

/// The name of the domain with this id.
pub(super) fn name_of(c: &mut Session, id: i64) -> Result<String, NounError> {
    let row = DomainRow::read(c, id)?;
    let absent = || NounError::Absent { noun: Domain::NOUN, key: format!("id:{id}") };
    Ok(row.ok_or_else(absent)?.name)
}

/// Takes the hashes away that fit a domain no more; the ids of the users that had one.
pub(crate) fn void(
    c: &mut Session,
    id: i64,
    before: &Domain,
    now: &Domain,
) -> Result<Vec<String>, NounError> {
    let (mut voided, renamed) = (Vec::new(), before.name() != now.name());
    for_each_user(c, id, |c, user_id, mut user| {
        if logins::void(&mut user, now, renamed).any() {
            UserRow::of(id, &user).update(c, user_id)?;
            voided.push(user.id.clone());
        }
        Ok(())
    })?;
    Ok(voided)
}

/// The ids of the users of a domain that can log in, but not in each way that the domain allows.
pub(crate) fn hashes_that_lack(
    c: &mut Session,
    id: i64,
    domain: &Domain,
) -> Result<Vec<String>, NounError> {
    let mut lacking = Vec::new();
    for_each_user(c, id, |_, _, user| {
        if !user.secrets.is_empty() && logins::lacks(&user, domain) {
            lacking.push(user.id);
        }
        Ok(())
    })?;
    Ok(lacking)
}

/// In pages: together they may be too many.
fn for_each_user(
    c: &mut Session,
    domain: i64,
    mut tell: impl FnMut(&mut Session, i64, User) -> Result<(), NounError>,
) -> Result<(), NounError> {
    const PAGE: i64 = 1000;
    let mut after = 0;
    loop {
        let rows = user::of_domain(c, domain, after, PAGE)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        for (id, row) in rows {
            tell(c, id, row.read_as(id)?)?;
        }
    }
}
