//! Network lists.

use jackfield_api::snapshot::{AccessList, AccessTarget, Hosts};

use super::Named;
use crate::db::DbError;
use crate::db::tables::access_list::AccessListRow;
use crate::names;

impl Named for AccessList {
    const WORD: &'static str = "acl";
    type Row = AccessListRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> AccessListRow {
        AccessListRow::of(self)
    }

    fn of(id: i64, row: AccessListRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn switches(&self) -> Hosts {
        self.hosts.clone()
    }

    fn check_rest(&self) -> Result<(), String> {
        self.nodes.iter().try_for_each(|node| match &node.target {
            AccessTarget::Cidr(network) => names::check_network(network),
            AccessTarget::Domain(domain) => {
                names::check_domain(domain).map_err(|why| format!("domain «{domain}»: {why}"))
            }
        })
    }
}
