//! What `jackfield snippet` prints is right, for whichever settings.

use std::fs;

use serde_json::json;

use super::files::checked;
use crate::support::jackfield;

const ALL: [&str; 6] = ["xml_curl", "lua", "nginx", "systemd", "systemd-socket", "prometheus"];

/// Settings, and words of what is printed for them.
const SETTINGS: [(&str, &[(&str, &str)]); 5] = [
    (
        "",
        &[
            ("xml_curl", "\"http://127.0.0.1:8080/fsapi\""),
            ("xml_curl", "name=\"timeout\" value=\"2\""),
        ],
    ),
    (
        "listen_machine = '127.0.0.1:9191'\nlisten_public = '127.0.0.1:9292'\nverto.url = 'wss://web.example.com:8082'",
        &[
            ("xml_curl", "\"http://127.0.0.1:9191/fsapi\""),
            ("nginx", "proxy_pass http://127.0.0.1:9191;"),
            ("nginx", "proxy_pass http://127.0.0.1:9292;"),
            ("nginx", "server_name web.example.com;"),
            ("systemd-socket", "ListenStream=127.0.0.1:9191"),
            ("prometheus", "127.0.0.1:9191"),
        ],
    ),
    (
        "listen_machine = '192.0.2.10:8080'\ntrusted_peers = ['192.0.2.20/32']\nmachine_hosts = ['192.0.2.10']",
        &[
            ("xml_curl", "\"http://192.0.2.10:8080/fsapi\""),
            ("nginx", "proxy_pass http://192.0.2.10:8080;"),
        ],
    ),
    (
        "listen_machine = '0.0.0.0:8080'\nmachine_hosts = ['pbx.internal']\nstate_dir = '/srv/j f'\nrecord.on = true\nrecord.folder = '/srv/looked-up'",
        &[
            ("xml_curl", "\"http://pbx.internal:8080/fsapi\""),
            ("prometheus", "pbx.internal:8080"),
            ("systemd", "ReadWritePaths=\"/srv/j f\""),
            ("systemd", "ReadWritePaths=/srv/looked-up\n"),
        ],
    ),
    (
        "listen_machine = '127.0.0.1:8090'\nlisten_public = '127.0.0.1:8080'\nsections.dialplan.deadline_ms = 7500",
        &[
            ("xml_curl", "name=\"timeout\" value=\"8\""),
            ("nginx", "proxy_read_timeout 8s;"),
            ("nginx", "X-Forwarded-For $remote_addr"),
        ],
    ),
];

#[test]
fn a_unit_names_no_database_that_the_service_does_not_have() {
    for (url, names) in [
        ("sqlite:/var/lib/jackfield/jackfield.db", true),
        ("postgres://jackfield:hush@192.0.2.5/jackfield", false),
    ] {
        let mut command = jackfield();
        command.args(["snippet", "systemd"]).env("JACKFIELD_DATABASE_URL", url);
        let printed = command.output().expect("it runs");
        let text = String::from_utf8(printed.stdout).expect("UTF-8");
        assert!(text.contains("# Settings: /") && !text.contains("hush"), "{text}");
        assert_eq!(text.contains("jackfield.db"), names, "{text}");
    }
}

#[test]
fn nothing_is_found_in_what_is_printed() {
    let work = tempfile::tempdir().expect("a folder");
    let settings_file = work.path().join("j.toml");
    for (settings, words) in SETTINGS {
        fs::write(&settings_file, settings).expect("writable");
        for which in ALL {
            let printed = jackfield()
                .env_remove("JACKFIELD_LISTEN_MACHINE")
                .args(["snippet", which, "--config"])
                .arg(&settings_file)
                .output()
                .expect("it runs");
            assert!(
                printed.status.success(),
                "{which}: {}",
                String::from_utf8_lossy(&printed.stderr)
            );
            let text = String::from_utf8(printed.stdout).expect("UTF-8");
            for (_, words) in words.iter().filter(|(of, _)| *of == which) {
                assert!(text.contains(words), "{which} lacks {words}:\n{text}");
            }
            let file = work.path().join(which);
            fs::write(&file, &text).expect("writable");
            assert_eq!(
                checked(&[&file], settings),
                [json!(null); 0],
                "{which} for {settings}:\n{text}"
            );
        }
        let all = ALL.map(|which| work.path().join(which));
        let all: Vec<_> = all.iter().map(std::path::PathBuf::as_path).collect();
        assert_eq!(checked(&all, settings), [json!(null); 0], "all of them together");
    }
}

#[test]
fn a_unit_starts_with_the_settings_that_it_was_printed_for() {
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("j.toml");
    fs::write(&file, "").expect("writable");
    let printed = jackfield().args(["snippet", "systemd", "--config"]).arg(&file).output();
    let text = String::from_utf8(printed.expect("it runs").stdout).expect("UTF-8");
    for command in ["serve", "migrate"] {
        let line = format!("/usr/bin/jackfield {command} --config {}\n", file.display());
        assert!(text.contains(&line), "{text}");
    }
}
