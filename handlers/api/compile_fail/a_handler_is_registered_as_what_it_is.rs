//! A handler of the directory is registered for the dialplan.

use jackfield_api::document::{Directory, DirectoryDomain};
use jackfield_api::lookup::DirectoryLookup;
use jackfield_api::{Answer, DirectoryHandler, Facts, Keys, register};

struct Users;

impl DirectoryHandler for Users {
    fn answer(&self, lookup: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
        Directory::domains([DirectoryDomain::new(lookup.domain())])
    }
}

register!(DialplanHandler, "users", Keys::Fixed(&["pbx.example.test"]), Users);

fn main() {}
