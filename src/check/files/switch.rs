//! What only several files of a switch show together.

use std::path::Path;

use jackfield_api::Section;

use super::directory::{Lock, User, named};
use super::fault::{Fault, Mend};
use super::xml_curl::Sections;
use super::{Faults, Level, modules};
use crate::import::Place;
use crate::settings::{FailPolicy, Settings, UnknownDomain};

/// What the files say of one switch.
#[derive(Debug, Default)]
pub(super) struct Switch {
    bound: Vec<(Sections, Place)>,
    users: Vec<User>,
    loaded: Vec<(String, Place)>,
}

fn from(folder: &Path, place: &Place) -> Place {
    Place { file: folder.join(&*place.file).display().to_string().into(), line: place.line }
}

impl Switch {
    pub(super) fn asks(&mut self, bound: Vec<(Sections, Place)>, folder: &Path) {
        let bound = bound.into_iter().map(|(sections, place)| (sections, from(folder, &place)));
        self.bound.extend(bound);
    }

    pub(super) fn keeps(&mut self, users: Vec<User>, folder: &Path) {
        self.users.extend(users.into_iter().map(|mut user| {
            user.place = from(folder, &user.place);
            user
        }));
    }

    pub(super) fn loads(&mut self, loaded: Vec<(String, Place)>, folder: &Path) {
        self.loaded.extend(loaded.into_iter().map(|(name, place)| (name, from(folder, &place))));
    }

    /// Where nobody is asked, its disk is what the switch is meant to go by.
    pub(super) fn faults(&self, settings: &Settings) -> Faults {
        let mut faults = Faults::new();
        if !self.bound.is_empty() {
            faults.extend(super::about("modules", modules::faults(&self.loaded)));
        }
        faults.extend(super::about("directory", self.disk_users(settings).into_iter().collect()));
        faults
    }

    /// Whoever stands in the directory on the disk gets in as soon as the service gives no answer.
    fn disk_users(&self, settings: &Settings) -> Option<Fault> {
        let asked = self.bound.iter().find(|(sections, _)| sections.has(Section::Directory));
        let ((_, asked), first) = (asked?, self.users.first()?);
        let exposed = |user: &&User| user.lock != Lock::Own;
        let users = named(self.users.iter());
        let open = self.users.iter().filter(exposed).count();
        let what = match open {
            0 => format!("the disk behind the service holds {users}"),
            _ => format!(
                "the disk behind the service holds {users}, {open} without a secret of their own"
            ),
        };
        let level = if open == 0 { Level::Warning } else { Level::Error };
        let wider = match (&settings.section(Section::Directory).fail, settings.unknown_domain) {
            (FailPolicy::NotFound, _) => " or fails (`sections.directory.fail` is `not-found`)",
            (FailPolicy::Unavailable, _) => {
                " or fails (`sections.directory.fail` is `unavailable`)"
            }
            (_, UnknownDomain::NotFound) => {
                " or does not know the domain (`unknown_domain` is `not-found`)"
            }
            _ => "",
        };
        let why = format!(
            "the directory is asked of the service ({asked}); while that does not answer{wider}, the switch lets \
             in who stands on its disk"
        );
        let mend = Mend::Do(
            "take the users off the switch's disk: remove their files, or the line that includes \
                             them"
                .to_owned(),
        );
        let fault = Fault::error(&first.place, what, why, mend);
        Some(Fault { level, ..fault })
    }
}
