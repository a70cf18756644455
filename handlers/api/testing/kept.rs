//! A store that is none.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::{Mutex, PoisonError};

use crate::store::{
    ClientLeave, ClientLogin, LoginDecision, LoginRefusal, NotWritten, Store, Storing, Write,
};

/// A store that keeps what it is told, for tests to look at. It takes every write, unless it is told
/// to fail some; of logins it refuses all as unknown, or decides as it is told to.
///
/// ```
/// use jackfield_api::testing::{Kept, asking, wait};
/// use jackfield_api::{
///     ChannelEventHandler, ClientLogin, Deciding, Event, LoginDecision, Means, NotWritten, Verdict,
/// };
/// use jackfield_api::snapshot::{Clients, SessionId, Snapshot};
///
/// /// Lets those in whom the store approves of.
/// struct Door;
///
/// impl ChannelEventHandler for Door {
///     fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a> {
///         Box::pin(async move {
///             let name = event.field("client_id").and_then(Clients::name);
///             let session = event.field("session_id").and_then(SessionId::parse);
///             let (Some(name), Some(session)) = (name, session) else { return Ok(Verdict::Punt) };
///             let (address, switch) = (String::new(), event.hostname().to_owned());
///             let login = ClientLogin { name, session, address, switch };
///             Ok(match means.store.login(login).await {
///                 Ok(LoginDecision::Approved(_)) => Verdict::Ok,
///                 _ => Verdict::Punt,
///             })
///         })
///     }
/// }
///
/// let store = Kept::deciding(Err(NotWritten::Late));
/// let snapshot = Snapshot::default();
/// let event = asking::login("0b7e1c1e-2222-4333-8444-555555555555", "mine").event();
/// let verdict = wait(Door.handle(&event, Means::new(&snapshot, &store)));
/// assert_eq!(verdict.ok(), Some(Verdict::Punt));
/// assert_eq!(store.logins()[0].session.as_str(), "mine");
/// ```
#[derive(Debug, Default)]
pub struct Kept {
    writes: Mutex<Vec<Write>>,
    outcomes: Mutex<VecDeque<Result<(), NotWritten>>>,
    logins: Mutex<Vec<ClientLogin>>,
    leaves: Mutex<Vec<ClientLeave>>,
    decision: Option<Result<LoginDecision, NotWritten>>,
}

impl Kept {
    /// One that decides so on every login, and fails each end of one where it fails these.
    pub fn deciding(decision: Result<LoginDecision, NotWritten>) -> Self {
        Self { decision: Some(decision), ..Self::default() }
    }

    /// The same, answering the writes with these, one after the other; all later ones are taken. What
    /// it fails is among what it was told nevertheless.
    #[must_use]
    pub fn writing(mut self, outcomes: impl IntoIterator<Item = Result<(), NotWritten>>) -> Self {
        self.outcomes = Mutex::new(outcomes.into_iter().collect());
        self
    }

    /// What it was told to write so far.
    pub fn writes(&self) -> Vec<Write> {
        all(&self.writes)
    }

    /// The logins that it was asked about so far.
    pub fn logins(&self) -> Vec<ClientLogin> {
        all(&self.logins)
    }

    /// The ends of logins that it was told of so far.
    pub fn leaves(&self) -> Vec<ClientLeave> {
        all(&self.leaves)
    }
}

fn all<T: Clone>(kept: &Mutex<Vec<T>>) -> Vec<T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn keep<T: Clone>(kept: &Mutex<Vec<T>>, told: &T) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(told.clone());
}

impl Store for Kept {
    fn write(&self, write: &Write) -> Result<(), NotWritten> {
        keep(&self.writes, write);
        let next = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.unwrap_or(Ok(()))
    }

    fn login(&self, login: ClientLogin) -> Storing<'_, LoginDecision> {
        keep(&self.logins, &login);
        let unknown = Ok(LoginDecision::Refused(LoginRefusal::Unknown));
        Box::pin(ready(self.decision.clone().unwrap_or(unknown)))
    }

    fn leave(&self, leave: ClientLeave) -> Storing<'_, bool> {
        keep(&self.leaves, &leave);
        let failed = self.decision.clone().and_then(Result::err);
        Box::pin(ready(failed.map_or(Ok(true), Err)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::MailboxPin;
    use crate::store::PinChange;

    #[test]
    fn each_write_is_answered_as_told_and_kept_whatever_became_of_it() {
        let write = |pin: &str| {
            Write::Pin(PinChange {
                domain: "a.test".into(),
                user: "1".into(),
                was: None,
                pin: MailboxPin::typed(pin).expect("digits"),
            })
        };
        let store = Kept::default().writing([Err(NotWritten::Changed), Err(NotWritten::Failed)]);
        let told = ["1", "2", "3"].map(|pin| store.write(&write(pin)));
        assert_eq!(told, [Err(NotWritten::Changed), Err(NotWritten::Failed), Ok(())]);
        assert_eq!(store.writes(), ["1", "2", "3"].map(write));
    }
}
