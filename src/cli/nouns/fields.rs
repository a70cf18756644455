//! Flags that several nouns have.

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::Setting;

use super::password;
use crate::secret::{is_secret, secret_in};

/// `NAME=VALUE`.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
}

pub(super) fn pair(text: &str) -> Result<Pair, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok(Pair { name: name.to_owned(), value: value.to_owned() })
        }
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Parameters.
#[derive(Args)]
pub(super) struct Params {
    /// Set a parameter; `${...}` in the value stays live
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    param: Vec<Pair>,
    /// Take a parameter away
    #[arg(long, value_name = "NAME")]
    unset_param: Vec<String>,
    /// Set a parameter that holds a secret: the value is read from standard input, or asked for
    #[arg(long, value_name = "NAME")]
    secret_param: Option<String>,
}

/// Channel variables.
#[derive(Args)]
pub(super) struct Variables {
    /// Set a channel variable; `${...}` in the value stays live
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    variable: Vec<Pair>,
    /// Take a channel variable away
    #[arg(long, value_name = "NAME")]
    unset_variable: Vec<String>,
    /// Set a channel variable that holds a secret: the value is read from standard input, or asked for
    #[arg(long, value_name = "NAME", conflicts_with = "secret_param")]
    secret_variable: Option<String>,
}

impl Params {
    pub(super) fn apply(&self, settings: &mut Vec<Setting>) -> anyhow::Result<()> {
        edit(settings, &self.param, &self.unset_param, "--secret-param")?;
        put_secret(settings, self.secret_param.as_ref())
    }
}

impl Variables {
    pub(super) fn apply(&self, settings: &mut Vec<Setting>) -> anyhow::Result<()> {
        edit(settings, &self.variable, &self.unset_variable, "--secret-variable")?;
        put_secret(settings, self.secret_variable.as_ref())
    }
}

/// Reads the value of a setting that holds a secret, where one is named. A value that is no secret as a
/// whole, as a dial string, stays live.
pub(super) fn put_secret(settings: &mut Vec<Setting>, name: Option<&String>) -> anyhow::Result<()> {
    let Some(name) = name else { return Ok(()) };
    let value = password::read(name)?;
    let whole = is_secret(name);
    let new = if whole { Setting::new } else { Setting::written };
    put(settings, new(name.as_str(), value));
    Ok(())
}

/// Takes some away and sets others. `secretly` is the flag that sets a secret.
pub(super) fn edit(
    settings: &mut Vec<Setting>,
    set: &[Pair],
    unset: &[String],
    secretly: &str,
) -> anyhow::Result<()> {
    for name in unset {
        let before = settings.len();
        settings.retain(|setting| !setting.name.eq_ignore_ascii_case(name));
        if settings.len() == before {
            bail!("«{name}» is not set, so it cannot be taken away");
        }
    }
    for (at, Pair { name, value }) in set.iter().enumerate() {
        if set[..at].iter().any(|earlier| earlier.name.eq_ignore_ascii_case(name)) {
            bail!("«{name}» is set twice, and one would be lost; say it once");
        }
        let secret = if is_secret(name) { Some(name.as_str()) } else { secret_in("", value) };
        if let Some(secret) = secret {
            bail!(
                "«{secret}» holds a secret, and others on this machine see the command line: \
                 use {secretly} {name}, which reads it from standard input"
            );
        }
        put(settings, Setting::written(name.as_str(), value.as_str()));
    }
    Ok(())
}

/// Another text, where one is given.
pub(super) fn named<T: for<'v> From<&'v str>>(field: &mut T, value: Option<&String>) {
    if let Some(value) = value {
        *field = value.as_str().into();
    }
}

/// Another text, where one is given; an empty one takes it away.
pub(super) fn optional(field: &mut Option<String>, value: Option<&str>) {
    if let Some(value) = value {
        *field = Some(value).filter(|value| !value.is_empty()).map(Into::into);
    }
}

/// In the place of the one with its name, or at the end.
pub(super) fn put(settings: &mut Vec<Setting>, setting: Setting) {
    let same = |found: &&mut Setting| found.name.eq_ignore_ascii_case(&setting.name);
    match settings.iter_mut().find(same) {
        Some(found) => *found = setting,
        None => settings.push(setting),
    }
}

/// Adds to a list of names and takes from it.
pub(super) fn edit_names(
    names: &mut Vec<String>,
    what: &str,
    add: &[String],
    remove: &[String],
) -> anyhow::Result<()> {
    for name in remove {
        let before = names.len();
        names.retain(|found| !found.eq_ignore_ascii_case(name));
        if names.len() == before {
            bail!("«{name}» is no {what} of it");
        }
    }
    for name in add {
        if !names.iter().any(|found| found.eq_ignore_ascii_case(name)) {
            names.push(name.clone());
        }
    }
    Ok(())
}
