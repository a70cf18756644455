//! Recorded look-ups, read back.

use std::io::{self, ErrorKind};
use std::path::Path;

use jackfield_api::Form;
use serde::{Deserialize, Serialize};

use super::ring::read_back;
use super::subject::Subject;

/// One recorded look-up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) id: u64,
    /// When it ended, as `2026-11-21T12:31:46.123456Z`.
    pub(crate) at: String,
    pub(crate) section: String,
    /// As it came: encoded.
    pub(crate) key: String,
    pub(crate) handler: String,
    pub(crate) outcome: String,
    /// How long it took, in microseconds.
    pub(crate) us: u64,
    /// What was sent; nothing where nobody waited for it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
    /// Of the body that was sent; it is not shown.
    #[serde(skip_serializing)]
    pub(crate) seal: Option<String>,
    /// What whoever passed it on calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<String>,
    /// Look-ups before it that were not recorded.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) lost: u64,
    /// How many fields it had.
    pub(crate) fields: u32,
    /// What is kept of it.
    pub(crate) body: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The shape that serde asks for.
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Recorded {
    /// A line, unless it is torn.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// What it asks.
    pub(crate) fn subject(&self) -> Subject {
        Form::parse(self.body.clone().into_bytes())
            .map(|form| Subject::of(&form))
            .unwrap_or_default()
    }
}

/// Which look-ups somebody wants to see; what is not said is not asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) section: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) outcome: Option<String>,
    /// Who is asked for, or asks.
    pub(crate) user: Option<String>,
    /// In microseconds.
    pub(crate) slower_than: Option<u64>,
}

impl Wanted {
    /// Whether a look-up is.
    pub(crate) fn takes(&self, recorded: &Recorded) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
        };
        is(&self.section, &recorded.section)
            && is(&self.handler, &recorded.handler)
            && is(&self.outcome, &recorded.outcome)
            && self.slower_than.is_none_or(|than| recorded.us > than)
            && self.user.as_ref().is_none_or(|user| recorded.subject().is_about(user))
    }
}

/// The last ones of a folder, oldest first; none where there is no folder.
pub(crate) fn last(folder: &Path, count: usize, wanted: &Wanted) -> io::Result<Vec<Recorded>> {
    let mut found = Vec::new();
    if count > 0 {
        read(folder, |recorded| {
            if wanted.takes(&recorded) {
                found.push(recorded);
            }
            found.len() < count
        })?;
    }
    found.reverse();
    Ok(found)
}

/// The look-up of this id.
pub(crate) fn find(folder: &Path, id: u64) -> io::Result<Option<Recorded>> {
    let mut found = None;
    read(folder, |recorded| {
        let goes_on = recorded.id > id;
        found = (recorded.id == id).then_some(recorded);
        goes_on
    })?;
    Ok(found)
}

fn read(folder: &Path, mut take: impl FnMut(Recorded) -> bool) -> io::Result<()> {
    match read_back(folder, |line| Recorded::parse(line).is_none_or(&mut take)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
