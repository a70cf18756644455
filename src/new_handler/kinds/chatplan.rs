//! Context `example_key`: where its messages go.
//!
//! The switch sends all it knows of the message, and evaluates the conditions of the answer itself:
//!
//! ```text
//! section=chatplan&...&from=1000%40pbx.example.test&to=1001%40pbx.example.test&context=example_key&...
//! ```

use jackfield_api::document::Chatplan;
use jackfield_api::lookup::ChatplanLookup;
use jackfield_api::snapshot::{Condition, Extension};
use jackfield_api::{Answer, ChatplanHandler, Facts, Keys, register};

struct ExampleType;

impl ChatplanHandler for ExampleType {
    fn answer(&self, lookup: &ChatplanLookup<'_>, _: Facts<'_>) -> Answer {
        let send = Condition::on("to", "^(.*)$").run("send", "");
        Chatplan::context(lookup.context(), [&Extension::new("messages", send)])
    }
}

register!(ChatplanHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn every_message_is_sent_to_whom_it_is_for() {
        let message = asking::chatplan("example_key").to("1001@pbx.example.test");
        let answer = told(&ExampleType, message, &pbx()).expect("an answer");
        let extension = answer.context("example_key").extension("messages");
        assert_eq!(extension.actions(), [("send", "")]);
    }
}
