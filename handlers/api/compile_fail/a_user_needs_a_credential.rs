//! Whoever makes a user says what it proves itself with, be it nothing.

use jackfield_api::Answer;
use jackfield_api::document::{Directory, DirectoryDomain, DirectoryUser};

fn answer() -> Answer {
    Directory::user(DirectoryDomain::new("pbx.example.test"), DirectoryUser::new("1000"))
}

fn main() {
    let _ = answer();
}
