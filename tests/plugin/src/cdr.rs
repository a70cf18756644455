//! `json_cdr.conf`: where the switch posts the record of each call, asked for when the module is loaded.
//!
//! ```xml
//! <configuration name="json_cdr.conf">
//!   <settings>
//!     <param name="url" value="http://127.0.0.1:8088/cdr"/>
//!     <param name="encode" value="true"/>
//!   </settings>
//! </configuration>
//! ```
//!
//! Without a table `[handlers.cdr]` it is what is stored, as for every other document.

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::registry::{BuildError, Settings};
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, Refusal, register};
use serde::Deserialize;

/// The table `[handlers.cdr]` of the settings file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cdr {
    /// Where records are posted.
    url: Option<String>,
}

impl Cdr {
    fn new(settings: &Settings<'_>) -> Result<Self, BuildError> {
        settings.read()
    }
}

impl ConfigurationHandler for Cdr {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let Some(url) = &self.url else {
            let host = lookup.base().hostname();
            let stored = facts.snapshot.on(&host).document("json_cdr.conf");
            return Configuration::stored(stored.ok_or(Refusal::NotFound("the document"))?);
        };
        let settings = [("url", url.as_str()), ("encode", "true")];
        Configuration::new("json_cdr.conf").settings(settings).answer()
    }
}

register!(ConfigurationHandler, "cdr", Keys::Fixed(&["json_cdr.conf"]), new = Cdr::new);

#[cfg(test)]
mod tests {
    use jackfield_api::golden;
    use jackfield_api::testing::{ask, asking, pbx, seen};

    use super::*;

    fn answer(cdr: &Cdr) -> Answer {
        ask(cdr, asking::configuration("json_cdr.conf"), &pbx())
    }

    #[test]
    fn the_module_posts_its_records_where_the_settings_say() {
        let cdr = Cdr { url: Some("http://127.0.0.1:8088/cdr?to=$${domain}&x".into()) };
        let answer = answer(&cdr).expect("an answer");
        // What looks like a global is none: the switch does not put anything in.
        let url = seen(&answer).the("configuration", "json_cdr.conf").param("url").to_owned();
        assert_eq!(url, "http://127.0.0.1:8088/cdr?to=$${domain}&x");
        golden!("golden/json_cdr.xml", String::from_utf8_lossy(answer.body()));
    }

    #[test]
    fn without_settings_it_is_what_is_stored() {
        assert_eq!(answer(&Cdr::default()), Err(Refusal::NotFound("the document")));
    }
}
