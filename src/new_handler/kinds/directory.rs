//! Domain `example_key`: who its users are.
//!
//! One question is about one user, whatever the switch wants it for; its answer holds the user's
//! secret. All others are lists, which hold none:
//!
//! ```text
//! section=directory&...&user=1000&domain=example_key&action=sip_auth&...
//! section=directory&...&domain=example_key&purpose=network-list&...
//! ```

use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser, ListedUser};
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
use jackfield_api::{Answer, DirectoryHandler, Facts, Keys, Refusal, register};

struct ExampleType;

/// Who there is. Closed: nobody can log in before there is a [`Credential`] of its own.
const USERS: [&str; 2] = ["1000", "1001"];

impl DirectoryHandler for ExampleType {
    fn answer(&self, lookup: &DirectoryLookup<'_>, _: Facts<'_>) -> Answer {
        let domain = DirectoryDomain::new(lookup.domain());
        match lookup.flow() {
            DirectoryFlow::User(asked) => {
                let known = USERS.into_iter().find(|user| *user == asked.user);
                let user = known.ok_or(Refusal::Denied("no such user"))?;
                let user = DirectoryUser::new(user, Credential::Closed);
                Directory::user(domain, user.variable("user_context", "default"))
            }
            DirectoryFlow::Users => {
                let users = USERS.into_iter().map(ListedUser::new);
                Directory::domains([domain.group("all", users)])
            }
            _ => Directory::domains([domain]),
        }
    }
}

register!(DirectoryHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn a_user_without_a_secret_is_closed() {
        let login = asking::sip_auth("1000", "example_key");
        let answer = told(&ExampleType, login, &pbx()).expect("an answer");
        assert_eq!(answer.user("1000").param("allow-empty-password"), "false");
    }

    #[test]
    fn nobody_else_is_there_and_no_other_source_is_asked() {
        let login = asking::sip_auth("1002", "example_key");
        assert_eq!(told(&ExampleType, login, &pbx()), Err(Refusal::Denied("no such user")));
    }
}
