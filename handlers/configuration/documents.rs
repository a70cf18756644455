//! Every document that has no handler of its own.
//!
//! One that the operator stored is answered as it was stored. Of the rest, [`stock`]
//! has those that the switch's usual modules do not start without, or complain about. For any other
//! name nobody is asked but the switch's own disk: a module or a part of the core that has its
//! configuration there keeps it.
//!
//! ```text
//! key_value=db.conf
//! ```
//! ->
//! ```xml
//! <configuration name="db.conf">
//!   <settings/>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, Refusal, register};

use super::stock;

struct Documents;

impl ConfigurationHandler for Documents {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let file = lookup.file();
        if let Some(document) = facts.snapshot.on(&lookup.base().hostname()).document(&file) {
            return Configuration::stored(document);
        }
        stock::document(&file).ok_or(Refusal::NotFound("no such document"))?.answer()
    }
}

register!(ConfigurationHandler, "documents", Keys::CatchAll, Documents);

#[cfg(test)]
mod tests {
    use super::super::recorded::{answer, text};
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::testing::{Pbx, ask, asking, recorded};

    #[test]
    fn every_module_that_was_seen_asking_gets_its_document() {
        for (body, module) in [
            (recorded::CURL_CONF, "curl"),
            (recorded::DB_CONF, "db"),
            (recorded::HASH_CONF, "hash"),
            (recorded::HTTAPI_CONF, "httapi"),
            (recorded::LOOPBACK_CONF, "loopback"),
            (recorded::OPUS_CONF, "opus"),
            (recorded::SNDFILE_CONF, "sndfile"),
            (recorded::POST_LOAD_MODULES_CONF, "post_load_modules"),
            (recorded::POST_LOAD_SWITCH_CONF, "post_load_switch"),
        ] {
            let path = format!("configuration/golden/{module}.xml");
            golden!(path, text(&Documents, body));
        }
    }

    #[test]
    fn the_core_learns_the_time_zones() {
        let xml = text(&Documents, recorded::TIMEZONES_CONF);
        for zone in [
            "<zone name=\"UTC\" value=\"UTC0\"/>",
            "<zone name=\"Europe/Amsterdam\" value=\"CET-1CEST,M3.5.0,M10.5.0/3\"/>",
            "<zone name=\"America/Sao_Paulo\" value=\"STD3\"/>",
        ] {
            assert!(xml.contains(zone), "{zone}");
        }
    }

    #[test]
    fn a_stored_document_is_answered_in_the_place_of_ours() {
        let xml = "<configuration name='db.conf'><own/></configuration>";
        let snapshot = Pbx::empty().document("db.conf", xml).snapshot();
        let document = ask(&Documents, recorded::DB_CONF, &snapshot);
        let xml = String::from_utf8(document.expect("stored").into_body()).expect("UTF-8");
        assert!(xml.contains("<own/>"), "{xml}");
        assert!(answer(&Documents, asking::configuration("KEPT.conf")).is_ok());
    }

    #[test]
    fn the_event_socket_is_configured_only_by_whoever_stored_its_password() {
        let body = recorded::EVENT_SOCKET_CONF;
        assert!(matches!(answer(&Documents, body), Err(Refusal::NotFound(_))));
        let stored = "<configuration name='event_socket.conf'><settings/></configuration>";
        let snapshot = Pbx::empty().document("event_socket.conf", stored).snapshot();
        assert!(ask(&Documents, body, &snapshot).is_ok());
    }

    #[test]
    fn what_nobody_stored_is_left_to_the_switch() {
        for file in ["switch.conf", "modules.conf", "enum.conf", "spandsp.conf", "", "db"] {
            assert!(
                matches!(
                    answer(&Documents, asking::configuration(file)),
                    Err(Refusal::NotFound(_))
                ),
                "{file}"
            );
        }
    }
}
