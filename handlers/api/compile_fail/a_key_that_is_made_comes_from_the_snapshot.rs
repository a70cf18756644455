//! Fixed keys are there before anything runs.

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::DialplanLookup;
use jackfield_api::{Answer, DialplanHandler, Facts, Keys, register};

struct Lobby;

impl DialplanHandler for Lobby {
    fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        Dialplan::context(lookup.context(), [])
    }
}

register!(DialplanHandler, "lobby", Keys::Fixed(&["lobby".to_owned()]), Lobby);

fn main() {}
