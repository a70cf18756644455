//! For tests of handlers: a PBX to answer from, look-ups to answer, and what a switch would make
//! of the answers.

mod answers;
mod ask;
pub mod asking;
mod body;
mod golden;
mod kept;
mod pbx;
pub mod recorded;
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

/// What a switch makes of a document: through its pre-processor, its parser, and its re-serialiser.
///
/// # Panics
/// Where the switch would drop a line, expand or run something, or read another document than the
/// one that was written.
pub fn seen(document: &Document) -> Node {
    let text = std::str::from_utf8(document.body()).expect("UTF-8");
    match switch_xml::as_the_switch_sees(text) {
        Ok(tree) => tree,
        Err(error) => panic!("the switch would not take this answer: {error}\n{text}"),
    }
}
