//! The verbs that every noun has, and their arguments.

use clap::{Args, Subcommand};

use super::{N, Spoken};
use crate::cli::Source;
use crate::db::nouns::Address;

/// What can be done with a noun.
#[derive(Subcommand)]
pub(in crate::cli) enum Verb<S: Spoken> {
    /// Adds one
    Add(Add<S>),
    /// Lists them
    List(List),
    /// Shows one
    Show(One<S>),
    /// Changes one; what no flag names stays
    Set(Set<S>),
    /// Takes one away
    Remove(Remove<S>),
}

/// Arguments of `add`.
#[derive(Args)]
pub(in crate::cli) struct Add<S: Spoken> {
    /// What it is found by
    #[arg(value_name = S::KEY, value_parser = key::<S>)]
    pub(super) key: N<S>,
    #[command(flatten)]
    pub(super) fields: S::Fields,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) source: Source,
}

/// Arguments of `set`.
#[derive(Args)]
pub(in crate::cli) struct Set<S: Spoken> {
    /// Which one: its key, or its id as id:17
    #[arg(value_name = S::KEY, value_parser = address::<S>)]
    pub(super) address: Address<N<S>>,
    #[command(flatten)]
    pub(super) fields: S::Fields,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) source: Source,
}

/// Arguments of `remove`.
#[derive(Args)]
pub(in crate::cli) struct Remove<S: Spoken> {
    #[command(flatten)]
    pub(super) one: One<S>,
    /// Take away what belongs to it, too, as the users of a domain
    #[arg(long)]
    pub(super) with_all: bool,
}

/// Arguments of `show`.
#[derive(Args)]
pub(in crate::cli) struct One<S: Spoken> {
    /// Which one: its key, or its id as id:17
    #[arg(value_name = S::KEY, value_parser = address::<S>)]
    pub(super) address: Address<N<S>>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) source: Source,
}

/// Arguments of `list`.
#[derive(Args)]
pub(in crate::cli) struct List {
    /// Only those of this domain, context, language, kind, profile or channel
    #[arg(
        long,
        value_name = "NAME",
        visible_aliases = ["domain", "context", "language", "profile", "kind", "channel"]
    )]
    pub(super) of: Option<String>,
    /// Only those behind this id: the next page
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub(super) after: i64,
    /// No more than this many [default: 100; with --json all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) limit: Option<i64>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) source: Source,
}

/// How the result is written.
#[derive(Args)]
pub(in crate::cli) struct Output {
    /// Write JSON, the id first
    #[arg(long)]
    pub(super) json: bool,
}

fn key<S: Spoken>(text: &str) -> Result<N<S>, String> {
    text.parse()
}

fn address<S: Spoken>(text: &str) -> Result<Address<N<S>>, String> {
    text.parse()
}
