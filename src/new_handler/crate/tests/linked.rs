//! The program as it is started.

use std::process::Command;

#[test]
fn our_handler_is_in_the_program() {
    let state = std::env::temp_dir().join(format!("example_package-{}", std::process::id()));
    let listed = Command::new(env!("CARGO_BIN_EXE_example_package"))
        .args(["handlers", "--demo", "--state"])
        .arg(&state)
        .env("JACKFIELD_CONFIG", "/dev/null")
        .output()
        .expect("the program runs");
    let _ = std::fs::remove_dir_all(&state);
    let table = String::from_utf8_lossy(&listed.stdout);
    assert!(table.contains("src/example_module.rs"), "{table}");
}
