//! What decides about a login.

use std::borrow::Cow;
use std::fmt;

use crate::xml::Place;

/// What a user proves itself with.
///
/// There is no default: whoever makes a user has to say. A made-up hash is a password that others may
/// guess, so a user without one is [`Closed`](Credential::Closed).
///
/// ```
/// use jackfield_api::document::Credential;
///
/// # let kept_hash: Option<String> = None;
/// let credential = kept_hash.map_or(Credential::Closed, |hash| Credential::A1Hash(hash.into()));
/// assert_eq!(format!("{credential:?}"), "Closed"); // A hash would not be shown.
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential<'a> {
    /// HA1: the digest of `username:realm:password`, in lower-case hexadecimal digits. Fits only
    /// a client that used just this user name and realm, in this spelling.
    A1Hash(Cow<'a, str>),
    /// A password in clear. The switch hashes it with whatever the client used.
    Password(&'a str),
    /// Nothing: every login is refused.
    Closed,
}

/// Parameters that decide about a login. They come from a [`Credential`] and from nowhere else: a
/// second one among the stored settings, the domain's included, could open what that one closes.
const CREDENTIALS: [&str; 6] = [
    "a1-hash",
    "password",
    "allow-empty-password",
    "jsonrpc-password",
    "vm-a1-hash",
    "vm-password",
];

pub(crate) fn is_credential(param: &str) -> bool {
    CREDENTIALS.iter().any(|name| param.eq_ignore_ascii_case(name))
}

/// How the names of parameters end that the switch dials.
const DIALLED: &str = "dial-string";

/// Parameters that the switch dials it expands for each call.
pub(crate) fn place_of(param: &str) -> Place {
    if is_credential(param) {
        return Place::Forbidden;
    }
    let ending = param.len().checked_sub(DIALLED.len()).and_then(|at| param.get(at..));
    let dialled = ending.is_some_and(|ending| ending.eq_ignore_ascii_case(DIALLED));
    if dialled { Place::Expanded } else { Place::Plain }
}

/// Never shows a secret.
impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A1Hash(_) => "A1Hash",
            Self::Password(_) => "Password",
            Self::Closed => "Closed",
        })
    }
}
