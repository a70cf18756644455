//! Flags of nouns that can be limited to switches.

use clap::Args;
use jackfield_api::snapshot::Hosts;

/// The switches that it is for.
#[derive(Args)]
pub(super) struct HostFlags {
    /// Limit it to this switch, by what that sends as hostname; several flags name several switches,
    /// in the place of those that it was limited to
    #[arg(long, value_name = "NAME", value_parser = host)]
    host: Vec<String>,
    /// For every switch that none of its name is limited to
    #[arg(long, conflicts_with = "host")]
    all_hosts: bool,
}

fn host(text: &str) -> Result<String, String> {
    crate::names::check_host(text).map(|()| text.to_owned())
}

impl HostFlags {
    pub(super) fn apply(&self, hosts: &mut Hosts) {
        if self.all_hosts || !self.host.is_empty() {
            *hosts = Hosts::new(&self.host);
        }
    }
}
