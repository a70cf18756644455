//! Context `example_key`: where its calls go, by what somebody outside says.
//!
//! The look-ups of one question wait for one answer, and it is kept for a minute.

use std::time::Duration;

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::{DialplanLookup, Field};
use jackfield_api::snapshot::{Condition, Extension};
use jackfield_api::{
    Answering, AsyncDialplanHandler, AsyncFacts, Keys, Lifetime, Refusal, register,
};

struct ExampleType;

impl ExampleType {
    /// Asks the outside, with whatever client of tokio's you like.
    async fn user_for(&self, _number: &str) -> Result<String, Refusal> {
        Ok("1000".to_owned())
    }
}

impl AsyncDialplanHandler for ExampleType {
    /// All that is read of the look-up, besides the context.
    fn question(&self) -> &[Field] {
        &[Field::CallerNumber]
    }

    fn lifetime(&self) -> Lifetime {
        Lifetime::of(Duration::from_mins(1)).after_failures(Duration::from_hours(1))
    }

    fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            let caller = lookup.caller_number().unwrap_or_default();
            let user = self.user_for(&caller).await?;
            let transfer = Condition::default().transfer(user, "default");
            Dialplan::context(lookup.context(), [&Extension::new("by-caller", transfer)])
        })
    }
}

register!(AsyncDialplanHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn the_caller_decides_who_is_called() {
        // Ends the test where it reads more of the look-up than it declares.
        let call = asking::dialplan("example_key").caller("5551234");
        let answer = told(&ExampleType, call, &pbx()).expect("an answer");
        let extension = answer.context("example_key").extension("by-caller");
        assert_eq!(extension.actions(), [("transfer", "1000 XML default")]);
    }
}
