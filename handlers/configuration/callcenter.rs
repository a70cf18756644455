//! `callcenter.conf`: queues, the agents that serve them, and who serves which.
//!
//! Asked for whole when the module loads, and with a queue's name when that queue is loaded or
//! reloaded, or a caller enters one that is not loaded yet.
//!
//! ```text
//! key_value=callcenter.conf&...&CC-Queue=support%40default
//! ```
//! ->
//! ```xml
//! <configuration name="callcenter.conf">
//!   <settings/>
//!   <queues>
//!     <queue name="support@default"><param name="strategy" value="ring-all"/></queue>
//!   </queues>
//!   <agents>
//!     <agent name="1000@default" type="callback" contact="user/1000@pbx.example.test"/>
//!   </agents>
//!   <tiers><tier agent="1000@default" queue="support@default" level="1" position="1"/></tiers>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::{ConfigurationFlow, ConfigurationLookup};
use jackfield_api::snapshot::Contents;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Callcenter;

impl ConfigurationHandler for Callcenter {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let Contents { queues, agents, tiers, .. } = facts.snapshot.contents();
        let host = lookup.base().hostname();
        let document = Configuration::new("callcenter.conf")
            .framed(facts.snapshot.on(&host).document("callcenter.conf"))
            .settings::<&str>([]);
        // Each part is written even where it is empty: the module asks once more for tiers that it
        // does not find.
        let ConfigurationFlow::Queue(name) = lookup.flow() else {
            return document.queues(queues).agents(agents).tiers(tiers).answer();
        };
        // Nothing of other queues: the module takes in every agent and tier that it is shown here,
        // and with an agent its stored status. Names are compared as the module keeps them, in
        // their case: by another spelling it would open a second queue that has no tiers. A queue
        // that is not stored leaves the document without it, and the caller is told that there is
        // none; not found would have the switch look on its disk.
        let queues: Vec<_> = queues.iter().filter(|queue| queue.name == name).collect();
        let tiers: Vec<_> = tiers.iter().filter(|tier| tier.queue == name).collect();
        let agents =
            agents.iter().filter(|agent| tiers.iter().any(|tier| tier.agent == agent.name));
        document.queues(queues).agents(agents).tiers(tiers.iter().copied()).answer()
    }
}

register!(ConfigurationHandler, "callcenter", Keys::Fixed(&["callcenter.conf"]), Callcenter);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::testing::{asking, recorded};

    #[test]
    fn the_module_loads_with_all_queues_agents_and_tiers() {
        golden!(
            "configuration/golden/callcenter.xml",
            text(&Callcenter, recorded::CALLCENTER_CONF)
        );
    }

    #[test]
    fn a_queue_is_loaded_with_its_own_agents_and_tiers() {
        golden!(
            "configuration/golden/callcenter-support.xml",
            text(&Callcenter, recorded::CALLCENTER_QUEUE)
        );
    }

    #[test]
    fn a_queue_is_loaded_without_the_agents_of_others() {
        let xml = text(&Callcenter, asking::queue("sales@default"));
        assert!(xml.contains("<queue name=\"sales@default\"/>"), "{xml}");
        assert!(xml.contains("<agents/>") && xml.contains("<tiers/>"), "{xml}");
    }

    #[test]
    fn a_queue_that_is_not_stored_or_spelled_otherwise_is_not_there() {
        for name in ["gone@default", "Support@default"] {
            let xml = text(&Callcenter, asking::queue(name));
            assert!(xml.contains("<queues/>"), "{xml}");
        }
    }
}
