//! A constructor returns another error than what the start tells.

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::DialplanLookup;
use jackfield_api::registry::Settings;
use jackfield_api::{Answer, DialplanHandler, Facts, Keys, register};

struct Lobby;

impl Lobby {
    fn new(_: &Settings<'_>) -> Result<Self, std::num::ParseIntError> {
        Ok(Self)
    }
}

impl DialplanHandler for Lobby {
    fn answer(&self, lookup: &DialplanLookup<'_>, _: Facts<'_>) -> Answer {
        Dialplan::context(lookup.context(), [])
    }
}

register!(DialplanHandler, "lobby", Keys::Fixed(&["lobby"]), new = Lobby::new);

fn main() {}
