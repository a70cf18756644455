//! Queues with the agents that serve them.

use serde_json::json;

use crate::support::{Program, body, on_each, post};

#[test]
fn agents_come_to_a_queue_move_in_it_and_leave_it() {
    on_each(|base| {
        let program = Program::serve(base);
        let tiers =
            || base.did(&["queue", "show", "sales@default", "--json"]).json()["tiers"].clone();
        let set = |flags: &[&str]| {
            base.did(&[&["queue", "set", "sales@default"], flags].concat());
        };
        base.did(&["agent", "add", "7@default", "--attribute", "type=callback"]);
        set(&["--tier", "7@default=2,3", "--tier", "1000@default"]);
        let told = tiers();
        assert_eq!(told[0], json!({ "agent": "7@default", "level": 2, "position": 3 }));
        assert_eq!(told[1], json!({ "agent": "1000@default", "level": 1, "position": 1 }));
        set(&["--tier", "7@DEFAULT=4"]);
        assert_eq!(tiers()[0], json!({ "agent": "7@default", "level": 4, "position": 3 }));
        base.did(&["agent", "set", "7@default", "--name", "8@default"]);
        assert_eq!(tiers()[0]["agent"], "8@default", "whatever it is called");
        let answer = post(program.machine, body(7).bytes()).text().to_owned();
        assert!(
            answer.contains(
                r#"<tier agent="8@default" queue="sales@default" level="4" position="3"/>"#
            ),
            "{answer}"
        );
        set(&["--remove-tier", "8@default"]);
        assert_eq!(tiers().as_array().map(Vec::len), Some(1));
        set(&["--param", "strategy=random"]);
        assert_eq!(tiers().as_array().map(Vec::len), Some(1), "they stay");
        base.did(&["queue", "remove", "sales@default"]);
        base.did(&["agent", "show", "1000@default"]);
    });
}
