//! Jackfield, with our handlers beside its own.

// Without this line the linker leaves them out.
use example_crate as _;

fn main() -> std::process::ExitCode {
    jackfield::main()
}
