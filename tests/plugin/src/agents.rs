//! Context `from-customers`: a call goes to the agent who knows the caller, or else to the queue.
//!
//! The CRM is asked once for all calls of one number, and what it said is kept for a while; its last
//! word serves for an hour where it is away.

use std::time::Duration;

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::{DialplanLookup, Field};
use jackfield_api::snapshot::{Condition, Extension};
use jackfield_api::{Answering, AsyncDialplanHandler, AsyncFacts, Keys, Lifetime, register};

use crate::crm::Crm;

/// Where callers wait whom nobody knows.
const QUEUE: &str = "support@default";

impl AsyncDialplanHandler for Crm {
    fn question(&self) -> &[Field] {
        &[Field::CallerNumber]
    }

    fn lifetime(&self) -> Lifetime {
        Lifetime::of(self.keep).after_failures(Duration::from_hours(1))
    }

    fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            let caller = lookup.caller_number().unwrap_or_default();
            let extension = match self.agent_of(&caller).await? {
                Some(agent) => {
                    Extension::new("agent", Condition::default().transfer(agent, "default"))
                }
                None => Extension::new("queue", Condition::default().callcenter(QUEUE)),
            };
            Dialplan::context(lookup.context(), [&extension])
        })
    }
}

register!(AsyncDialplanHandler, "crm", Keys::Fixed(&["from-customers"]), new = Crm::new);
