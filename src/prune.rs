//! Prunes the history of changes now and then: else logins would fill the disk.
//!
//! On a connection of its own, which waits for other writers and holds up no reader. Of several
//! instances each does it, and none minds another.

use std::thread;
use std::time::Duration;

use crate::db::{Database, DatabaseUrl, Distant};

/// How often it is looked whether something can go.
const PERIOD: Duration = Duration::from_mins(1);
/// What others have to write in between, where more can go than goes at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts to prune a database, for as long as the program runs.
pub(crate) fn start(url: DatabaseUrl) -> std::io::Result<()> {
    let database = Distant::new(url);
    thread::Builder::new().name("prune".to_owned()).spawn(move || run(database)).map(drop)
}

fn run(mut database: Distant) {
    let mut is_told = false;
    loop {
        let done = database.ask(Database::prune, || ());
        let is_more = matches!(done, Ok(1..));
        match done {
            Ok(rows) => {
                is_told = false;
                tracing::debug!(rows, "pruned the history of changes");
            }
            Err(error) => {
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "the history of changes is not pruned, and grows");
                }
            }
        }
        if !is_more {
            database.close();
        }
        thread::sleep(if is_more { PAUSE } else { PERIOD });
    }
}
