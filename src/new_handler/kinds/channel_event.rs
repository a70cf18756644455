//! Event `example_key`: what a hook script inside a switch posts, and what it is told.
//!
//! ```text
//! action=example_key&hostname=SWITCH&...
//! ```
//! ->
//! ```text
//! ok
//! ```

use jackfield_api::{
    ChannelEventHandler, Deciding, Event, Keys, Means, Refusal, Verdict, register,
};

struct ExampleType;

impl ChannelEventHandler for ExampleType {
    fn handle<'a>(&'a self, event: &'a Event, _: Means<'a>) -> Deciding<'a> {
        Box::pin(async move {
            match event.field("number") {
                Some(_) => Ok(Verdict::Ok),
                None => Err(Refusal::NotFound("the number")),
            }
        })
    }
}

register!(ChannelEventHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{Kept, asking, pbx, wait};

    use super::*;

    fn told(number: &str) -> Result<Verdict, Refusal> {
        let event = asking::event("example_key").with("number", number).event();
        let (snapshot, store) = (pbx(), Kept::default());
        wait(ExampleType.handle(&event, Means::new(&snapshot, &store)))
    }

    #[test]
    fn an_event_with_a_number_is_well() {
        assert_eq!(told("5551234"), Ok(Verdict::Ok));
        assert_eq!(told(""), Err(Refusal::NotFound("the number")));
    }
}
