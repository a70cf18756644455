//! Whose the service's files are, and who else may read them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use serde_json::Value;

use crate::support::Base;

const NONE: [[String; 4]; 0] = [];

/// What is told of files, each with its level, its place and the command to give.
fn told(base: &Base, file: &str) -> Vec<[String; 4]> {
    let report = base.run_with(&["check", "--json", "--config", file], "").json();
    let findings = report["findings"].as_array().expect("a list").iter();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    findings
        .map(|finding| ["level", "what", "where", "write"].map(|key| text(finding, key)))
        .collect()
}

fn let_in(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn what_everybody_may_read_is_told_with_the_command_that_closes_it() {
    let base = Base::sqlite();
    let file = base.file_of(
        "j.toml",
        "[[switches]]\nname = 'a'\naddress = '127.0.0.1:1'\npassword_file = 'a.password'\n",
    );
    let password = base.file_of("a.password", "hush\n");
    fs::create_dir(base.state()).expect("a folder");
    let database = base.data().join("pbx.db");
    let paths = [database.as_path(), &base.state(), Path::new(&password), Path::new(&file)];
    for path in paths {
        let_in(path, if path.is_dir() { 0o700 } else { 0o600 });
    }
    assert_eq!(told(&base, &file), NONE);
    for (path, mode) in paths.into_iter().zip([0o644, 0o755, 0o604]) {
        let_in(path, mode);
        let place = path.display().to_string();
        let write = format!("chmod o= {place}");
        let expected = ["warning", "everybody on this machine may read it", &place, &write];
        assert_eq!(told(&base, &file), [expected.map(str::to_owned)]);
        let_in(path, mode & 0o770);
    }
    // Of settings a password alone is a secret.
    let_in(Path::new(&file), 0o644);
    assert_eq!(told(&base, &file), NONE);
    let text = "[[switches]]\nname = 'a'\naddress = '127.0.0.1:1'\npassword = 'hush'\n";
    base.file_of("j.toml", text);
    let_in(Path::new(&file), 0o644);
    let [found] = &told(&base, &file)[..] else { panic!("one") };
    assert_eq!(found[3], format!("chmod o= {file}"));
}

#[test]
fn a_file_of_another_user_than_its_folder_is_told_with_the_command_that_gives_it_back() {
    let base = Base::sqlite();
    let file = base.file_of("j.toml", "");
    let (data, database) = (base.data(), base.data().join("pbx.db"));
    if chown(&data, Some(65534), None).is_err() {
        eprintln!("SKIPPED: only root gives files away");
        return;
    }
    let found = told(&base, &file);
    let write = format!("chown --reference={} {}", data.display(), database.display());
    let expected = ["error", "it belongs to user 0, and its folder to user 65534"];
    assert!(
        found.iter().any(|it| it[0] == expected[0] && it[1] == expected[1] && it[3] == write),
        "{found:?}"
    );
    chown(&database, Some(65534), None).expect("root may");
    assert_eq!(told(&base, &file), NONE);
}
