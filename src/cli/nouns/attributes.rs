//! Flags of nouns that are elements with attributes.

use clap::Args;
use jackfield_api::snapshot::Setting;

use super::fields::{Pair, edit, pair, put_secret};

/// Attributes besides the name.
#[derive(Args)]
pub(super) struct Attributes {
    /// Set an attribute; `${...}` in the value stays live
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    attribute: Vec<Pair>,
    /// Take an attribute away
    #[arg(long, value_name = "NAME")]
    unset_attribute: Vec<String>,
    /// Set an attribute that holds a secret: the value is read from standard input, or asked for
    #[arg(long, value_name = "NAME")]
    secret_attribute: Option<String>,
}

impl Attributes {
    pub(super) fn apply(&self, settings: &mut Vec<Setting>) -> anyhow::Result<()> {
        edit(settings, &self.attribute, &self.unset_attribute, "--secret-attribute")?;
        put_secret(settings, self.secret_attribute.as_ref())
    }
}
