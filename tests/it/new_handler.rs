//! `jackfield new-handler`, in a tree and in a crate of its own. That what it writes is built and
//! passes its tests is seen by `tests/plugin/run`; the skeletons themselves by `tests/skeletons.rs`.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::jackfield;

/// The beginnings of a checkout.
fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in
        ["handlers/lib.rs", "handlers/configuration.rs", "handlers/api/Cargo.toml", "Cargo.lock"]
    {
        let to = folder.path().join(file);
        fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        fs::copy(root.join(file), to).expect("copied");
    }
    folder
}

fn new_handler(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = jackfield();
    command.arg("new-handler").args(arguments).current_dir(folder).output().expect("it runs")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}

#[test]
fn a_handler_in_the_tree_is_one_new_file_and_one_line_elsewhere() {
    let checkout = checkout();
    let before = fs::read_to_string(checkout.path().join("handlers/lib.rs")).expect("UTF-8");
    let done = new_handler(checkout.path(), &["by-caller", "--kind", "dialplan", "--in-tree"]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(
        said(&done).contains("cargo test -p jackfield-handlers by_caller::"),
        "{}",
        said(&done)
    );
    let handler =
        fs::read_to_string(checkout.path().join("handlers/by_caller.rs")).expect("written");
    let registered =
        "register!(DialplanHandler, \"by-caller\", Keys::Fixed(&[\"by-caller\"]), ByCaller);";
    assert!(handler.contains(registered) && !handler.contains("xample"), "{handler}");
    let after = fs::read_to_string(checkout.path().join("handlers/lib.rs")).expect("UTF-8");
    assert_eq!(after.replace("mod by_caller;\n", ""), before);
    assert!(after.contains("mod by_caller;\nmod chatplan;\n"), "{after}");
}

#[test]
fn a_handler_stands_beside_those_of_its_kind_with_the_key_that_is_given() {
    let checkout = checkout();
    let below = checkout.path().join("handlers/api");
    let arguments = ["weather", "--kind", "configuration", "--key", "forecast.conf", "--in-tree"];
    let done = new_handler(&below, &arguments);
    assert!(done.status.success(), "{}", said(&done));
    let read = |path: &str| fs::read_to_string(checkout.path().join(path)).expect("UTF-8");
    assert!(read("handlers/configuration/weather.rs").contains("\"forecast.conf\""));
    assert!(read("handlers/configuration.rs").contains("mod voicemail;\nmod weather;\nmod zones;"));
}

#[test]
fn a_handler_whose_name_is_that_of_a_type_it_needs_has_another_type() {
    let checkout = checkout();
    let done = new_handler(checkout.path(), &["extension", "--kind", "dialplan", "--in-tree"]);
    assert!(done.status.success(), "{}", said(&done));
    let handler =
        fs::read_to_string(checkout.path().join("handlers/extension.rs")).expect("written");
    assert!(handler.contains("struct ExtensionHandler;"), "{handler}");
    assert!(handler.contains("register!(DialplanHandler, \"extension\""), "{handler}");
}

#[test]
fn a_crate_takes_jackfield_from_where_it_is_told() {
    let checkout = checkout();
    let folder = tempfile::tempdir().expect("a folder");
    let path = checkout.path().to_str().expect("UTF-8");
    for (source, api) in [
        (path, format!("jackfield-api = {{ path = \"{path}/handlers/api\" }}")),
        (
            "https://git.example.test/jackfield",
            "jackfield-api = { git = \"https://git.example.test/jackfield\" }".to_owned(),
        ),
    ] {
        let to = folder.path().join(if source == path { "acme-pbx" } else { "acme-git" });
        let name = to.to_str().expect("UTF-8");
        let arguments = ["crm", "--kind", "async-dialplan", "--crate", name, "--jackfield", source];
        let done = new_handler(folder.path(), &arguments);
        assert!(done.status.success(), "{}", said(&done));
        let read = |file: &str| fs::read_to_string(to.join(file)).expect("UTF-8");
        assert!(read("Cargo.toml").contains(&api), "{}", read("Cargo.toml"));
        let _: toml::Table = read("Cargo.toml").parse().expect("TOML");
        assert!(read("src/lib.rs").contains("mod crm;"));
        assert!(read("src/main.rs").contains("use acme_"));
        assert_eq!(to.join("Cargo.lock").exists(), source == path);
        for file in [
            "Cargo.toml",
            "src/lib.rs",
            "src/main.rs",
            "src/crm.rs",
            "tests/linked.rs",
            "README.md",
        ] {
            assert!(!read(file).contains("example_"), "{file}: {}", read(file));
        }
        // The next one goes beside it.
        let done = new_handler(&to, &["banner", "--kind", "configuration", "--in-tree"]);
        assert!(done.status.success(), "{}", said(&done));
        assert!(to.join("src/banner.rs").is_file());
        assert!(read("src/lib.rs").contains("mod banner;\nmod crm;\n"), "{}", read("src/lib.rs"));
    }
}

#[test]
fn what_is_there_is_never_overwritten_and_nothing_is_half_done() {
    let checkout = checkout();
    let path = checkout.path();
    let before = fs::read_to_string(path.join("handlers/lib.rs")).expect("UTF-8");
    fs::write(path.join("handlers/mine.rs"), "// mine").expect("written");
    fs::create_dir(path.join("full")).expect("made");
    fs::write(path.join("full/mine"), "mine").expect("written");
    let crate_in = |folder: &'static str, jackfield: &'static str| {
        vec!["other", "--kind", "dialplan", "--crate", folder, "--jackfield", jackfield]
    };
    let in_tree = |name: &'static str, kind: &'static str| vec![name, "--kind", kind, "--in-tree"];
    for (arguments, code, words) in [
        (in_tree("mine", "dialplan"), 1, "handlers/mine.rs is there already"),
        (in_tree("dialplan", "dialplan"), 1, "there is a handler «dialplan»"),
        (in_tree("outside", "async-dialplan"), 1, "--crate DIR"),
        (in_tree("Mine", "dialplan"), 64, "write small letters and digits"),
        (in_tree("match", "dialplan"), 64, "a word of Rust"),
        (in_tree("other", "dialplans"), 64, "dialplan"),
        (vec!["other", "--kind", "dialplan"], 64, "--in-tree"),
        (vec!["other", "--kind", "dialplan", "--crate", "new"], 64, "--jackfield"),
        (vec!["other", "--kind", "dialplan", "--key", "a\"b", "--in-tree"], 64, "letters"),
        (crate_in("full", "."), 1, "full is there already"),
        (crate_in("Full", "."), 1, "as in «acme-handlers»"),
        (crate_in("new", "full"), 1, "full: no checkout of Jackfield"),
    ] {
        let done = new_handler(path, &arguments);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {}", said(&done));
        assert!(said(&done).contains(words), "{arguments:?}: {}", said(&done));
    }
    let nowhere = tempfile::tempdir().expect("a folder");
    let done = new_handler(nowhere.path(), &in_tree("other", "dialplan"));
    assert!(said(&done).contains("not inside a checkout of Jackfield"), "{}", said(&done));
    assert_eq!(fs::read_to_string(path.join("handlers/lib.rs")).expect("UTF-8"), before);
    assert_eq!(fs::read_to_string(path.join("handlers/mine.rs")).expect("UTF-8"), "// mine");
    assert!(!path.join("new").exists() && !path.join("Full").exists());
}
