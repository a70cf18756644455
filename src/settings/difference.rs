//! In what two readings of the settings differ, and what of it a running service can follow.

use std::fmt::{self, Debug};

use jackfield_api::Section;

use super::Settings;
use crate::secret::HIDDEN;

/// A setting that differs. Shown without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its key in the file.
    pub name: String,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
    /// Whether a running service follows it; otherwise it has to be started anew.
    pub live: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, from, to, .. } = self;
        write!(f, "{name}: {from} -> {to}")
    }
}

impl Settings {
    /// Every setting that differs, in the order of the table.
    pub fn differences(&self, to: &Self) -> Vec<Difference> {
        // A setting that is added has to be added below, too.
        let Self {
            listen_machine,
            listen_public,
            database_url,
            state_dir,
            guard,
            unknown_domain,
            trusted_peers,
            machine_hosts,
            connection_close,
            disabled_handlers,
            max_lookups,
            log,
            log_format,
            sections,
            handlers,
            switches,
        } = self;
        let mut found = Found(Vec::new());
        found.at_start("listen_machine", listen_machine, &to.listen_machine);
        found.at_start("listen_public", listen_public, &to.listen_public);
        found.at_start("database_url", database_url, &to.database_url);
        found.at_start("state_dir", state_dir, &to.state_dir);
        found.live("guard", guard, &to.guard);
        found.live("unknown_domain", unknown_domain, &to.unknown_domain);
        found.live("trusted_peers", trusted_peers, &to.trusted_peers);
        found.live("machine_hosts", machine_hosts, &to.machine_hosts);
        found.live("connection_close", connection_close, &to.connection_close);
        found.at_start("disabled_handlers", disabled_handlers, &to.disabled_handlers);
        found.live("max_lookups", max_lookups, &to.max_lookups);
        found.live("log", log, &to.log);
        found.at_start("log_format", log_format, &to.log_format);
        for (section, (from, to)) in Section::ALL.iter().zip(sections.iter().zip(&to.sections)) {
            found.live(&format!("sections.{section}"), from, to);
        }
        let added = to.handlers.keys().filter(|name| !handlers.contains_key(*name));
        for name in handlers.keys().chain(added) {
            // Whoever wrote the handler knows what in them is secret.
            if handlers.get(name) != to.handlers.get(name) {
                let hidden = || HIDDEN.to_owned();
                found.push(&format!("handlers.{name}"), hidden(), hidden(), false);
            }
        }
        found.at_start("switches", switches, &to.switches);
        found.0
    }

    /// What a service that runs with these goes on with once it has read others: what it needs at
    /// its start stays.
    #[must_use]
    pub fn followed_by(&self, others: Self) -> Self {
        let own = self.clone();
        Self {
            listen_machine: own.listen_machine,
            listen_public: own.listen_public,
            database_url: own.database_url,
            state_dir: own.state_dir,
            disabled_handlers: own.disabled_handlers,
            log_format: own.log_format,
            handlers: own.handlers,
            switches: own.switches,
            ..others
        }
    }
}

struct Found(Vec<Difference>);

impl Found {
    fn live<T: Debug + PartialEq>(&mut self, name: &str, from: &T, to: &T) {
        self.compare(name, from, to, true);
    }

    fn at_start<T: Debug + PartialEq>(&mut self, name: &str, from: &T, to: &T) {
        self.compare(name, from, to, false);
    }

    fn compare<T: Debug + PartialEq>(&mut self, name: &str, from: &T, to: &T, live: bool) {
        if from != to {
            self.push(name, format!("{from:?}"), format!("{to:?}"), live);
        }
    }

    fn push(&mut self, name: &str, from: String, to: String, live: bool) {
        self.0.push(Difference { name: name.to_owned(), from, to, live });
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{Settings, TABLE};

    fn read(text: &str) -> Settings {
        Settings::read(Some(("j.toml".into(), text)), &|_| None).unwrap_or_else(|e| panic!("{e}"))
    }

    const OTHERS: &str = "
        listen_machine = '127.0.0.1:1'
        listen_public = '127.0.0.1:2'
        database_url = 'postgres://u:hush@h/d'
        state_dir = '/s'
        guard = 'observe'
        unknown_domain = 'not-found'
        trusted_peers = ['192.0.2.1/32']
        machine_hosts = ['h']
        connection_close = false
        disabled_handlers = ['crm']
        max_lookups = 7
        log = 'debug'
        log_format = 'json'
        sections.dialplan.deadline_ms = 1
        sections.directory.fail = 'not-found'
        handlers.crm.token = 'hush'
        [[switches]]
        name = 'a'
        address = '127.0.0.1:8021'
        password = 'hush'
    ";

    #[test]
    fn every_setting_of_the_table_is_compared() {
        let (old, new) = (read(""), read(OTHERS));
        let found = old.differences(&new);
        for (key, ..) in TABLE {
            let name = key.trim_start_matches('[').split(['.', ']']).next().unwrap_or_default();
            assert!(found.iter().any(|it| it.name.split('.').next() == Some(name)), "{key}");
        }
        assert_eq!(new.differences(&new), []);
        let told: String = found.iter().map(|it| it.to_string() + "\n").collect();
        assert!(told.contains("guard: Enforce -> Observe") && !told.contains("hush"), "{told}");
    }

    #[test]
    fn a_password_that_changes_is_a_difference_that_does_not_show_it() {
        let (old, new) = (
            read("database_url = 'postgres://u:hush@h/d'"),
            read("database_url = 'postgres://u:hush2@h/d'"),
        );
        let found = old.differences(&new);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "database_url: postgres://u@h/d -> postgres://u@h/d");
    }

    #[test]
    fn a_service_follows_what_is_live_and_keeps_the_rest() {
        let (old, new) = (read(""), read(OTHERS));
        let found = old.differences(&new);
        let (live, at_start): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.live);
        let followed = old.followed_by(new.clone());
        assert_eq!(old.differences(&followed), live);
        assert_eq!(followed.differences(&new), at_start);
        assert!(live.len() > 5 && at_start.len() > 5);
    }
}
