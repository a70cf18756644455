//! What is limited to switches, by commands.

use crate::support::{Base, Program, body, on_each, post};

#[test]
fn namesakes_are_for_different_switches_and_each_is_answered_to_its_own() {
    on_each(|base| {
        let program = Program::serve(base);
        let asked = |host: &str| {
            let asked = body(2).set("hostname", host).set("key_value", "kept.conf");
            post(program.machine, asked.bytes()).text().to_owned()
        };
        base.did(&["global", "add", "c", "everywhere"]);
        base.did(&["global", "add", "c", "on-a", "--host", "A", "--host", "b"]);
        assert!(asked("a").contains("on-a") && asked("z").contains("everywhere"));
        base.refuses(&["global", "add", "c", "again"], 1, "there is a global «c» already");
        base.refuses(&["global", "add", "c", "x", "--host", "b", "--host", "y"], 1, "already");
        base.refuses(&["global", "set", "c", "x"], 1, "say which one by its id");
        base.refuses(&["global", "add", "c", "x", "--host", "a%41"], 64, "«%41»");
        base.refuses(&["global", "add", "c", "x", "--host", "y", "--all-hosts"], 64, "--all-hosts");
        let listed = base.did(&["global", "list", "--json"]).json();
        let limited = &listed.as_array().expect("a list")[1];
        assert_eq!(limited["hosts"], serde_json::json!(["a", "b"]));
        let id = format!("id:{}", limited["id"]);
        base.refuses(&["global", "set", &id, "--all-hosts"], 1, "already");
        base.did(&["global", "set", &id, "--host", "z"]);
        assert!(asked("a").contains("everywhere") && asked("z").contains("on-a"));

        let own = "<configuration name='kept.conf'><own/></configuration>";
        let add = ["document", "add", "kept.conf", "--host", "a", "--file", "-"];
        base.did_with(&add, own);
        base.refuses_with(&add, own, 1, "there is a document «kept.conf» already");
        assert!(asked("a").contains("<own/>") && !asked("z").contains("<own/>"));
        let list = base.did(&["document", "list"]).out;
        assert!(list.contains("every switch"), "{list}");
        base.did(&["acl", "add", "domains", "--host", "a"]);
        base.did(&["profile", "add", "sofia/internal", "--host", "a"]);
        base.refuses(&["profile", "add", "sofia/internal", "--host", "a"], 1, "already");
    });
}

#[test]
fn profiles_of_different_switches_have_gateways_of_one_name() {
    on_each(|base| {
        let add = |host| base.did(&["profile", "add", "edge", "--host", host, "--json"]).json();
        let [one, other] = ["h1", "h2"].map(|host| format!("id:{}", add(host)["id"]));
        base.refuses(
            &["gateway", "add", "carrier", "--profile", "edge"],
            1,
            "say which one by its id",
        );
        base.did(&["gateway", "add", "carrier", "--profile", &one]);
        base.refuses(&["gateway", "add", "carrier", "--profile", &one], 1, "already");
        base.did(&["gateway", "add", "carrier", "--profile", &other]);
        base.refuses(&["gateway", "add", "x", "--profile", "id:999999"], 1, "there is no profile");
        let list = base.did(&["profile", "list"]).out;
        assert!(list.contains("h1") && list.contains("h2"), "{list}");
    });
}

#[test]
fn a_switch_that_could_not_say_its_name_is_refused() {
    let base = Base::sqlite();
    for host in ["a b", "a&b", "a,b", ""] {
        base.refuses(&["global", "add", "x", "1", "--host", host], 64, "invalid value");
    }
}
