//! What stays of a stored user or domain when a tree describes it again.
//!
//! An import takes nothing away: what the tree lacks stays, and a user that was disabled stays so. A
//! password or a PIN that the tree has takes the place of another; that is told, by name alone.

use jackfield_api::snapshot::{Algorithm, Domain, Secret, Setting, User};
use jackfield_api::xml::Raw;

/// What there is to tell of a user or domain that was stored. No value is in it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Met {
    /// The name, as in `1000@pbx.example.test`.
    pub name: String,
    /// It is disabled, and what was to be written is not.
    pub stays_disabled: bool,
    /// It logs in with another password from now on.
    pub new_password: bool,
    /// Its mailbox opens with another PIN from now on.
    pub new_pin: bool,
    /// What stays though it was not named, as `variable toll_allow`.
    pub kept: Vec<String>,
}

impl Met {
    /// Whether there is anything to tell.
    pub(super) fn is_any(&self) -> bool {
        self.stays_disabled || self.new_password || self.new_pin || !self.kept.is_empty()
    }
}

/// Gives a user what stays of the stored one.
pub(super) fn of_user(user: &mut User, mut stored: User) -> Met {
    let mut met = Met::default();
    if stored.id != user.id {
        // Hashes are made of the id as it is spelled.
        stored.secrets.clear();
        stored.voicemail_hash = None;
    }
    met.stays_disabled = stored.disabled && !user.disabled;
    user.disabled |= stored.disabled;
    met.new_password = secrets(&mut user.secrets, stored.secrets);
    match (&user.voicemail_hash, stored.voicemail_hash) {
        (Some(pin), was) => met.new_pin = was.as_ref() != Some(pin),
        (None, was) => user.voicemail_hash = was,
    }
    if user.cidr.is_none() && stored.cidr.is_some() {
        user.cidr = stored.cidr;
        met.kept.push("cidr".to_owned());
    }
    settings("param", &mut user.params, stored.params, &mut met.kept);
    settings("variable", &mut user.variables, stored.variables, &mut met.kept);
    others(&mut user.others, stored.others, &mut met.kept);
    met
}

/// Gives a domain what stays of the stored one. Neither has its users or groups.
pub(super) fn of_domain(domain: &Domain, stored: &Domain) -> (Domain, Met) {
    let mut met = Met { name: domain.name().to_owned(), ..Met::default() };
    let (mut params, mut variables) = (domain.params().to_vec(), domain.variables().to_vec());
    let mut elements = domain.others().clone();
    settings("param", &mut params, stored.params().to_vec(), &mut met.kept);
    settings("variable", &mut variables, stored.variables().to_vec(), &mut met.kept);
    others(&mut elements, stored.others().clone(), &mut met.kept);
    let merged = Domain::new(domain.name())
        .with_digests(domain.realms().to_vec(), domain.algorithms().to_vec())
        .with_settings(params, variables)
        .with_others(elements);
    (merged, met)
}

/// Whether the password is another one.
fn secrets(given: &mut Vec<Secret>, stored: Vec<Secret>) -> bool {
    fn way(secret: &Secret) -> (&str, &str, Algorithm) {
        (&secret.username, &secret.realm, secret.algorithm())
    }
    // Where all that is given is stored, too, there may be more ways to log in with that password.
    if given.iter().all(|secret| stored.contains(secret)) {
        *given = stored;
        return false;
    }
    let rival = |old: &Secret| given.iter().find(|new| way(new) == way(old));
    let mut met = stored.iter().filter_map(|old| Some((old, rival(old)?))).peekable();
    let same = met.peek().is_some() && met.all(|(old, new)| old == new);
    if same {
        let more: Vec<_> = stored.into_iter().filter(|old| rival(old).is_none()).collect();
        given.extend(more);
    }
    !same
}

fn settings(kind: &str, given: &mut Vec<Setting>, stored: Vec<Setting>, kept: &mut Vec<String>) {
    let named = given.len();
    for setting in stored {
        if !given[..named].iter().any(|found| found.name.eq_ignore_ascii_case(&setting.name)) {
            kept.push(format!("{kind} {}", setting.name));
            given.push(setting);
        }
    }
}

fn others(given: &mut Raw, stored: Raw, kept: &mut Vec<String>) {
    if given.is_empty() && !stored.is_empty() {
        *given = stored;
        kept.push("further elements".to_owned());
    }
}
