//! Wrong use does not compile, and the compiler says what to write instead.
//!
//! Each file in `compile_fail/` is one mistake; beside it stands what whoever makes it reads. After a
//! change of that, `TRYBUILD=overwrite cargo test -p jackfield-api --test compile_fail` takes it in;
//! look at what has changed.

#[test]
fn each_mistake_is_told_with_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
