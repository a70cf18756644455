//! What a command reads besides its arguments: passwords and files.
//!
//! A command works twice: once only to see what there is to ask, and then, with the answers at hand, in
//! the transaction that writes. Nobody who sits at a prompt keeps others from writing.

use std::cell::RefCell;
use std::collections::HashMap;

use anyhow::bail;

#[derive(Default)]
struct Inputs {
    read: HashMap<String, String>,
    closed: bool,
}

thread_local! {
    static INPUTS: RefCell<Inputs> = RefCell::default();
}

/// What has been read under this name, or else is read now.
pub(super) fn once(
    name: &str,
    read: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let (known, closed) =
        INPUTS.with_borrow(|inputs| (inputs.read.get(name).cloned(), inputs.closed));
    if let Some(known) = known {
        return Ok(known);
    }
    if closed {
        bail!("somebody else has changed it just now, so there is more to ask: try again");
    }
    let text = read()?;
    INPUTS.with_borrow_mut(|inputs| inputs.read.insert(name.to_owned(), text.clone()));
    Ok(text)
}

/// From now on nothing more is read.
pub(super) fn close() {
    INPUTS.with_borrow_mut(|inputs| inputs.closed = true);
}
