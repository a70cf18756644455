//! The program as it runs, over example data.

use jackfield_api::testing::Service;

/// What our handlers need of a settings file, as in `[handlers.example_name]`.
const SETTINGS: &str = "";

#[test]
fn our_handler_is_in_the_program() {
    let service = Service::demo(env!("CARGO_BIN_EXE_example_package"), SETTINGS);
    let listed = service.run(&["handlers"]);
    let table = String::from_utf8_lossy(&listed.stdout);
    assert!(table.contains("src/example_module.rs"), "{table}");
}
