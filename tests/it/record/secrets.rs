//! No secret that is sent is in a recorded file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{files, recorded, recording, told, tool};
use crate::support::{Body, body, demo, encoded, logins, post, recorded as bodies};

/// Fields that a switch, a phone or a browser sends secrets in.
const SECRET: [&str; 34] = [
    "sip_auth_response",
    "sip_auth_nonce",
    "sip_auth_cnonce",
    "variable_sip_auth_response",
    "variable_sip_auth_nonce",
    "user_supplied_pass",
    "sessid",
    "session_id",
    "variable_verto_session_id",
    "Channel-Name",
    "Caller-Channel-Name",
    "variable_channel_name",
    "jsonrpc-password",
    "VM-User-Password",
    "vm-password",
    "Password",
    "passwd",
    "token",
    "pin",
    "variable_pin",
    "variable_digits_dialled",
    "X-Api-Key",
    "X-Anything",
    "Authorization",
    "variable_sip_h_X-Secret",
    "sip_h_Authorization",
    "variable_switch_r_sdp",
    "variable_sip_full_from",
    "variable_sip_req_uri",
    "sip_auth_uri",
    "userVariables",
    "data",
    "cookie",
    "variable_rtp_secure_media",
];

/// Values that are not to be kept, whatever the field.
const WITHIN: [(&str, &str); 9] = [
    ("user", "sip_auth_password=SECRET"),
    ("sip_user_agent", "http://u:SECRET@h/"),
    ("Hunt-Destination-Number", "{my_pin=SECRET}x"),
    ("domain", "x?token=SECRET&y"),
    ("sip_from_user", "x?token%3DSECRET&y"),
    ("sip_user_agent", "x token%253DSECRET y"),
    ("user", "pin:SECRET"),
    ("sip_auth_username", "SECRET952803ee31f1040c698ab475f99d4fbc@h"),
    ("Caller-Destination-Number", "*97*U0VDUkVU+SECRET/U0VDUkVUU0VDUkVU="),
];

#[test]
fn no_secret_that_is_sent_is_in_a_recorded_file_or_shown_of_it() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    let mut secrets = Vec::new();
    let mut asked = 0;
    let mut ask = |body: &Body| {
        post(service.machine, body.bytes());
        asked += usize::from(body.get("section").is_some());
    };
    for (name, bytes) in bodies() {
        let mut body = Body::parse(&String::from_utf8(bytes).expect("ASCII"));
        for field in [
            "sip_auth_nonce",
            "sip_auth_cnonce",
            "sip_auth_response",
            "VM-User-Password",
            "session_id",
        ] {
            secrets.extend(body.get(field).filter(|it| !it.is_empty()).map(str::to_owned));
        }
        let is_lookup = body.get("section").is_some();
        for (at, field) in SECRET.iter().enumerate().filter(|_| is_lookup) {
            let secret = format!("hush{at}x{}", name.replace('-', "x"));
            body = body.and(field, &encoded(&secret));
            secrets.push(secret);
        }
        ask(&body);
    }
    for (at, (field, value)) in WITHIN.iter().enumerate() {
        let secret = format!("within{at}");
        let value = encoded(&value.replace("SECRET", &secret));
        ask(&body(42).and(field, &value));
        ask(&body(23).and(field, &value));
        secrets.push(secret);
    }
    // A name of a stranger's, and one of our own session ids as a name.
    ask(&body(53).and("hushname", "x").and("hush%20name", "x"));
    let session = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF";
    ask(&body(23).set("Hunt-Destination-Number", session));
    secrets.extend(["hushname".to_owned(), "hush%20name".to_owned(), session.to_owned()]);
    let snapshot = demo(state.path());
    for user in snapshot.contents().domains.iter().flat_map(|domain| domain.users().iter()) {
        secrets.extend(user.secrets().filter_map(|secret| secret.ha1()));
        secrets.extend(user.voicemail_hash());
    }
    secrets.extend(logins(state.path()).into_iter().map(|login| login.password));
    let shown = recorded(state.path());
    assert_eq!(shown.len(), asked, "every look-up is recorded once");
    let folder = state.path().join("record");
    let mut all = files(&folder) + &shown.iter().map(ToString::to_string).collect::<String>();
    all += &told(&tool(state.path(), "lookups", &["--last", "100000"]));
    all += &told(&tool(state.path(), "explain", &["--lookup", "22"]));
    for secret in secrets {
        let around = |at: usize| {
            let (before, after) = (&all[..at], &all[at..]);
            let before: String = before.chars().rev().take(40).collect();
            before.chars().rev().chain(after.chars().take(80)).collect::<String>()
        };
        let found = all.find(&secret).map(around);
        assert!(found.is_none(), "{secret} is recorded: {found:?}");
    }
    let mode =
        |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).expect("a folder") {
        assert_eq!(mode(&entry.expect("there").path()), 0o600);
    }
}

#[test]
fn a_field_that_is_asked_for_is_kept_and_a_secret_one_cannot_be() {
    let state = tempfile::tempdir().expect("a folder");
    let settings = [("JACKFIELD_RECORD_FIELDS", "variable_sip_h_X-Trunk")];
    let service = recording(state.path(), &settings);
    let call =
        body(23).and("variable_sip_h_X-Trunk", "north").and("variable_sip_h_X-Other", "south");
    post(service.machine, call.bytes());
    let shown = recorded(state.path());
    let kept = shown[0]["body"].as_str().expect("a body");
    assert!(kept.ends_with("&variable_sip_h_X-Trunk=north") && !kept.contains("south"), "{kept}");
    let mut refused = crate::support::jackfield();
    refused.args(["lookups"]).env("JACKFIELD_RECORD_FIELDS", "variable_pin");
    let refused = refused.output().expect("it runs");
    assert_eq!(refused.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is never kept"));
}
