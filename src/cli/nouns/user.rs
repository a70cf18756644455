//! `jackfield user`.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jackfield_api::snapshot::{Domain, User};
use serde_json::{Map, Value, json};

use super::fields::{Params, Variables, named, optional, put};
use super::{
    Add, Desk, List, N, One, Output, Remove, Set, Spoken, Verb, password, show, users_csv,
};
use crate::cli::{Source, UsageError};
use crate::db::nouns::{self, Address, DomainUser};
use crate::logins;
use crate::secret::{generate_password, generate_pin};

/// What can be done with users: one by one as with every noun, and many from a file.
#[derive(Subcommand)]
pub(in crate::cli) enum UserVerb {
    /// Adds one, or all of a file
    Add(UserAdd),
    /// Lists them
    List(List),
    /// Shows one
    Show(One<DomainUser>),
    /// Changes one, or all of a file; what no flag or column names stays
    Set(UserSet),
    /// Takes one away
    Remove(Remove<DomainUser>),
}

/// Arguments of `jackfield user add`.
#[derive(Args)]
pub(in crate::cli) struct UserAdd {
    /// What it logs in as, and the domain if there are several
    #[arg(value_name = DomainUser::KEY, required_unless_present = "from")]
    key: Option<N<DomainUser>>,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    fields: UserFields,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

/// Arguments of `jackfield user set`.
#[derive(Args)]
pub(in crate::cli) struct UserSet {
    /// Which one: its key, or its id as id:17
    #[arg(value_name = DomainUser::KEY, required_unless_present = "from")]
    key: Option<Address<N<DomainUser>>>,
    #[command(flatten)]
    bulk: Bulk,
    #[command(flatten)]
    fields: UserFields,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    source: Source,
}

/// Ids of what speaks of one user: arguments, and the groups of those that are not [`UserFields`]' own.
const OF_ONE: [&str; 11] = [
    "key",
    "id",
    "number_alias",
    "enabled",
    "cidr",
    "caller_id_name",
    "caller_id_number",
    "context",
    "Secrets",
    "Params",
    "Variables",
];

/// Many users at once.
#[derive(Args)]
pub(in crate::cli) struct Bulk {
    /// Take users from a CSV file (- is standard input) with a column `id`, and any of `domain`,
    /// `number_alias`, `enabled`, `cidr`, `password`, `pin`, `caller_id_name`, `caller_id_number`,
    /// `context`, `param:NAME`, `variable:NAME`. An empty cell leaves that as it is, and `-` takes it
    /// away. All rows are taken, or none
    #[arg(long, value_name = "FILE", conflicts_with_all = OF_ONE)]
    pub(super) from: Option<PathBuf>,
    /// The domain of rows that name none
    #[arg(long, value_name = "DOMAIN", requires = "from")]
    pub(super) domain: Option<String>,
    /// Make passwords and PINs for rows that have none, and write them into this new CSV file
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(super) passwords_to: Option<PathBuf>,
}

pub(in crate::cli) fn run(verb: UserVerb) -> anyhow::Result<()> {
    match verb {
        UserVerb::Add(UserAdd { key: Some(key), fields, output, source, .. }) => {
            super::run(&Verb::<DomainUser>::Add(Add { key, fields, output, source }))
        }
        UserVerb::Add(UserAdd { bulk, output, source, .. }) => {
            users_csv::add(&bulk, &output, &source)
        }
        UserVerb::Set(UserSet { key: Some(address), fields, output, source, .. }) => {
            super::run(&Verb::<DomainUser>::Set(Set { address, fields, output, source }))
        }
        UserVerb::Set(UserSet { bulk, output, source, .. }) => {
            users_csv::set(&bulk, &output, &source)
        }
        UserVerb::List(list) => super::run(&Verb::<DomainUser>::List(list)),
        UserVerb::Show(one) => super::run(&Verb::Show(one)),
        UserVerb::Remove(remove) => super::run(&Verb::Remove(remove)),
    }
}

/// Flags of `jackfield user add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct UserFields {
    /// Another id. The password has to be given anew: its hash is made of the id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// A second name, mostly the number that is dialled; empty for none
    #[arg(long, value_name = "NAME")]
    number_alias: Option<String>,
    /// Whether it is let in
    #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
    enabled: Option<bool>,
    /// Networks that it may call from without a password, comma-separated; empty for none
    #[arg(long, value_name = "NETWORKS")]
    cidr: Option<String>,
    #[command(flatten)]
    secrets: Secrets,
    /// The name that others see, variable `effective_caller_id_name`
    #[arg(long, value_name = "NAME")]
    caller_id_name: Option<String>,
    /// The number that others see, variable `effective_caller_id_number`
    #[arg(long, value_name = "NUMBER")]
    caller_id_number: Option<String>,
    /// The dialplan context of its calls, variable `user_context`
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    #[command(flatten)]
    params: Params,
    #[command(flatten)]
    variables: Variables,
}

/// Password and PIN. A new user gets made-up ones unless told otherwise.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
struct Secrets {
    /// Read the password from standard input, or ask for it
    #[arg(long, conflicts_with_all = ["generate_password", "no_password", "pin_stdin"])]
    password_stdin: bool,
    /// What others on this machine could read: refused.
    #[arg(long, hide = true, value_name = "SECRET", alias = "pin")]
    password: Option<String>,
    /// Make a password up, and show it once
    #[arg(long, conflicts_with = "no_password")]
    generate_password: bool,
    /// No password: nobody can log in
    #[arg(long)]
    no_password: bool,
    /// Read the voicemail PIN from standard input, or ask for it
    #[arg(long, conflicts_with_all = ["generate_pin", "no_pin"])]
    pin_stdin: bool,
    /// Make a voicemail PIN up, and show it once
    #[arg(long, conflicts_with = "no_pin")]
    generate_pin: bool,
    /// No PIN: the mailbox opens to nobody
    #[arg(long)]
    no_pin: bool,
}

/// The switch's names for what has a flag or a column of its own.
pub(super) const VARIABLES: [(&str, &str); 3] = [
    ("caller_id_name", "effective_caller_id_name"),
    ("caller_id_number", "effective_caller_id_number"),
    ("context", "user_context"),
];

/// Parameters that a password is turned into, or that would open what it closes.
const CREDENTIALS: [&str; 6] = [
    "password",
    "a1-hash",
    "vm-password",
    "vm-a1-hash",
    "jsonrpc-password",
    "allow-empty-password",
];

impl Spoken for DomainUser {
    const KEY: &'static str = "ID[@DOMAIN]";
    const OWNER: Option<&'static str> = Some("domain");
    const COLUMNS: &'static [&'static str] =
        &["USER", "DOMAIN", "ALIAS", "STATE", "MAILBOX", "CONTEXT", "CALLER ID"];
    type Fields = UserFields;

    fn new(key: &N<Self>) -> Self {
        let user = User { id: key.name.as_str().into(), ..User::default() };
        Self { domain: key.domain.clone().unwrap_or_default(), user }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &UserFields,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        if was.is_none() && self.user.id.contains(|c: char| c.is_whitespace() || c == '@') {
            anyhow::bail!("no phone can log in as «{}»: an id has no blank and no @", self.user.id);
        }
        let known = Some(self.domain.as_str()).filter(|name| !name.is_empty());
        let (_, domain) = nouns::domain(desk.session, known)?;
        domain.name().clone_into(&mut self.domain);
        let user = &mut self.user;
        named(&mut user.id, fields.id.as_ref());
        optional(&mut user.number_alias, fields.number_alias.as_deref());
        optional(&mut user.cidr, fields.cidr.as_deref());
        user.disabled = fields.enabled.map_or(user.disabled, |enabled| !enabled);
        fields.params.apply(&mut user.params)?;
        fields.variables.apply(&mut user.variables)?;
        let values = [&fields.caller_id_name, &fields.caller_id_number, &fields.context];
        for ((_, name), value) in VARIABLES.iter().zip(values) {
            if let Some(value) = value {
                set_variable(user, name, value);
            }
        }
        check_credentials(user)?;
        self.apply_secrets(was, &fields.secrets, &domain, desk)
    }

    fn view(&self) -> Map<String, Value> {
        let user = &self.user;
        let secrets = user.secrets.iter().map(|secret| {
            let (name, realm) = (&secret.username, &secret.realm);
            json!({ "username": name, "realm": realm, "algorithm": secret.algorithm() })
        });
        let gateways = user.gateways.iter().map(|gateway| json!(gateway.name));
        let view = json!({
            "user": user.id,
            "domain": self.domain,
            "number_alias": user.number_alias,
            "enabled": !user.disabled,
            "cidr": user.cidr,
            "can_log_in": !user.disabled && !user.secrets.is_empty(),
            "secrets": secrets.collect::<Vec<_>>(),
            "has_pin": user.voicemail_hash.is_some(),
            "params": show::settings(&user.params),
            "variables": show::settings(&user.variables),
            "gateways": gateways.collect::<Vec<_>>(),
            "xml": show::hidden(&user.others),
        });
        show::fields(view)
    }

    fn cells(&self) -> Vec<String> {
        let user = &self.user;
        let variable = |name: &str| {
            let found = user.variables.iter().find(|found| found.name.eq_ignore_ascii_case(name));
            found.map(|found| found.text.clone()).unwrap_or_default()
        };
        let state = match (user.disabled, user.secrets.is_empty()) {
            (true, _) => "disabled",
            (false, true) => "no password",
            (false, false) => "open",
        };
        vec![
            user.id.clone(),
            self.domain.clone(),
            user.number_alias.as_deref().unwrap_or_default().to_owned(),
            state.to_owned(),
            if user.voicemail_hash.is_some() { "PIN" } else { "closed" }.to_owned(),
            variable("user_context"),
            variable("effective_caller_id_name"),
        ]
    }
}

impl DomainUser {
    fn apply_secrets(
        &mut self,
        was: Option<&Self>,
        flags: &Secrets,
        domain: &Domain,
        desk: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        if flags.password.is_some() {
            return Err(UsageError(
                "others on this machine see the command line: --password-stdin and --pin-stdin read \
                 a secret from standard input, --generate-password and --generate-pin make one up",
            )
            .into());
        }
        let renamed = was.is_some_and(|was| was.user.id != self.user.id);
        let voided = logins::void(&mut self.user, domain, renamed);
        let user = &mut self.user;
        let person = std::io::stdin().is_terminal();
        let lost = voided.hashes > 0 && !flags.no_password && !flags.generate_password;
        if flags.password_stdin || (lost && person) {
            if lost {
                eprintln!("the password fits these names no more");
            }
            let typed = password::read("new password")?;
            if typed == password::KNOWN_TO_ALL || typed == user.id {
                desk.note("everybody would try this password first: give it another");
            }
            logins::set_password(user, domain, &typed);
        } else if flags.generate_password || (was.is_none() && !flags.no_password) {
            let made = generate_password();
            logins::set_password(user, domain, &made);
            desk.made.push(("password", made));
        } else if flags.no_password {
            user.secrets = Vec::new();
        }
        let lost = voided.pin && !flags.no_pin && !flags.generate_pin;
        if flags.pin_stdin || (lost && person) {
            if lost {
                eprintln!("the PIN fits this id no more");
            }
            let pin = password::read("new PIN")?;
            password::check_pin(&pin)?;
            logins::set_pin(user, domain, &pin);
        } else if flags.generate_pin || (was.is_none() && !flags.no_pin) {
            let made = generate_pin();
            logins::set_pin(user, domain, &made);
            desk.made.push(("pin", made));
        } else if flags.no_pin {
            user.voicemail_hash = None;
        }
        self.tell_voided(voided, domain, desk);
        Ok(())
    }

    /// What the user cannot do until it gets another password.
    fn tell_voided(&self, voided: logins::Voided, domain: &Domain, desk: &mut Desk<'_>) {
        let (user, key) = (&self.user, nouns::Noun::key(self));
        let cure = |flag: &str| format!("`jackfield user set {key} --{flag}` gives a new one");
        if user.secrets.is_empty() && voided.hashes > 0 {
            desk.note(format!(
                "the password is void: nobody can log in; {}",
                cure("password-stdin")
            ));
        } else if !user.secrets.is_empty() && logins::lacks(user, domain) {
            desk.note(format!(
                "the password is not good for every name and realm; {}",
                cure("password-stdin")
            ));
        }
        if voided.pin && user.voicemail_hash.is_none() {
            desk.note(format!("the PIN is void: the mailbox is closed; {}", cure("pin-stdin")));
        }
    }
}

/// An empty value takes it away.
pub(super) fn set_variable(user: &mut User, name: &str, value: &str) {
    if value.is_empty() {
        user.variables.retain(|found| !found.name.eq_ignore_ascii_case(name));
    } else {
        put(&mut user.variables, jackfield_api::snapshot::Setting::written(name, value));
    }
}

/// Passwords are kept as hashes, and nowhere else.
pub(super) fn check_credentials(user: &User) -> anyhow::Result<()> {
    for param in &user.params {
        if CREDENTIALS.iter().any(|name| param.name.eq_ignore_ascii_case(name)) {
            anyhow::bail!(
                "«{}» is not kept as a parameter: --password-stdin and --pin-stdin take what it \
                 is made of",
                param.name
            );
        }
    }
    Ok(())
}
