//! Jackfield, with the handlers of Acme beside its own.

// Without this line the linker leaves them out.
use acme_pbx as _;

fn main() -> std::process::ExitCode {
    jackfield::main()
}
