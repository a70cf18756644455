//! What is built is what was recorded, as far as anybody can tell.

use super::*;
use crate::form::Pair;
use crate::lookup::{
    ChatplanLookup, ConfigurationLookup, DialplanLookup, DirectoryFlow, DirectoryLookup,
    LanguagesLookup, Section,
};
use crate::testing::recorded::{self, Recorded};

const DOMAIN: &str = "pbx.example.test";

/// All that the view of its section tells of a look-up.
fn told(lookup: &Lookup) -> String {
    let base = (lookup.hostname(), lookup.section_name(), lookup.calling_function());
    let keys = (lookup.tag_name(), lookup.key_name(), lookup.key_value());
    let flow = match lookup.section() {
        Section::Configuration => format!("{:?}", ConfigurationLookup::new(lookup).flow()),
        Section::Directory => {
            let view = DirectoryLookup::new(lookup);
            match view.flow() {
                DirectoryFlow::User(user) => {
                    format!("{} {} {:?}", view.domain(), user.user, user.flow())
                }
                flow => format!("{} {flow:?}", view.domain()),
            }
        }
        Section::Dialplan => {
            let view = DialplanLookup::new(lookup);
            let caller = (view.caller_name(), view.caller_number(), view.network_address());
            let user = (view.user(), view.domain(), view.variable("sip_h_X-Trunk"));
            format!("{} {} {caller:?} {user:?}", view.context(), view.destination())
        }
        Section::Languages => {
            let view = LanguagesLookup::new(lookup);
            format!("{} {:?} {}", view.language(), view.macro_name(), view.is_say())
        }
        Section::Chatplan => {
            let view = ChatplanLookup::new(lookup);
            format!("{} {:?} {:?}", view.context(), view.from(), view.to())
        }
        Section::Channels => String::new(),
    };
    format!("{base:?} {keys:?} {flow}")
}

/// Fails where a view tells something else of them, or where the switch sends a field elsewhere or not
/// at all.
fn compare<F>(built: Asking<F>, recorded: Recorded) {
    assert_eq!(told(&built.lookup()), told(&recorded.lookup()), "{recorded}");
    let (built, recorded_body) = (built.body(), recorded.body());
    let mut left = recorded_body.names();
    for name in built.names() {
        assert!(left.any(|found| found == name), "{recorded} has no {name} there");
    }
    let essential = ["section", "action", "purpose", "key", "user", "domain", "Event-Name"];
    for name in essential {
        assert_eq!(built.get(name), recorded_body.get(name), "{name} of {recorded}");
    }
}

#[test]
fn look_ups_of_documents_are_like_recorded_ones() {
    for recorded in recorded::ALL {
        let form = recorded.form();
        if form.len() == 5 && form.base(1) == "configuration" {
            assert_eq!(configuration(&form.base(4)).body().text(), recorded.text());
        }
    }
    compare(profile("internal"), recorded::SOFIA_CONF_PROFILE);
    compare(menu("demo"), recorded::IVR_MENU);
    compare(queue("support@default"), recorded::CALLCENTER_QUEUE);
    compare(join("3000", "default"), recorded::CONFERENCE_JOIN);
    compare(controls("3000", "default", "default"), recorded::CONFERENCE_CONTROLS);
}

#[test]
fn look_ups_of_users_are_like_recorded_ones() {
    compare(sip_auth("1000", DOMAIN), recorded::SIP_AUTH_REGISTER);
    compare(sip_auth("1000", DOMAIN).to("5555"), recorded::SIP_AUTH_INVITE);
    let message = sip_auth("1000", DOMAIN).to("1001").method("MESSAGE").header("X-Foo", "bar");
    compare(message, recorded::SIP_AUTH_MESSAGE);
    compare(user_call("1002", DOMAIN), recorded::USER_CALL);
    compare(message_count("1000", DOMAIN), recorded::MESSAGE_COUNT);
    compare(voicemail("1000", DOMAIN), recorded::VOICEMAIL_LOOKUP);
    compare(verto_login("verto1", DOMAIN), recorded::VERTO_LOGIN);
    let login = verto_login("verto1", DOMAIN).variable("screen", "1280x720");
    compare(login, recorded::VERTO_LOGIN_PARAMS);
    compare(event_socket("1000", DOMAIN), recorded::EVENT_SOCKET_LOGIN);
    compare(user("1000", DOMAIN), recorded::USER_EXISTS);
    compare(user("5551000", DOMAIN).by_number_alias(), recorded::FIND_USER_BY_ALIAS);
}

#[test]
fn look_ups_of_domains_and_lists_are_like_recorded_ones() {
    compare(gateways("internal"), recorded::GATEWAYS);
    compare(network_list(DOMAIN), recorded::NETWORK_LIST);
    compare(domain(DOMAIN), recorded::DOMAIN_EXISTS);
    compare(list_users(DOMAIN), recorded::LIST_USERS);
    compare(group_call("sales", DOMAIN), recorded::GROUP_CALL);
    compare(in_group("1001", "sales", DOMAIN), recorded::IN_GROUP);
    let of_one = gateways("internal").of(DOMAIN).lookup();
    assert_eq!(DirectoryLookup::new(&of_one).domain(), DOMAIN);
}

#[test]
fn look_ups_of_calls_messages_and_phrases_are_like_recorded_ones() {
    let call = dialplan("default").destination("5555").by_user("1000", DOMAIN);
    compare(call.caller_name("User 1000").address("127.0.0.1"), recorded::CALL_TO_5555);
    compare(chatplan("public"), recorded::CHAT_SIP_MESSAGE);
    compare(phrase("en", "voicemail_hello"), recorded::PHRASE_HELLO);
    compare(language("en"), recorded::SAY);
}

#[test]
fn posts_of_hooks_say_what_recorded_ones_say() {
    let session = "11111111-2222-4333-8444-555555555555";
    let built = login("verto1@pbx.example.test", session).body().form();
    for pair in recorded::CLIENT_LOGIN.form().pairs() {
        let name = std::str::from_utf8(pair.name).expect("UTF-8");
        let found = built.pairs().find(|found| found.is_named(name));
        assert_eq!(found.map(Pair::decoded), Some(pair.decoded()), "{name}");
    }
}

#[test]
fn whatever_is_told_arrives_and_base_fields_stay_raw() {
    let lookup = dialplan("a b&c").destination("+49%é").variable("x", "1&2").on("b+2").lookup();
    let view = DialplanLookup::new(&lookup);
    assert_eq!((&*view.context(), &*view.destination()), ("a b&c", "+49%é"));
    assert_eq!(view.variable("x").as_deref(), Some("1&2"));
    assert_eq!(lookup.hostname(), "b+2");
    assert_eq!(user("a+b", "x%41").lookup().key_value(), "x%41");
    let long = user("1000", &"d".repeat(600)).body();
    let base: usize = long.text().split("&Event-Name").next().map_or(0, str::len);
    assert_eq!(base, 511, "the switch has no room for more");
}

#[test]
fn a_field_is_set_where_it_stands_or_added_where_modules_add_theirs() {
    let asked = user_call("1000", DOMAIN).field("x", "a b").field("user", "1001").body();
    assert!(
        asked.text().ends_with("&x=a%20b&key=id&user=1001&domain=pbx.example.test"),
        "{asked:?}"
    );
    let call = dialplan("default").variable("x", "1").variable("x", "2").body();
    assert_eq!(call.names().filter(|name| *name == "variable_x").count(), 1);
    let names: Vec<_> = call.names().collect();
    let place = |name: &str| names.iter().position(|found| *found == name);
    assert!(place("Caller-Context") < place("variable_x"));
    assert!(place("variable_x") < place("Hunt-Context"));
    assert_eq!(dialplan("c").reduced_to(&["Hunt-Context"]).form().len(), 6);
}
