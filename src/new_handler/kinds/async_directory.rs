//! Domain `example_key`: who its users are, by what somebody outside says.
//!
//! An answer about one user holds its secret, and is kept for a minute: so long a password that was
//! changed outside still holds.

use std::time::Duration;

use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
use jackfield_api::{
    Answering, AsyncDirectoryHandler, AsyncFacts, Keys, Lifetime, Refusal, register,
};

struct ExampleType;

impl ExampleType {
    /// Asks the outside, with whatever client of tokio's you like, for a user's HA1: the digest of
    /// `user:domain:password`, in hexadecimal digits.
    async fn a1_hash_of(&self, user: &str) -> Result<String, Refusal> {
        match user {
            "1000" => Ok("0123456789abcdef0123456789abcdef".to_owned()),
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
            let a1_hash = self.a1_hash_of(&asked.user).await?;
            let user = DirectoryUser::new(asked.user, Credential::A1Hash(a1_hash.into()));
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
    fn a_user_comes_with_its_secret() {
        let login = asking::sip_auth("1000", "example_key");
        let answer = told(&ExampleType, login, &pbx()).expect("an answer");
        assert_eq!(answer.user("1000").params("a1-hash").len(), 1);
    }

    #[test]
    fn nobody_else_is_there_and_no_other_source_is_asked() {
        let login = asking::sip_auth("1002", "example_key");
        assert_eq!(told(&ExampleType, login, &pbx()), Err(Refusal::Denied("no such user")));
    }
}
