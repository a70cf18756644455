//! The domain that clients of channels log in to over verto.
//!
//! ```text
//! section=directory&...&key_value=verto&...&action=jsonrpc-authenticate&key=id&user=0b7e...&domain=verto
//! ```
//!
//! A client is answered whole, with its hash and with what it may do. Where rights are granted on
//! approval of the login that is one harmless method: the answer to the login event has the rest. It
//! inherits nothing: rights that a stored domain of that name gives to its users are none of a client's.
//! By the variable `jackfield_client` hook scripts know its login and its calls; what a client sets for its
//! calls by itself does not win over that.
//!
//! Users of such a domain are answered as those of any other, unless a client has their name.

use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup, UserFlow, UserLookup};
use jackfield_api::snapshot::{Channel, Client, Grant, SecondLogin, Snapshot};
use jackfield_api::xml::Value;
use jackfield_api::{Answer, DirectoryHandler, Facts, Keys, Refusal, register};

use super::accounts::Accounts;

struct Clients;

impl DirectoryHandler for Clients {
    fn answer(&self, lookup: &DirectoryLookup<'_>, facts: Facts<'_>) -> Answer {
        let flow = lookup.flow();
        if let DirectoryFlow::User(asked) = &flow
            && let Some((client, channel)) = facts.snapshot.client(&asked.user)
        {
            return one(client, channel, asked, lookup.domain(), facts);
        }
        if facts.snapshot.domain(lookup.domain()).is_some() {
            return Accounts.answer(lookup, facts);
        }
        match flow {
            DirectoryFlow::User(_) => Err(Refusal::Denied("there is no such client")),
            DirectoryFlow::Group(_) | DirectoryFlow::Mailboxes(Some(_)) => {
                Err(Refusal::Denied("clients are in no group"))
            }
            // The domain is there, and no list is for its clients.
            _ => Directory::domains([DirectoryDomain::new(lookup.domain())]),
        }
    }
}

/// What a client may do before its login is approved of: tell whether the switch is there.
const HARMLESS: &str = "echo";

/// Rings the browser.
const DIAL_STRING: &str = "${verto_contact(${dialed_user}@${dialed_domain})}";

fn one(
    client: &Client,
    channel: &Channel,
    asked: &UserLookup<'_>,
    domain: &str,
    facts: Facts<'_>,
) -> Answer {
    if !channel.enabled {
        return Err(Refusal::Denied("the channel is disabled"));
    }
    if client.is_expired(facts.now) {
        return Err(Refusal::Denied("the client's time is over"));
    }
    match asked.flow() {
        UserFlow::SipAuth(_)
        | UserFlow::ReverseAuth
        | UserFlow::EventSocket
        | UserFlow::Unchecked
        | UserFlow::PinChange(_) => {
            return Err(Refusal::Denied("a client logs in over verto and nowhere else"));
        }
        UserFlow::VertoLogin if channel.second_login == SecondLogin::Refuse => {
            let its_own = || asked.session_told().is_some_and(|it| it == client.session.as_str());
            if client.is_connected(channel, facts.now) && !its_own() {
                return Err(Refusal::Denied("the client is connected"));
            }
        }
        _ => {}
    }
    let name = client.name.to_string();
    let at_login = facts.snapshot.contents().verto.grant == Grant::AtLogin;
    let mut methods = vec![HARMLESS];
    let mut event_channels: &[String] = &[];
    if at_login {
        methods.extend(channel.methods.iter().map(String::as_str));
        event_channels = &channel.event_channels;
    }
    let secret = Credential::A1Hash(client.secret.ha1().into());
    let mut user = DirectoryUser::new(&name, secret)
        .voicemail_hash(None)
        .param("jsonrpc-allowed-methods", methods.join(","))
        .param("verto-context", &channel.context)
        .param("verto-dialplan", &channel.dialplan)
        .param("dial-string", Value::channel(DIAL_STRING))
        .variable("user_context", &channel.context)
        .variable("jackfield_client", &name)
        .variable("login-expires", client.expires.to_string());
    if !event_channels.is_empty() {
        user = user.param("jsonrpc-allowed-event-channels", event_channels.join(","));
    }
    Directory::user(DirectoryDomain::new(domain), user)
}

/// The domain, once there is a channel.
fn keys(snapshot: &Snapshot) -> Vec<String> {
    key(snapshot).map(str::to_owned).into_iter().collect()
}

/// The key that is not that of stored domains, even of one with this name.
pub(super) fn key(snapshot: &Snapshot) -> Option<&str> {
    let contents = snapshot.contents();
    (!contents.channels.is_empty()).then_some(&*contents.verto.domain)
}

register!(DirectoryHandler, "clients", Keys::From(keys), Clients);

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{
        ClientSecret, Clients as Stored, Connection, Contents, Domain, SessionId, Setting, User,
        Uuid, Verto,
    };
    use jackfield_api::testing;
    use jackfield_api::testing::switch_xml::Node;

    use super::super::asked::params;
    use super::*;

    const NAME: &str = "0b7e1c1e-2222-4333-8444-555555555555";
    const NOW: i64 = 1000;

    fn client() -> Client {
        Client {
            channel: 1,
            name: Stored::name(NAME).expect("a UUID"),
            secret: ClientSecret::parse(&"5".repeat(32)).expect("a hash"),
            session: SessionId::parse("mine").expect("an id"),
            created: 0,
            expires: 2000,
            asked_from: None,
            connected: None,
            replaced: Vec::new(),
            granted: Vec::new(),
        }
    }

    fn connected() -> Client {
        let (address, switch) = ("192.0.2.7:5".to_owned(), "vm".to_owned());
        Client { connected: Some(Connection { at: NOW - 1, address, switch }), ..client() }
    }

    fn with(channel: Channel, client: Client) -> Snapshot {
        let clients: Stored = [(7, client)].into_iter().collect();
        Snapshot::new(Contents { channels: [channel].into(), clients, ..Contents::default() })
    }

    fn asking(user: &str, fields: &str) -> String {
        format!(
            "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=verto\
             &Event-Name=REQUEST_PARAMS&{fields}&key=id&user={user}&domain=verto"
        )
    }

    fn logging_in(fields: &str) -> String {
        asking(NAME, &format!("{fields}&action=jsonrpc-authenticate"))
    }

    fn told(body: &str, snapshot: &Snapshot) -> Result<Node, Refusal> {
        let tree = testing::told(&Clients, body, Facts::new(snapshot).at(NOW))?;
        Ok(tree.the("section", "directory").clone())
    }

    fn denied(body: &str, snapshot: &Snapshot) -> bool {
        matches!(told(body, snapshot), Err(Refusal::Denied(_)))
    }

    #[test]
    fn a_client_is_answered_with_its_hash_and_one_harmless_method() {
        let channel = Channel {
            event_channels: vec!["presence".to_owned()],
            context: "web".to_owned(),
            ..Channel::new("desk")
        };
        let section = told(&logging_in("x=1"), &with(channel, client())).expect("an answer");
        let domain = section.child("domain").expect("a domain");
        assert_eq!(domain.attribute("name"), Some("verto"));
        for (name, value) in [
            ("a1-hash", "5".repeat(32)),
            ("jsonrpc-allowed-methods", "echo".to_owned()),
            ("verto-context", "web".to_owned()),
            ("verto-dialplan", "XML".to_owned()),
            ("vm-a1-hash", "closed".to_owned()),
        ] {
            assert_eq!(params(&section, name), [value], "{name}");
        }
        for name in ["jsonrpc-password", "password", "jsonrpc-allowed-event-channels"] {
            assert!(params(&section, name).is_empty(), "{name}");
        }
        let user = section.user(NAME);
        assert_eq!(user.variable("user_context"), "web");
        assert_eq!(user.variable("jackfield_client"), NAME);
        assert_eq!(user.variable("login-expires"), "2000");
        let found = section.find(&[("domain", None), ("users", None), ("user", None)]);
        assert_eq!(found.expect("a user").attribute("cacheable"), None);
    }

    #[test]
    fn where_rights_come_with_the_login_the_answer_has_them() {
        let channel = Channel {
            methods: vec!["verto.invite".to_owned()],
            event_channels: vec!["presence".to_owned(), "x".to_owned()],
            ..Channel::new("desk")
        };
        let verto = Verto { grant: Grant::AtLogin, ..Verto::default() };
        let snapshot = with(channel, client()).with_verto(verto);
        let section = told(&logging_in("x=1"), &snapshot).expect("an answer");
        assert_eq!(params(&section, "jsonrpc-allowed-methods"), ["echo,verto.invite"]);
        assert_eq!(params(&section, "jsonrpc-allowed-event-channels"), ["presence,x"]);
    }

    #[test]
    fn expired_clients_disabled_channels_and_strangers_are_denied_whatever_is_asked() {
        let open = || Channel::new("desk");
        let disabled = Channel { enabled: false, ..open() };
        let expired = Client { expires: NOW, ..client() };
        for action in ["action=jsonrpc-authenticate", "action=user_call", "x=1"] {
            let asked = asking(NAME, action);
            assert!(told(&asked, &with(open(), client())).is_ok(), "{action}");
            assert!(denied(&asked, &with(open(), expired.clone())), "{action}");
            assert!(denied(&asked, &with(disabled.clone(), client())), "{action}");
            let other = Uuid::nil().to_string();
            for stranger in [other.as_str(), "1000", "0b7e1c1e222243338444555555555555", "nil"] {
                assert!(denied(&asking(stranger, action), &with(open(), client())), "{stranger}");
            }
        }
    }

    #[test]
    fn a_client_cannot_log_in_by_other_ways_than_verto() {
        let snapshot = with(Channel::new("desk"), client());
        for fields in [
            "action=sip_auth&sip_auth_username=x&sip_auth_realm=verto&sip_auth_response=0",
            "action=event_socket_auth",
            "action=reverse-auth-lookup",
            "action=skinny-auth",
            "number_alias=check",
        ] {
            assert!(denied(&asking(NAME, fields), &snapshot), "{fields}");
        }
    }

    #[test]
    fn a_connected_client_is_refused_where_the_channel_says_so_unless_it_tells_its_own_session() {
        let by = |second_login| Channel { second_login, ..Channel::new("desk") };
        for (second_login, _) in SecondLogin::ALL {
            let snapshot = with(by(*second_login), connected());
            let refuses = *second_login == SecondLogin::Refuse;
            for fields in ["x=1", "sessid=", "sessid=other", "Sessid=other"] {
                assert_eq!(denied(&logging_in(fields), &snapshot), refuses, "{fields}");
            }
            assert!(!denied(&logging_in("sessid=mine"), &snapshot));
            assert!(!denied(&asking(NAME, "action=user_call"), &snapshot), "it can be called");
        }
        let refuse = || by(SecondLogin::Refuse);
        assert!(!denied(&logging_in("x=1"), &with(refuse(), client())));
        let short = Channel { session_life: 1, ..refuse() };
        assert!(!denied(&logging_in("x=1"), &with(short, connected())), "void");
    }

    #[test]
    fn the_domain_is_there_and_no_list_has_clients() {
        let snapshot = with(Channel::new("desk"), client());
        let base = "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=verto";
        for fields in [
            "&Event-Name=GENERAL&domain=verto",
            "&Event-Name=GENERAL&domain=verto&purpose=network-list",
            "&Event-Name=REQUEST_PARAMS&purpose=gateways&profile=internal&domain=verto",
            "",
        ] {
            let section = told(&format!("{base}{fields}"), &snapshot).expect("an answer");
            assert_eq!(section.children.len(), 1, "{fields}");
            assert_eq!(section.children[0].attribute("name"), Some("verto"), "{fields}");
            assert!(section.children[0].children.is_empty(), "{fields}");
        }
        let group = "&Event-Name=GENERAL&group_name=x&domain=verto";
        assert!(denied(&format!("{base}{group}"), &snapshot));
    }

    #[test]
    fn a_stored_domain_of_that_name_keeps_its_users_and_gives_clients_nothing() {
        let stored = || {
            let user = |id: &str| User { id: id.into(), ..User::default() };
            let rights = vec![Setting::new("jsonrpc-allowed-event-channels", "all")];
            Domain::new("Verto")
                .with_settings(rights, Vec::new())
                .with_users(vec![user("1000"), user(NAME)])
        };
        let clients: Stored = [(7, client())].into_iter().collect();
        let (domains, channels) = ([stored()].into(), [Channel::new("desk")].into());
        let contents = Contents { domains, channels, clients, ..Contents::default() };
        let snapshot = Snapshot::new(contents.clone());
        assert_eq!(keys(&snapshot), ["verto"]);
        assert!(!super::super::accounts::keys(&snapshot).contains(&"verto".to_owned()));
        let ordinary = told(&asking("1000", "x=1"), &snapshot).expect("an answer");
        assert_eq!(params(&ordinary, "allow-empty-password"), ["false"]);
        let section = told(&logging_in("x=1"), &snapshot).expect("an answer");
        assert_eq!(params(&section, "a1-hash"), ["5".repeat(32)]);
        assert!(section.child("domain").is_some_and(|it| it.child("params").is_none()));

        let without = Contents { channels: Vec::new().into(), ..contents };
        let snapshot = Snapshot::new(without);
        assert!(keys(&snapshot).is_empty());
        assert!(super::super::accounts::keys(&snapshot).contains(&"verto".to_owned()));
    }
}
