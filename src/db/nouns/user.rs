//! Users of a domain. Their gateways are nouns of their own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jackfield_api::snapshot::{Setting, User};

use super::domain::{domain_named, name_of};
use super::{InDomain, Noun, NounError, Page};
use crate::db::Session;
use crate::db::tables::gateway::GatewayRow;
use crate::db::tables::user::{self, UserRow};
use crate::db::tables::{Row, count, find, find_by, put};
use crate::names;

/// A user, and the name of the domain that it is in.
#[derive(Debug, Clone, Default)]
pub(crate) struct DomainUser {
    pub(crate) domain: String,
    pub(crate) user: User,
}

impl Noun for DomainUser {
    const NOUN: &'static str = "user";
    type Key = InDomain;

    fn key(&self) -> InDomain {
        InDomain { name: self.user.id.clone(), domain: Some(self.domain.clone()) }
    }

    fn check(&self) -> Result<(), String> {
        names::check(&self.user.id)?;
        if let Some(alias) = &self.user.number_alias {
            names::check(alias).map_err(|why| format!("its second name: {why}"))?;
        }
        for network in self.user.cidr.iter().flat_map(|list| list.split(',')) {
            names::check_network(network.trim())?;
        }
        let mut settings = self.user.params.iter().chain(&self.user.variables);
        settings.try_for_each(check_setting)
    }

    fn find(c: &mut Session, key: &InDomain) -> Result<Vec<i64>, NounError> {
        let domain = domain_named(c, key.domain.as_deref())?;
        Ok(find::<UserRow>(c, &of(domain), &key.name)?.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = UserRow::read(c, id)? else { return Ok(None) };
        let domain = name_of(c, row.domain_id)?;
        Ok(Some(Self { domain, user: row.read_as(id)? }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = match page.of {
            Some(domain) => {
                let domain = domain_named(c, Some(domain))?;
                user::of_domain(c, domain, page.after, page.limit)?
            }
            None => UserRow::page(c, page.after, page.limit)?,
        };
        let mut domains = HashMap::<i64, String>::new();
        let mut users = Vec::with_capacity(rows.len());
        for (id, row) in rows {
            let domain = match domains.entry(row.domain_id) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(free) => free.insert(name_of(c, row.domain_id)?).clone(),
            };
            users.push((id, Self { domain, user: row.read_as(id)? }));
        }
        Ok(users)
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        let domain = domain_named(c, Some(&self.domain))?;
        let scope = of(domain);
        // The switch finds an id before a second name: of two users one could not be called.
        let mut others = vec![("number_alias", &self.user.id, "its id is the second name of")];
        if let Some(alias) = &self.user.number_alias {
            others.push(("name", alias, "its second name is the id of"));
            others.push(("number_alias", alias, "its second name is also that of"));
        }
        for (column, name, what) in others {
            let other = find_by::<UserRow>(c, &scope, column, name)?;
            if let Some(other) = other.filter(|other| Some(*other) != id) {
                let whose = UserRow::read(c, other)?.map(|row| row.name).unwrap_or_default();
                return Err(NounError::refused(
                    self,
                    format!("{what} user «{whose}» (id:{other})"),
                ));
            }
        }
        Ok(put(c, id, &UserRow::of(domain, &self.user))?.0)
    }

    fn belongings(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(vec![(count::<GatewayRow>(c, &format!("user_id = {id}"))?, "gateways")])
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(UserRow::remove(c, id)?)
    }
}

/// Every name that a domain has taken, to add many users: asking for each would take as many queries.
pub(crate) struct Taken {
    domain: i64,
    /// Ids and second names in lower case, each with the id that it belongs to.
    names: HashMap<String, String>,
}

impl Taken {
    pub(crate) fn read(c: &mut Session, domain: i64) -> Result<Self, NounError> {
        let mut names = HashMap::new();
        for (name, alias) in user::names(c, domain)? {
            names.insert(name.to_ascii_lowercase(), name.clone());
            names.extend(alias.map(|alias| (alias.to_ascii_lowercase(), name)));
        }
        Ok(Self { domain, names })
    }

    /// Adds a user; what is wrong with it leaves the others as they are.
    pub(crate) fn add(&mut self, c: &mut Session, user: &DomainUser) -> Result<i64, NounError> {
        user.check().map_err(|why| NounError::refused(user, why))?;
        let names = std::iter::once(&user.user.id).chain(&user.user.number_alias);
        for name in names.clone() {
            if let Some(other) = self.names.get(&name.to_ascii_lowercase()) {
                let why = format!("«{name}» is a name of user «{other}» already");
                return Err(NounError::refused(user, why));
            }
        }
        for name in names {
            self.names.insert(name.to_ascii_lowercase(), user.user.id.clone());
        }
        Ok(UserRow::of(self.domain, &user.user).insert(c)?)
    }
}

fn of(domain: i64) -> String {
    format!("domain_id = {domain}")
}

/// Says why a switch cannot be told a parameter or a variable.
pub(super) fn check_setting(setting: &Setting) -> Result<(), String> {
    let name = &setting.name;
    names::check(name).map_err(|why| format!("«{}»: {why}", name.escape_debug()))?;
    setting.value().check().map_err(|refused| format!("the value of «{name}»: {refused}"))
}
