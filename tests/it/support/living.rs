//! What is asked of a service while its data change.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Base, body, find, post, tree};

/// Stores a user of every domain, by plain SQL.
pub(crate) fn add_user(base: &Base, name: &str) {
    base.sql(&format!("INSERT INTO users (domain_id, name) SELECT id, '{name}' FROM domains"));
}

/// Whether a REGISTER of this user finds it.
pub(crate) fn serves(service: SocketAddr, user: &str) -> bool {
    let tree = tree(&post(service, body(42).set("user", user).bytes()).body);
    ["section/domain/users", "section/domain"]
        .iter()
        .any(|place| find(&tree, &format!("{place}/user[id={user}]")).is_some())
}

/// Waits until something is so.
pub(crate) fn until(what: &str, patience: Duration, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < patience, "not within {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
