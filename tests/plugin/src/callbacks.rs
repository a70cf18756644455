//! Callers who want to be called back.
//!
//! A script inside the switch posts each of them, and the page of the agents lists them:
//!
//! ```text
//! POST /fsapi  action=acme_callback&hostname=SWITCH&number=0301234567  ->  ok
//! GET /acme/callbacks  ->  ["0301234567"]
//! ```

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::routing::get;
use jackfield_api::{
    ChannelEventHandler, Deciding, Event, Keys, Means, Refusal, Verdict, counter, register,
};

counter!(WANTED_TOTAL, "acme_callbacks_total", "Callers who wanted to be called back.");

/// The last of them.
static WANTED: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// How many are kept.
const MOST: usize = 100;

struct Callbacks;

impl ChannelEventHandler for Callbacks {
    fn handle<'a>(&'a self, event: &'a Event, _: Means<'a>) -> Deciding<'a> {
        Box::pin(async move {
            let number = event.field("number").ok_or(Refusal::NotFound("the number"))?;
            let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
            if wanted.len() == MOST {
                wanted.pop_front();
            }
            wanted.push_back(number.to_owned());
            WANTED_TOTAL.add();
            Ok(Verdict::Ok)
        })
    }
}

async fn list() -> Json<Vec<String>> {
    Json(WANTED.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect())
}

register!(ChannelEventHandler, "acme-callbacks", Keys::Fixed(&["acme_callback"]), Callbacks);

// Numbers of callers are for this machine alone.
jackfield::route!("acme-callbacks", "/acme/callbacks", Machine, get(list));
jackfield::protect!("acme-callbacks");

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{Kept, asking, pbx, wait};

    use super::*;

    fn told(number: &str) -> Result<Verdict, Refusal> {
        let event = asking::event("acme_callback").with("number", number).event();
        let (snapshot, store) = (pbx(), Kept::default());
        wait(Callbacks.handle(&event, Means::new(&snapshot, &store)))
    }

    #[test]
    fn who_wants_to_be_called_back_is_listed_and_counted() {
        assert_eq!(told("0301234567"), Ok(Verdict::Ok));
        assert_eq!(told(""), Err(Refusal::NotFound("the number")));
        assert_eq!(wait(list()).0, ["0301234567"]);
        assert_eq!(WANTED_TOTAL.get(), 1);
    }
}
