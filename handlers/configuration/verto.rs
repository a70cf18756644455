//! `verto.conf`: the WebSocket listeners that browsers log in at.
//!
//! ```text
//! key_value=verto.conf
//! ```
//! ->
//! ```xml
//! <configuration name="verto.conf">
//!   <settings><param name="debug" value="0"/></settings>
//!   <profiles>
//!     <profile name="default-v4">
//!       <param name="bind-local" value="127.0.0.1:8081"/>
//!       <param name="userauth" value="true"/>
//!       <param name="secure-combined" value="$${certs_dir}/wss.pem"/>
//!     </profile>
//!   </profiles>
//! </configuration>
//! ```

use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::snapshot::ProfileKind;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct Verto;

const FILE: &str = "verto.conf";

impl ConfigurationHandler for Verto {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        super::completed(*lookup, facts, FILE, ProfileKind::Verto)
    }
}

register!(ConfigurationHandler, "verto", Keys::Fixed(&[FILE]), Verto);

#[cfg(test)]
mod tests {
    use super::super::recorded::text_with;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::snapshot::Setting;
    use jackfield_api::testing::{pbx, recorded};

    /// The parameters of the stored profile with these more, as they are answered.
    fn params(more: &[(&str, &str)]) -> Vec<(String, String)> {
        let pbx = pbx();
        let mut profile = pbx.on("vm").profiles(ProfileKind::Verto).next().expect("stored").clone();
        profile.params.extend(more.iter().map(|(name, text)| Setting::new(*name, *text)));
        let pbx = pbx.on("vm");
        profile
            .completed(|param| pbx.text_of(param))
            .params
            .iter()
            .map(|param| (param.name.clone(), param.text.clone()))
            .collect()
    }

    fn has(params: &[(String, String)], name: &str, text: &str) -> bool {
        params.iter().any(|param| param.0 == name && param.1 == text)
    }

    #[test]
    fn the_module_loads_with_every_profile_and_each_asks_for_a_login() {
        golden!(
            "configuration/golden/verto.xml",
            text_with("certs_dir", &Verto, recorded::VERTO_CONF)
        );
    }

    #[test]
    fn a_profile_that_says_how_to_log_in_and_with_which_certificate_keeps_its_word() {
        let said = params(&[("UserAuth", "@pbx.example.test"), ("secure-cert", "/a.pem")]);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(has(&said, "UserAuth", "@pbx.example.test") && has(&said, "secure-cert", "/a.pem"));
    }

    #[test]
    fn an_empty_userauth_does_not_open_the_door() {
        assert!(has(&params(&[("userauth", "")]), "userauth", "true"));
    }
}
