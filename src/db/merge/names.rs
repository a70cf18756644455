//! The net under the import: no name of a domain or a user may be another's too.
//!
//! The switch finds a name before a second name, so of two that share one, one could not be asked for.
//! Whoever reads files has told of it with file and line; what others have stored since is seen here.

use std::collections::HashMap;

use diesel::QueryResult;
use jackfield_api::snapshot::{Domain, Users};

use crate::db::Session;
use crate::db::tables::domain::{AliasRow, DomainRow};
use crate::db::tables::user::UserRow;
use crate::db::tables::{Row, find};

/// Names of a domain that others have, in words.
pub(super) fn of_domain(c: &mut Session, domain: &Domain) -> QueryResult<Vec<String>> {
    let id = find::<DomainRow>(c, "", domain.name())?;
    let mut clashes = Vec::new();
    for name in std::iter::once(domain.name()).chain(domain.aliases().iter().map(String::as_str)) {
        let named = find::<DomainRow>(c, "", name)?;
        let alias = find::<AliasRow>(c, "", name)?;
        let owner = match alias {
            Some(alias) => AliasRow::read(c, alias)?.map(|row| row.domain_id),
            None => None,
        };
        let Some(other) = [named, owner].into_iter().flatten().find(|other| Some(*other) != id)
        else {
            continue;
        };
        let other = DomainRow::read(c, other)?.map(|row| row.name).unwrap_or_default();
        let whose = domain.name();
        clashes.push(format!("«{name}» of domain «{whose}» is a name of domain «{other}» already"));
    }
    Ok(clashes)
}

/// Names of users that others of the domain have, in words. `stored` are those that are there.
pub(super) fn of_users(domain: &str, stored: &[(i64, UserRow)], users: &Users) -> Vec<String> {
    // As they will be: by its id in lower case, each user's second name.
    let mut after: HashMap<String, Option<String>> =
        HashMap::with_capacity(stored.len().max(users.len()));
    let lower = str::to_ascii_lowercase;
    let of_rows = stored.iter().map(|(_, row)| (lower(&row.name), row.number_alias.as_deref()));
    let given = users.iter().map(|user| (lower(user.id), user.number_alias));
    after.extend(of_rows.chain(given).map(|(id, alias)| (id, alias.map(lower))));
    let mut seconds = HashMap::<&str, Vec<&str>>::new();
    for (id, alias) in &after {
        if let Some(alias) = alias {
            seconds.entry(alias).or_default().push(id);
        }
    }
    let mut clashes = Vec::new();
    for user in users.iter() {
        let id = lower(user.id);
        let others = |name: &str| seconds.get(name).into_iter().flatten().find(|who| **who != id);
        let mut tell = |what: String| clashes.push(format!("user «{}@{domain}»: {what}", user.id));
        if let Some(other) = others(&id) {
            tell(format!("its id is the second name of user «{other}»"));
        }
        let Some(alias) = user.number_alias.map(lower).filter(|alias| *alias != id) else {
            continue;
        };
        if after.contains_key(&alias) {
            tell(format!("its second name is the id of user «{alias}»"));
        }
        if let Some(other) = others(&alias) {
            tell(format!("its second name is also that of user «{other}»"));
        }
    }
    clashes
}
