//! A mailbox gets another PIN.

use diesel::prelude::*;
use jackfield_api::PinChange;

use super::super::schema::{domains, users};
use super::super::session::Session;
use crate::secret::voicemail_hash;

/// How many mailboxes got it: one, unless somebody has changed it in the meantime.
pub(super) fn change(c: &mut Session, change: &PinChange) -> QueryResult<usize> {
    let hash = voicemail_hash(&change.user, &change.domain, change.pin.digits());
    let domain = domains::table.filter(domains::name.eq(&change.domain)).select(domains::id);
    let user = diesel::update(users::table)
        .filter(users::domain_id.eq_any(domain))
        .filter(users::name.eq(&change.user))
        .filter(users::enabled.eq(true));
    let to = users::voicemail_hash.eq(hash);
    match &change.was {
        Some(was) => user.filter(users::voicemail_hash.eq(was)).set(to).execute(c),
        None => user.filter(users::voicemail_hash.is_null()).set(to).execute(c),
    }
}
