//! The `jackfield` program with the built-in handlers.

/// Buffers of connections come and go with each look-up; this allocator spares a tenth of its cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    jackfield::main()
}
