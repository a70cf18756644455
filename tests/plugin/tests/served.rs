//! The program as it runs: a switch asks it, and the CRM answers it, or is away.

mod crm;

use crm::{CUSTOMER, FakeCrm};
use jackfield_api::testing::By;
use jackfield_api::testing::{Service, Switch, asking};

const PROGRAM: &str = env!("CARGO_BIN_EXE_acme-pbx");

#[test]
fn a_customer_gets_its_agent_and_everybody_else_the_queue() {
    let crm = FakeCrm::start();
    let service = Service::demo(PROGRAM, &crm.settings());
    let switch = Switch::at(service.address());
    let call = |number: &str| switch.asks(asking::dialplan("from-customers").caller(number));
    let (customer, agent) = CUSTOMER;

    for _ in 0..3 {
        let told = call(customer);
        let to_agent = format!("{agent} XML default");
        assert_eq!(told.document().extension("agent").actions(), [("transfer", &*to_agent)]);
    }
    assert_eq!(crm.asked(), 1, "what it said is kept");
    let told = call("0309999999");
    let to_queue = [("callcenter", "support@default")];
    assert_eq!(told.document().extension("queue").actions(), to_queue);

    // The built-in handlers answer as ever.
    let told = switch.asks(asking::sip_auth("1000", "pbx.example.test"));
    assert_eq!(told.document().user("1000").params("a1-hash").len(), 1);
}

#[test]
fn while_the_crm_is_away_its_last_word_counts_and_nobody_else_gets_through() {
    let crm = FakeCrm::start();
    let service = Service::demo(PROGRAM, &(crm.settings() + "keep_s = 0\n"));
    let switch = Switch::at(service.address()).with_disk(OPEN);
    let call = |number: &str| switch.asks(asking::dialplan("from-customers").caller(number));
    for asked in 1..3 {
        assert!(call(CUSTOMER.0).document().has("extension", "agent"));
        assert_eq!(crm.asked(), asked, "nothing is kept as long as it is there");
    }

    crm.goes_away();
    assert!(call(CUSTOMER.0).document().has("extension", "agent"));
    // Closed, so that the switch does not go on to what is on its disk.
    let told = call("0309999999");
    assert_eq!(told.by, By::Binding(0));
    assert_eq!(told.document().actions(), [("hangup", "CALL_REJECTED")]);
    service.logged("the CRM: ");
    let log = service.log();
    assert!(!log.contains("0309999999"), "the log names no caller: {log}");
}

/// A dialplan on the disk that lets everybody out.
const OPEN: &str = r#"<document><section name="dialplan"><context name="from-customers">
    <extension name="out"><condition><action application="bridge" data="trunk"/></condition></extension>
    </context></section></document>"#;

#[test]
fn call_records_go_where_the_settings_say() {
    let settings = FakeCrm::start().settings() + "[handlers.cdr]\nurl = 'http://127.0.0.1:9/cdr'\n";
    let service = Service::demo(PROGRAM, &settings);
    let switch = Switch::at(service.address());
    let told = switch.asks(asking::configuration("json_cdr.conf"));
    let document = told.document().the("configuration", "json_cdr.conf");
    assert_eq!(document.param("url"), "http://127.0.0.1:9/cdr");
}

#[test]
fn who_wants_to_be_called_back_is_listed_for_this_machine_alone() {
    let service = Service::demo(PROGRAM, &FakeCrm::start().settings());
    let switch = Switch::at(service.address());
    let told = switch.posts(asking::event("acme_callback").with("number", "0301234567"));
    assert_eq!(told, "ok\n");
    let list = || service.get("/acme/callbacks");
    assert_eq!(list(), (200, r#"["0301234567"]"#.to_owned()));
    let proxied = [("X-Forwarded-For", "192.0.2.7")];
    let unknown = service.get_with("/acme/nothing", &proxied);
    assert_eq!(service.get_with("/acme/callbacks", &proxied), unknown);
    assert_eq!(unknown.0, 404);
}

#[test]
fn what_the_handlers_count_stands_beside_what_the_service_counts() {
    let crm = FakeCrm::start();
    let service = Service::demo(PROGRAM, &crm.settings());
    let switch = Switch::at(service.address());
    switch.asks(asking::dialplan("from-customers").caller(CUSTOMER.0));
    let (_, metrics) = service.get("/metrics");
    for line in [
        r#"acme_crm_answers_total{outcome="found"} 1"#,
        r#"acme_crm_answers_total{outcome="failed"} 0"#,
        "acme_callbacks_total 0",
        r#"jackfield_lookups_total{handler="crm",outcome="answered",section="dialplan"} 1"#,
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in\n{metrics}");
    }
    let listed = service.run(&["handlers", "--all"]);
    let listed = String::from_utf8_lossy(&listed.stdout);
    for name in ["src/agents.rs", "src/cdr.rs", "src/callbacks.rs", "crm-watch", "crm-ask"] {
        assert!(listed.contains(name), "{name} in\n{listed}");
    }
}

#[test]
fn the_command_asks_with_the_settings_of_the_service() {
    let service = Service::demo(PROGRAM, &FakeCrm::start().settings());
    let said = |number| {
        let done = service.run(&["crm-ask", number]);
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    assert_eq!(said(CUSTOMER.0), format!("{}: agent {}\n", CUSTOMER.0, CUSTOMER.1));
    assert_eq!(said("1"), "1: nobody knows it\n");
}

#[test]
fn settings_that_are_wrong_stop_the_start_and_say_what_to_write() {
    for (settings, words) in [
        ("", vec!["[handlers.crm]", "url", "src/agents.rs:"]),
        ("[handlers.crm]\nurl = 'crm'\n", vec!["url", "as in «http://crm.acme.example»"]),
        ("[handlers.crm]\nurl = 'http://a'\nwait = 1\n", vec!["[handlers.crm]", "`wait`"]),
        ("[handlers.crn]\nurl = 'http://a'\n", vec!["crn", "jackfield handlers"]),
        ("disabled_handlers = ['crn']\n", vec!["crn"]),
    ] {
        let refused = Service::try_demo(PROGRAM, settings).expect_err("it does not start");
        assert_eq!(refused.code, Some(78), "{refused}");
        for word in words {
            assert!(refused.log.contains(word), "{word}: {refused}");
        }
    }
}

#[test]
fn a_disabled_handler_needs_no_settings_and_the_program_ends_when_it_is_told() {
    let service = Service::demo(PROGRAM, "disabled_handlers = ['crm', 'crm-watch']\n");
    let switch = Switch::at(service.address());
    let told = switch.asks(asking::dialplan("from-customers").caller(CUSTOMER.0));
    assert_eq!(told.by, By::Nobody);
    let (status, log) = service.stop();
    assert!(status.success() && log.contains("stopped"), "{log}");
}
