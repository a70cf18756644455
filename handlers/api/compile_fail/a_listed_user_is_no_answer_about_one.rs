//! An entry of a list has no secret: the switch would let anybody in as that user.

use jackfield_api::Answer;
use jackfield_api::document::{Directory, DirectoryDomain, ListedUser};

fn answer() -> Answer {
    Directory::user(DirectoryDomain::new("pbx.example.test"), ListedUser::new("1000"))
}

fn main() {
    let _ = answer();
}
