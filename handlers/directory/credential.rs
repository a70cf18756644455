//! Which of its secrets a user is answered with.
//!
//! A stored secret is the digest of a name, a realm and the password, so it fits a client that used
//! just these. SIP clients choose both, and the algorithm; a verto client is checked against the
//! name and domain that it logged in with.
//!
//! A user whose secrets do not fit is closed instead of getting a hash that nothing can match: in
//! SIP whoever knows the hash can log in with it, so a made-up one would be a password known to
//! all.

use jackfield_api::document::Credential;
use jackfield_api::lookup::{UserFlow, UserLookup};
use jackfield_api::snapshot::{Algorithm, Domain, SecretRef, UserRef};

/// What the user proves itself with towards the client that is asked about.
pub(super) fn fitting<'a>(
    user: UserRef<'a>,
    domain: &Domain,
    domain_asked: &str,
    asked: &UserLookup<'_>,
) -> Credential<'a> {
    let secret = match asked.flow() {
        UserFlow::SipAuth(client) => user.secret(&client.username, &client.realm, client.algorithm),
        _ => of_domain(user, &asked.user, domain_asked, domain.name()),
    };
    let hash = secret.and_then(|secret| secret.ha1());
    hash.map_or(Credential::Closed, |hash| Credential::A1Hash(hash.into()))
}

/// The hash for everything but SIP. Where nobody logs in any will do, as long as it is there.
fn of_domain<'a>(
    user: UserRef<'a>,
    name: &str,
    asked: &str,
    domain: &str,
) -> Option<SecretRef<'a>> {
    let md5 = || user.secrets().filter(|secret| secret.algorithm == Algorithm::Md5);
    user.secret(name, asked, Algorithm::Md5)
        .or_else(|| user.secret(user.id, domain, Algorithm::Md5))
        .or_else(|| md5().find(|secret| secret.realm.eq_ignore_ascii_case(domain)))
        .or_else(|| md5().next())
}

#[cfg(test)]
mod tests {
    use jackfield_api::testing::pbx;

    use super::super::asked::{alone, asking, bob, is_closed, params, secret, sip_auth, told};
    use super::*;

    #[test]
    fn the_length_of_the_response_picks_the_algorithm() {
        for (length, hash) in [(32, "5".repeat(32)), (64, "2".repeat(64)), (0, "5".repeat(32))] {
            let asked = sip_auth("1000", "pbx.example.test", &"0".repeat(length));
            let (_, section) = told(&asked, &pbx()).expect("an answer");
            assert_eq!(params(&section, "a1-hash"), [hash], "{length} digits");
        }
    }

    #[test]
    fn the_hash_is_the_one_of_the_name_and_realm_that_the_client_used() {
        use Algorithm::{Md5, Sha256};
        let snapshot = alone(bob(vec![
            secret("1000", "pbx.example.test", Md5, &"a".repeat(32)),
            secret("1000", "192.0.2.1", Md5, &"b".repeat(32)),
            secret("77", "pbx.example.test", Md5, &"c".repeat(32)),
            secret("77", "192.0.2.1", Sha256, &"d".repeat(64)),
        ]));
        for (username, realm, digits, hash) in [
            ("1000", "pbx.example.test", 32, Some("a".repeat(32))),
            ("1000", "192.0.2.1", 32, Some("b".repeat(32))),
            ("77", "pbx.example.test", 32, Some("c".repeat(32))),
            ("77", "192.0.2.1", 64, Some("d".repeat(64))),
            ("77", "192.0.2.1", 32, None),
            ("1000", "pbx.example.test", 64, None),
            ("1000", "PBX.example.test", 32, None),
            ("1000", "elsewhere.test", 32, None),
            ("1001", "pbx.example.test", 32, None),
        ] {
            let asked = sip_auth(username, realm, &"0".repeat(digits));
            let (_, section) = told(&asked, &snapshot).expect("an answer");
            match hash {
                Some(hash) => assert_eq!(params(&section, "a1-hash"), [hash], "{username}@{realm}"),
                None => assert!(is_closed(&section), "{username}@{realm}, {digits} digits"),
            }
        }
    }

    #[test]
    fn a_verto_client_that_logs_in_by_its_alias_gets_the_hash_of_the_alias() {
        let snapshot = alone(bob(vec![
            secret("1000", "pbx.example.test", Algorithm::Md5, &"a".repeat(32)),
            secret("77", "pbx.example.test", Algorithm::Md5, &"c".repeat(32)),
        ]));
        for (login, hash) in [("1000", "a"), ("77", "c")] {
            let asked = asking(&format!("action=jsonrpc-authenticate&key=id&user={login}"));
            let (_, section) = told(&asked, &snapshot).expect("an answer");
            assert_eq!(params(&section, "a1-hash"), [hash.repeat(32)]);
        }
    }

    #[test]
    fn only_md5_secrets_serve_outside_of_sip() {
        use Algorithm::{Md5, Sha256};
        let strong = secret("1000", "pbx.example.test", Sha256, &"2".repeat(64));
        let other = secret("x", "elsewhere.test", Md5, &"e".repeat(32));
        let asked = asking("action=jsonrpc-authenticate&key=id&user=1000");
        let (_, section) = told(&asked, &alone(bob(vec![strong.clone()]))).expect("an answer");
        assert!(is_closed(&section));
        let (_, section) = told(&asked, &alone(bob(vec![strong, other]))).expect("an answer");
        assert_eq!(params(&section, "a1-hash"), ["e".repeat(32)]);
    }

    #[test]
    fn a_broken_hash_closes_the_account() {
        let (short, upper, word) = ("5".repeat(31), "A".repeat(32), "g".repeat(32));
        for broken in ["", " ", "closed", &short, &upper, &word, &"5".repeat(64)] {
            let broken = secret("1000", "pbx.example.test", Algorithm::Md5, broken);
            let snapshot = alone(bob(vec![broken]));
            for asked in
                [sip_auth("1000", "pbx.example.test", &"0".repeat(32)), asking("key=id&user=1000")]
            {
                let (_, section) = told(&asked, &snapshot).expect("an answer");
                assert!(is_closed(&section));
            }
        }
    }
}
