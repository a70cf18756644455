//! A handler is asked by several threads at once.

use std::cell::RefCell;

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::DialplanLookup;
use jackfield_api::{Answer, DialplanHandler, Facts};

struct Lobby {
    seen: RefCell<Vec<String>>,
}

impl DialplanHandler for Lobby {
    fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        self.seen.borrow_mut().push(lookup.destination().into_owned());
        Dialplan::context(lookup.context(), [])
    }
}

fn main() {}
