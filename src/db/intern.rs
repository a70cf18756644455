//! Texts that many rows hold, kept once.

use std::collections::HashSet;

use jackfield_api::snapshot::{Setting, SharedStr, User};

/// What one reading of the database has come across.
///
/// Users have most texts in common (realms, names of settings, contexts), and others with
/// themselves: an id is the name of secrets and the number that is shown. Texts that turn out to be
/// one user's alone are forgotten again, so that a large directory does not fill it.
#[derive(Default)]
pub(super) struct Interner {
    known: HashSet<SharedStr>,
    /// How many it may know before it looks for those to forget.
    room: usize,
}

/// The least room.
const ROOM: usize = 4096;

impl Interner {
    /// Shares what a user has in common with itself and with the users before it.
    pub(super) fn user(&mut self, user: &mut User) {
        let own = [Some(user.id.clone()), user.number_alias.clone()];
        let mut share = |text: &mut SharedStr| match own.iter().flatten().find(|own| *own == text) {
            Some(own) => *text = own.clone(),
            None => self.text(text),
        };
        for secret in &mut user.secrets {
            share(&mut secret.username);
            share(&mut secret.realm);
        }
        for Setting { name, text, .. } in user.params.iter_mut().chain(&mut user.variables) {
            share(name);
            share(text);
        }
    }

    fn text(&mut self, text: &mut SharedStr) {
        if let Some(known) = self.known.get(text) {
            *text = known.clone();
            return;
        }
        if self.known.len() >= self.room {
            // This set is one of the holders.
            self.known.retain(|known| known.holders() > 2);
            self.room = ROOM.max(self.known.len() * 2);
        }
        self.known.insert(text.clone());
    }
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{Algorithm, Secret};

    use super::*;

    fn user(id: &str) -> User {
        User {
            id: id.into(),
            secrets: vec![Secret::new(id, "pbx.example.test", Algorithm::Md5, "")],
            variables: vec![
                Setting::new("user_context", "default"),
                Setting::new("effective_caller_id_number", id),
                Setting::new("effective_caller_id_name", format!("Extension {id}")),
            ],
            ..User::default()
        }
    }

    #[test]
    fn a_text_is_kept_once_and_one_that_is_a_single_users_is_forgotten() {
        let mut interner = Interner::default();
        let users: Vec<_> = (0..3 * ROOM)
            .map(|n| {
                let (mut user, plain) = (user(&n.to_string()), user(&n.to_string()));
                interner.user(&mut user);
                assert_eq!(user.secrets, plain.secrets);
                assert_eq!(user.variables, plain.variables);
                user
            })
            .collect();
        for user in &users {
            assert_eq!(user.id.holders(), 3, "the id, the secret, the number");
            assert!(user.secrets[0].realm.holders() > users.len());
            assert!(user.variables[0].name.holders() > users.len());
            assert!(user.variables[0].text.holders() > users.len());
        }
        assert!(interner.known.len() <= ROOM);
    }
}
