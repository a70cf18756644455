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
    use jackfield_api::testing::{lookup, pbx, seen};

    use super::*;

    fn told(body: &str, snapshot: &Snapshot) -> Result<(String, Node), Refusal> {
        let lookup = lookup(body);
        let document = Contexts.answer(&DialplanLookup::new(&lookup), Facts::new(snapshot))?;
        let tree = seen(&document);
        Ok((String::from_utf8(document.into_body()).expect("UTF-8"), tree))
    }

    fn recorded() -> Vec<(String, String)> {
        let bodies = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/bodies");
        let bodies: Vec<_> = std::fs::read_dir(bodies)
            .expect("recorded bodies")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| path.to_string_lossy().contains("-dp-"))
            .map(|path| {
                let body = std::fs::read_to_string(&path).expect("readable");
                (path.display().to_string(), body)
            })
            .collect();
        assert!(bodies.len() >= 8, "{}", bodies.len());
        bodies
    }

    /// A PBX of one context.
    fn only(context: Context) -> Snapshot {
        Snapshot::new(Contents { dialplan: [context].into(), ..Contents::default() })
    }

    fn hunting(context: &str) -> String {
        format!(
            "hostname=vm&section=dialplan&tag_name=&key_name=&key_value=\
             &Event-Name=REQUEST_PARAMS&Caller-Context=other&Hunt-Context={context}"
        )
    }

    #[test]
    fn every_recorded_call_gets_its_whole_context() {
        for (name, body) in recorded() {
            let (text, _) =
                told(&body, &pbx()).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
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
                "{name}"
            );
        }
    }

    #[test]
    fn the_context_that_the_switch_hunts_counts_and_is_named_as_it_asked() {
        let (_, tree) = told(&hunting("DEFAULT"), &pbx()).expect("an answer");
        let context = tree.find(&[("section", None), ("context", None)]).expect("a context");
        assert_eq!(context.attribute("name"), Some("DEFAULT"));
        assert_eq!(context.children.len(), 1);
    }

    #[test]
    fn a_context_can_be_located_by_name() {
        let located = "hostname=vm&section=dialplan&tag_name=context&key_name=name\
                       &key_value=default&Event-Name=REQUEST_PARAMS&section=dialplan";
        assert!(told(located, &pbx()).is_ok());
    }

    #[test]
    fn a_context_that_is_not_stored_is_not_found() {
        for context in ["elsewhere", "", "default%20", "%24%24%7Bx%7D"] {
            let asked = hunting(context).replace("&Caller-Context=other", "");
            assert!(matches!(told(&asked, &pbx()), Err(Refusal::NotFound(_))), "{context}");
        }
    }

    #[test]
    fn extensions_keep_their_order_and_everything_that_they_are_made_of() {
        let inner = Condition::on("${toll_allow}", "local").run("set", "a=b");
        let mut outer = Condition::on("destination_number", "^9(.*)$").run("log", "INFO ${x} <a>");
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
        let context = Context::new("default", names.map(extension).to_vec());
        let (text, tree) = told(&hunting("default"), &only(context)).expect("an answer");
        let context = tree.find(&[("section", None), ("context", None)]).expect("a context");
        let found: Vec<_> =
            context.children.iter().filter_map(|found| found.attribute("name")).collect();
        assert_eq!(found, names);
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
            let extensions = vec![Extension::new("x", condition)];
            let snapshot = only(Context::new("default", extensions));
            let refused = told(&hunting("default"), &snapshot);
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
