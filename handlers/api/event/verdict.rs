//! What a hook script is told: a word on the first line, and after it what it has to do.

use std::fmt::{self, Display};

use crate::snapshot::SessionId;

/// What a hook script is told.
///
/// ```
/// use jackfield_api::{Right, Task, Verdict};
///
/// let may_call = Right::Methods(vec!["verto.invite".into(), "verto.bye".into()]);
/// let verdict = Verdict::Do(vec![Task::Grant(may_call)]);
/// assert_eq!(verdict.text(), "ok\ngrant methods verto.invite,verto.bye\n");
/// assert_eq!(Verdict::Punt.word(), "punt");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// All is well.
    Ok,
    /// All is well, and this is to be done.
    Do(Vec<Task>),
    /// The client has to go.
    Punt,
}

/// One thing that a hook script has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Task {
    /// Give rights to the session that has just logged in.
    Grant(Right),
    /// Take rights from another session.
    Revoke(SessionId, Right),
    /// Put another session out: its calls end, and its connection where the switch can do that.
    Out(SessionId),
}

/// What a verto session may use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Right {
    /// Methods, by their names.
    Methods(Vec<String>),
    /// Event channels, by their names.
    EventChannels(Vec<String>),
}

impl Verdict {
    /// The word that the hook compares; one of the closed set that metrics and logs use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ok | Self::Do(_) => "ok",
            Self::Punt => "punt",
        }
    }

    /// All that the hook is told, session ids included.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.word());
        if let Self::Do(tasks) = self {
            for task in tasks {
                text.push_str(&task.line());
            }
        }
        text
    }
}

impl Task {
    fn line(&self) -> String {
        match self {
            Self::Grant(right) => format!("grant {right}\n"),
            Self::Revoke(session, right) => format!("revoke {} {right}\n", session.as_str()),
            Self::Out(session) => format!("out {}\n", session.as_str()),
        }
    }
}

impl Right {
    /// Whether it is a right to nothing.
    pub fn is_empty(&self) -> bool {
        let (Self::Methods(names) | Self::EventChannels(names)) = self;
        names.is_empty()
    }
}

impl Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Methods(names) => write!(f, "methods {}", names.join(",")),
            Self::EventChannels(names) => write!(f, "event_channels {}", names.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_is_a_line_behind_the_word() {
        assert_eq!((Verdict::Ok.text(), Verdict::Punt.text()), ("ok\n".into(), "punt\n".into()));
        let session = SessionId::parse("s-1").expect("an id");
        let methods = || Right::Methods(vec!["verto.invite".to_owned(), "verto.bye".to_owned()]);
        let told = Verdict::Do(vec![
            Task::Grant(methods()),
            Task::Grant(Right::EventChannels(vec!["presence".to_owned()])),
            Task::Revoke(session.clone(), methods()),
            Task::Out(session),
        ]);
        assert_eq!(
            told.text(),
            "ok\n\
             grant methods verto.invite,verto.bye\n\
             grant event_channels presence\n\
             revoke s-1 methods verto.invite,verto.bye\n\
             out s-1\n"
        );
        assert_eq!(told.word(), "ok");
        assert!(!format!("{told:?}").contains("s-1"));
    }
}
