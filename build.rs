//! Builds anew when a migration changes: they are embedded in the program.

#![allow(clippy::print_stdout, reason = "this is how cargo is told")]

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
