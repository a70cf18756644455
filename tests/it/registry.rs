//! Registries as a whole: order, conflicts, constructors, and the settings that name handlers.

use jackfield::app::App;
use jackfield::fsapi::StartErrors;
use jackfield::fsapi::registry::linked_names;
use jackfield::settings::Settings;
use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::registry::{self, BuildError, Origin, Registration, Table};
use jackfield_api::snapshot::{Contents, Context, Snapshot};
use jackfield_api::testing::pbx;
use jackfield_api::{Answer, ConfigurationHandler, Facts, Keys, register};
use serde::Deserialize;

use crate::support::{Server, body, find, jackfield, post, run, tree};

struct Named(&'static str);

impl ConfigurationHandler for Named {
    fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
        Configuration::new(self.0).answer()
    }
}

/// Two handlers that both claim a key where the data holds a context of this name.
const DISPUTED: &str = "test-disputed";

fn disputed(snapshot: &Snapshot) -> Vec<String> {
    snapshot.context(DISPUTED).map(|_| "test-disputed.conf".to_owned()).into_iter().collect()
}

register!(ConfigurationHandler, "test-claims", Keys::From(disputed), Named("a"));
register!(ConfigurationHandler, "test-claims-too", Keys::From(disputed), Named("b"));

/// A handler with settings of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configured {
    #[serde(default = "Configured::colour")]
    colour: String,
}

impl Configured {
    fn colour() -> String {
        "grey".to_owned()
    }

    fn new(settings: &registry::Settings<'_>) -> Result<Self, BuildError> {
        let configured: Self = settings.read()?;
        if configured.colour == "none" {
            return Err(BuildError::new("colour = «none»: write a colour that can be seen"));
        }
        Ok(configured)
    }
}

impl ConfigurationHandler for Configured {
    fn answer(&self, _: &ConfigurationLookup<'_>, _: Facts<'_>) -> Answer {
        Configuration::new("test-configured.conf")
            .settings([("colour", self.colour.as_str())])
            .answer()
    }
}

register!(
    ConfigurationHandler,
    "test-configured",
    Keys::Fixed(&["test-configured.conf"]),
    new = Configured::new
);

fn started(settings: &str, snapshot: Snapshot) -> Result<(), StartErrors> {
    let settings = Settings::read(Some(("test.toml".into(), settings)), &|_| None);
    App::new(settings.unwrap_or_else(|errors| panic!("{errors}")), snapshot).map(drop)
}

fn at(line: u32) -> Origin {
    Origin { package: "test", module: "test", file: "handlers/test.rs", line }
}

fn registration(
    name: &'static str,
    keys: Keys,
    line: u32,
) -> Registration<dyn ConfigurationHandler> {
    let build =
        |_: &registry::Settings<'_>| Ok(Box::new(Named("x")) as Box<dyn ConfigurationHandler>);
    Registration { name, keys, priority: 0, build, origin: at(line) }
}

type Configurations = Table<dyn ConfigurationHandler>;

fn table(registrations: &[Registration<dyn ConfigurationHandler>]) -> Configurations {
    Table::build(registrations, |_| None, |_| false).expect("no constructor fails")
}

#[test]
fn two_handlers_for_one_key_are_named_with_file_and_line_and_so_are_two_catch_alls() {
    let table = table(&[
        registration("one", Keys::Fixed(&["a.conf", "b.conf"]), 10),
        registration("two", Keys::Fixed(&["B.CONF"]), 20),
        registration("rest", Keys::CatchAll, 30),
        registration("others", Keys::CatchAll, 40),
        registration("data", Keys::From(|_| vec!["a.conf".to_owned()]), 50),
    ]);
    let conflicts = table.routes(&Snapshot::default()).expect_err("three conflicts");
    let told: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (words, both) in [
        ("«b.conf»", ["«one» (handlers/test.rs:10)", "«two» (handlers/test.rs:20)"]),
        ("catch-all", ["«rest» (handlers/test.rs:30)", "«others» (handlers/test.rs:40)"]),
        ("«a.conf»", ["«one» (handlers/test.rs:10)", "«data» (handlers/test.rs:50)"]),
    ] {
        let conflict = told.iter().find(|told| told.contains(words));
        let conflict = conflict.unwrap_or_else(|| panic!("{words}: {told:?}"));
        assert!(both.iter().all(|handler| conflict.contains(handler)), "{conflict}");
    }
}

#[test]
fn of_the_handlers_that_claim_a_key_the_one_of_the_highest_priority_answers() {
    let with =
        |name, keys, line, priority| Registration { priority, ..registration(name, keys, line) };
    let routes = |registrations: &[_]| table(registrations).routes(&Snapshot::default());
    let found = routes(&[
        with("built-in", Keys::Fixed(&["a.conf", "b.conf"]), 10, 0),
        with("below", Keys::From(|_| vec!["A.conf".to_owned(), "c.conf".to_owned()]), 20, -1),
        with("above", Keys::Fixed(&["A.CONF"]), 30, 10),
        with("rest", Keys::CatchAll, 40, 0),
        with("more", Keys::CatchAll, 50, 1),
    ]);
    let found = found.expect("no conflict");
    for (key, handler) in [("a.conf", 2), ("b.conf", 0), ("c.conf", 1), ("d.conf", 4)] {
        assert_eq!(found.find(key).map(registry::Match::handler), Some(handler), "{key}");
    }
    assert_eq!(found.keys_of(1), ["a.conf", "c.conf"]);
    for (handler, outranked) in [(0, true), (1, true), (2, false)] {
        assert_eq!(found.is_outranked(handler, "a.CONF"), outranked, "{handler}");
    }
    assert!(!found.is_outranked(0, "b.conf"));
    // Those below may be as many as they like; those on top may not.
    let three = |priorities: [i16; 3]| {
        let claims = [0, 1, 2].map(|at| {
            let line = u32::try_from(at).expect("small") * 10 + 10;
            with(["x", "y", "z"][at], Keys::Fixed(&["a.conf"]), line, priorities[at])
        });
        let told = routes(&claims).map(drop).err().unwrap_or_default();
        told.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(three([0, 0, 1]), [""; 0]);
    assert_eq!(three([-2, -1, -2]), [""; 0]);
    let told = three([0, 7, 7]);
    assert_eq!(told.len(), 1, "{told:?}");
    for words in ["«y» (handlers/test.rs:20)", "«z» (handlers/test.rs:30)", "a higher `priority`"]
    {
        assert!(told[0].contains(words), "{words}: {told:?}");
    }
    assert_eq!(three([3, 3, 3]).len(), 2);
    let rest = [with("x", Keys::CatchAll, 10, 5), with("y", Keys::CatchAll, 20, 5)];
    assert_eq!(routes(&rest).expect_err("two for the rest").len(), 1);
}

#[test]
fn two_handlers_of_one_name_in_one_kind_are_refused_with_both_places() {
    let twins = [
        registration("twin", Keys::Fixed(&["a.conf"]), 10),
        registration("other", Keys::Fixed(&["b.conf"]), 20),
        registration("twin", Keys::Fixed(&["c.conf"]), 30),
    ];
    let errors = Configurations::build(&twins, |_| None, |_| false).expect_err("refused");
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    for words in ["«twin»", "handlers/test.rs:10", "handlers/test.rs:30", "the same name"] {
        assert!(told[0].contains(words), "{words}: {told:?}");
    }
    let disabled = Configurations::build(&twins, |_| None, |name| name == "twin");
    assert_eq!(disabled.expect("nothing is left to mix up").handlers().len(), 1);
}

#[test]
fn a_handler_may_name_a_key_twice_in_two_spellings() {
    let table = table(&[
        registration("one", Keys::Fixed(&["A.conf", "a.CONF", "a.conf"]), 10),
        registration("two", Keys::From(|_| vec!["B.conf".to_owned(), "b.conf".to_owned()]), 20),
    ]);
    let routes = table.routes(&Snapshot::default()).expect("no conflict");
    for (key, handler) in [("a.conf", 0), ("A.CONF", 0), ("b.Conf", 1)] {
        assert_eq!(routes.find(key).map(registry::Match::handler), Some(handler), "{key}");
    }
}

#[test]
fn the_order_does_not_depend_on_the_order_of_registration() {
    let make = |order: [usize; 3]| {
        order.map(|at| {
            let line = u32::try_from(at).expect("small") + 1;
            registration(["a", "b", "c"][at], Keys::Fixed(&[["1", "2", "3"]][0]), line)
        })
    };
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let table = table(&make(order));
        let names: Vec<_> = table.handlers().iter().map(|handler| handler.name).collect();
        assert_eq!(names, ["a", "b", "c"], "{order:?}");
    }
}

#[test]
fn every_constructor_that_fails_is_reported_at_once() {
    let mut broken = [
        registration("one", Keys::Fixed(&["a"]), 10),
        registration("two", Keys::Fixed(&["b"]), 20),
        registration("well", Keys::Fixed(&["c"]), 30),
    ];
    broken[0].build = |_| Err(BuildError::new("no address"));
    broken[1].build = |_| Err(BuildError::new("no certificate"));
    let errors = Configurations::build(&broken, |_| None, |_| false).expect_err("two fail");
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for (error, words) in
        told.iter().zip([["«one»", ":10", "no address"], ["«two»", ":20", "no certificate"]])
    {
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn a_program_whose_handlers_contradict_each_other_does_not_start_and_says_where() {
    let contents = Contents {
        dialplan: [Context::new(DISPUTED.to_owned(), Vec::new())].into(),
        ..Contents::default()
    };
    let error = started("", Snapshot::new(contents)).expect_err("a conflict").to_string();
    assert!(error.contains("test-disputed.conf"), "{error}");
    for name in ["test-claims", "test-claims-too"] {
        let source = include_str!("registry.rs");
        let line = source.lines().position(|line| {
            line.starts_with("register!(") && line.contains(&format!("\"{name}\""))
        });
        let place = format!("«{name}» ({}:{})", file!(), line.expect("registered here") + 1);
        assert!(error.contains(&place), "{place} in {error}");
    }
    started("", pbx()).expect("without the disputed key there is no conflict");
}

#[test]
fn a_handler_is_made_once_with_its_own_settings() {
    let asked = body(1).set("key_value", "test-configured.conf").bytes();
    for (settings, colour) in
        [("", "grey"), ("[handlers.test-configured]\ncolour = 'green'", "green")]
    {
        let server = Server::start(settings);
        let path = format!("section/configuration/settings/param[name=colour]@value={colour}");
        let reply = post(server.machine, &asked);
        assert!(find(&tree(&reply.body), &path).is_some(), "{}", reply.text());
    }
}

#[test]
fn a_constructor_that_fails_stops_the_start_with_its_message() {
    for (settings, words) in [
        ("colour = 'none'", ["«test-configured»", "tests/it/registry.rs:", "can be seen"]),
        (
            "colour = 7",
            ["[handlers.test-configured]", "registry.rs:", "`colour`: expected a string"],
        ),
        ("color = 'red'", ["[handlers.test-configured]", "tests/it/registry.rs:", "colour"]),
    ] {
        let settings = format!("[handlers.test-configured]\n{settings}");
        let error = started(&settings, pbx()).expect_err("refused").to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn settings_that_name_an_unknown_handler_stop_the_start() {
    for settings in ["disabled_handlers = ['no-such-handler']", "[handlers.no-such-handler]\nx = 1"]
    {
        let error = started(settings, pbx()).expect_err("refused");
        assert!(
            matches!(&error, StartErrors::Unknown(names) if names == &["no-such-handler"]),
            "{error}"
        );
    }
}

#[test]
fn a_disabled_handler_answers_nothing() {
    let server = Server::start("disabled_handlers = ['sofia', 'test-configured']");
    let asked = body(1).set("key_value", "test-configured.conf").bytes();
    for asked in [asked, body(11).bytes()] {
        let reply = post(server.machine, asked);
        assert!(find(&tree(&reply.body), "section[name=result]").is_some(), "{}", reply.text());
    }
}

#[test]
fn a_program_without_any_handler_does_not_start() {
    let names: Vec<_> = linked_names().into_iter().map(|name| format!("'{name}'")).collect();
    let settings = format!("disabled_handlers = [{}]", names.join(","));
    let error = started(&settings, pbx()).expect_err("refused");
    assert!(matches!(error, StartErrors::NoHandlers), "{error}");
    assert!(error.to_string().contains("use jackfield_handlers as _;"), "{error}");
}

/// The place of a handler without its line, which changes with every edit above it.
fn without_lines(table: &str) -> String {
    let place = |line: &str| match line.rsplit_once(".rs:") {
        Some((place, number)) if number.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{place}.rs\n")
        }
        _ => panic!("no place in {line:?}"),
    };
    let (heads, rows) = table.split_once('\n').expect("heads and rows");
    format!("{heads}\n{}", rows.lines().map(place).collect::<String>())
}

#[test]
fn the_table_of_handlers_is_as_recorded() {
    let state = tempfile::tempdir().expect("a folder");
    let shown = run(&["handlers", "--demo", "--state", state.path().to_str().expect("UTF-8")]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let shown = without_lines(&String::from_utf8(shown.stdout).expect("UTF-8"));
    jackfield_api::golden!("tests/it/golden/handlers.txt", shown);
}

#[test]
fn handlers_in_json_are_one_object_each_with_its_id_first() {
    let shown = run(&["handlers", "--json"]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let text = String::from_utf8(shown.stdout).expect("UTF-8");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    assert!(rows.len() >= 14, "{}", rows.len());
    assert_eq!(text.matches("{\n    \"id\": ").count(), rows.len(), "{text}");
    for row in &rows {
        for field in ["id", "kind", "name", "package", "crate", "place"] {
            assert!(row[field].as_str().is_some_and(|word| !word.is_empty()), "{field}: {row}");
        }
        assert!(row["keys"].is_array() && row["priority"] == 0, "{row}");
        assert!(row["asked"].is_null() && row["failed"].is_null(), "no service runs: {row}");
    }
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row["id"].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "ids are unique");
}

#[test]
fn wrong_settings_end_with_78_and_every_error_at_once_and_a_wrong_command_line_with_64() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("jackfield.toml");
    let file_name = file.to_str().expect("UTF-8");
    for (text, words) in [
        (
            "guard = 'maybe'\n\nunknown_domain = 'open'",
            vec![":1: ", ":3: ", "enforce", "not-found"],
        ),
        ("weather = 1", vec![":1: ", "is no setting"]),
        (
            "guard = 'enforce'\n[sections.configuration]\n\nfail = 'deny'",
            vec![":4: ", "sections.configuration.fail", "cannot be denied"],
        ),
        ("a = = b", vec![":1: ", "not TOML"]),
        ("disabled_handlers = ['no-such-handler']", vec!["no-such-handler", "jackfield handlers"]),
        ("[handlers.sofia]\nx = 1", vec!["[handlers.sofia]", "configuration/sofia.rs:"]),
    ] {
        std::fs::write(&file, text).expect("writable");
        let state = folder.path().join("state");
        let state = state.to_str().expect("UTF-8");
        let done = run(&["handlers", "--demo", "--state", state, "--config", file_name]);
        let told = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(78), "{text}: {told}");
        assert!(words.iter().all(|word| told.contains(word)), "{text}: {told}");
    }
    for wrong in
        [&["weather"][..], &["serve", "--weather"], &["explain"], &["serve", "--state", "x"], &[]]
    {
        assert_eq!(run(wrong).status.code(), Some(64), "{wrong:?}");
    }
    for help in [&["--help"][..], &["serve", "--help"], &["--version"]] {
        assert_eq!(run(help).status.code(), Some(0), "{help:?}");
    }
    let wrong = jackfield().arg("handlers").env("JACKFIELD_GUARD", "maybe").output();
    let wrong = wrong.expect("the program runs");
    assert_eq!(wrong.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("JACKFIELD_GUARD"));
    let unreachable = run(&["serve"]);
    assert_eq!(unreachable.status.code(), Some(1), "a database that is not there");
}
