//! `example_key`: the document that a module of the switch asks for when it is loaded.
//!
//! ```text
//! section=configuration&tag_name=configuration&key_name=name&key_value=example_key&...
//! ```
//! ->
//! ```xml
//! <configuration name="example_key">
//!   <settings>
//!     <param name="debug" value="false"/>
//!   </settings>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct ExampleType;

impl ConfigurationHandler for ExampleType {
    fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
        Configuration::new("example_key").settings([("debug", "false")]).answer()
    }
}

register!(ConfigurationHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn the_module_finds_its_settings() {
        let asked = asking::configuration("example_key");
        let answer = told(&ExampleType, asked, &pbx()).expect("an answer");
        assert_eq!(answer.the("configuration", "example_key").param("debug"), "false");
    }
}
