//! The invariants of the source tree: what may depend on what, and who may name what.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::run;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under a folder of ours, by its path from the root.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let path = path.strip_prefix(root()).expect("under the root").to_owned();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder}");
    found
}

/// Everything that is built into the program.
fn program() -> Vec<(PathBuf, String)> {
    [sources("src"), sources("handlers")].concat()
}

/// Lines of code that name a word as a whole, with their places; comments do not count.
fn naming(files: &[(PathBuf, String)], word: &str) -> Vec<String> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let names = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].ends_with(inside) && !line[at + word.len()..].starts_with(inside)
        })
    };
    files
        .iter()
        .flat_map(|(path, text)| {
            text.lines().enumerate().filter_map(move |(number, line)| {
                let code = line.split("//").next().unwrap_or_default();
                names(code).then(|| format!("{}:{}", path.display(), number + 1))
            })
        })
        .collect()
}

/// A table of a manifest, empty where there is none.
fn manifest(path: &str, table: &str) -> toml::Table {
    let text = fs::read_to_string(root().join(path)).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    manifest.get(table).map(|table| table.as_table().expect("a table").clone()).unwrap_or_default()
}

#[test]
fn the_api_depends_on_nothing_of_ours_and_on_little_else() {
    let found = manifest("handlers/api/Cargo.toml", "dependencies");
    let optional = |name: &&String| found[name.as_str()].get("optional").is_some();
    let (asked, always): (Vec<_>, Vec<_>) = found.keys().partition(optional);
    let meant = ["inventory", "memchr", "percent-encoding", "quick-xml", "tracing", "uuid"];
    assert_eq!(always, meant);
    // A plain build of the api waits for no serde: its derive takes as long as the rest.
    assert_eq!(asked, ["serde", "serde_json"]);
    assert!(!manifest("handlers/api/Cargo.toml", "features").contains_key("default"));
    assert!(manifest("handlers/api/Cargo.toml", "build-dependencies").is_empty());
}

#[test]
fn the_built_in_handlers_depend_on_the_api_alone() {
    let found = manifest("handlers/Cargo.toml", "dependencies");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["jackfield-api"]);
}

/// What may be built for the tests of a package: all that the lock file has below it.
fn below(package: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
    let lock: toml::Table = text.parse().expect("TOML");
    let packages = lock["package"].as_array().expect("a list");
    let mut found = BTreeSet::new();
    let mut open = vec![package.to_owned()];
    while let Some(name) = open.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        // Of two versions of one name both are taken.
        let named = packages.iter().filter(|package| package["name"].as_str() == Some(&name));
        let below = named.filter_map(|package| package.get("dependencies")?.as_array()).flatten();
        // With its version, where there are two.
        let name = |entry: &toml::Value| Some(entry.as_str()?.split(' ').next()?.to_owned());
        open.extend(below.filter_map(name));
    }
    found
}

#[test]
fn tests_of_built_in_handlers_build_neither_a_web_server_nor_a_database() {
    let handlers = below("jackfield-handlers");
    assert!(handlers.contains("quick-xml"), "the search goes down");
    let service = below("jackfield");
    for heavy in ["axum", "diesel", "hyper", "libsqlite3-sys", "pq-sys", "tokio", "tower"] {
        assert!(service.contains(heavy), "{heavy} is still its name");
        assert!(!handlers.contains(heavy), "{heavy}");
    }
}

/// The built-in handlers, without their tests.
fn handlers() -> Vec<(PathBuf, String)> {
    sources("handlers")
        .into_iter()
        .filter(|(path, _)| !path.starts_with("handlers/api"))
        // What follows are tests, which read recorded bodies.
        .map(|(path, text)| {
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            (path, code)
        })
        .filter(|(path, _)| !path.ends_with("recorded.rs") && !path.ends_with("asked.rs"))
        .collect()
}

#[test]
fn the_built_in_handlers_do_no_input_or_output() {
    let handlers = handlers();
    assert!(handlers.len() > 15);
    for forbidden in ["std::fs", "std::net", "std::process", "std::io", "std::env", "std::thread"] {
        assert_eq!(naming(&handlers, forbidden), [""; 0], "{forbidden}");
    }
    for forbidden in ["SystemTime", "Instant", "println", "eprintln", "static mut"] {
        assert_eq!(naming(&handlers, forbidden), [""; 0], "{forbidden}");
    }
}

#[test]
fn only_the_storage_names_diesel() {
    let elsewhere: Vec<_> = program()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("src/db") && !path.ends_with("src/db.rs"))
        .collect();
    assert!(elsewhere.len() > 60);
    for word in ["diesel", "diesel_migrations"] {
        assert_eq!(naming(&elsewhere, word), [""; 0], "{word}");
    }
    assert!(naming(&sources("src/db"), "diesel").len() > 3, "the search finds it where it is");
}

#[test]
fn only_the_safe_layer_names_the_xml_writer() {
    let elsewhere: Vec<_> = program()
        .into_iter()
        .filter(|(path, _)| {
            !path.starts_with("handlers/api/xml") && !path.ends_with("handlers/api/document.rs")
        })
        .collect();
    assert_eq!(naming(&elsewhere, "quick_xml"), [""; 0]);
    assert!(naming(&sources("handlers/api/xml"), "quick_xml").len() > 3, "the search finds it");
}

#[test]
fn nothing_is_unsafe() {
    let all = [program(), sources("tests")].concat();
    let word = ["un", "safe"].concat();
    let named: Vec<_> =
        naming(&all, &word).into_iter().filter(|place| !place.contains("tidy.rs")).collect();
    assert_eq!(named, [""; 0]);
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    assert!(workspace.contains(&format!("{word}_code = \"forbid\"")));
    for manifest in ["Cargo.toml", "handlers/Cargo.toml", "handlers/api/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
        assert!(text.contains("[lints]\nworkspace = true"), "{manifest}");
    }
}

#[test]
fn no_handler_spells_a_field_of_a_look_up() {
    let handlers = handlers();
    for field in ["\"Hunt-", "\"Caller-", "\"sip_auth_", "\"Event-", "\"variable_", "\"purpose\""] {
        for (path, text) in &handlers {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(
                !code.clone().any(|line| line.contains(field)),
                "{field} in {}",
                path.display()
            );
        }
    }
}

/// Files of handlers that register nothing: parts that others are made of.
const PARTS: [&str; 13] = [
    "handlers/lib.rs",
    "handlers/configuration.rs",
    "handlers/configuration/recorded.rs",
    "handlers/configuration/stock.rs",
    "handlers/configuration/zones.rs",
    "handlers/directory.rs",
    "handlers/directory/asked.rs",
    "handlers/directory/credential.rs",
    "handlers/directory/lists.rs",
    "handlers/directory/pin.rs",
    "handlers/directory/user.rs",
    "handlers/events.rs",
    "handlers/events/who.rs",
];

#[test]
fn every_file_of_a_handler_is_linked_into_the_program() {
    let shown = run(&["handlers", "--json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&shown.stdout).expect("JSON");
    let places: BTreeSet<_> = rows
        .iter()
        .filter_map(|row| row["place"].as_str()?.rsplit_once(':'))
        .map(|(file, _)| file.to_owned())
        .collect();
    for (path, text) in sources("handlers") {
        let path = path.to_str().expect("UTF-8");
        if path.starts_with("handlers/api/") || PARTS.contains(&path) {
            continue;
        }
        assert!(places.contains(path), "{path} registers nothing, or is not linked");
        assert!(text.contains("register!("), "{path}");
    }
    for place in &places {
        assert!(root().join(place).exists(), "{place}");
    }
}

#[test]
fn the_top_level_holds_what_it_is_meant_to() {
    let folders: BTreeSet<_> = fs::read_dir(root())
        .expect("the root")
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    let meant =
        ["handlers", "lua-hooks", "migrations", "nginx", "prometheus", "src", "systemd", "tests"];
    let more: Vec<_> = folders.iter().filter(|name| !meant.contains(&name.as_str())).collect();
    assert!(more.is_empty(), "{more:?}");
}
