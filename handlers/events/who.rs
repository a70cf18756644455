//! Whose login over verto it is.
//!
//! A script tells what the client itself wrote, as `NAME`, `NAME@verto` or `NAME@elsewhere`, and a
//! switch whose profile has `force-register-domain` takes the name alone. So what stands behind `@`
//! counts only where the switch has looked at it.

use jackfield_api::ClientEvent;
use jackfield_api::snapshot::{Clients, Grant, ProfileKind, Snapshot, Uuid};

/// Who has logged in, or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Whoever has this name of a client.
    Client(Uuid),
    /// Nobody that can be a client, in the domain of clients.
    Nobody,
    /// A user of the PBX.
    User,
}

/// The parameter of a verto profile that has every login be of one domain.
const FORCED: &str = "force-register-domain";

pub(super) fn who(event: ClientEvent<'_>, snapshot: &Snapshot) -> Who {
    let Some(login) = event.login() else { return Who::Nobody };
    let verto = &snapshot.contents().verto;
    let (name, domain) = match login.split_once('@') {
        Some((name, domain)) => (name, Some(domain)),
        None => (login, None),
    };
    let is_of_clients = domain.is_none_or(|domain| domain.eq_ignore_ascii_case(&verto.domain))
        || verto.grant == Grant::AtLogin
        || is_forced(event, snapshot);
    if !is_of_clients {
        return Who::User;
    }
    // A PBX may have a domain of that name itself.
    let is_user = || snapshot.domain(&verto.domain).is_some_and(|it| it.user(name).is_some());
    match Clients::name(name) {
        Some(name) if snapshot.contents().clients.get(name).is_some() => Who::Client(name),
        _ if is_user() => Who::User,
        // It may have been made since the snapshot was.
        Some(name) => Who::Client(name),
        None => Who::Nobody,
    }
}

/// Whether the profile has all logins be of the domain of clients.
fn is_forced(event: ClientEvent<'_>, snapshot: &Snapshot) -> bool {
    let on = snapshot.on(event.switch());
    let is_it = |name: &str| name.eq_ignore_ascii_case(event.profile());
    let profile = on.profiles(ProfileKind::Verto).find(|profile| is_it(&profile.name));
    profile.is_some_and(|profile| {
        let mut forced = profile.params.iter().filter(|it| it.name.eq_ignore_ascii_case(FORCED));
        let domain = &snapshot.contents().verto.domain;
        forced.next_back().is_some_and(|it| on.text_of(it).eq_ignore_ascii_case(domain))
    })
}

#[cfg(test)]
mod tests {
    use jackfield_api::Event;
    use jackfield_api::snapshot::{Contents, Domain, Profile, Setting, User, Verto};

    use super::*;

    const NAME: &str = "0b7e1c1e-2222-4333-8444-555555555555";

    fn of(login: &str, snapshot: &Snapshot) -> Who {
        let pairs = [("hostname", "vm"), ("client_id", login), ("profile", "web")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        who(ClientEvent::new(&Event::new(pairs.to_vec())), snapshot)
    }

    fn client() -> Who {
        Who::Client(Clients::name(NAME).expect("a UUID"))
    }

    #[test]
    fn a_name_alone_and_one_in_the_domain_of_clients_is_of_a_client() {
        let snapshot = Snapshot::default();
        let upper = NAME.to_uppercase();
        for login in [NAME, &upper, &format!("{NAME}@verto"), &format!("{NAME}@VERTO")] {
            assert_eq!(of(login, &snapshot), client(), "{login}");
        }
        for login in ["", "nil", "x", "x@verto", "@verto", "0b7e1c1e222243338444555555555555"] {
            assert_eq!(of(login, &snapshot), Who::Nobody, "{login}");
        }
        for login in ["x@elsewhere", &format!("{NAME}@"), &format!("{NAME}@verto@elsewhere")] {
            assert_eq!(of(login, &snapshot), Who::User, "{login}");
        }
    }

    #[test]
    fn what_stands_behind_the_name_counts_only_where_the_switch_has_looked_at_it() {
        let elsewhere = format!("{NAME}@elsewhere");
        let verto = |grant| Verto { grant, ..Verto::default() };
        let snapshot = Snapshot::default().with_verto(verto(Grant::OnApproval));
        assert_eq!(of(&elsewhere, &snapshot), Who::User);
        let snapshot = Snapshot::default().with_verto(verto(Grant::AtLogin));
        assert_eq!(of(&elsewhere, &snapshot), client());
        for (domain, is) in [("verto", client()), ("VERTO", client()), ("other", Who::User)] {
            let profile = Profile {
                kind: ProfileKind::Verto,
                name: "web".to_owned(),
                params: vec![Setting::new("Force-Register-Domain", domain)],
                ..Profile::default()
            };
            let contents = Contents { profiles: vec![profile].into(), ..Contents::default() };
            assert_eq!(of(&elsewhere, &Snapshot::new(contents)), is, "{domain}");
        }
    }

    #[test]
    fn a_stored_user_of_a_domain_with_that_name_is_no_client() {
        let user = User { id: "1000".into(), ..User::default() };
        let domains = vec![Domain::new("verto").with_users(vec![user])];
        let contents = Contents { domains: domains.into(), ..Contents::default() };
        let snapshot = Snapshot::new(contents);
        assert_eq!(of("1000", &snapshot), Who::User);
        assert_eq!(of("1001", &snapshot), Who::Nobody);
        assert_eq!(of(NAME, &snapshot), client());
    }
}
