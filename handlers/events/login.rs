//! A client has logged in over verto: whether it may stay, and what it may do.
//!
//! The switch has checked the password; what it cannot check is the session id, by which one browser
//! is told from another that has the same password. Where rights are granted on approval a client can
//! do nothing until its login is approved of here; the answer says what to grant.
//!
//! ```text
//! ok
//! grant methods verto.invite,verto.bye
//! revoke 51c2... methods verto.invite,verto.bye
//! out 51c2...
//! ```

use jackfield_api::snapshot::{Channel, Grant, SessionId, Snapshot};
use jackfield_api::{
    Approval, ChannelEventHandler, ClientEvent, ClientLogin, Deciding, Event, Keys, LoginDecision,
    Means, Refusal, Right, Task, Verdict, register,
};

use super::who::{Who, who};

struct Login;

impl ChannelEventHandler for Login {
    fn handle<'a>(&'a self, event: &'a Event, means: Means<'a>) -> Deciding<'a> {
        Box::pin(decide(ClientEvent::new(event), means))
    }

    /// A login that nobody has approved of has to go.
    fn undecided(&self) -> Option<Verdict> {
        Some(Verdict::Punt)
    }
}

async fn decide(event: ClientEvent<'_>, means: Means<'_>) -> Result<Verdict, Refusal> {
    let name = match who(event, means.snapshot) {
        Who::Client(name) => name,
        Who::Nobody => return Ok(Verdict::Punt),
        Who::User => return Ok(Verdict::Ok),
    };
    // Without one it could not be told from any other login, nor be put out.
    let Some(session) = event.session() else { return Ok(Verdict::Punt) };
    let (address, switch) = (event.address().to_owned(), event.switch().to_owned());
    let decided = means.store.login(ClientLogin { name, session, address, switch }).await;
    match decided.map_err(|why| Refusal::Internal(why.to_string()))? {
        LoginDecision::Approved(approval) => Ok(approved(approval, means.snapshot)),
        _ => Ok(Verdict::Punt),
    }
}

/// What the hook has to do for a login that may stay.
fn approved(approval: Approval, snapshot: &Snapshot) -> Verdict {
    let Approval { methods, event_channels, instead_of, granted_before } = approval;
    let mut tasks = Vec::new();
    for session in instead_of {
        tasks.extend(out(session, &methods, &event_channels, &granted_before));
    }
    if snapshot.contents().verto.grant == Grant::OnApproval {
        let rights = [Right::Methods(methods), Right::EventChannels(event_channels)];
        tasks.extend(rights.into_iter().filter(|right| !right.is_empty()).map(Task::Grant));
    }
    if tasks.is_empty() { Verdict::Ok } else { Verdict::Do(tasks) }
}

/// Takes a session's rights and ends its calls. A right is taken by the very name that it was given by;
/// what the channel had before it was changed it may have, too.
fn out(
    session: SessionId,
    methods: &[String],
    event_channels: &[String],
    before: &[String],
) -> Vec<Task> {
    let with = |now: &[String], others: &[String]| {
        let others = others.iter().filter(|it| !now.contains(it));
        now.iter().chain(others).cloned().collect::<Vec<_>>()
    };
    let usual = with(methods, &Channel::new("").methods);
    let rights =
        [Right::Methods(with(&usual, before)), Right::EventChannels(with(event_channels, before))];
    let rights = rights.into_iter().filter(|right| !right.is_empty());
    let mut tasks: Vec<_> = rights.map(|right| Task::Revoke(session.clone(), right)).collect();
    tasks.push(Task::Out(session));
    tasks
}

register!(ChannelEventHandler, "client_login", Keys::Fixed(&["verto_client_login"]), Login);

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::Verto;
    use jackfield_api::testing::{Kept, Pbx, asking, wait};
    use jackfield_api::{LoginRefusal, NotWritten};

    use super::*;

    const NAME: &str = "0b7e1c1e-2222-4333-8444-555555555555";

    fn told(login: &str, session: &str, store: &Kept, snapshot: &Snapshot) -> String {
        let event = asking::login(login, session).with("client_address", "192.0.2.7:5").event();
        let verdict = wait(Login.handle(&event, Means::new(snapshot, store)));
        verdict.ok().or(Login.undecided()).expect("a verdict").text()
    }

    fn approving(instead_of: &[&str]) -> Kept {
        Kept::deciding(Ok(LoginDecision::Approved(Approval {
            methods: vec!["verto.invite".to_owned(), "x".to_owned()],
            event_channels: vec!["presence".to_owned()],
            instead_of: instead_of.iter().filter_map(|id| SessionId::parse(id)).collect(),
            granted_before: vec!["y".to_owned()],
        })))
    }

    #[test]
    fn an_approved_login_is_granted_what_its_channel_has() {
        let store = approving(&[]);
        let told = told(NAME, "mine", &store, &Snapshot::default());
        assert_eq!(told, "ok\ngrant methods verto.invite,x\ngrant event_channels presence\n");
        let asked = &store.logins()[0];
        assert_eq!((asked.address.as_str(), asked.switch.as_str()), ("192.0.2.7:5", "vm"));
        assert_eq!((asked.name.to_string().as_str(), asked.session.as_str()), (NAME, "mine"));
    }

    #[test]
    fn the_session_before_loses_all_that_it_may_have_and_goes() {
        let told = told(NAME, "mine", &approving(&["old"]), &Snapshot::default());
        assert_eq!(
            told,
            "ok\n\
             revoke old methods verto.invite,x,verto.attach,verto.answer,verto.bye,verto.modify,\
             verto.info,y\n\
             revoke old event_channels presence,y\n\
             out old\n\
             grant methods verto.invite,x\n\
             grant event_channels presence\n"
        );
    }

    #[test]
    fn where_rights_come_with_the_login_nothing_is_granted() {
        let verto = Verto { grant: Grant::AtLogin, ..Verto::default() };
        let snapshot = Snapshot::default().with_verto(verto);
        assert_eq!(told(NAME, "mine", &approving(&[]), &snapshot), "ok\n");
        let elsewhere = format!("{NAME}@elsewhere");
        let store = approving(&["old"]);
        assert!(told(&elsewhere, "mine", &store, &snapshot).ends_with("out old\n"));
    }

    #[test]
    fn whatever_is_not_approved_of_has_to_go() {
        let snapshot = Pbx::empty().channel(Channel::new("desk")).snapshot();
        for refusal in [LoginRefusal::Unknown, LoginRefusal::Second, LoginRefusal::Full] {
            let store = Kept::deciding(Ok(LoginDecision::Refused(refusal)));
            assert_eq!(told(NAME, "mine", &store, &snapshot), "punt\n", "{refusal:?}");
        }
        for why in [NotWritten::Failed, NotWritten::Late, NotWritten::Changed] {
            assert_eq!(told(NAME, "mine", &Kept::deciding(Err(why)), &snapshot), "punt\n", "{why}");
        }
        let store = approving(&[]);
        for (login, session) in
            [(NAME, ""), (NAME, "a b"), ("x", "mine"), ("x@verto", "mine"), ("nil", "mine")]
        {
            assert_eq!(told(login, session, &store, &snapshot), "punt\n", "{login} {session}");
        }
        assert_eq!(store.logins(), [], "nobody asked about these");
        assert_eq!(Login.undecided(), Some(Verdict::Punt));
    }

    #[test]
    fn a_user_of_the_pbx_is_left_alone_and_gains_nothing() {
        let store = approving(&[]);
        for login in ["1000@pbx.example.test", &format!("{NAME}@elsewhere"), "1000"] {
            for session in ["mine", "", "a b"] {
                assert_eq!(told(login, session, &store, &Snapshot::default()), "ok\n", "{login}");
            }
        }
        assert_eq!(store.logins(), []);
    }
}
