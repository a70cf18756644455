//! `voicemail.conf`: how mailboxes behave.
//!
//! Asked for whole when the module loads, and again when a call names a profile that is not loaded.
//!
//! ```text
//! key_value=voicemail.conf
//! ```
//! ->
//! ```xml
//! <configuration name="voicemail.conf">
//!   <settings><param name="debug" value="0"/></settings>
//!   <profiles>
//!     <profile name="default">
//!       <param name="file-extension" value="wav"/>
//!       <param name="allow-empty-password-auth" value="false"/>
//!     </profile>
//!   </profiles>
//! </configuration>
//! ```

use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::snapshot::ProfileKind;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Voicemail;

const FILE: &str = "voicemail.conf";

impl ConfigurationHandler for Voicemail {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        super::completed(*lookup, facts, FILE, ProfileKind::Voicemail)
    }
}

register!(ConfigurationHandler, "voicemail", Keys::Fixed(&[FILE]), Voicemail);

#[cfg(test)]
mod tests {
    use super::super::recorded::text;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::snapshot::Setting;
    use jackfield_api::testing::{pbx, recorded};

    #[test]
    fn the_module_loads_with_every_profile_and_none_takes_an_empty_pin() {
        golden!("configuration/golden/voicemail.xml", text(&Voicemail, recorded::VOICEMAIL_CONF));
    }

    #[test]
    fn a_profile_that_would_take_an_empty_pin_is_overruled() {
        let pbx = pbx();
        let pbx = pbx.on("vm");
        let mut profile = pbx.profiles(ProfileKind::Voicemail).next().expect("stored").clone();
        profile.params.insert(0, Setting::new("Allow-Empty-Password-Auth", "true"));
        let said: Vec<_> = profile
            .completed(|param| pbx.text_of(param))
            .into_owned()
            .params
            .into_iter()
            .filter(|param| param.name.eq_ignore_ascii_case("allow-empty-password-auth"))
            .map(|param| param.text)
            .collect();
        assert_eq!(said, ["false"]);
    }
}
