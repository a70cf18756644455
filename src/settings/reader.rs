//! Takes settings out of a parsed file, one by one, and keeps what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use jackfield_api::Section;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::db;

/// What is wrong with one setting, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// `FILE:LINE`, or the environment variable.
    pub place: String,
    /// What is wrong and what to write.
    pub message: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message } = self;
        write!(f, "{place}: {message}")
    }
}

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsErrors(pub Vec<SettingsError>);

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsErrors {}

/// The setting that may hold a password; a wrong one is not repeated.
const SECRET: &str = "database_url";

/// One file and the environment, while they are read.
pub(super) struct Reader<'a> {
    name: String,
    text: &'a str,
    table: DeTable<'a>,
    env: &'a dyn Fn(&str) -> Option<String>,
    known: BTreeSet<String>,
    errors: Vec<SettingsError>,
}

impl<'a> Reader<'a> {
    /// A file that is no TOML at all is the only error that stops at once.
    pub(super) fn new(
        file: Option<(PathBuf, &'a str)>,
        env: &'a dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsErrors> {
        let (path, text) = file.unwrap_or_default();
        let name = path.display().to_string();
        let table = DeTable::parse(text).map(Spanned::into_inner).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            SettingsErrors(vec![SettingsError {
                place: format!("{name}:{line}"),
                message: format!("not TOML: {}", error.message()),
            }])
        })?;
        Ok(Self { name, text, table, env, known: BTreeSet::new(), errors: Vec::new() })
    }

    /// One word or number; a key may be dotted. The environment wins.
    pub(super) fn parse<T>(
        &mut self,
        key: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        self.known.insert(key.to_owned());
        let variable = variable(key);
        let given = match (self.env)(&variable) {
            Some(word) => Some((word, variable)),
            None => self.scalar(key),
        };
        if let Some((word, place)) = given {
            match parse(&word) {
                Ok(value) => return value,
                Err(remedy) => {
                    let shown = if key == SECRET { db::shown_start(&word) } else { word };
                    let message = format!("{key} = «{}»: {remedy}", shown.escape_debug());
                    self.errors.push(SettingsError { place, message });
                }
            }
        }
        // A test reads every default.
        parse(default).unwrap_or_else(|remedy| panic!("the default of {key}: {remedy}"))
    }

    /// A list of words; comma-separated in the environment.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.known.insert(key.to_owned());
        let variable = variable(key);
        let (words, place) = match (self.env)(&variable) {
            Some(list) => {
                let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
                (words.map(str::to_owned).collect(), variable)
            }
            None => self.words(key),
        };
        let mut values = Vec::new();
        for word in words {
            match parse(&word) {
                Ok(value) => values.push(value),
                Err(remedy) => self.errors.push(SettingsError {
                    place: place.clone(),
                    message: format!("{key}: «{}»: {remedy}", word.escape_debug()),
                }),
            }
        }
        values
    }

    /// The tables inside a table, as data for somebody else to read.
    pub(super) fn tables(&mut self, key: &str) -> BTreeMap<String, serde_json::Value> {
        self.known.insert(key.to_owned());
        let Some((value, place)) = self.find(key) else { return BTreeMap::new() };
        let DeValue::Table(table) = value else {
            let message = format!("{key} is not a table; write `[{key}.NAME]`");
            self.errors.push(SettingsError { place, message });
            return BTreeMap::new();
        };
        table
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref())))
            .collect()
    }

    /// The tables of a list, each `[[key]]` in the file: what `read` makes of each.
    pub(super) fn each<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Entry<'_, 'a>) -> Option<T>,
    ) -> Vec<T> {
        self.known.insert(key.to_owned());
        let Some((value, place)) = self.find(key) else { return Vec::new() };
        let items = match value {
            DeValue::Array(items) => items,
            _ => DeArray::default(),
        };
        let tables: Vec<_> = items
            .iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::Table(table) => Some((table.clone(), self.place(item.span().start))),
                _ => None,
            })
            .collect();
        if tables.is_empty() || tables.len() < items.len() {
            let message = format!("{key} is not a list of tables; write `[[{key}]]`");
            self.errors.push(SettingsError { place, message });
        }
        let mut values = Vec::new();
        for (table, place) in tables {
            let (key, known) = (key.to_owned(), BTreeSet::new());
            let mut entry = Entry { reader: self, key, table, place, known };
            values.extend(read(&mut entry));
            entry.finish();
        }
        values
    }

    /// Whether nothing that was taken out is wrong.
    pub(super) fn is_right(&self) -> bool {
        self.errors.is_empty()
    }

    /// Where the file is. The paths of files that it names begin there.
    pub(super) fn folder(&self) -> PathBuf {
        let folder = Path::new(&self.name).parent().unwrap_or(Path::new(""));
        // It is the working directory where that cannot be told.
        std::path::absolute(folder.join(".")).unwrap_or_else(|_| folder.to_owned())
    }

    /// Every error, those of keys that no setting has among them: of the environment, then by line.
    pub(super) fn finish(mut self) -> Result<(), SettingsErrors> {
        let table = std::mem::take(&mut self.table);
        self.unknown(&table, "");
        let line = |error: &SettingsError| -> Option<usize> {
            error.place.strip_prefix(&self.name)?.strip_prefix(':')?.parse().ok()
        };
        self.errors.sort_by_key(line);
        if self.errors.is_empty() { Ok(()) } else { Err(SettingsErrors(self.errors)) }
    }

    fn unknown(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            if self.known.contains(&key) {
                continue;
            }
            let inner = format!("{key}.");
            match value.get_ref() {
                DeValue::Table(table)
                    if self.known.iter().any(|known| known.starts_with(&inner)) =>
                {
                    self.unknown(table, &inner);
                }
                _ => {
                    let list = match prefix {
                        "sections." => {
                            format!(
                                "the sections are {}",
                                Section::ALL.map(Section::as_str).join(", ")
                            )
                        }
                        _ => "`jackfield serve --help` lists them".to_owned(),
                    };
                    self.errors.push(SettingsError {
                        place: self.place(name.span().start),
                        message: format!("{} is no setting; {list}", key.escape_debug()),
                    });
                }
            }
        }
    }

    fn scalar(&mut self, key: &str) -> Option<(String, String)> {
        let (value, place) = self.find(key)?;
        let word = match value {
            DeValue::String(word) => word.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            _ => {
                let message = format!("{key} is neither a word nor a number");
                self.errors.push(SettingsError { place, message });
                return None;
            }
        };
        Some((word, place))
    }

    fn words(&mut self, key: &str) -> (Vec<String>, String) {
        let Some((value, place)) = self.find(key) else { return Default::default() };
        let words: Option<Vec<_>> = match value {
            DeValue::Array(array) => {
                array.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        if words.is_none() {
            let message = format!("{key} is not a list of words; write `{key} = [\"...\"]`");
            self.errors.push(SettingsError { place: place.clone(), message });
        }
        (words.unwrap_or_default(), place)
    }

    fn find(&self, key: &str) -> Option<(DeValue<'a>, String)> {
        let mut parts = key.split('.');
        let mut value = self.table.get(parts.next()?)?;
        for part in parts {
            let DeValue::Table(table) = value.get_ref() else { return None };
            value = table.get(part)?;
        }
        Some((value.get_ref().clone(), self.place(value.span().start)))
    }

    fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.name, line_of(self.text, offset))
    }
}

/// One table of a list.
pub(super) struct Entry<'r, 'a> {
    reader: &'r mut Reader<'a>,
    key: String,
    table: DeTable<'a>,
    place: String,
    known: BTreeSet<&'static str>,
}

impl Entry<'_, '_> {
    /// A word, if it is there and `parse` takes it. What is wrong with a secret is told without it.
    pub(super) fn word<T>(
        &mut self,
        name: &'static str,
        is_secret: bool,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.known.insert(name);
        let value = self.table.get(name)?;
        let place = self.reader.place(value.span().start);
        let word = match value.get_ref() {
            DeValue::String(word) => Ok(word.to_string()),
            _ => Err("write a word in quotes".to_owned()),
        };
        match word.and_then(|word| parse(&word).map_err(|remedy| shown(&word, is_secret, &remedy)))
        {
            Ok(value) => Some(value),
            Err(message) => {
                self.error(place, &format!("{name}: {message}"));
                None
            }
        }
    }

    /// Where the file is.
    pub(super) fn folder(&self) -> PathBuf {
        self.reader.folder()
    }

    /// Whether it has this key, whatever stands there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// What the environment has for this key of the entry of this name.
    pub(super) fn environment(&self, entry: &str, name: &str) -> Option<(String, String)> {
        let variable = variable(&format!("{}_{entry}_{name}", self.key));
        (self.reader.env)(&variable).map(|word| (word, variable))
    }

    /// Something is wrong with the table as a whole.
    pub(super) fn wrong(&mut self, message: &str) {
        self.error(self.place.clone(), message);
    }

    /// Something is wrong with what the environment has.
    pub(super) fn error(&mut self, place: String, message: &str) {
        let message = format!("[[{}]] {message}", self.key);
        self.reader.errors.push(SettingsError { place, message });
    }

    fn finish(self) {
        for name in self.table.keys().filter(|name| !self.known.contains(name.get_ref().as_ref())) {
            self.reader.errors.push(SettingsError {
                place: self.reader.place(name.span().start),
                message: format!(
                    "[[{}]] {} is no setting; `jackfield serve --help` lists them",
                    self.key,
                    name.get_ref().escape_debug()
                ),
            });
        }
    }
}

fn shown(word: &str, is_secret: bool, remedy: &str) -> String {
    if is_secret { remedy.to_owned() } else { format!("«{}»: {remedy}", word.escape_debug()) }
}

/// Everything in a key that no shell takes in a name becomes `_`.
fn variable(key: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("JACKFIELD_{}", key.chars().map(letter).collect::<String>())
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

fn json(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        DeValue::String(word) => Value::String(word.to_string()),
        DeValue::Integer(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
        DeValue::Float(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(array) => array.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use jackfield_api::Section;

    use crate::settings::{FailPolicy, GuardMode, Settings, TABLE};

    fn read(text: &str, env: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |name: &str| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        Settings::read(Some(("j.toml".into(), text)), &find).map_err(|errors| errors.to_string())
    }

    #[test]
    fn an_empty_file_is_all_defaults() {
        let settings = read("", &[]).expect("valid");
        assert_eq!(settings.listen_machine.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.guard, GuardMode::Enforce);
        assert_eq!(settings.section(Section::Directory).fail, FailPolicy::Deny);
        assert_eq!(settings.section(Section::Languages).fail, FailPolicy::NotFound);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let settings = read("guard = 'enforce'", &[("JACKFIELD_GUARD", "observe")]).expect("valid");
        assert_eq!(settings.guard, GuardMode::Observe);
    }

    #[test]
    fn every_error_is_reported_at_once_with_its_line() {
        let errors = read(
            "guard = 'maybe'\nguards = 1\n\n[sections.directory]\nfail = 'open'\ndeadline_ms = 0\n\
             [sections.weather]\nfail = 'deny'\n",
            &[("JACKFIELD_LISTEN_MACHINE", "8080")],
        )
        .expect_err("broken");
        let places: Vec<_> = errors.lines().filter_map(|line| line.split(": ").next()).collect();
        let expected = [
            "JACKFIELD_LISTEN_MACHINE",
            "j.toml:1",
            "j.toml:2",
            "j.toml:5",
            "j.toml:6",
            "j.toml:7",
        ];
        assert_eq!(places, expected, "{errors}");
        let sections = "sections.weather is no setting; the sections are configuration, directory, \
                        dialplan, languages, chatplan, channels";
        assert!(errors.contains(sections), "{errors}");
    }

    #[test]
    fn what_a_section_cannot_have_is_told_with_all_that_it_can() {
        let errors = read("[sections.languages]\nfail = 'deny'", &[]).expect_err("open");
        for word in FailPolicy::WORDS {
            assert!(errors.contains(&format!("`{word}")) == (word != "deny"), "{word}: {errors}");
        }
    }

    #[test]
    fn a_file_that_the_settings_name_is_looked_for_beside_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "sections.dialplan.fail = 'document sorry.xml'";
        let read = || {
            let file = Some((folder.path().join("j.toml"), text));
            Settings::read(file, &|_| None).map_err(|errors| errors.to_string())
        };
        let sorry = folder.path().join("sorry.xml");
        let errors = read().expect_err("there is none");
        assert!(errors.contains(&format!("{}: No such file", sorry.display())), "{errors}");
        let document = "<document type=\"freeswitch/xml\"><section name=\"dialplan\">\
                        <context name=\"any\"><extension name=\"x\"/></context></section></document>";
        std::fs::write(&sorry, document).expect("writable");
        let settings = read().expect("right");
        let FailPolicy::Document(file, _) = &settings.section(Section::Dialplan).fail else {
            panic!("{settings:?}")
        };
        assert_eq!(*file, sorry);
    }

    #[test]
    fn a_file_that_is_no_toml_says_where() {
        assert!(read("a = 1\nb = = 2", &[]).expect_err("broken").starts_with("j.toml:2: not TOML"));
    }

    #[test]
    fn handlers_get_their_own_tables() {
        let settings = read("[handlers.crm]\nurl = 'x'\nretries = 3", &[]).expect("valid");
        assert_eq!(settings.handlers["crm"]["retries"], 3);
    }

    #[test]
    fn the_table_names_every_top_level_setting() {
        for (key, default, _) in TABLE.iter().filter(|(key, ..)| !key.starts_with('[')) {
            let text = match *default {
                "[]" | "true" => format!("{key} = {default}"),
                _ => format!("{key} = '{default}'"),
            };
            assert!(read(&text, &[]).is_ok(), "{text}");
        }
    }
}
