//! Where the data is. A password in it is for the driver alone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// What is written where a URL is wrong.
const REMEDY: &str = "write `sqlite:FILE`, as in `sqlite:/var/lib/jackfield/jackfield.db`, \
                      or `postgres://USER:PASSWORD@HOST/DATABASE`";

/// Parameters that make a lost server an error instead of a long wait. The URL's own come first.
const LIVENESS: [(&str, &str); 6] = [
    ("connect_timeout", "5"),
    ("tcp_user_timeout", "10000"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("fallback_application_name", "jackfield"),
];

/// Parameters that hold a password.
const SECRET: [&str; 2] = ["password", "sslpassword"];

/// Parameters that say which database is meant, besides the place.
const WHICH: [&str; 7] = ["host", "hostaddr", "port", "user", "dbname", "service", "options"];

/// Where the data is: `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`.
///
/// Shown without the password and without parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Place);

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Sqlite(PathBuf),
    Postgres(Server),
}

#[derive(Clone, PartialEq, Eq)]
struct Server {
    /// The URL as the driver takes it.
    url: String,
    /// As people may see it.
    shown: String,
    /// Words that no message may hold.
    secrets: Vec<String>,
}

/// The databases that are built in.
pub(super) enum Driver<'a> {
    Sqlite(&'a Path),
    Postgres(&'a str),
}

impl DatabaseUrl {
    /// A SQLite file.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        Self(Place::Sqlite(file.into()))
    }

    /// What a driver needs to know.
    pub(super) fn driver(&self) -> Driver<'_> {
        match &self.0 {
            Place::Sqlite(file) => Driver::Sqlite(file),
            Place::Postgres(server) => Driver::Postgres(&server.url),
        }
    }

    /// Tells this database from others, also with another password: what is shown, and which part of a
    /// server is meant.
    pub(crate) fn identity(&self) -> String {
        match &self.0 {
            Place::Sqlite(file) => {
                let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
                Self::sqlite(file).to_string()
            }
            Place::Postgres(Server { url, shown, .. }) => {
                let params = url.split_once('?').map_or("", |(_, params)| params).split('&');
                let which = params.filter(|param| {
                    param.split_once('=').is_some_and(|(name, _)| WHICH.contains(&name))
                });
                which.fold(shown.clone(), |identity, param| format!("{identity} {param}"))
            }
        }
    }

    /// What somebody with the rights does on a server where there is no such role or database yet.
    pub(crate) fn preparation(&self) -> Option<String> {
        let Place::Postgres(Server { shown, .. }) = &self.0 else { return None };
        let place = shown.strip_prefix("postgres://").unwrap_or(shown);
        let (user, place) = place.split_once('@').unwrap_or(("", place));
        let database = place.split_once('/').map_or("", |(_, database)| database);
        // Whoever pastes it must not run something else.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let word = |word, default| match word {
            word if !str::is_empty(word) && word.chars().all(is_plain) => word,
            _ => default,
        };
        let (user, database) = (word(user, "USER"), word(database, "DATABASE"));
        Some(format!(
            "as its administrator, `createuser --pwprompt {user}` makes the role, and \
             `createdb --owner {user} {database}` a database with the rights that it takes"
        ))
    }

    /// A driver's words, without the words that only it may know.
    pub(super) fn redact(&self, message: &str) -> String {
        let Place::Postgres(server) = &self.0 else { return message.to_owned() };
        let whole = message.replace(&server.url, &server.shown);
        server.secrets.iter().fold(whole, |message, secret| message.replace(secret, "***"))
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::sqlite(file)),
            Some(("postgres" | "postgresql", rest)) => {
                let rest = rest.strip_prefix("//").ok_or(REMEDY)?;
                Server::new(url, rest).map(Place::Postgres).map(Self)
            }
            _ => Err(REMEDY.to_owned()),
        }
    }
}

impl Server {
    /// Checks what the driver would complain about in words that repeat the password.
    fn new(url: &str, rest: &str) -> Result<Self, String> {
        let (login, place) = match rest.split_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        if login.is_some_and(|login| login.contains('/')) || place.contains('@') {
            return Err(
                "a `/`, `@` or `%` in a password or a parameter is written as `%2F`, `%40` \
                        or `%25`"
                    .to_owned(),
            );
        }
        let (place, query) = match place.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (place, None),
        };
        if !is_encoded(url) {
            return Err("a `%` is followed by two hexadecimal digits; `%` itself is `%25`".into());
        }
        let hosts = place.split('/').next().unwrap_or_default();
        if !hosts.split(',').all(is_host) {
            return Err("HOST is a name or an address, after it perhaps `:PORT`".to_owned());
        }
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, "")))
        {
            Some((user, password)) => (format!("{user}@"), password),
            None => (String::new(), ""),
        };
        let params: Vec<_> = query.into_iter().flat_map(|query| query.split('&')).collect();
        if params.iter().any(|param| !param.contains('=')) {
            return Err("parameters are written as `?NAME=VALUE&NAME=VALUE`".to_owned());
        }
        let params = params.iter().filter_map(|param| param.split_once('='));
        let secrets = params
            .clone()
            .filter(|(name, _)| SECRET.contains(name))
            .map(|(_, value)| value)
            .chain([password])
            .flat_map(|secret| {
                [secret.to_owned(), percent_decode_str(secret).decode_utf8_lossy().into_owned()]
            })
            .filter(|secret| !secret.is_empty())
            .collect();
        let missing =
            LIVENESS.iter().filter(|(name, _)| params.clone().all(|(given, _)| given != *name));
        let separators = std::iter::once(if query.is_some() { '&' } else { '?' }).chain(['&'; 5]);
        let url =
            missing.zip(separators).fold(url.to_owned(), |url, ((name, value), separator)| {
                format!("{url}{separator}{name}={value}")
            });
        Ok(Self { url, shown: format!("postgres://{user}{place}"), secrets })
    }
}

/// Whether every `%` begins an encoded byte other than zero.
fn is_encoded(url: &str) -> bool {
    url.split('%').skip(1).all(|part| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit) && hex != b"00")
    })
}

/// Whether this is a host, and perhaps a port.
fn is_host(host: &str) -> bool {
    let port = match host.rsplit_once(']') {
        Some((_, port)) => port.strip_prefix(':').unwrap_or(port),
        None => host.split_once(':').map_or("", |(_, port)| port),
    };
    port.is_empty() || port.parse::<u16>().is_ok()
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Place::Postgres(server) => f.write_str(&server.shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A word that was meant as a URL and is none, as far as it can hold no password.
pub(crate) fn shown_start(word: &str) -> String {
    match word.split_once([':', '@', '/']) {
        Some((start, _)) => format!("{start}…"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_lacks_is_told_with_its_names_where_a_shell_takes_them_as_such() {
        let told = |text: &str| url(text).preparation();
        assert_eq!(told("sqlite:x"), None);
        for (text, line) in [
            ("postgres://jackfield:hush@h:5433/pbx?sslmode=disable", "--owner jackfield pbx`"),
            ("postgres://h", "--owner USER DATABASE`"),
            ("postgres://u%60@h/$(x)", "--owner USER DATABASE`"),
        ] {
            let told = told(text).expect("PostgreSQL");
            assert!(told.contains(line) && !told.contains("hush"), "{told}");
        }
    }

    fn url(text: &str) -> DatabaseUrl {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_url_is_shown_without_its_password_and_its_parameters() {
        for (text, shown) in [
            ("sqlite:/a/b.db", "sqlite:/a/b.db"),
            ("postgres://u:hush@h:5433/d", "postgres://u@h:5433/d"),
            ("postgresql://u:hu?sh@h/d?sslmode=require", "postgres://u@h/d"),
            ("postgres://u:hu%2Fsh@h1:1,h2:2/d", "postgres://u@h1:1,h2:2/d"),
            ("postgres://u@[::1]:5432/d?password=hush", "postgres://u@[::1]:5432/d"),
            ("postgres://%2Frun%2Fpostgresql/d", "postgres://%2Frun%2Fpostgresql/d"),
            ("postgres:///d", "postgres:///d"),
            ("postgres://", "postgres://"),
        ] {
            assert_eq!(url(text).to_string(), shown);
            assert_eq!(format!("{:?}", url(text)), shown);
        }
    }

    #[test]
    fn a_database_is_told_from_others_whatever_the_password() {
        for (text, identity) in [
            ("sqlite:/a/b.db", "sqlite:/a/b.db"),
            ("postgres://u:hush@h:5433/d", "postgres://u@h:5433/d"),
            (
                "postgres://u:hu%2Fsh@h/d?sslmode=require&options=-csearch_path%3Dx&password=hush&dbname=e",
                "postgres://u@h/d options=-csearch_path%3Dx dbname=e",
            ),
        ] {
            assert_eq!(url(text).identity(), identity);
        }
        assert!(url("sqlite:b.db").identity().starts_with("sqlite:/"), "wherever it is started");
    }

    #[test]
    fn a_message_of_the_driver_is_rid_of_the_password() {
        let url = url("postgres://u:p%40ss@h/d?sslpassword=other");
        let told = url.redact("no p@ss, no p%40ss, no other");
        assert_eq!(told, "no ***, no ***, no ***");
        let Driver::Postgres(whole) = url.driver() else { panic!("not PostgreSQL") };
        assert!(!url.redact(&format!("cannot parse {whole}")).contains("p%40ss"));
    }

    #[test]
    fn what_the_driver_would_repeat_is_refused_before() {
        for wrong in [
            "postgres:u:hush@h/d",
            "postgres://u:hu/sh@h/d",
            "postgres://u:hu@sh@h/d",
            "postgres://u:hu%zzsh@h/d",
            "postgres://u:hu%00sh@h/d",
            "postgres://u:hush",
            "postgres://u:hush@h/d?password",
            "postgers://u:hush@h/d",
            "mysql://u:hush@h/d",
            "sqlite:",
            "hush",
        ] {
            let told = wrong.parse::<DatabaseUrl>().expect_err(wrong);
            assert!(!told.contains("hu"), "{wrong}: {told}");
            assert!(!shown_start(wrong).contains("hu") || wrong == "hush", "{wrong}");
        }
    }

    #[test]
    fn a_lost_server_is_noticed_and_the_url_may_say_how() {
        let url = url("postgres://h/d?connect_timeout=1&keepalives_idle=2");
        let Driver::Postgres(whole) = url.driver() else { panic!("not PostgreSQL") };
        assert!(whole.starts_with("postgres://h/d?connect_timeout=1&keepalives_idle=2&tcp_user"));
        assert_eq!(whole.matches("connect_timeout").count(), 1);
        assert!(whole.ends_with("&fallback_application_name=jackfield"), "{whole}");
    }
}
