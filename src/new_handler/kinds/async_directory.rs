//! Domain `example_key`: who its users are, by what somebody outside says.
//!
//! An answer about one user is kept for a minute: so long a password that was changed outside still
//! holds.

use std::time::Duration;

use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
use jackfield_api::{
    Answering, AsyncDirectoryHandler, AsyncFacts, Keys, Lifetime, Refusal, register,
};

struct ExampleType;

impl ExampleType {
    /// Asks the outside, with whatever client of tokio's you like, what a user logs in with. Until it
    /// does so, nobody can: a user is closed.
    ///
    /// A `Credential::A1Hash` is the digest of `user:domain:password`, in hexadecimal digits. Whoever
    /// knows it can register as the user, so it is as secret as the password, and never written here.
    async fn credential_of(&self, user: &str) -> Result<Credential<'static>, Refusal> {
        match user {
            "1000" => Ok(Credential::Closed),
            _ => Err(Refusal::Denied("no such user")),
        }
    }
}

impl AsyncDirectoryHandler for ExampleType {
    fn lifetime(&self) -> Lifetime {
        Lifetime::of(Duration::from_mins(1)).refusals(Duration::from_secs(10))
    }

    fn answer<'a>(&'a self, lookup: DirectoryLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
        Box::pin(async move {
            let domain = DirectoryDomain::new(lookup.domain());
            let DirectoryFlow::User(asked) = lookup.flow() else {
                return Directory::domains([domain]);
            };
            let credential = self.credential_of(&asked.user).await?;
            let user = DirectoryUser::new(asked.user, credential);
            Directory::user(domain, user)
        })
    }
}

register!(AsyncDirectoryHandler, "example_name", Keys::Fixed(&["example_key"]), ExampleType);

#[cfg(test)]
mod tests {
    use jackfield_api::testing::{asking, pbx, told};

    use super::*;

    #[test]
    fn a_user_is_closed_until_the_outside_is_asked() {
        let login = asking::sip_auth("1000", "example_key");
        let answer = told(&ExampleType, login, &pbx()).expect("an answer");
        let user = answer.user("1000");
        assert_eq!(user.param("sip-forbid-register"), "true");
        assert_eq!(user.params("a1-hash").len() + user.params("password").len(), 0);
    }

    #[test]
    fn nobody_else_is_there_and_no_other_source_is_asked() {
        let login = asking::sip_auth("1002", "example_key");
        assert_eq!(told(&ExampleType, login, &pbx()), Err(Refusal::Denied("no such user")));
    }
}
