//! `acl.conf`: the network lists.
//!
//! Asked for when the switch starts and on `reloadacl`. For each node with a domain the switch then
//! asks the directory which of its users have a network of their own.
//!
//! ```text
//! key_value=acl.conf
//! ```
//! ->
//! ```xml
//! <configuration name="acl.conf">
//!   <network-lists>
//!     <list name="domains" default="deny">
//!       <node type="allow" domain="pbx.example.test"/>
//!       <node type="deny" cidr="192.0.2.0/24"/>
//!     </list>
//!   </network-lists>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Acl;

impl ConfigurationHandler for Acl {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        let pbx = facts.snapshot.on(&host);
        // Also where none is stored: to the switch a list that it does not know lets nobody in,
        // while one of that name on its disk might.
        Configuration::new("acl.conf")
            .framed(pbx.document("acl.conf"))
            .network_lists(pbx.access_lists())
            .answer()
    }
}

register!(ConfigurationHandler, "acl", Keys::Fixed(&["acl.conf"]), Acl);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::snapshot::Snapshot;
    use jackfield_api::testing::{ask, recorded};

    #[test]
    fn the_switch_loads_every_list_with_its_nodes_in_their_order() {
        golden!("configuration/golden/acl.xml", text(&Acl, recorded::ACL_CONF));
    }

    #[test]
    fn no_list_is_an_answer_too() {
        let answer = ask(&Acl, recorded::ACL_CONF, &Snapshot::default());
        assert!(answer.is_ok());
    }
}
