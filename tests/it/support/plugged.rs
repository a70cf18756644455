//! The programs of `tests/plugged`, which have modules of their own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::program::shielded;

/// The program whose module has one of everything.
pub(crate) fn plugged() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    shielded(Command::new(BUILT.get_or_init(|| built("plugged"))))
}

/// The program whose module contradicts itself.
pub(crate) fn contradictory() -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    shielded(Command::new(BUILT.get_or_init(|| built("contradictory"))))
}

/// An example, made as these tests were: `cargo test --test it` alone makes none.
fn built(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    let profile = tests.parent().and_then(Path::parent).expect("target/PROFILE/deps/it");
    let target = profile.parent().expect("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--locked", "--example", name, "--target-dir"]);
    cargo.arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let done = cargo.output().expect("cargo runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    profile.join("examples").join(name)
}
