//! The first switch, the second one, and what is to be closed on them, as the README has it.

use std::fs;

use super::machine::{Machine, commands};
use crate::support::Base;

/// What the stock files of a switch come to.
const FILES: [(&str, &str); 4] = [
    (
        "freeswitch.xml",
        r#"<document type="freeswitch/xml">
<X-PRE-PROCESS cmd="include" data="vars.xml"/>
<section name="configuration">
<X-PRE-PROCESS cmd="include" data="autoload_configs/*.xml"/>
</section>
<section name="directory">
<X-PRE-PROCESS cmd="include" data="directory/*.xml"/>
</section>
</document>"#,
    ),
    (
        "vars.xml",
        r#"<include>
<X-PRE-PROCESS cmd="set" data="default_password=1234"/>
<X-PRE-PROCESS cmd="set" data="domain=elsewhere"/>
</include>"#,
    ),
    (
        "directory/default.xml",
        r#"<include>
<domain name="$${domain}"><groups><group name="all"><users>
<X-PRE-PROCESS cmd="include" data="default/*.xml"/>
</users></group></groups></domain>
</include>"#,
    ),
    (
        "directory/default/1000.xml",
        r#"<include>
<user id="1000"><params><param name="password" value="$${default_password}"/></params></user>
</include>"#,
    ),
];

/// A switch that has files, as the stock ones are made: a user whose password everybody knows.
fn files_of_a_switch(machine: &Machine<'_>) {
    let etc = machine.at("etc/freeswitch");
    for folder in ["directory/default", "autoload_configs"] {
        fs::create_dir_all(etc.join(folder)).expect("writable");
    }
    let (_, curl) = machine.shell("jackfield snippet xml_curl");
    for (name, text) in FILES.into_iter().chain([("autoload_configs/xml_curl.conf.xml", &*curl)]) {
        fs::write(etc.join(name), text).expect("writable");
    }
}

#[test]
fn a_switch_with_files_is_served_and_goes_back_and_another_one_comes() {
    let base = Base::empty_sqlite();
    let mut machine = Machine::new(&base);
    files_of_a_switch(&machine);
    machine.start();
    let [served, back] = commands::<2>("### The first switch");
    let told = machine.run(&served);
    assert!(told.contains("it registers with its password"), "{told}");
    machine.serves(&["1000"]);
    machine.run(&back);
    assert!(machine.at("etc/freeswitch-files/freeswitch.xml").exists());
    let [second] = commands::<1>("### The second switch");
    machine.run(&second);
    let vars = fs::read_to_string(machine.at("root/pbx-b/vars.xml")).expect("it is written");
    assert!(vars.contains("external_sip_ip=203.0.113.2"), "{vars}");
    let vars =
        fs::read_to_string(machine.at("etc/freeswitch-served/vars.xml")).expect("it is there");
    assert!(!vars.contains("203.0.113.2"), "{vars}");
}

#[test]
fn the_users_that_everybody_knows_are_found_until_they_are_removed() {
    let base = Base::empty_sqlite();
    let mut machine = Machine::new(&base);
    files_of_a_switch(&machine);
    let (code, told) = machine.shell("jackfield check /etc/freeswitch");
    assert!(code == Some(1) && told.contains("directory/default/1000.xml"), "{told}");
    let [close] = commands::<1>("### What to keep closed");
    machine.run(&close);
}
