//! `jackfield acl`.

use anyhow::bail;
use clap::{Args, ValueEnum};
use jackfield_api::snapshot::{AccessList, AccessNode, AccessTarget, Hosts};
use serde_json::{Map, Value, json};

use super::fields::named;
use super::hosts::HostFlags;
use super::{Desk, N, Spoken, show};

/// What becomes of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Verdict {
    Allow,
    Deny,
}

/// Flags of `jackfield acl add` and `set`.
#[derive(Args)]
pub(in crate::cli) struct AclFields {
    #[command(flatten)]
    hosts: HostFlags,
    /// What holds for an address that no node names [default of a new one: deny]
    #[arg(long, value_name = "allow|deny")]
    default: Option<Verdict>,
    /// Add a node, or change the verdict of one: allow or deny, and a network or the users' networks of
    /// a domain, as allow=192.0.2.0/24 or deny=domain:pbx.example.test
    #[arg(long, value_name = "allow|deny=WHAT", value_parser = node)]
    node: Vec<AccessNode>,
    /// Take a node away, as 192.0.2.0/24 or domain:pbx.example.test
    #[arg(long, value_name = "WHAT")]
    remove_node: Vec<String>,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

fn node(text: &str) -> Result<AccessNode, String> {
    let (verdict, what) = text.split_once('=').ok_or("write allow=WHAT or deny=WHAT")?;
    let allow = match verdict {
        "allow" => true,
        "deny" => false,
        other => return Err(format!("«{other}» is neither allow nor deny")),
    };
    Ok(AccessNode { allow, target: target(what) })
}

fn target(what: &str) -> AccessTarget {
    match what.strip_prefix("domain:") {
        Some(domain) => AccessTarget::Domain(domain.to_owned()),
        None => AccessTarget::Cidr(what.to_owned()),
    }
}

fn said(target: &AccessTarget) -> String {
    match target {
        AccessTarget::Cidr(network) => network.clone(),
        AccessTarget::Domain(domain) => format!("domain:{domain}"),
    }
}

fn verdict(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

impl Spoken for AccessList {
    const KEY: &'static str = "NAME";
    const COLUMNS: &'static [&'static str] = &["NAME", "DEFAULT", "NODES", "SWITCHES"];
    type Fields = AclFields;

    fn new(key: &N<Self>) -> Self {
        let (nodes, hosts) = (Vec::new(), Hosts::default());
        Self { name: key.0.clone(), default_allow: false, nodes, hosts }
    }

    fn apply(
        &mut self,
        _: Option<&Self>,
        fields: &AclFields,
        _: &mut Desk<'_>,
    ) -> anyhow::Result<()> {
        named(&mut self.name, fields.name.as_ref());
        fields.hosts.apply(&mut self.hosts);
        if let Some(default) = fields.default {
            self.default_allow = default == Verdict::Allow;
        }
        for what in &fields.remove_node {
            let (before, gone) = (self.nodes.len(), target(what));
            self.nodes.retain(|node| node.target != gone);
            if self.nodes.len() == before {
                bail!("«{what}» is no node of it");
            }
        }
        for node in &fields.node {
            match self.nodes.iter_mut().find(|found| found.target == node.target) {
                Some(found) => found.allow = node.allow,
                None => self.nodes.push(node.clone()),
            }
        }
        Ok(())
    }

    fn view(&self) -> Map<String, Value> {
        let nodes = self.nodes.iter();
        let nodes = nodes.map(|node| json!({ verdict(node.allow): said(&node.target) }));
        show::fields(json!({
            "name": self.name,
            "default": verdict(self.default_allow),
            "nodes": nodes.collect::<Vec<_>>(),
            "hosts": self.hosts,
        }))
    }

    fn cells(&self) -> Vec<String> {
        let nodes = self.nodes.iter();
        let nodes: Vec<String> =
            nodes.map(|node| format!("{}={}", verdict(node.allow), said(&node.target))).collect();
        vec![
            self.name.clone(),
            verdict(self.default_allow).to_owned(),
            nodes.join(" "),
            self.hosts.to_string(),
        ]
    }
}
