//! `jackfield global`.

use anyhow::bail;
use clap::Args;
use jackfield_api::snapshot::{Global, Hosts};
use serde_json::{Map, Value, json};

use super::fields::named;
use super::hosts::HostFlags;
use super::{Desk, N, Spoken, password};
use crate::secret::{HIDDEN, hide, is_secret, secret_in};

/// Flags of `jackfield global add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct GlobalFields {
    #[command(flatten)]
    hosts: HostFlags,
    /// The value; `$${...}` in it is live
    #[arg(value_name = "VALUE")]
    value: Option<String>,
    /// Read the value from standard input, or ask for it
    #[arg(long, conflicts_with = "value")]
    value_stdin: bool,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Spoken for Global {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "VALUE", "SWITCHES"];
    type Fields = GlobalFields;

    fn new(key: &N<Self>) -> Self {
        Self { name: key.0.clone(), value: String::new(), hosts: Hosts::default() }
    }

    fn apply(
        &mut self,
        was: Option<&Self>,
        fields: &GlobalFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        fields.hosts.apply(&mut self.hosts);
        match &fields.value {
            Some(value) if is_secret(&self.name) || secret_in("", value).is_some() => bail!(
                "«{}» holds a secret, and others on this machine see the command line: \
                 use --value-stdin",
                self.name
            ),
            Some(value) => self.value.clone_from(value),
            None if fields.value_stdin => self.value = password::read("value")?,
            None if was.is_none() => bail!("which value? `jackfield global add NAME VALUE`"),
            None => {}
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("name".into(), json!(self.name));
        if is_secret(&self.name) {
            view.insert("secret".into(), json!(true));
        } else {
            view.insert("value".into(), json!(hide(&self.value)));
        }
        view.insert("hosts".into(), json!(self.hosts));
        view
    }

    fn cells(&self) -> Vec<String> {
        let hidden = is_secret(&self.name);
        let value = if hidden { HIDDEN.into() } else { hide(&self.value) };
        vec![self.name.clone(), value.into_owned(), self.hosts.to_string()]
    }
}
