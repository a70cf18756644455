//! For tests of handlers: who asks, of which PBX, and what a switch would make of the answer.
//!
//! This is the feature `testing` of the crate, for `[dev-dependencies]`:
//! `jackfield-api = { version = "0.1", features = ["testing"] }`.
//!
//! # How to test a handler
//!
//! Here is one: it sends every call from customers to a desk.
//!
//! ```
//! use jackfield_api::document::Dialplan;
//! use jackfield_api::lookup::DialplanLookup;
//! use jackfield_api::snapshot::{Condition, Extension};
//! use jackfield_api::{Answer, DialplanHandler, Facts, Keys, Refusal, register};
//!
//! struct ToTheDesk;
//!
//! impl DialplanHandler for ToTheDesk {
//!     fn answer(&self, lookup: &DialplanLookup<'_>, facts: Facts<'_>) -> Answer {
//!         let domain = facts.snapshot.domain("pbx.example.test");
//!         let desk = domain.and_then(|domain| domain.user("desk"));
//!         desk.ok_or(Refusal::Denied("there is no desk"))?;
//!         let bridge = Condition::default().run("bridge", "user/desk@pbx.example.test");
//!         Dialplan::context(lookup.context(), [&Extension::new("desk", bridge)])
//!     }
//! }
//!
//! register!(DialplanHandler, "to-the-desk", Keys::Fixed(&["from-customers"]), ToTheDesk);
//!
//! // It is a function, so its test is a line or two. `asking` writes the look-up as a switch does,
//! // `Pbx` is the PBX that is answered from, `told` is what the switch sees of the answer.
//! use jackfield_api::testing::{Pbx, asking, told};
//!
//! let ours = Pbx::new().user("desk@pbx.example.test").snapshot();
//! let call = asking::dialplan("from-customers").destination("5551234").caller("0301234567");
//! let tree = told(&ToTheDesk, call.clone(), &ours).expect("an answer");
//! let actions = tree.context("from-customers").extension("desk").actions();
//! assert_eq!(actions, [("bridge", "user/desk@pbx.example.test")]);
//!
//! // What it refuses, it says.
//! use jackfield_api::testing::pbx;
//!
//! assert!(matches!(told(&ToTheDesk, call, &pbx()), Err(Refusal::Denied(_))));
//!
//! // What a real switch sent is there, too, and can be changed as a stranger would.
//! use jackfield_api::testing::recorded;
//!
//! let call = recorded::CALL_TO_1002.body().set("Hunt-Context", "from-customers");
//! assert!(told(&ToTheDesk, call, &pbx()).is_err());
//! ```
//!
//! `told` does to the answer what a switch does to it, and fails where that would drop, run, expand or
//! change anything ([`seen`], [`switch_xml`]). A whole answer is best kept in a file:
//! `golden!("golden/desk.xml", written(&document))` compares, and writes it with `JACKFIELD_BLESS=1`
//! ([`golden!`](crate::golden!)).
//!
//! A handler that hears of events is given an [`Event`](crate::Event) of [`asking::event`], and
//! [`Kept`] for the store: its example is there. One that needs the outside is waited for with [`wait`],
//! and asked with [`question`], which fails a test that reads more than was declared.
//!
//! # With the service around it
//!
//! Whether it is asked at all, when and instead of whom, only the service knows. Start it with the
//! handler in it, and be the [`Switch`]. Then a scenario reads as what happens:
//!
//! ```no_run
//! use jackfield_api::testing::{By, Switch, asking};
//!
//! const HERE: &str = "pbx.example.test";
//!
//! let switch = Switch::at("127.0.0.1:8080");
//! // A phone registers,
//! let told = switch.asks(asking::sip_auth("1000", HERE));
//! assert!(told.document().user("1000").params("a1-hash").len() == 1);
//! // calls a number that nobody has,
//! let told = switch.asks(asking::dialplan("default").by_user("1000", HERE).destination("404"));
//! assert!(!told.document().has("extension", "404"));
//! // and what is unknown here is looked for on the switch's disk.
//! assert_eq!(switch.asks(asking::configuration("own.conf")).by, By::Nobody);
//! ```

mod answers;
mod ask;
pub mod asking;
mod body;
mod golden;
mod kept;
mod pbx;
pub mod recorded;
mod service;
mod switch;
pub mod switch_xml;

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

pub use ask::{Handles, ask, told};
pub use body::{Body, encoded};
pub use golden::golden;
pub use kept::Kept;
pub use pbx::{Pbx, pbx};
pub use recorded::Recorded;
pub use service::{NotStarted, Service};
pub use switch::{By, Switch, Told, Why};
use switch_xml::Node;

use crate::document::Document;
use crate::form::Form;
use crate::lookup::{Field, Fields, Lookup};

/// The look-up of a body, as recorded.
///
/// # Panics
/// Where the body is no look-up.
pub fn lookup(body: impl Into<Vec<u8>>) -> Lookup {
    Lookup::new(form(body)).expect("a look-up of a known section")
}

fn form(body: impl Into<Vec<u8>>) -> Form {
    Form::parse(body.into()).expect("a form")
}

/// The look-up of a body, as recorded, for an asynchronous handler that declares these fields: whoever
/// reads another one ends the test.
///
/// ```
/// use jackfield_api::document::Dialplan;
/// use jackfield_api::lookup::{DialplanLookup, Field};
/// use jackfield_api::snapshot::{Condition, Extension};
/// use jackfield_api::testing::{asking, pbx, question, seen, wait};
/// use jackfield_api::{Answering, AsyncDialplanHandler, AsyncFacts};
///
/// /// Asks the outside who cares for a caller.
/// struct Crm;
///
/// async fn agent_of(caller: &str) -> String {
///     format!("agent-of-{caller}")
/// }
///
/// impl AsyncDialplanHandler for Crm {
///     fn question(&self) -> &[Field] {
///         &[Field::CallerNumber]
///     }
///
///     fn answer<'a>(&'a self, lookup: DialplanLookup<'a>, _: AsyncFacts<'a>) -> Answering<'a> {
///         Box::pin(async move {
///             let agent = agent_of(&lookup.caller_number().unwrap_or_default()).await;
///             let transfer = Condition::default().transfer(&agent, "default");
///             Dialplan::context(lookup.context(), [&Extension::new("agent", transfer)])
///         })
///     }
/// }
///
/// let call = question(asking::dialplan("from-customers").caller("0301234567"), Crm.question());
/// let answer = wait(Crm.answer(DialplanLookup::new(&call), AsyncFacts::new(&pbx())));
/// let tree = seen(&answer.expect("an answer"));
/// assert_eq!(tree.extension("agent").actions(), [("transfer", "agent-of-0301234567 XML default")]);
/// ```
///
/// # Panics
/// Where the body is no look-up.
pub fn question(body: impl Into<Vec<u8>>, declared: &[Field]) -> Lookup {
    let lookup = lookup(body);
    let fields = Fields::declared(Some(lookup.section()), declared);
    lookup.only(fields)
}

/// Waits for an asynchronous handler whose outside is made for the test.
pub fn wait<T>(answering: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut answering = pin!(answering);
    loop {
        match answering.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

/// What a switch makes of a document: through its pre-processor, its parser, and its re-serialiser. The
/// tree is asked in the words of the section, as in
/// `seen(&document).user("1000").param("a1-hash")`: see [`Node`].
///
/// # Panics
/// Where the switch would drop a line, expand or run something, or read another document than the
/// one that was written.
#[track_caller]
pub fn seen(document: &Document) -> Node {
    let text = written(document);
    match switch_xml::as_the_switch_sees(text) {
        Ok(tree) => tree,
        Err(error) => panic!("the switch would not take this answer: {error}\n{text}"),
    }
}

/// The same with these global variables, which the answer means to read and which are set to these.
///
/// # Panics
/// As [`seen`], and where it reads another one.
#[track_caller]
pub fn seen_with(document: &Document, globals: &[(&str, &str)]) -> Node {
    let text = written(document);
    let value = |name: &str| globals.iter().find(|(found, _)| *found == name);
    let read = switch_xml::preprocess(text, &|name| value(name).map(|(_, to)| (*to).to_owned()));
    let other = read.globals_used.iter().find(|name| value(name).is_none());
    assert!(other.is_none(), "the answer reads the global {other:?}\n{text}");
    let put_in = globals
        .iter()
        .fold(text.to_owned(), |text, (name, to)| text.replace(&format!("$${{{name}}}"), to));
    match switch_xml::as_the_switch_sees(&put_in) {
        Ok(tree) => tree,
        Err(error) => panic!("the switch would not take this answer: {error}\n{text}"),
    }
}

/// The text of a document, as it is sent.
pub fn written(document: &Document) -> &str {
    std::str::from_utf8(document.body()).expect("documents are written as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Configuration;

    fn reads_a_global() -> Document {
        let xml = "<configuration name='a.conf'><settings>\
                   <param name='folder' value='$${base}/x'/></settings></configuration>";
        let pbx = Pbx::empty().document("a.conf", xml).snapshot();
        let stored = pbx.on("vm").document("a.conf");
        Configuration::new("a.conf").framed(stored).answer().expect("safe")
    }

    #[test]
    fn a_global_that_is_meant_is_put_in() {
        let document = reads_a_global();
        assert!(written(&document).contains("$${base}/x"));
        let tree = seen_with(&document, &[("base", "/var/lib")]);
        assert_eq!(tree.the("configuration", "a.conf").param("folder"), "/var/lib/x");
    }

    #[test]
    #[should_panic(expected = "the answer reads the global Some(\"base\")")]
    fn another_one_ends_the_test() {
        seen_with(&reads_a_global(), &[("other", "/var/lib")]);
    }

    #[test]
    #[should_panic(expected = "the switch would put in its global \"base\"")]
    fn where_none_is_meant_any_of_them_does() {
        seen(&reads_a_global());
    }
}
