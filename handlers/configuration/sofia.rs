//! `sofia.conf`: the SIP profiles.
//!
//! Asked for whole when the module loads, and with a profile's name when that profile starts, is
//! restarted or is rescanned.
//!
//! ```text
//! key_value=sofia.conf&...&profile=internal&reconfig=true
//! ```
//! ->
//! ```xml
//! <configuration name="sofia.conf">
//!   <global_settings>...</global_settings>
//!   <profiles>
//!     <profile name="internal">
//!       <domains><domain name="all" alias="true" parse="false"/></domains>
//!       <settings><param name="sip-port" value="5060"/></settings>
//!     </profile>
//!   </profiles>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::{ConfigurationFlow, ConfigurationLookup};
use jackfield_api::snapshot::ProfileKind;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Sofia;

const FILE: &str = "sofia.conf";

/// In every answer where the operator stored no others: the module sets its globals anew from each one that it reads.
const GLOBAL: [(&str, &str); 2] = [("log-level", "0"), ("debug-presence", "0")];

impl ConfigurationHandler for Sofia {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        let pbx = facts.snapshot.on(&host);
        let mut profiles = super::profiles(pbx, ProfileKind::Sofia)?;
        if let ConfigurationFlow::Profile(name) = lookup.flow() {
            // For a name that is not stored this leaves a document without profiles, and the switch
            // says that there is no such profile. Not found would have it look on its disk: a
            // profile that the operator removed here would run on with whatever stands there, and
            // the profile `internal` of the default files lets other callers in than ours does.
            profiles.retain(|profile| profile.name.eq_ignore_ascii_case(&name));
        }
        let frame = pbx.document(FILE);
        let mut document = Configuration::new(FILE).framed(frame);
        if frame.is_none() {
            document = document.global_settings(GLOBAL);
        }
        document.profiles(profiles).answer()
    }
}

register!(ConfigurationHandler, "sofia", Keys::Fixed(&[FILE]), Sofia);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::Refusal;
    use jackfield_api::golden;
    use jackfield_api::snapshot::Snapshot;
    use jackfield_api::testing::{ask, asking, recorded};

    #[test]
    fn the_module_loads_with_every_profile() {
        golden!("configuration/golden/sofia.xml", text(&Sofia, recorded::SOFIA_CONF));
    }

    #[test]
    fn a_profile_starts_with_itself_alone() {
        golden!(
            "configuration/golden/sofia-internal.xml",
            text(&Sofia, recorded::SOFIA_CONF_PROFILE)
        );
    }

    #[test]
    fn a_rescan_sees_what_a_start_sees() {
        golden!(
            "configuration/golden/sofia-internal.xml",
            text(&Sofia, recorded::SOFIA_CONF_RESCAN)
        );
    }

    #[test]
    fn a_profile_that_is_not_stored_does_not_send_the_switch_to_its_disk() {
        let xml = text(&Sofia, asking::profile("gone"));
        assert!(xml.contains("<profiles/>"), "{xml}");
    }

    #[test]
    fn with_no_profile_stored_the_switch_keeps_its_own() {
        for body in [asking::configuration("sofia.conf"), asking::profile("internal")] {
            assert!(matches!(ask(&Sofia, body, &Snapshot::default()), Err(Refusal::NotFound(_))));
        }
    }
}
