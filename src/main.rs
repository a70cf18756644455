//! The `jackfield` program with the built-in handlers.

fn main() -> std::process::ExitCode {
    jackfield::main()
}
