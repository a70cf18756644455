//! Channels and their clients: what is shown once, and what never.

use std::time::{SystemTime, UNIX_EPOCH};

use md5::{Digest, Md5};
use serde_json::Value;
use sha2::Sha256;

use crate::support::{Base, on_each};

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}"))
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

fn one(base: &Base, query: &str) -> String {
    base.select(query).remove(0)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    since.as_secs().try_into().expect("small")
}

#[test]
fn a_channel_is_added_listed_shown_set_and_removed_and_its_token_is_shown_once() {
    on_each(|base| {
        let added = base.did(&["channel", "add", "desk", "--limit", "5", "--json"]);
        let token = text(&added.json(), "token").to_owned();
        assert_eq!(token.len(), 64, "{token}");
        assert!(added.err.contains("context «verto» is not there"), "{}", added.err);
        let stored = || one(base, "SELECT token_hash AS it FROM channels");
        assert_eq!(stored(), digits(&Sha256::digest(&token)));
        base.refuses(&["channel", "add", "DESK"], 1, "there is a channel «DESK» already");

        for shown in [
            base.did(&["channel", "show", "desk"]).all(),
            base.did(&["channel", "list", "--json"]).all(),
            base.did(&["channel", "set", "desk", "--limit", "0", "--json"]).all(),
        ] {
            assert!(!shown.contains(&token) && !shown.contains(&stored()), "{shown}");
        }
        let hash = stored();
        let set = base.did(&["channel", "set", "desk", "--new-token"]).out;
        assert!(stored() != hash && set.contains("\ntoken: "), "{set}");

        base.did(&[
            "channel",
            "set",
            "desk",
            "--second-login=punt-old",
            "--method=verto.subscribe",
            "--remove-method=verto.info",
            "--event-channel=presence",
            "--origin=https://example.com",
            "--enabled=false",
            "--session-life=600",
        ]);
        let shown = base.did(&["channel", "show", "desk", "--json"]).json();
        assert_eq!((&shown["enabled"], &shown["limit"]), (&Value::Bool(false), &Value::Null));
        assert_eq!(text(&shown, "second_login"), "punt-old");
        let methods = shown["methods"].to_string();
        assert!(methods.contains("verto.subscribe") && !methods.contains("info"), "{methods}");
        assert_eq!(shown["event_channels"].to_string(), r#"["presence"]"#);
        for (flag, words) in [
            ("--method=a,b", "is no method of verto"),
            ("--origin=example.com", "is no origin"),
            ("--session-life=1", "a session lives"),
            ("--name=a/b", "write letters"),
        ] {
            base.refuses(&["channel", "set", "desk", flag], 1, words);
        }
        base.refuses(&["channel", "set", "desk", "--second-login=x"], 64, "punt-new, punt-old");

        base.did(&["client", "add", "desk"]);
        base.refuses(&["channel", "remove", "desk"], 1, "it has 1 clients");
        let removed = base.did(&["channel", "remove", "desk", "--with-all"]);
        assert!(removed.err.contains("with it went 1 clients"), "{}", removed.err);
        assert!(base.select("SELECT name AS it FROM clients").is_empty());
    });
}

#[test]
fn whoever_makes_a_channel_that_no_page_can_ask_for_is_told_once() {
    let base = Base::sqlite();
    let off = "the public listener is off: `listen_public = \"127.0.0.1:8090\"` in the settings";
    let no_origin = "refused until their origin is listed";
    let said = |arguments: &[&str]| {
        let told = base.did(arguments).err;
        [told.contains(off), told.contains(no_origin)]
    };
    assert_eq!(said(&["channel", "add", "desk"]), [true, false]);
    assert_eq!(said(&["channel", "set", "desk", "--access=open"]), [false, true]);
    assert_eq!(said(&["channel", "set", "desk", "--limit=3"]), [false, false], "told already");
    let origin = "--origin=https://example.com";
    assert_eq!(said(&["channel", "set", "desk", origin]), [false, false]);
    let remove = "--remove-origin=https://example.com";
    assert_eq!(said(&["channel", "set", "desk", remove]), [false, true]);
    assert_eq!(said(&["channel", "add", "open", "--access=open", origin]), [true, false]);
    let file = base.file_of("j.toml", "listen_public = '127.0.0.1:8090'\n");
    let add = ["channel", "add", "other", "--access=open", "--config", &file];
    assert_eq!(said(&add), [false, true]);
}

#[test]
fn an_open_channel_has_no_token_until_it_asks_for_one() {
    let base = Base::sqlite();
    let added = base.did(&["channel", "add", "open", "--access", "open", "--json"]);
    assert!(added.json().get("token").is_none(), "{}", added.out);
    let set = base.did(&["channel", "set", "open", "--access", "token", "--json"]).json();
    assert_eq!(text(&set, "token").len(), 64);
}

#[test]
fn a_client_is_shown_its_password_and_session_once_and_they_are_in_no_list() {
    on_each(|base| {
        base.did(&["channel", "add", "desk", "--session-life", "600"]);
        base.did(&["channel", "add", "other"]);
        base.refuses(&["client", "add", "none"], 1, "there is no channel «none»");
        let told = base.did(&["client", "add", "desk", "--json"]).json();
        let [name, password, session] =
            ["name", "password", "session"].map(|field| text(&told, field).to_owned());
        assert_eq!((text(&told, "domain"), text(&told, "channel")), ("verto", "desk"));
        let left = told["expires"].as_i64().expect("a time") - now();
        assert!((590..=600).contains(&left), "{left}");
        let hash = one(base, "SELECT ha1 AS it FROM clients");
        assert_eq!(hash, digits(&Md5::digest(format!("{name}:verto:{password}"))));
        assert_eq!(one(base, "SELECT session AS it FROM clients"), session);

        let upper = name.to_uppercase();
        for shown in [
            base.did(&["client", "show", &upper]).all(),
            base.did(&["client", "show", &name, "--json"]).all(),
            base.did(&["client", "list"]).all(),
            base.did(&["client", "list", "--json"]).all(),
            base.did(&["client", "set", &name, "--life", "60", "--json"]).all(),
            base.did(&["changes", "--json"]).all(),
        ] {
            assert!(shown.contains(&name), "{shown}");
            for secret in [&password, &session, &hash] {
                assert!(!shown.contains(secret.as_str()), "{shown}");
            }
        }
        base.did(&["client", "add", "other"]);
        let of_one = base.did(&["client", "list", "--channel", "desk", "--json"]).json();
        assert_eq!(of_one.as_array().map(Vec::len), Some(1), "{of_one}");
        assert_eq!(
            base.did(&["client", "list", "--json"]).json().as_array().map(Vec::len),
            Some(2)
        );
        base.refuses(&["client", "show", "x"], 64, "named by a UUID");

        let other =
            base.did(&["client", "set", &name, "--new-password", "--new-session", "--json"]);
        let other = other.json();
        assert_ne!(text(&other, "password"), password);
        assert_eq!(
            base.select(&format!("SELECT session AS it FROM clients WHERE name = '{name}'")),
            [text(&other, "session")]
        );
        base.refuses(&["client", "set", &name, "--disconnected"], 1, "it is not connected");
        base.sql(&format!(
            "UPDATE clients SET connected = {}, connected_address = '192.0.2.1:1', \
             connected_switch = 'vm' WHERE name = '{name}'",
            now()
        ));
        let lines = base.did(&["client", "list"]).out;
        assert!(lines.contains("connected  192.0.2.1:1  vm"), "{lines}");
        let removed = base.did(&["client", "remove", &name]);
        assert!(removed.err.contains("connected to switch «vm»"), "{}", removed.err);
    });
}

#[test]
fn the_domain_of_the_settings_is_the_one_that_passwords_are_made_for() {
    let base = Base::sqlite();
    base.did(&["channel", "add", "desk"]);
    let mut command = crate::support::jackfield();
    command.args(["client", "add", "desk", "--json"]);
    command.env("JACKFIELD_DATABASE_URL", &base.url).env("JACKFIELD_STATE_DIR", base.state());
    command.env("JACKFIELD_VERTO_DOMAIN", "web.test");
    let out = command.output().expect("the program runs").stdout;
    let told: Value = serde_json::from_slice(&out).expect("JSON");
    let text = format!("{}:web.test:{}", text(&told, "name"), text(&told, "password"));
    assert_eq!(one(&base, "SELECT ha1 AS it FROM clients"), digits(&Md5::digest(text)));
}
