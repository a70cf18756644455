//! The macros mean the same wherever they are written: without a prelude, and where its names are taken.

#[no_implicit_prelude]
#[allow(dead_code, non_snake_case, unused_macros)]
mod shadowed {
    use ::jackfield_api::document::Configuration;
    use ::jackfield_api::lookup::ConfigurationLookup;
    use ::jackfield_api::registry::{BuildError, Settings};
    use ::jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, counter, golden, register};

    fn Ok(_: ()) {}
    fn Err(_: ()) {}
    fn Some(_: ()) {}
    struct None;
    struct Box;
    struct Option;
    struct Result;
    #[allow(non_camel_case_types)]
    struct str;
    macro_rules! env {
        () => {};
    }
    macro_rules! stringify {
        () => {};
    }
    macro_rules! line {
        (x) => {};
    }

    struct Weather;

    impl Weather {
        fn new(settings: &Settings<'_>) -> ::core::result::Result<Self, BuildError> {
            settings.none()?;
            ::core::result::Result::Ok(Self)
        }
    }

    impl ConfigurationHandler for Weather {
        fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
            Configuration::new("weather.conf").answer()
        }
    }

    register!(ConfigurationHandler, "a", Keys::Fixed(&["a.conf"]), Weather);
    register!(ConfigurationHandler, "b", Keys::Fixed(&["b.conf"]), new = Weather::new);
    register!(ConfigurationHandler, "c", Keys::Fixed(&["c.conf"]), priority = 1, Weather);
    register!(
        ConfigurationHandler,
        "d",
        Keys::Fixed(&["d.conf"]),
        priority = 1,
        new = Weather::new
    );
    counter!(pub(super) PLAIN, "test_plain_total", "Counts.");
    counter!(pub(super) TYPED, "test_typed_total", "Counts.", r#type = ["found", "failed"]);

    pub(super) fn compared() {
        golden!("compile_fail.rs", ::core::include_str!("compile_fail.rs"));
    }
}

#[test]
fn macros_mean_the_same_where_the_names_of_the_prelude_are_taken() {
    shadowed::PLAIN.add();
    shadowed::TYPED.add("found");
    shadowed::compared();
    assert_eq!((shadowed::PLAIN.get(), shadowed::TYPED.get("found")), (1, 1));
}

#[test]
fn a_label_that_is_a_word_of_rust_is_shown_as_it_is_meant() {
    let families = jackfield_api::counter::linked();
    let labels: Vec<_> = families.iter().filter_map(|family| family.label).collect();
    assert_eq!(labels, [("type", &["found", "failed"][..])]);
    assert_eq!(jackfield_api::counter::contradictions(families), []);
}
