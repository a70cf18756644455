//! A list holds no secret.

use jackfield_api::document::{Credential, DirectoryDomain, DirectoryUser};

fn main() {
    let user = DirectoryUser::new("1000", Credential::Password("1234"));
    let _ = DirectoryDomain::new("pbx.example.test").group("sales", [user]);
}
