//! In what two readings of the settings differ, and what of it a running service can follow.

use std::fmt::{self, Display};

use jackfield_api::Section;

use super::switches::SwitchSettings;
use super::{FailPolicy, RecordSettings, SectionSettings, Settings};

/// What is needed at the start, so that only another one takes it up. The rest a running service
/// follows.
pub const AT_START: [&str; 9] = [
    "listen_machine",
    "listen_public",
    "database_url",
    "state_dir",
    "disabled_handlers",
    "log_format",
    "handlers",
    "switches",
    "verto",
];

/// A setting that differs. Shown as the file has it, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its key in the file.
    pub name: String,
    /// What became of it.
    pub what: String,
    /// Whether a running service follows it; otherwise it has to be started anew.
    pub live: bool,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, what, .. } = self;
        write!(f, "{name}: {what}")
    }
}

impl Settings {
    /// Every setting that differs, in the order of the table.
    pub fn differences(&self, to: &Self) -> Vec<Difference> {
        // A setting that is added has to be added below, too.
        let Self {
            file: _,
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
            verto,
            record,
        } = self;
        let mut found = Found(Vec::new());
        found.compare("listen_machine", listen_machine, &to.listen_machine);
        found.shown("listen_public", listen_public, &to.listen_public, |socket| {
            socket.map_or("off".to_owned(), |socket| socket.to_string())
        });
        found.compare("database_url", database_url, &to.database_url);
        found.shown("state_dir", state_dir, &to.state_dir, |path| path.display().to_string());
        found.shown("guard", guard, &to.guard, |mode| mode.word().to_owned());
        found
            .shown("unknown_domain", unknown_domain, &to.unknown_domain, |it| it.word().to_owned());
        found.shown("trusted_peers", trusted_peers, &to.trusted_peers, |nets| list(nets));
        found.shown("machine_hosts", machine_hosts, &to.machine_hosts, |names| list(names));
        found.compare("connection_close", connection_close, &to.connection_close);
        found.shown("disabled_handlers", disabled_handlers, &to.disabled_handlers, |it| list(it));
        found.compare("max_lookups", max_lookups, &to.max_lookups);
        found.compare("log", log, &to.log);
        found.shown("log_format", log_format, &to.log_format, |form| form.word().to_owned());
        for (section, (from, to)) in Section::ALL.iter().zip(sections.iter().zip(&to.sections)) {
            found.section(&format!("sections.{section}"), from, to);
        }
        let added = to.handlers.keys().filter(|name| !handlers.contains_key(*name));
        for name in handlers.keys().chain(added) {
            // Whoever wrote the handler knows what in them is secret.
            if handlers.get(name) != to.handlers.get(name) {
                found.push(&format!("handlers.{name}"), HIDDEN.to_owned());
            }
        }
        for from in switches {
            let name = format!("switches.{}", from.name);
            match to.switches.iter().find(|to| to.name == from.name) {
                Some(to) => found.switch(&name, from, to),
                None => found.push(&name, "taken away".to_owned()),
            }
        }
        for to in &to.switches {
            if !switches.iter().any(|from| from.name == to.name) {
                found.push(&format!("switches.{}", to.name), format!("added, at {}", to.address()));
            }
        }
        found.compare("verto.domain", &verto.login.domain, &to.verto.login.domain);
        found.shown("verto.grant", &verto.login.grant, &to.verto.login.grant, |grant| {
            grant.word().to_owned()
        });
        found.compare("verto.asks_per_minute", &verto.asks_per_minute, &to.verto.asks_per_minute);
        found.shown("verto.url", &verto.url, &to.verto.url, |url| {
            url.clone().unwrap_or_else(|| "none".to_owned())
        });
        found.record(record, &to.record);
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
            verto: own.verto,
            ..others
        }
    }
}

/// What is said where the values differ in something that is never shown.
const HIDDEN: &str = "it differs in what is not shown";

/// A list as the file has it.
fn list<T: Display>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(", "))
}

struct Found(Vec<Difference>);

impl Found {
    fn section(&mut self, name: &str, from: &SectionSettings, to: &SectionSettings) {
        let SectionSettings { fail, deadline, max_lookups } = from;
        let key = format!("{name}.fail");
        match (fail, &to.fail) {
            (FailPolicy::Document(file, was), FailPolicy::Document(now, is)) if file == now => {
                if was != is {
                    self.push(&key, format!("the file {} was read anew", file.display()));
                }
            }
            (from, to) => self.compare(&key, from, to),
        }
        self.shown(&format!("{name}.deadline_ms"), deadline, &to.deadline, |deadline| {
            deadline.as_millis().to_string()
        });
        self.compare(&format!("{name}.max_lookups"), max_lookups, &to.max_lookups);
    }

    fn switch(&mut self, name: &str, from: &SwitchSettings, to: &SwitchSettings) {
        let SwitchSettings { name: _, host: _, port: _, password, hostname } = from;
        self.compare(&format!("{name}.address"), &from.address(), &to.address());
        self.compare(&format!("{name}.password"), password, &to.password);
        self.compare(&format!("{name}.hostname"), hostname, &to.hostname);
    }

    fn record(&mut self, from: &RecordSettings, to: &RecordSettings) {
        let RecordSettings { on, folder, max_mib, per_second, sections, fields } = from;
        self.compare("record.on", on, &to.on);
        self.shown("record.folder", folder, &to.folder, |folder| {
            folder.as_ref().map_or("record".to_owned(), |folder| folder.display().to_string())
        });
        self.compare("record.max_mib", max_mib, &to.max_mib);
        self.compare("record.per_second", per_second, &to.per_second);
        self.shown("record.sections", sections, &to.sections, |sections| {
            let named = Section::ALL.iter().zip(sections).filter(|(_, is)| **is);
            list(&named.map(|(section, _)| section).collect::<Vec<_>>())
        });
        self.shown("record.fields", fields, &to.fields, |fields| list(fields));
    }

    fn compare<T: Display + PartialEq>(&mut self, name: &str, from: &T, to: &T) {
        self.shown(name, from, to, T::to_string);
    }

    fn shown<T: PartialEq>(&mut self, name: &str, from: &T, to: &T, show: impl Fn(&T) -> String) {
        if from != to {
            let (from, to) = (show(from), show(to));
            let what = if from == to { HIDDEN.to_owned() } else { format!("{from} -> {to}") };
            self.push(name, what);
        }
    }

    fn push(&mut self, name: &str, what: String) {
        let key = name.split('.').next().unwrap_or_default();
        let live = !AT_START.contains(&key);
        self.0.push(Difference { name: name.to_owned(), what, live });
    }
}

#[cfg(test)]
mod tests {
    use super::AT_START;
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
        [verto]
        domain = 'web'
        [record]
        on = true
    ";

    #[test]
    fn every_setting_of_the_table_is_compared() {
        let (old, new) = (read(""), read(OTHERS));
        let found = old.differences(&new);
        for (key, ..) in TABLE {
            assert!(found.iter().any(|it| it.name.split('.').next() == Some(top(key))), "{key}");
        }
        assert_eq!(new.differences(&new), []);
        let told: Vec<_> = found.iter().map(ToString::to_string).collect();
        let expected = [
            "listen_machine: 127.0.0.1:8080 -> 127.0.0.1:1",
            "listen_public: off -> 127.0.0.1:2",
            "database_url: sqlite:/var/lib/jackfield/jackfield.db -> postgres://u@h/d",
            "state_dir: /var/lib/jackfield -> /s",
            "guard: enforce -> observe",
            "unknown_domain: deny -> not-found",
            "trusted_peers: [] -> [\"192.0.2.1/32\"]",
            "machine_hosts: [] -> [\"h\"]",
            "connection_close: true -> false",
            "disabled_handlers: [] -> [\"crm\"]",
            "max_lookups: 4096 -> 7",
            "log: info -> debug",
            "log_format: text -> json",
            "sections.directory.fail: deny -> not-found",
            "sections.dialplan.deadline_ms: 800 -> 1",
            "handlers.crm: it differs in what is not shown",
            "switches.a: added, at 127.0.0.1:8021",
            "verto.domain: verto -> web",
            "record.on: false -> true",
        ];
        assert_eq!(told, expected);
    }

    /// The name of a setting before the first dot.
    fn top(key: &str) -> &str {
        key.trim_start_matches('[').split(['.', ']']).next().unwrap_or_default()
    }

    #[test]
    fn the_readme_says_what_takes_a_restart() {
        let readme = include_str!("../../README.md").replace('\n', " ");
        let (_, list) = readme.split_once("Only a restart takes up ").expect("the sentence");
        let (list, _) = list.split_once(". ").expect("its end");
        let named: Vec<_> = list.split('`').skip(1).step_by(2).map(top).collect();
        assert_eq!(named, AT_START);
        let tops: Vec<_> = TABLE.iter().map(|(key, ..)| top(key)).collect();
        assert!(AT_START.iter().all(|name| tops.contains(name)));
    }

    #[test]
    fn a_switch_differs_by_its_name_setting_by_setting_and_no_password_is_shown() {
        let switch = |name: &str, port: u16, password: &str| {
            format!("[[switches]]\nname = '{name}'\naddress = 'h:{port}'\n{password}\n")
        };
        let old = read(
            &[
                switch("a", 1, "password = 'hush'"),
                switch("b", 1, "password = 'hush'"),
                switch("c", 1, "password_file = '/p'"),
            ]
            .concat(),
        );
        let new = read(
            &[
                switch("b", 2, "password_file = '/q'"),
                switch("a", 1, "password = 'hush2'"),
                switch("d", 3, "password = 'hush'"),
            ]
            .concat(),
        );
        let found = old.differences(&new);
        let told: Vec<_> = found.iter().map(ToString::to_string).collect();
        let expected = [
            "switches.a.password: it differs in what is not shown",
            "switches.b.address: h:1 -> h:2",
            "switches.b.password: (not shown) -> (password_file /q)",
            "switches.c: taken away",
            "switches.d: added, at h:3",
        ];
        assert_eq!(told, expected);
        assert!(found.iter().all(|it| !it.live));
    }

    #[test]
    fn another_policy_is_told_in_its_words_and_another_document_as_read_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sorry.xml");
        let write = |data: &str| {
            let document = format!(
                "<document type=\"freeswitch/xml\"><section name=\"dialplan\"><context name=\"any\">\
                 <extension name=\"x\"><condition><action application=\"log\" data=\"{data}\"/>\
                 </condition></extension></context></section></document>"
            );
            std::fs::write(&file, document).expect("writable");
        };
        let policy = format!("sections.dialplan.fail = 'document {}'", file.display());
        write("hush");
        let (closed, one) = (read(""), read(&policy));
        write("hush2");
        let two = read(&policy);
        let told = |from: &Settings, to: &Settings| {
            from.differences(to).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let (key, file) = ("sections.dialplan.fail", file.display());
        assert_eq!(told(&closed, &one), [format!("{key}: deny -> document {file}")]);
        assert_eq!(told(&one, &two), [format!("{key}: the file {file} was read anew")]);
    }

    #[test]
    fn a_password_that_changes_is_a_difference_that_does_not_show_it() {
        let (old, new) = (
            read("database_url = 'postgres://u:hush@h/d'"),
            read("database_url = 'postgres://u:hush2@h/d'"),
        );
        let found = old.differences(&new);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "database_url: it differs in what is not shown");
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
