//! Domains, and the further names they have.

use diesel::prelude::*;
use jackfield_api::snapshot::Domain;

use super::super::schema::domain_aliases;
use super::super::schema::domains;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(domains, DomainRow {
    pub(in crate::db) name: String,
    pub(in crate::db) params: String,
    pub(in crate::db) variables: String,
    pub(in crate::db) realms: String,
    pub(in crate::db) algorithms: String,
    pub(in crate::db) others: String,
});

row!(domain_aliases, AliasRow {
    pub(in crate::db) domain_id: i64,
    pub(in crate::db) name: String,
});

impl DomainRow {
    pub(in crate::db) fn of(domain: &Domain) -> Self {
        Self {
            name: domain.name().to_owned(),
            params: json(domain.params()),
            variables: json(domain.variables()),
            realms: json(domain.realms()),
            algorithms: json(domain.algorithms()),
            others: domain.others().to_xml(),
        }
    }

    /// The domain without its users and groups.
    pub(in crate::db) fn read_as(self, id: i64, aliases: Vec<String>) -> Result<Domain, DbError> {
        let columns = Columns::of::<Self>(id);
        let params = columns.json("params", &self.params)?;
        let variables = columns.json("variables", &self.variables)?;
        let realms = columns.json("realms", &self.realms)?;
        let algorithms = columns.json("algorithms", &self.algorithms)?;
        Ok(Domain::new(self.name)
            .with_settings(params, variables)
            .with_aliases(aliases)
            .with_digests(realms, algorithms)
            .with_others(columns.others(&self.others)?))
    }
}

/// Every domain's id with one of its further names.
pub(in crate::db) fn aliases(
    c: &mut Session,
    domain: Option<i64>,
) -> QueryResult<Vec<(i64, String)>> {
    let mut rows = domain_aliases::table.order(domain_aliases::id).into_boxed();
    if let Some(domain) = domain {
        rows = rows.filter(domain_aliases::domain_id.eq(domain));
    }
    rows.select((domain_aliases::domain_id, domain_aliases::name)).load(c)
}
