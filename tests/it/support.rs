//! What the tests stand on: the service in this process or as a program, a switch's way of asking
//! it, and a switch's way of reading its answers.

mod bodies;
mod client;
mod database;
mod event_socket;
mod gate;
mod living;
mod manager;
mod metrics;
mod operator;
mod plugged;
mod program;
mod server;
mod tree;

pub(crate) use bodies::{body, encoded, recorded};
pub(crate) use client::{Reply, exchange, get, outer_address, parse_reply, post, request};
pub(crate) use database::{Base, on_each, on_each_empty, on_postgres};
pub(crate) use event_socket::{FakeSwitch, Greeting, PASSWORD, Said};
pub(crate) use gate::Gate;
pub(crate) use jackfield_api::testing::Body;
pub(crate) use living::{add_user, serves, until};
pub(crate) use manager::{Held, Manager, passed_on};
pub(crate) use metrics::Metrics;
pub(crate) use plugged::{contradictory, plugged};
pub(crate) use program::{Login, Program, demo, jackfield, jackfield_after, logins, run};
pub(crate) use server::{Server, log, shared};
pub(crate) use tree::{find, is_not_found, tree};

/// The domain of the recorded look-ups, of the demo and of the PBX of the tests.
pub(crate) const DOMAIN: &str = "pbx.example.test";

/// How long a test waits for what has to happen before it fails.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
