//! Context `example_key`: where its calls go.
//!
//! The switch sends all it knows of the call, and evaluates the conditions of the answer itself:
//!
//! ```text
//! section=dialplan&...&Hunt-Context=example_key&Hunt-Destination-Number=9196&...
//! ```

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::DialplanLookup;
use jackfield_api::snapshot::{Condition, Extension};
use jackfield_api::{Answer, DialplanHandler, Facts, Keys, register};

struct ExampleType;

impl DialplanHandler for ExampleType {
    fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        let echo = Condition::on("destination_number", "^9196$").run("answer", "").run("echo", "");
        Dialplan::context(lookup.context(), [&Extension::new("echo", echo)])
    }
}

register!(DialplanHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn who_dials_9196_hears_itself() {
        let call = asking::dialplan("example_key").destination("9196");
        let answer = told(&ExampleType, call, &pbx()).expect("an answer");
        let extension = answer.context("example_key").extension("echo");
        assert_eq!(extension.actions(), [("answer", ""), ("echo", "")]);
    }
}
