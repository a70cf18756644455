//! `local_stream.conf`: folders of sounds that play in a loop, such as the music on hold.
//!
//! The module does not load from a document without a stream, and each stream needs a folder that
//! is there. The one folder that a switch makes for itself is that of its sounds: the files directly
//! in it are played, and where there are none the stream is silent. It is answered where no document
//! is stored.
//!
//! ```text
//! key_value=local_stream.conf
//! ```
//! ->
//! ```xml
//! <configuration name="local_stream.conf">
//!   <directory name="default" path="$${sounds_dir}"/>
//!   <directory name="moh" path="$${sounds_dir}"/>
//! </configuration>
//! ```

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

struct LocalStream;

/// The stream that others fall back to, and the one that music on hold asks for: without it each
/// hold leaves a warning.
const STREAMS: [&str; 2] = ["default", "moh"];

/// A global variable of the switch that it sets itself, before it reads any configuration.
const SOUNDS: &str = "$${sounds_dir}";

impl ConfigurationHandler for LocalStream {
    fn answer(&self, lookup: &ConfigurationLookup<'_>, facts: Facts<'_>) -> Answer {
        let host = lookup.base().hostname();
        if let Some(stored) = facts.snapshot.on(&host).document("local_stream.conf") {
            return Configuration::stored(stored);
        }
        STREAMS
            .into_iter()
            .fold(Configuration::new("local_stream.conf"), |document, name| {
                document.stream(name, SOUNDS, [])
            })
            .answer()
    }
}

register!(ConfigurationHandler, "local_stream", Keys::Fixed(&["local_stream.conf"]), LocalStream);

#[cfg(test)]
mod tests {
    use super::super::recorded::text_with;
    use super::*;
    use jackfield_api::golden;
    use jackfield_api::testing::recorded;

    #[test]
    fn the_module_loads_with_streams_in_the_folder_of_sounds() {
        golden!(
            "configuration/golden/local_stream.xml",
            text_with("sounds_dir", &LocalStream, recorded::LOCAL_STREAM_CONF)
        );
    }
}
