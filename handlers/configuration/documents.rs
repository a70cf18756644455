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
    use super::super::recorded::{answer, answer_from, asking, recorded, text};
    use super::*;
    use jackfield_api::snapshot::{Contents, Hosts, Snapshot, StoredDocument};
    use jackfield_api::xml::Raw;

    fn storing(name: &str, xml: &str) -> Snapshot {
        let documents = vec![StoredDocument {
            name: name.into(),
            xml: Raw::parse(xml).expect("valid"),
            hosts: Hosts::default(),
        }];
        Snapshot::new(Contents { documents: documents.into(), ..Contents::default() })
    }

    #[test]
    fn every_module_that_was_seen_asking_gets_its_document() {
        for (body, golden) in [
            (&recorded!("01-conf-curl.conf")[..], include_str!("golden/curl.xml")),
            (recorded!("02-conf-db.conf"), include_str!("golden/db.xml")),
            (recorded!("03-conf-hash.conf"), include_str!("golden/hash.xml")),
            (recorded!("08-conf-httapi.conf"), include_str!("golden/httapi.xml")),
            (recorded!("09-conf-loopback.conf"), include_str!("golden/loopback.xml")),
            (recorded!("14-conf-opus.conf"), include_str!("golden/opus.xml")),
            (recorded!("15-conf-sndfile.conf"), include_str!("golden/sndfile.xml")),
            (
                recorded!("18-conf-post_load_modules.conf"),
                include_str!("golden/post_load_modules.xml"),
            ),
            (
                recorded!("21-conf-post_load_switch.conf"),
                include_str!("golden/post_load_switch.xml"),
            ),
        ] {
            assert_eq!(text(&Documents, body), golden);
        }
    }

    #[test]
    fn the_core_learns_the_time_zones() {
        let xml = text(&Documents, recorded!("49-conf-timezones.conf"));
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
        let snapshot = storing("db.conf", "<configuration name='db.conf'><own/></configuration>");
        let document = answer_from(&snapshot, &Documents, recorded!("02-conf-db.conf"));
        let xml = String::from_utf8(document.expect("stored").into_body()).expect("UTF-8");
        assert!(xml.contains("<own/>"), "{xml}");
        assert!(answer(&Documents, asking("KEPT.conf", "a=b")).is_ok());
    }

    #[test]
    fn the_event_socket_is_configured_only_by_whoever_stored_its_password() {
        let body = recorded!("19-conf-event_socket.conf");
        assert!(matches!(answer(&Documents, body), Err(Refusal::NotFound(_))));
        let stored = "<configuration name='event_socket.conf'><settings/></configuration>";
        assert!(answer_from(&storing("event_socket.conf", stored), &Documents, body).is_ok());
    }

    #[test]
    fn what_nobody_stored_is_left_to_the_switch() {
        for file in ["switch.conf", "modules.conf", "enum.conf", "spandsp.conf", "", "db"] {
            assert!(
                matches!(answer(&Documents, asking(file, "a=b")), Err(Refusal::NotFound(_))),
                "{file}"
            );
        }
    }
}
