//! What a user proves itself with: hashes that hang on its names and on its domain's realms.
//!
//! A hash is made of a name, a realm and a password. Whoever changes one of the first two makes it
//! worthless, and nobody can make a new one without the password.

use jackfield_api::snapshot::{Algorithm, Domain, Secret, User};

use crate::secret::{ha1, voicemail_hash};

/// What became worthless.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Voided {
    /// Hashes of the password.
    pub(crate) hashes: usize,
    /// The hash of the voicemail PIN.
    pub(crate) pin: bool,
}

impl Voided {
    /// Whether there was anything.
    pub(crate) fn any(self) -> bool {
        self.hashes > 0 || self.pin
    }
}

/// Each way in which a user may log in: as which name, in which realm, with which algorithm.
pub(crate) fn ways<'a>(
    user: &'a User,
    domain: &'a Domain,
) -> impl Iterator<Item = (&'a str, &'a str, Algorithm)> {
    let names = std::iter::once(user.id.as_str()).chain(user.number_alias.as_deref());
    names.flat_map(move |name| {
        domain.all_realms().flat_map(move |realm| {
            domain.algorithms().iter().map(move |algorithm| (name, realm, *algorithm))
        })
    })
}

/// Gives a user a password.
pub(crate) fn set_password(user: &mut User, domain: &Domain, password: &str) {
    let secrets: Vec<Secret> = ways(user, domain)
        .map(|(name, realm, algorithm)| ha1(name, realm, password, algorithm))
        .collect();
    user.secrets = secrets;
}

/// Gives a mailbox a PIN.
pub(crate) fn set_pin(user: &mut User, domain: &Domain, pin: &str) {
    user.voicemail_hash = Some(voicemail_hash(&user.id, domain.name(), pin));
}

/// Whether a user lacks the hash for a way in which it may log in.
pub(crate) fn lacks(user: &User, domain: &Domain) -> bool {
    ways(user, domain).any(|(name, realm, algorithm)| user.secret(name, realm, algorithm).is_none())
}

/// Takes the hashes from a user that fit no way to log in any more. The PIN's hash is made of the id
/// and the domain's name; `renamed` says whether one of these was another.
pub(crate) fn void(user: &mut User, domain: &Domain, renamed: bool) -> Voided {
    let fits: Vec<Secret> = {
        let fits = |secret: &&Secret| {
            ways(user, domain).any(|(name, realm, algorithm)| {
                (secret.username.as_ref(), secret.realm.as_ref(), secret.algorithm())
                    == (name, realm, algorithm)
            })
        };
        user.secrets.iter().filter(fits).cloned().collect()
    };
    let hashes = user.secrets.len() - fits.len();
    user.secrets = fits;
    let pin = renamed && user.voicemail_hash.take().is_some();
    Voided { hashes, pin }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> (User, Domain) {
        let domain = Domain::new("a.test").with_aliases(vec!["b.test".into()]);
        let mut user =
            User { id: "1000".into(), number_alias: Some("2000".into()), ..User::default() };
        set_password(&mut user, &domain, "secret");
        set_pin(&mut user, &domain, "12");
        (user, domain)
    }

    #[test]
    fn a_password_is_good_for_every_name_realm_and_algorithm() {
        let (user, domain) = user();
        assert_eq!(user.secrets.len(), 8);
        assert!(!lacks(&user, &domain));
        assert!(lacks(&user, &domain.with_digests(vec!["c.test".into()], vec![Algorithm::Md5])));
    }

    #[test]
    fn what_fits_no_more_is_taken_away() {
        let (mut user, domain) = user();
        assert_eq!(void(&mut user, &domain, false), Voided::default());
        user.number_alias = None;
        assert_eq!(void(&mut user, &domain, false), Voided { hashes: 4, pin: false });
        let renamed = Domain::new("c.test").with_aliases(vec!["b.test".into()]);
        assert_eq!(void(&mut user, &renamed, true), Voided { hashes: 2, pin: true });
        assert_eq!((user.secrets.len(), user.voicemail_hash), (2, None));
    }
}
