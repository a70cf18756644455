//! For tests of handlers: a PBX to answer from, look-ups to answer, and what a switch would make
//! of the answers.

mod body;
mod pbx;
pub mod recorded;
pub mod switch_xml;

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

pub use body::{Body, encoded};
pub use pbx::pbx;
pub use recorded::Recorded;
use switch_xml::Node;

use crate::document::Document;
use crate::form::Form;
use crate::lookup::{Field, Fields, Lookup};
use crate::store::{
    ClientLeave, ClientLogin, LoginDecision, LoginRefusal, NotWritten, Store, Storing, Write,
};

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

/// A store that keeps what it is told to write, for tests to look at. Of logins it refuses all as
/// unknown, or decides as it is told to.
#[derive(Debug, Default)]
pub struct Kept {
    writes: Mutex<Vec<Write>>,
    logins: Mutex<Vec<ClientLogin>>,
    leaves: Mutex<Vec<ClientLeave>>,
    decision: Option<Result<LoginDecision, NotWritten>>,
}

impl Kept {
    /// One that decides so on every login, and fails each end of one where it fails these.
    pub fn deciding(decision: Result<LoginDecision, NotWritten>) -> Self {
        Self { decision: Some(decision), ..Self::default() }
    }

    /// What it was told so far.
    pub fn writes(&self) -> Vec<Write> {
        all(&self.writes)
    }

    /// The logins that it was asked about so far.
    pub fn logins(&self) -> Vec<ClientLogin> {
        all(&self.logins)
    }

    /// The ends of logins that it was told of so far.
    pub fn leaves(&self) -> Vec<ClientLeave> {
        all(&self.leaves)
    }
}

fn all<T: Clone>(kept: &Mutex<Vec<T>>) -> Vec<T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn keep<T: Clone>(kept: &Mutex<Vec<T>>, told: &T) {
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(told.clone());
}

impl Store for Kept {
    fn write(&self, write: &Write) -> Result<(), NotWritten> {
        keep(&self.writes, write);
        Ok(())
    }

    fn login(&self, login: ClientLogin) -> Storing<'_, LoginDecision> {
        keep(&self.logins, &login);
        let unknown = Ok(LoginDecision::Refused(LoginRefusal::Unknown));
        Box::pin(std::future::ready(self.decision.clone().unwrap_or(unknown)))
    }

    fn leave(&self, leave: ClientLeave) -> Storing<'_, bool> {
        keep(&self.leaves, &leave);
        let failed = self.decision.clone().and_then(Result::err);
        Box::pin(std::future::ready(failed.map_or(Ok(true), Err)))
    }
}
