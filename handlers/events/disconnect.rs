//! A client of verto has gone.
//!
//! Switches tell it of everybody who has been connected, logged in or not. What comes late, of a
//! connection that is not the client's any more, changes nothing.

use jackfield_api::{
    ChannelEventHandler, ClientEvent, ClientLeave, Deciding, Event, Keys, Means, Refusal, Verdict,
    register,
};

use super::who::{Who, who};

struct Disconnect;

impl ChannelEventHandler for Disconnect {
    fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a> {
        Box::pin(note(ClientEvent::new(event), means))
    }
}

async fn note(event: ClientEvent<'_>, means: Means<'_>) -> Result<Verdict, Refusal> {
    if let Who::Client(name) = who(event, means.snapshot) {
        let (address, switch) = (event.address().to_owned(), event.switch().to_owned());
        let left = means.store.leave(ClientLeave { name, address, switch }).await;
        left.map_err(|why| Refusal::Internal(why.to_string()))?;
    }
    Ok(Verdict::Ok)
}

register!(
    ChannelEventHandler,
    "client_leave",
    Keys::Fixed(&["verto_client_disconnect"]),
    Disconnect
);

#[cfg(test)]
mod tests {
    use jackfield_api::NotWritten;
    use jackfield_api::snapshot::Snapshot;
    use jackfield_api::testing::{Kept, asking, wait};

    use super::*;

    const NAME: &str = "0b7e1c1e-2222-4333-8444-555555555555";

    fn told(login: &str, store: &Kept) -> Result<Verdict, Refusal> {
        let post = asking::event("verto_client_disconnect").with("client_id", login);
        let event = post.with("client_address", "[2001:db8::1]:5").event();
        wait(Disconnect.handle(&event, Means::new(&Snapshot::default(), store)))
    }

    #[test]
    fn a_client_that_has_gone_is_noted_by_its_connection() {
        let store = Kept::default();
        for login in [NAME, &format!("{NAME}@verto")] {
            assert_eq!(told(login, &store), Ok(Verdict::Ok));
        }
        let leaves = store.leaves();
        assert_eq!(leaves.len(), 2);
        assert_eq!(leaves[0], leaves[1]);
        assert_eq!(
            (leaves[0].address.as_str(), leaves[0].switch.as_str()),
            ("[2001:db8::1]:5", "vm")
        );
    }

    #[test]
    fn anybody_else_is_none_of_our_business() {
        let store = Kept::deciding(Err(NotWritten::Failed));
        for login in ["nil", "", "x", "1000@pbx.example.test", &format!("{NAME}@elsewhere")] {
            assert_eq!(told(login, &store), Ok(Verdict::Ok), "{login}");
        }
        assert_eq!(store.leaves(), []);
        assert!(matches!(told(NAME, &store), Err(Refusal::Internal(_))));
    }
}
