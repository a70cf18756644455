//! `fifo.conf`: queues without agents.
//!
//! Where no document is stored there is none: the module makes one when the dialplan first names it.
//! It needs the document all the same, or it does not load.
//!
//! ```text
//! key_value=fifo.conf
//! ```
//! ->
//! ```xml
//! <configuration name="fifo.conf">
//!   <settings><param name="delete-all-outbound-member-on-startup" value="false"/></settings>
//!   <fifos/>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Fifo;

impl ConfigurationHandler for Fifo {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        if let Some(stored) = facts.snapshot.on(&host).document("fifo.conf") {
            return Configuration::stored(stored);
        }
        Configuration::new("fifo.conf")
            .settings([("delete-all-outbound-member-on-startup", "false")])
            .fifos([])
            .answer()
    }
}

register!(ConfigurationHandler, "fifo", Keys::Fixed(&["fifo.conf"]), Fifo);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::testing::recorded;

    #[test]
    fn the_module_loads_and_keeps_the_members_it_has() {
        golden!("configuration/golden/fifo.xml", text(&Fifo, recorded::FIFO_CONF));
    }
}
