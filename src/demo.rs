//! Example data: a small PBX that a bare FreeSWITCH boots, registers phones and places calls with.
//!
//! It lives in a state folder of its own, is made once and kept, and never touches another database.

mod pbx;
mod phrases;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

pub(crate) use self::pbx::{DOMAIN, NUMBERS};
use crate::db::{Database, DatabaseUrl};
use crate::secret::{generate_password, generate_pin};

/// One demo user and what it logs in with.
#[derive(Serialize, Deserialize)]
pub(crate) struct Login {
    /// The user id.
    pub(crate) user: String,
    /// SIP and verto password.
    pub(crate) password: String,
    /// Voicemail PIN.
    pub(crate) pin: String,
}

/// The demo's database and its users.
pub(crate) struct Demo {
    /// Where the data is.
    pub(crate) database: DatabaseUrl,
    /// Who can log in.
    pub(crate) logins: Vec<Login>,
}

/// Opens the demo of a state folder; makes it where there is none.
pub(crate) fn open(state: &Path) -> anyhow::Result<Demo> {
    // Hashes are as good as passwords, so the folder is its owner's alone.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state)
        .with_context(|| format!("cannot make {}", state.display()))?;
    let database = DatabaseUrl::sqlite(state.join("demo.db"));
    let passwords = state.join("demo-passwords.json");
    let mut db = Database::make(&database)?;
    db.migrate()?;
    let is_new = db.load()?.domains.is_empty();
    // The passwords are written first: a database whose passwords nobody knows is of no use.
    let logins = if passwords.exists() {
        read(&passwords)?
    } else if is_new {
        let logins = pbx::users().map(login).collect();
        write(&passwords, &logins)?;
        logins
    } else {
        bail!(
            "{} is gone, so nobody knows the demo's passwords; remove {} to make a new demo",
            passwords.display(),
            state.display()
        );
    };
    if is_new {
        db.merge("demo", &pbx::contents(&logins), &|| {})?;
    }
    Ok(Demo { database, logins })
}

/// The state folder of the demo where none is named.
pub(crate) fn default_state(env: impl Fn(&str) -> Option<String>) -> PathBuf {
    let base = env("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".local").join("state")));
    base.unwrap_or_else(|| PathBuf::from("/var/lib")).join("jackfield-demo")
}

fn login(user: String) -> Login {
    Login { user, password: generate_password(), pin: generate_pin() }
}

fn read(path: &Path) -> anyhow::Result<Vec<Login>> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is damaged; remove its folder", path.display()))
}

fn write(path: &Path, logins: &Vec<Login>) -> anyhow::Result<()> {
    let text = serde_json::to_vec_pretty(logins)?;
    let part = path.with_extension("part");
    let mut file = fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)
        .with_context(|| format!("cannot write {}", part.display()))?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    Ok(())
}
