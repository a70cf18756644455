//! What can go wrong with the database.

use std::time::Duration;

use super::DatabaseUrl;

/// What went wrong with the database. No message holds a stored value or a password.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It could not be opened.
    #[error("cannot open {url}: {message}")]
    Open {
        /// Which one.
        url: DatabaseUrl,
        /// The driver's words.
        message: String,
    },
    /// It could not be made.
    #[error("cannot make {url}; its folder has to be there and writable, or set `database_url`")]
    Make {
        /// Which one.
        url: DatabaseUrl,
        /// The system's words.
        source: std::io::Error,
    },
    /// There is none, or no longer the one that was opened.
    #[error("there is no database {url}; `jackfield migrate` makes it")]
    Absent {
        /// Which one.
        url: DatabaseUrl,
    },
    /// A migration failed.
    #[error("cannot bring {url} up to date: {message}")]
    Migrate {
        /// Which one.
        url: DatabaseUrl,
        /// The driver's words.
        message: String,
    },
    /// It is older than this program.
    #[error("{url} lacks {pending} of this version's migrations; run `jackfield migrate`")]
    Outdated {
        /// Which one.
        url: DatabaseUrl,
        /// How many it lacks.
        pending: usize,
    },
    /// What was to be changed is no longer as it was read.
    #[error("the user is gone, disabled or changed since it was read")]
    Changed,
    /// Objects would have a name that is another's, too.
    #[error("nothing was written: names would be found twice\n  {}", .0.join("\n  "))]
    Names(Vec<String>),
    /// Nobody waits for it any more.
    #[error("it took too long")]
    Late,
    /// A statement failed.
    #[error("the database refused: {}{}", one_line(&.0.to_string()), later(.0))]
    Query(diesel::result::Error),
    /// It takes what it is asked, and nothing comes back.
    #[error("{url} has not answered for {} s", .within.as_secs())]
    Silent {
        /// Which one.
        url: DatabaseUrl,
        /// How long it was waited for.
        within: Duration,
    },
    /// Too many connections hang in that way.
    #[error("{left} connections to {url} hang; {}", if *.is_last {
        "when the database answers again, restart the service"
    } else {
        "another one is tried each minute"
    })]
    Deaf {
        /// Which one.
        url: DatabaseUrl,
        /// How many.
        left: usize,
        /// Whether no other one is tried.
        is_last: bool,
    },
    /// What it gave could not be dealt with.
    #[error("reading it panicked; the log says where")]
    Panicked,
    /// There is no thread to ask it on.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// A row holds what this program cannot read.
    #[error("table {table}, row {id}, column {column}: {message}")]
    Malformed {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: i64,
        /// The column.
        column: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// A driver's words, which come in lines and with tabs, as part of a message of ours.
pub(super) fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What to do where somebody else was in the way. Neither driver has a kind for it.
fn later(error: &diesel::result::Error) -> &'static str {
    let told = error.to_string();
    let is_held =
        ["lock timeout", "is locked", "deadlock"].iter().any(|words| told.contains(words));
    if is_held { "; somebody else is writing there: try again" } else { "" }
}

// Not as its source: whoever tells a whole chain of errors would say it twice.
impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Query(error)
    }
}

impl DbError {
    /// Whether the database answers, but with what this program cannot serve.
    pub fn is_of_the_contents(&self) -> bool {
        matches!(self, Self::Outdated { .. } | Self::Malformed { .. } | Self::Panicked)
    }
}

#[cfg(test)]
mod tests {
    use crate::db::Database;

    #[test]
    fn what_a_driver_says_in_lines_is_one_line() {
        let away = "postgres://somebody@127.0.0.1:1/x".parse().expect("a URL");
        let told = Database::open(&away).err().expect("nobody is there").to_string();
        assert!(told.contains("127.0.0.1") && !told.contains(['\n', '\t']), "{told:?}");
    }
}
