//! Settings: a TOML file, and the environment over it.
//!
//! Every setting stands once in [`Settings::read`], with its parser and its default. All errors are
//! collected before the first is reported, each with its line and what to write instead.

mod difference;
mod doubts;
mod file;
mod in_force;
mod reader;
mod record;
mod switches;
mod verto;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use jackfield_api::Section;
use jackfield_api::document::Fixed;
use jackfield_api::registry::{self, BuildError};
use serde::de::DeserializeOwned;

pub use self::difference::{AT_START, Difference};
pub use self::file::SettingsFile;
pub use self::in_force::{InForce, SettingsStatus};
use self::reader::Reader;
pub use self::reader::{SettingsError, SettingsErrors};
pub use self::record::RecordSettings;
pub use self::switches::{Password, SwitchSettings};
pub use self::verto::VertoSettings;
use crate::db::DatabaseUrl;

/// Every setting: its key in the file, its default, and what it says. The environment variable of
/// a key is `JACKFIELD_` and the key in upper case.
pub const TABLE: [(&str, &str, &str); 32] = [
    ("listen_machine", "127.0.0.1:8080", "socket for the switch and Prometheus"),
    ("listen_public", "off", "socket behind the public nginx server"),
    (
        "database_url",
        "sqlite:/var/lib/jackfield/jackfield.db",
        "where the data is: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`",
    ),
    ("state_dir", "/var/lib/jackfield", "folder of the control socket and of the kept snapshot"),
    ("guard", "enforce", "polluted look-ups are refused (`enforce`) or only counted (`observe`)"),
    ("unknown_domain", "deny", "a domain nobody serves: `deny` or `not-found`"),
    ("trusted_peers", "[]", "networks, besides loopback, that may use the machine listener"),
    ("machine_hosts", "[]", "Host names, besides loopback ones, that those may use"),
    ("connection_close", "true", "close after each answer: cheaper for the switch"),
    ("disabled_handlers", "[]", "names of handlers and background services that are left out"),
    (
        "max_lookups",
        "4096",
        "look-ups under way at once; more are answered as if their handler failed",
    ),
    ("log", "info", "what is logged, in the form of tracing's EnvFilter"),
    ("log_format", "text", "`text` or `json`"),
    (
        "[sections.NAME] fail",
        "deny or not-found",
        "if a handler fails: `deny`, `not-found`, `unavailable`, `stale`, `document FILE`",
    ),
    ("[sections.NAME] deadline_ms", "800", "how long a handler may take; a switch waits for 2000"),
    ("[sections.NAME] max_lookups", "3072", "look-ups of the section under way at once"),
    (
        "[handlers.NAME]",
        "",
        "a module's own settings, under the name of a handler or of what else it registers",
    ),
    ("[[switches]] name", "", "a switch that is told of changes: its name in logs and metrics"),
    ("[[switches]] address", "", "its event socket, as in `127.0.0.1:8021`"),
    ("[[switches]] password_file", "", "a file with the event socket's password"),
    (
        "[[switches]] password",
        "",
        "the password itself, or in the environment: `JACKFIELD_SWITCHES_` NAME `_PASSWORD`",
    ),
    ("[[switches]] hostname", "the name", "the `hostname` of its look-ups, for what is limited"),
    ("[verto] domain", "verto", "the domain that clients of channels log in to"),
    (
        "[verto] grant",
        "on-approval",
        "when a client gets its rights: `on-approval` of its login, or `at-login`, which a client can \
         get around",
    ),
    ("[verto] url", "", "where browsers connect to, as in `wss://pbx.example.com:8082`"),
    ("[verto] asks_per_minute", "60", "how often one address may ask for a session"),
    ("[record] on", "false", "whether look-ups are recorded, without secrets"),
    ("[record] folder", "`record` in state_dir", "where"),
    ("[record] max_mib", "64", "how many MiB they may take together; the oldest go first"),
    ("[record] per_second", "1000", "how many of a second are recorded; the others are counted"),
    ("[record] sections", "[]", "sections that are recorded; none for all"),
    ("[record] fields", "[]", "fields that are kept besides those known to hold no secret"),
];

/// What to write into the file where there is no public listener, and has to be.
pub(crate) const LISTEN_PUBLIC: &str = "`listen_public = \"127.0.0.1:8090\"` in the settings";

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file that they were read from, if there was one.
    pub file: Option<PathBuf>,
    /// Socket of the machine listener.
    pub listen_machine: SocketAddr,
    /// Socket of the public listener.
    pub listen_public: Option<SocketAddr>,
    /// Where the data is.
    pub database_url: DatabaseUrl,
    /// Folder of the control socket and of the kept snapshot.
    pub state_dir: PathBuf,
    /// What happens to polluted look-ups.
    pub guard: GuardMode,
    /// What a domain that nobody serves is answered with.
    pub unknown_domain: UnknownDomain,
    /// Networks that may use the machine listener.
    pub trusted_peers: Vec<IpNet>,
    /// Host names that those may use, in lower case.
    pub machine_hosts: Vec<String>,
    /// Whether the service closes the connection after each answer.
    pub connection_close: bool,
    /// Handlers and background services that are left out.
    pub disabled_handlers: Vec<String>,
    /// How many look-ups may be under way at once.
    pub max_lookups: usize,
    /// The filter of the log.
    pub log: String,
    /// The form of the log.
    pub log_format: LogFormat,
    /// What holds for each section, in the order of [`Section::ALL`].
    pub sections: [SectionSettings; 6],
    /// Tables of the handlers' own settings.
    pub handlers: BTreeMap<String, serde_json::Value>,
    /// Switches that are told what has changed.
    pub switches: Vec<SwitchSettings>,
    /// How clients of channels log in.
    pub verto: VertoSettings,
    /// Which look-ups are recorded.
    pub record: RecordSettings,
}

/// What happens to polluted look-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardMode {
    /// They are refused.
    Enforce,
    /// They are counted and logged, and answered.
    Observe,
}

impl GuardMode {
    /// The word of the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
        }
    }
}

/// What a domain that nobody serves is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownDomain {
    /// The domain without users: nothing else is asked.
    Deny,
    /// Not found: the switch asks its next binding and its files on disk.
    NotFound,
}

impl UnknownDomain {
    /// The word of the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::NotFound => "not-found",
        }
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The word of the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// What holds for one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionSettings {
    /// What is answered where a handler fails.
    pub fail: FailPolicy,
    /// How long a handler may take.
    pub deadline: Duration,
    /// How many look-ups of the section may be under way at once.
    pub max_lookups: usize,
}

/// What is answered where a handler fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailPolicy {
    /// Closed: as if there were no such user or call.
    Deny,
    /// The not-found document: the switch asks on.
    NotFound,
    /// HTTP 503: the switch logs an error with the whole request and asks on.
    Unavailable,
    /// The last good answer to the same question; the section's default where there is none.
    Stale,
    /// What an operator wrote, and in which file; the section's default where it has nothing of what is
    /// asked for.
    Document(PathBuf, Arc<Fixed>),
}

impl FailPolicy {
    /// All words.
    pub const WORDS: [&str; 5] = ["deny", "not-found", "unavailable", "stale", "document"];

    /// One of the closed set of words that metrics and logs use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::NotFound => "not-found",
            Self::Unavailable => "unavailable",
            Self::Stale => "stale",
            Self::Document(..) => "document",
        }
    }

    /// What holds for a section without a setting, and where a policy has nothing to send. A stranger
    /// chooses the domain and the number, so these two stay shut where others stay open.
    pub const fn default_of(section: Section) -> Self {
        match section {
            Section::Directory | Section::Dialplan => Self::Deny,
            _ => Self::NotFound,
        }
    }
}

/// As the settings have it.
impl fmt::Display for FailPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(file, _) => write!(f, "document {}", file.display()),
            policy => f.write_str(policy.word()),
        }
    }
}

impl Settings {
    /// Reads a settings file's text (none: defaults) with the environment over it.
    pub fn read(
        file: Option<(PathBuf, &str)>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsErrors> {
        let path = file.as_ref().map(|(path, _)| path.clone());
        let mut reader = Reader::new(file, env)?;
        let settings = Self {
            file: path,
            listen_machine: reader.parse("listen_machine", "127.0.0.1:8080", socket),
            listen_public: reader.parse("listen_public", "off", |word| match word {
                "off" => Ok(None),
                word => socket(word).map(Some),
            }),
            database_url: reader.parse(
                "database_url",
                "sqlite:/var/lib/jackfield/jackfield.db",
                str::parse,
            ),
            state_dir: state_dir(&mut reader),
            guard: reader.parse("guard", "enforce", |word| match word {
                "enforce" => Ok(GuardMode::Enforce),
                "observe" => Ok(GuardMode::Observe),
                _ => Err("write `enforce` or `observe`".to_owned()),
            }),
            unknown_domain: reader.parse("unknown_domain", "deny", |word| match word {
                "deny" => Ok(UnknownDomain::Deny),
                "not-found" => Ok(UnknownDomain::NotFound),
                _ => Err("write `deny` or `not-found`".to_owned()),
            }),
            trusted_peers: reader.list("trusted_peers", |word| {
                word.parse().map_err(|_| "write networks, as in `192.0.2.0/24`".to_owned())
            }),
            machine_hosts: reader.list("machine_hosts", |word| Ok(word.to_ascii_lowercase())),
            connection_close: reader.parse("connection_close", "true", |word| {
                word.parse().map_err(|_| "write `true` or `false`".to_owned())
            }),
            disabled_handlers: reader.list("disabled_handlers", |word| Ok(word.to_owned())),
            max_lookups: reader.parse("max_lookups", "4096", lookups),
            log: reader.parse("log", "info", |word| {
                match tracing_subscriber::EnvFilter::try_new(word) {
                    Ok(_) => Ok(word.to_owned()),
                    Err(_) => {
                        Err("write a level, as in `info` or `info,jackfield=debug`".to_owned())
                    }
                }
            }),
            log_format: reader.parse("log_format", "text", |word| match word {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                _ => Err("write `text` or `json`".to_owned()),
            }),
            sections: Section::ALL.map(|section| section_settings(&mut reader, section)),
            handlers: reader.tables("handlers"),
            switches: switches::read(&mut reader),
            verto: verto::read(&mut reader),
            record: record::read(&mut reader),
        };
        reader.finish()?;
        Ok(settings)
    }

    /// The state folder alone, if that one is right.
    pub fn read_state_dir(
        file: Option<(PathBuf, &str)>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Option<PathBuf> {
        let mut reader = Reader::new(file, env).ok()?;
        let state = state_dir(&mut reader);
        reader.is_right().then_some(state)
    }

    /// The settings of a module: the table of this name, `[handlers.NAME]`.
    pub fn module<T: DeserializeOwned>(&self, name: &str) -> Result<T, BuildError> {
        let read = registry::Settings::new(name, self.handlers.get(name)).read();
        read.map_err(|error| BuildError::new(format!("{error} ({})", self.whence())))
    }

    /// Where they come from, as an error says it.
    pub(crate) fn whence(&self) -> String {
        match &self.file {
            Some(file) => format!("settings: {}", file.display()),
            None => "settings: there is no file; name one with `--config FILE`".to_owned(),
        }
    }

    /// What holds for a section.
    pub fn section(&self, section: Section) -> &SectionSettings {
        &self.sections[section as usize]
    }
}

fn state_dir(reader: &mut Reader<'_>) -> PathBuf {
    reader.parse("state_dir", "/var/lib/jackfield", |word| match word {
        "" => Err("write a folder, as in `/var/lib/jackfield`".to_owned()),
        word => Ok(PathBuf::from(word)),
    })
}

fn section_settings(reader: &mut Reader<'_>, section: Section) -> SectionSettings {
    let fail = FailPolicy::default_of(section);
    let denies = fail == FailPolicy::Deny;
    let folder = reader.folder();
    SectionSettings {
        fail: reader.parse(&format!("sections.{section}.fail"), fail.word(), |words| {
            match words.split_once(' ').unwrap_or((words, "")) {
                ("deny", "") if denies => Ok(FailPolicy::Deny),
                ("deny", "") => Err(format!(
                    "{section} cannot be denied; write `not-found`, `unavailable`, `stale` or \
                     `document FILE`"
                )),
                ("not-found", "") => Ok(FailPolicy::NotFound),
                ("unavailable", "") => Ok(FailPolicy::Unavailable),
                ("stale", "") => Ok(FailPolicy::Stale),
                ("document", file) if !file.is_empty() => fixed(section, folder.join(file)),
                _ => Err("write `deny`, `not-found`, `unavailable`, `stale` or `document FILE`"
                    .to_owned()),
            }
        }),
        deadline: reader.parse(
            &format!("sections.{section}.deadline_ms"),
            "800",
            |word| match word.parse() {
                Ok(ms @ 1..=60_000) => Ok(Duration::from_millis(ms)),
                _ => {
                    Err("write milliseconds from 1 to 60000, below the switch's timeout".to_owned())
                }
            },
        ),
        max_lookups: reader.parse(&format!("sections.{section}.max_lookups"), "3072", lookups),
    }
}

/// Reads the document of a fail policy; an error names the file and the line.
fn fixed(section: Section, file: PathBuf) -> Result<FailPolicy, String> {
    let shown = file.display();
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
    let fixed = Fixed::parse(section, &text)
        .map_err(|error| format!("{shown}:{}: {}", error.line, error.message))?;
    Ok(FailPolicy::Document(file, Arc::new(fixed)))
}

fn lookups(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err("write a number from 1 to 1000000".to_owned()),
    }
}

fn socket(word: &str) -> Result<SocketAddr, String> {
    word.parse().map_err(|_| "write an address and a port, as in `127.0.0.1:8080`".to_owned())
}
