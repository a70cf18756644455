//! The database: whether it can be read, and served.

use jackfield_api::snapshot::{Contents, Snapshot};
use serde::Serialize;

use super::{Level, Report};
use crate::app::App;
use crate::db::{Database, DbError};
use crate::settings::{LISTEN_PUBLIC, Settings};
use crate::watch;

/// What a database that can be read holds.
#[derive(Debug, Serialize)]
pub(crate) struct DatabaseFacts {
    pub(crate) url: String,
    pub(crate) revision: i64,
    pub(crate) domains: usize,
    pub(crate) users: usize,
}

impl Report {
    /// Reads it as a service does, and holds it against the rules that a service goes by.
    pub(super) fn database(&mut self, settings: &Settings) {
        let url = &settings.database_url;
        let read = Database::open(url).and_then(|mut database| database.load());
        let snapshot = match read {
            Ok(contents) => Snapshot::new(contents),
            Err(error) => return self.unreadable(settings, &error),
        };
        self.database = Some(DatabaseFacts {
            url: url.to_string(),
            revision: snapshot.revision(),
            domains: snapshot.contents().domains.len(),
            users: snapshot.user_count(),
        });
        self.public_listener(settings, snapshot.contents());
        // What is wrong without any data has been told already.
        let Ok(app) = App::new(settings.clone(), Snapshot::default()) else { return };
        if let Err(broken) = watch::publish(&app.router, snapshot) {
            let remedy = "change the data or leave one of the handlers out (`disabled_handlers`); \
                          a service serves the last good data on";
            self.add(Level::Error, "data", broken, url.to_string(), remedy);
        }
    }

    /// Pages ask at it for sessions of channels.
    fn public_listener(&mut self, settings: &Settings, contents: &Contents) {
        let channel = contents.channels.iter().find(|channel| channel.enabled);
        if let (Some(channel), None) = (channel, settings.listen_public) {
            let what = format!(
                "no page gets a session of channel «{}»: the public listener is off",
                channel.name
            );
            let place = self.settings_file.clone().unwrap_or_else(|| "the environment".to_owned());
            let remedy = format!("{LISTEN_PUBLIC}, and restart the service");
            self.add(Level::Warning, "settings", what, place, remedy);
        }
    }

    fn unreadable(&mut self, settings: &Settings, error: &DbError) {
        let url = settings.database_url.to_string();
        let mut add = |about, what: String, place: String, remedy: &str| {
            self.add(Level::Error, about, what, place, remedy);
        };
        match error {
            DbError::Malformed { table, id, column, message } => add(
                "data",
                message.clone(),
                format!("{url}, table {table}, row {id}, column {column}"),
                "put the row right or remove it; a service serves the last good data on",
            ),
            DbError::Absent { .. } => add(
                "database",
                "it is not there".to_owned(),
                url,
                "`jackfield migrate` makes it; `database_url` says where it is",
            ),
            DbError::Outdated { pending, .. } => add(
                "database",
                format!("it lacks {pending} of this version's migrations"),
                url,
                "run `jackfield migrate`",
            ),
            error => add(
                "database",
                error.to_string(),
                url,
                "see that it runs and lets this user in; `database_url` says where it is",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use jackfield_api::document::Configuration;
    use jackfield_api::lookup::ConfigurationLookup;
    use jackfield_api::snapshot::Context;
    use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};

    use super::*;

    /// Two handlers that both claim a key where the data holds a context of this name.
    const DISPUTED: &str = "check-disputed";

    fn disputed(snapshot: &Snapshot) -> Vec<String> {
        snapshot.context(DISPUTED).map(|_| "check-disputed.conf".to_owned()).into_iter().collect()
    }

    struct Empty;

    impl ConfigurationHandler for Empty {
        fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
            Configuration::new("empty.conf").answer()
        }
    }

    register!(ConfigurationHandler, "check-claims", Keys::From(disputed), Empty);
    register!(ConfigurationHandler, "check-claims-too", Keys::From(disputed), Empty);

    #[test]
    fn data_that_a_service_would_not_serve_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("d.db").display());
        let settings =
            Settings::read(None, &|name| (name == "JACKFIELD_DATABASE_URL").then(|| url.clone()));
        let settings = settings.expect("right");
        let mut database = Database::make(&settings.database_url).expect("made");
        database.migrate().expect("up to date");
        let mut report = Report::default();
        report.database(&settings);
        assert_eq!(report.findings, []);
        let contents = Contents {
            dialplan: [Context::new(DISPUTED.to_owned(), Vec::new())].into(),
            ..Contents::default()
        };
        database.merge("test", &contents, &|| {}).expect("stored");
        report.database(&settings);
        let [finding] = &report.findings[..] else { panic!("{report:?}") };
        assert_eq!((finding.about, finding.place.as_str()), ("data", url.as_str()));
        for words in ["«check-disputed.conf»", "check-claims", "check-claims-too"] {
            assert!(finding.what.contains(words), "{words}: {}", finding.what);
        }
        assert!(report.has_errors() && report.database.is_some());
    }
}
