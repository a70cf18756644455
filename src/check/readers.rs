//! Whose the service's files are, and who else may read them.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Finding, Level, Report};
use crate::secret::secret_in;
use crate::settings::{Password, Settings};

/// What others than the owner and the group may do.
const OTHERS: u32 = 0o005;

/// Everybody may write to a folder, as to `/tmp`.
const SHARED: u32 = 0o002;

impl Report {
    /// Files with secrets in them, and what the service could not write to.
    pub(super) fn readers(&mut self, settings: &Settings) {
        let url = settings.database_url.to_string();
        let database = url.strip_prefix("sqlite:").map(PathBuf::from);
        let hashes = "it holds what is as good as passwords";
        let password = "there is a password in it";
        let file = settings.file.clone().filter(|file| has_secret(file));
        let passwords = settings.switches.iter().filter_map(|switch| match &switch.password {
            Password::File(path) => Some((path.clone(), password)),
            Password::Text(_) => None,
        });
        let looked_at = [
            database.clone().map(|path| (path, hashes)),
            Some((settings.state_dir.clone(), hashes)),
            file.map(|path| (path, password)),
        ];
        for (path, why) in looked_at.into_iter().flatten().chain(passwords) {
            if fs::metadata(&path).is_ok_and(|found| found.mode() & OTHERS != 0) {
                let what = "everybody on this machine may read it";
                self.at(Level::Warning, what.to_owned(), &path, why, "chmod o=");
            }
        }
        let kept = fs::read_dir(&settings.state_dir).into_iter().flatten().flatten();
        let mut kept: Vec<PathBuf> = kept.map(|entry| entry.path()).collect();
        kept.extend(database.filter(|file| file.parent() != Some(&settings.state_dir)));
        kept.sort();
        for path in kept {
            let Some(folder) = path.parent() else { continue };
            if let Some([of_file, of_folder]) = owners(&path, folder) {
                let what =
                    format!("it belongs to user {of_file}, and its folder to user {of_folder}");
                let why = "a service of the folder's user can neither read nor write it; a command as root may have made it";
                let command = format!("chown --reference={}", folder.display());
                self.at(Level::Error, what, &path, why, &command);
            }
        }
    }

    fn at(&mut self, level: Level, what: String, path: &Path, why: &str, command: &str) {
        let (about, place) = ("settings", path.display().to_string());
        let (why, remedy) = (Some(why.to_owned()), "as root".to_owned());
        let write = Some(format!("{command} {place}"));
        self.findings.push(Finding { level, about, what, place, why, remedy, write });
    }
}

/// The numbers of their users, where those differ and the folder is not for everybody.
fn owners(path: &Path, folder: &Path) -> Option<[u32; 2]> {
    let found = fs::symlink_metadata(path).ok()?;
    let around = fs::metadata(folder).ok()?;
    let by_group = |of: &Metadata| of.gid() == found.gid() && of.mode() & 0o020 != 0;
    let is_shared = around.mode() & SHARED != 0 || (by_group(&around) && by_group(&found));
    (found.uid() != around.uid() && !is_shared).then_some([found.uid(), around.uid()])
}

/// Whether a settings file has a password in it.
fn has_secret(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.any(|line| secret_in("", line).is_some())
}
