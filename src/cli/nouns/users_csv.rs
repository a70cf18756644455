//! Many users from a CSV file, in one transaction: all of them, or none.

mod made;
mod tally;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Read, Write};

use anyhow::{Context, bail};
use csv::StringRecord;
use jackfield_api::snapshot::{Domain, Setting};
use serde_json::json;

use self::made::{Made, MadeFile};
use self::tally::{BadRows, Outcome, Tally};
use super::fields::{optional, put};
use super::user::{Bulk, VARIABLES, check_credentials, set_variable};
use super::{Output, password};
use crate::cli::import::bar;
use crate::cli::{Opened, Source};
use crate::db::Database;
use crate::db::nouns::{self, Address, DomainUser, InDomain, Noun, Taken};
use crate::logins;
use crate::secret::{generate_password, generate_pin, is_secret};

/// The cell that takes away what is there.
const NONE: &str = "-";

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Id,
    Domain,
    NumberAlias,
    Enabled,
    Cidr,
    Password,
    Pin,
    /// A variable that has a column of its own.
    Known(&'static str),
    Param(String),
    Variable(String),
}

impl Column {
    fn of(title: &str) -> Result<Self, String> {
        let known = VARIABLES.iter().find(|(column, _)| *column == title);
        Ok(match title {
            "id" => Self::Id,
            "domain" => Self::Domain,
            "number_alias" => Self::NumberAlias,
            "enabled" => Self::Enabled,
            "cidr" => Self::Cidr,
            "password" => Self::Password,
            "pin" => Self::Pin,
            _ => match (title.split_once(':'), known) {
                (_, Some((_, variable))) => Self::Known(variable),
                (Some(("param", name)), _) if is_secret(name) => {
                    return Err(format!(
                        "parameters that hold secrets, as «{name}», are set one by one"
                    ));
                }
                (Some(("param", name)), _) => Self::Param(name.to_owned()),
                (Some(("variable", name)), _) => Self::Variable(name.to_owned()),
                _ => return Err(format!("there is no column «{}»", title.escape_debug())),
            },
        })
    }

    /// A cell without the blanks around it; those of a password are part of it.
    fn trim<'c>(&self, cell: &'c str) -> &'c str {
        match self {
            Self::Password if !cell.trim().is_empty() => cell,
            _ => cell.trim(),
        }
    }
}

/// A row, read.
struct Row {
    line: u64,
    fields: Vec<String>,
}

/// A file, read.
struct Sheet {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Sheet {
    fn read(bulk: &Bulk) -> anyhow::Result<Self> {
        let path = bulk.from.as_deref().context("--from names the file")?;
        let name = path.display();
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(std::io::stdin().lock())
        } else {
            let file = std::fs::File::open(path);
            Box::new(file.with_context(|| format!("{name} cannot be read"))?)
        };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(input);
        let titles = reader.headers().with_context(|| format!("{name}, line 1"))?;
        let titles: Vec<String> = titles
            .iter()
            .map(|title| title.trim_start_matches('\u{feff}').to_lowercase())
            .collect();
        let columns: Vec<Column> =
            titles.iter().map(|title| Column::of(title)).collect::<Result<_, _>>().map_err(
                |why| anyhow::anyhow!("{name}, line 1: {why}; see `jackfield user add --help`"),
            )?;
        if !columns.contains(&Column::Id) {
            bail!("{name}, line 1: there is no column id; the first line names the columns");
        }
        if let Some(twice) = (1..columns.len()).find(|at| columns[..*at].contains(&columns[*at])) {
            bail!("{name}, line 1: the column «{}» is there twice", titles[twice]);
        }
        let mut rows = Vec::new();
        for record in reader.into_records() {
            // What is wrong is told with its line by the reader.
            let record: StringRecord = record.with_context(|| name.to_string())?;
            let line = record.position().map_or(0, csv::Position::line);
            let cells = columns.iter().zip(&record);
            let fields = cells.map(|(column, cell)| column.trim(cell).to_owned()).collect();
            rows.push(Row { line, fields });
        }
        Ok(Self { columns, rows })
    }

    fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a Column, &'a str)> {
        self.columns.iter().zip(row.fields.iter().map(String::as_str))
    }

    fn cell<'a>(&'a self, row: &'a Row, column: &Column) -> Option<&'a str> {
        let mut cells =
            self.cells(row).filter(|(found, text)| *found == column && !text.is_empty());
        cells.next().map(|(_, text)| text)
    }

    fn key(&self, row: &Row, bulk: &Bulk) -> anyhow::Result<InDomain> {
        let id = self.cell(row, &Column::Id).context("the id is empty")?;
        crate::names::check(id).map_err(anyhow::Error::msg)?;
        let domain = self.cell(row, &Column::Domain).or(bulk.domain.as_deref());
        Ok(InDomain { name: id.to_owned(), domain: domain.map(str::to_owned) })
    }

    /// Puts a row into a user, and makes the secrets that it asks for; `make` says whether missing
    /// ones are made up.
    fn put(
        &self,
        row: &Row,
        found: &mut DomainUser,
        domain: &Domain,
        make: bool,
    ) -> anyhow::Result<Outcome> {
        let user = &mut found.user;
        let (mut password, mut pin) = (None, None);
        // An empty cell says nothing.
        for (column, text) in self.cells(row).filter(|(_, text)| !text.is_empty()) {
            let value = if text == NONE { "" } else { text };
            match column {
                Column::Id | Column::Domain => {}
                Column::NumberAlias => optional(&mut user.number_alias, Some(value)),
                Column::Cidr => optional(&mut user.cidr, Some(value)),
                Column::Enabled => {
                    user.disabled = match text.to_ascii_lowercase().as_str() {
                        "true" | "yes" | "1" => false,
                        "false" | "no" | "0" => true,
                        _ => bail!("enabled is true or false"),
                    }
                }
                // A password of that kind would be guessed first.
                Column::Password if value.is_empty() => {
                    bail!(
                        "«-» is no password; `jackfield user set ID --no-password` takes one away"
                    )
                }
                Column::Password => {
                    password::check("the password", text)?;
                    password = Some(text);
                }
                Column::Pin if value.is_empty() => {
                    bail!("«-» is no PIN; `jackfield user set ID --no-pin` takes one away")
                }
                Column::Pin => {
                    password::check_pin(text)?;
                    pin = Some(text);
                }
                Column::Known(name) => set_variable(user, name, value),
                Column::Variable(name) => set_variable(user, name, value),
                Column::Param(name) if value.is_empty() => {
                    user.params.retain(|param| !param.name.eq_ignore_ascii_case(name));
                }
                Column::Param(name) => {
                    put(&mut user.params, Setting::written(name.as_str(), value));
                }
            }
        }
        check_credentials(user)?;
        let voided = logins::void(user, domain, false);
        let mut new = Made { key: found.key(), password: None, pin: None };
        let user = &mut found.user;
        match password {
            Some(password) => logins::set_password(user, domain, password),
            None if make && user.secrets.is_empty() => {
                let password = generate_password();
                logins::set_password(user, domain, &password);
                new.password = Some(password);
            }
            None => {}
        }
        match pin {
            Some(pin) => logins::set_pin(user, domain, pin),
            None if make && user.voicemail_hash.is_none() => {
                let pin = generate_pin();
                logins::set_pin(user, domain, &pin);
                new.pin = Some(pin);
            }
            None => {}
        }
        let open = !user.secrets.is_empty();
        Ok(Outcome {
            closed: !open,
            void: voided.hashes > 0 && !open,
            lacks: open && logins::lacks(user, domain),
            made: new,
        })
    }
}

/// `jackfield user add --from`.
pub(super) fn add(bulk: &Bulk, output: &Output, source: &Source) -> anyhow::Result<()> {
    // By its id: a domain may be called by several names, and by each in any case.
    let (mut ids, mut domains) = (HashMap::new(), HashMap::new());
    work(bulk, output, source, "added", |session, sheet, row, tally| {
        let key = sheet.key(row, bulk)?;
        if !ids.contains_key(&key.domain) {
            let (id, domain) = nouns::domain(session, key.domain.as_deref())?;
            if let Entry::Vacant(free) = domains.entry(id) {
                free.insert((domain, Taken::read(session, id)?));
            }
            ids.insert(key.domain.clone(), id);
        }
        let id = ids[&key.domain];
        let (domain, taken) = domains.get_mut(&id).expect("just put there");
        let mut user = DomainUser::default();
        (user.domain, user.user.id) = (domain.name().to_owned(), key.name);
        let outcome = sheet.put(row, &mut user, domain, bulk.passwords_to.is_some())?;
        taken.add(session, &user)?;
        tally.count(outcome);
        Ok(())
    })
}

/// `jackfield user set --from`.
pub(super) fn set(bulk: &Bulk, output: &Output, source: &Source) -> anyhow::Result<()> {
    let mut domains = HashMap::<String, Domain>::new();
    work(bulk, output, source, "changed", |session, sheet, row, tally| {
        let key = sheet.key(row, bulk)?;
        let (id, mut user) = nouns::one::<DomainUser>(session, &Address::Key(key))?;
        if !domains.contains_key(&user.domain) {
            let (_, domain) = nouns::domain(session, Some(&user.domain))?;
            domains.insert(user.domain.clone(), domain);
        }
        let domain = &domains[&user.domain];
        let outcome = sheet.put(row, &mut user, domain, bulk.passwords_to.is_some())?;
        nouns::change(session, id, &user)?;
        tally.count(outcome);
        Ok(())
    })
}

type Session = crate::db::Session;

/// Takes every row in one transaction; `take` takes one.
fn work(
    bulk: &Bulk,
    output: &Output,
    source: &Source,
    what: &str,
    mut take: impl FnMut(&mut Session, &Sheet, &Row, &mut Tally) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let opened: Opened = source.open()?;
    let sheet = Sheet::read(bulk)?;
    let file = bulk.passwords_to.as_deref().map(MadeFile::new).transpose()?;
    let bar = bar();
    bar.set_length(sheet.rows.len() as u64);
    bar.set_message("users");
    let mut database = Database::open(opened.database())?;
    opened.check_served(&mut database)?;
    let done = database.write("user --from", |session| {
        let (mut bad, mut tally) = (BadRows::default(), Tally::default());
        for row in &sheet.rows {
            match take(session, &sheet, row, &mut tally) {
                Ok(()) => tally.done += 1,
                Err(why) => bad.push(row, why)?,
            }
            bar.inc(1);
        }
        bad.check(bulk)?;
        // Before the commit: a password that nobody has is worth nothing.
        file.as_ref().map_or(Ok(()), |file| file.write(&tally.made))?;
        anyhow::Ok(tally)
    });
    bar.finish_and_clear();
    let tally = done?;
    if let Some(file) = file {
        file.keep();
    }
    let mut out = std::io::stdout().lock();
    if output.json {
        let Tally { done, closed, void, lacking, .. } = &tally;
        let told = json!({
            what: done, "without_password": closed, "void": void, "lacking": lacking,
        });
        writeln!(out, "{told}")?;
    } else {
        writeln!(out, "{what} {} users", tally.done)?;
    }
    tally.tell();
    if let Some(path) = &bulk.passwords_to {
        eprintln!("{} made-up passwords and PINs are in {}", tally.made.len(), path.display());
    }
    eprintln!("{}", opened.publish()?);
    Ok(())
}
