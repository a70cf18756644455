//! Section `dialplan`: the stored contexts, each answered whole.
//!
//! The switch hunts a call in a context and sends all it knows of the call:
//!
//! ```text
//! section=dialplan&tag_name=&key_name=&key_value=&...&Caller-Context=default&...
//!     &Hunt-Destination-Number=1002&...&Hunt-Context=default&...
//! ```
//!
//! It evaluates the conditions itself, so the answer is the same for every number:
//!
//! ```xml
//! <section name="dialplan">
//!   <context name="default">
//!     <extension name="users">
//!       <condition field="destination_number" expression="^(10[01]\d)$">
//!         <action application="bridge" data="user/$1@pbx.example.test"/>
//!       </condition>
//!     </extension>
//!   </context>
//! </section>
//! ```

use std::collections::BTreeSet;

use jackfield_api::document::Dialplan;
use jackfield_api::lookup::DialplanLookup;
use jackfield_api::snapshot::Snapshot;
use jackfield_api::{Answer, DialplanHandler, Facts, Keys, Refusal, register};

struct Contexts;

impl DialplanHandler for Contexts {
    fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
        let name = lookup.context();
        let context = facts.snapshot.context(&name).ok_or(Refusal::NotFound("the context"))?;
        Dialplan::stored(name, context)
    }
}

/// Each context once, whatever its case.
fn keys(snapshot: &Snapshot) -> Vec<String> {
    let contexts = &snapshot.contents().dialplan;
    let keys: BTreeSet<_> =
        contexts.iter().map(|context| context.name().to_ascii_lowercase()).collect();
    keys.into_iter().collect()
}

register!(DialplanHandler, "dialplan", Keys::From(keys), Contexts);

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{Action, Condition, Contents, Context, Extension, Level};
    use jackfield_api::snapshot::{Setting, Step};
    use jackfield_api::testing::switch_xml::Node;
    use jackfield_api::testing::{Pbx, ask, asking, pbx, recorded, seen, written};
    use jackfield_api::xml::Value;

    use super::*;

    fn told(body: impl Into<Vec<u8>>, snapshot: &Snapshot) -> Result<(String, Node), Refusal> {
        let document = ask(&Contexts, body, snapshot)?;
        let tree = seen(&document);
        Ok((written(&document).to_owned(), tree))
    }

    fn hunting(context: &str) -> asking::Asking<asking::Call> {
        asking::dialplan("other").field("Hunt-Context", context)
    }

    #[test]
    fn every_recorded_call_gets_its_whole_context() {
        let calls = recorded::ALL.iter().filter(|found| found.name().contains("-dp-"));
        assert!(calls.clone().count() >= 8);
        for call in calls {
            let (text, _) = told(*call, &pbx()).unwrap_or_else(|no| panic!("{call}: {no}"));
            assert_eq!(
                text,
                r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="dialplan">
    <context name="default">
      <extension name="users">
        <condition field="destination_number" expression="^(10[01]\d)&#36;">
          <action application="bridge" data="user/&#36;1@pbx.example.test"/>
        </condition>
      </extension>
    </context>
  </section>
</document>
"#,
                "{call}"
            );
        }
    }

    #[test]
    fn the_context_that_the_switch_hunts_counts_and_is_named_as_it_asked() {
        let (_, tree) = told(hunting("DEFAULT"), &pbx()).expect("an answer");
        assert_eq!(tree.names("context"), ["DEFAULT"]);
        assert_eq!(tree.names("extension"), ["users"]);
    }

    #[test]
    fn a_context_can_be_located_by_name() {
        let located = "hostname=vm&section=dialplan&tag_name=context&key_name=name\
                       &key_value=default&Event-Name=REQUEST_PARAMS&section=dialplan";
        assert!(told(located, &pbx()).is_ok());
    }

    #[test]
    fn a_context_that_is_not_stored_is_not_found() {
        for context in ["elsewhere", "", "default ", "$${x}"] {
            let asked = asking::dialplan(context);
            assert!(matches!(told(asked, &pbx()), Err(Refusal::NotFound(_))), "{context}");
        }
    }

    #[test]
    fn extensions_keep_their_order_and_everything_that_they_are_made_of() {
        let inner = Condition::on(Value::channel("${toll_allow}"), "local").run("set", "a=b");
        let mut outer = Condition::on("destination_number", "^9(.*)$")
            .run("log", Value::channel("INFO ${x} <a>"));
        outer.attributes.push(Setting::new("break", "on-true"));
        let Step::Action(log) = &mut outer.steps[0] else { panic!("an action") };
        log.inline = true;
        let hangup = Action { application: "hangup".into(), ..Action::default() };
        outer.steps.push(Step::AntiAction(hangup));
        outer.steps.push(Step::Condition(inner));
        let extension = |name: &str| Extension {
            continues: name == "first",
            ..Extension::new(name, outer.clone())
        };
        let names = ["first", "again", "again"];
        let pbx = Pbx::empty().context("default", names.map(extension)).snapshot();
        let (text, tree) = told(hunting("default"), &pbx).expect("an answer");
        assert_eq!(tree.context("default").names("extension"), names);
        assert!(
            text.contains(
                r#"      <extension name="first" continue="true">
        <condition field="destination_number" expression="^9(.*)&#36;" break="on-true">
          <action application="log" data="INFO &#36;{x} &lt;a&gt;" inline="true"/>
          <anti-action application="hangup"/>
          <condition field="&#36;{toll_allow}" expression="local">
            <action application="set" data="a=b"/>
          </condition>
        </condition>
      </extension>
"#
            ),
            "{text}"
        );
    }

    #[test]
    fn untrusted_data_never_reaches_an_expansion_of_the_switch() {
        for nasty in ["${system(id)}", "$1", "<!", "x-pre-process", "$${x}", "\u{1b}"] {
            let action = Action {
                application: "log".into(),
                data: nasty.into(),
                level: Level::Text,
                ..Action::default()
            };
            let condition = Condition { steps: vec![Step::Action(action)], ..Condition::default() };
            let extension = Extension::new("x", condition);
            let pbx = Pbx::empty().context("default", [extension]).snapshot();
            let refused = told(hunting("default"), &pbx);
            assert!(matches!(refused, Err(Refusal::Internal(_))), "{nasty:?}");
        }
    }

    #[test]
    fn each_context_has_one_key_in_lower_case() {
        let dialplan = ["b", "A", "a"].map(|name| Context::new(name, Vec::new())).to_vec();
        let snapshot = Snapshot::new(Contents { dialplan: dialplan.into(), ..Contents::default() });
        assert_eq!(keys(&snapshot), ["a", "b"]);
    }
}
