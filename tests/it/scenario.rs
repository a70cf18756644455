//! What happens at a switch, look-up by look-up, with the service, another one and the switch's disk.

use std::net::TcpListener;

use jackfield_api::testing::{By, Pbx, Switch, Why, asking, pbx};

use crate::support::{DOMAIN, Server, shared};

/// A user and a context in the files of a switch.
const DISK: &str = r#"<document>
<section name="directory"><domain name="pbx.example.test"><users><user id="2222"/></users></domain></section>
<section name="dialplan"><context name="elsewhere"><extension name="disk"/></context></section>
</document>
"#;

#[test]
fn a_caller_registers_rings_another_and_leaves_a_message() {
    let switch = Switch::at(shared().machine);

    let told = switch.asks(asking::sip_auth("1000", DOMAIN));
    let caller = told.document().user("1000");
    assert_eq!(caller.param("a1-hash"), "5".repeat(32));
    let context = caller.variable("user_context");

    let call = asking::dialplan(context).by_user("1000", DOMAIN).destination("1001");
    let told = switch.asks(call);
    let actions = told.document().context(context).extension("users").actions();
    assert_eq!(actions, [("bridge", "user/$1@pbx.example.test")]);

    let told = switch.asks(asking::user_call("1001", DOMAIN).variable("call_timeout", "20"));
    let dial_string = told.document().domain(DOMAIN).param("dial-string");
    assert_eq!(dial_string, "${sofia_contact(${dialed_user}@${dialed_domain})}");

    let told = switch.asks(asking::message_count("1001", DOMAIN));
    assert_eq!(told.document().user("1001").param("vm-mailto"), "someone@example.test");
}

#[test]
fn a_browser_logs_in_and_its_hook_is_heard() {
    let switch = Switch::at(shared().machine);
    let told = switch.asks(asking::verto_login("verto1", DOMAIN).variable("screen", "1280x720"));
    assert_eq!(told.document().user("verto1").params("a1-hash").len(), 1);
    assert_eq!(switch.posts(asking::login("verto1@pbx.example.test", "mine")), "ok\n");
}

#[test]
fn the_service_takes_every_look_up_that_the_kit_writes_for_a_switch_s_own() {
    let server = shared();
    let switch = Switch::at(server.machine);
    let bodies: [Vec<u8>; 21] = [
        asking::configuration("acl.conf").into(),
        asking::profile("internal").into(),
        asking::menu("demo").into(),
        asking::queue("support@default").into(),
        asking::join("3000", "default").into(),
        asking::controls("3000", "default", "default").into(),
        asking::dialplan("default").by_user("1000", DOMAIN).into(),
        asking::chatplan("public").into(),
        asking::phrase("en", "voicemail_hello").into(),
        asking::language("en").into(),
        asking::sip_auth("1000", DOMAIN).to("1001").header("X-Trunk", "a").sha256().into(),
        asking::user_call("1000", DOMAIN).variable("a", "b").into(),
        asking::voicemail("1000", DOMAIN).into(),
        asking::event_socket("1000", DOMAIN).into(),
        asking::user("5551000", DOMAIN).by_number_alias().into(),
        asking::gateways("internal").into(),
        asking::gateways("internal").of(DOMAIN).into(),
        asking::network_list(DOMAIN).into(),
        asking::list_users(DOMAIN).into(),
        asking::group_call("sales", DOMAIN).into(),
        asking::in_group("1000", "sales", DOMAIN).into(),
    ];
    for body in bodies {
        let text = String::from_utf8_lossy(&body).into_owned();
        let told = switch.asks(body);
        assert_eq!(told.by, By::Binding(0), "{:?} {text}", told.passed_over);
    }
}

#[test]
fn whom_the_service_denies_the_switch_does_not_look_for_on_its_disk() {
    let switch = Switch::at(shared().machine).with_disk(DISK);
    let told = switch.asks(asking::sip_auth("2222", DOMAIN));
    assert_eq!(told.by, By::Binding(0));
    assert_eq!(told.document().names("user"), [""; 0]);
    // What is not found may be there.
    let told = switch.asks(asking::dialplan("elsewhere"));
    assert_eq!((told.by, &told.passed_over[..]), (By::Disk, &[Why::NotFound][..]));
    assert!(told.document().has("extension", "disk"));
    let told = switch.asks(asking::configuration("own.conf"));
    assert_eq!(told.by, By::Nobody);
}

#[test]
fn a_service_that_says_that_it_is_unavailable_leaves_the_call_to_the_next_or_to_the_disk() {
    let server = Server::start("[sections.dialplan]\nfail = 'unavailable'");
    let switch = Switch::at(server.machine).or_at(server.machine).with_disk(DISK);
    let told = switch.asks(asking::dialplan("fails.test"));
    assert_eq!((told.by, told.passed_over), (By::Disk, vec![Why::Status(503); 2]));
}

#[test]
fn a_second_service_answers_while_the_first_is_away() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let second = Server::over("", Pbx::new().user("3000@pbx.example.test").snapshot());
    let switch = Switch::at(free).or_at(second.machine);
    let told = switch.asks(asking::sip_auth("3000", DOMAIN));
    assert!(matches!(told.passed_over[..], [Why::Gone(_)]), "{:?}", told.passed_over);
    assert_eq!(told.document().user("3000").param("a1-hash"), "5".repeat(32));
    second.app.router.publish(pbx()).expect("no conflict");
    let told = switch.asks(asking::sip_auth("3000", DOMAIN));
    assert!(!told.document().has("user", "3000"), "gone, and so denied");
}
