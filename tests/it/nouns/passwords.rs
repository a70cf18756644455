//! Passwords and PINs: from standard input alone, shown never again, and void where their names change.

use crate::support::{Base, Body, Program, body, on_each, post};

const PASSWORD: &str = "a very good password 9";
const PIN: &str = "48151623";

fn logging_in(user: &str) -> Body {
    body(42).set("user", user).set_last("sip_auth_username", user)
}

/// Whether the switch is told that nobody can log in as this user.
fn is_closed(program: &Program, asked: &Body) -> bool {
    let answer = post(program.machine, asked.bytes());
    let text = answer.text();
    assert!(text.contains("<user "), "{text}");
    text.contains("sip-forbid-register") && !text.contains("\"a1-hash\"")
}

fn hashes(base: &Base, user: &str) -> Vec<String> {
    let stored = base.select(&format!(
        "SELECT secrets || ' ' || coalesce(voicemail_hash, '') AS it FROM users WHERE name = '{user}'"
    ));
    let hex = |c: char| !c.is_ascii_hexdigit();
    let words = stored.iter().flat_map(|text| text.split(hex));
    words.filter(|word| word.len() >= 32).map(str::to_owned).collect()
}

#[test]
fn a_password_is_read_from_standard_input_and_shown_by_no_command() {
    on_each(|base| {
        let program = Program::serve(base);
        let mut told = vec![
            base.did_with(&["user", "add", "2000", "--password-stdin", "--no-pin"], PASSWORD).all(),
            base.did_with(&["user", "set", "2000", "--pin-stdin"], PIN).all(),
        ];
        assert!(!is_closed(&program, &logging_in("2000")));
        let hashes = hashes(base, "2000");
        assert_eq!(hashes.len(), 3, "MD5, SHA-256, and that of the PIN");
        for arguments in [
            &["user", "show", "2000"][..],
            &["user", "show", "2000", "--json"],
            &["user", "list"],
            &["user", "list", "--json"],
            &["user", "set", "2000", "--enabled", "false"],
            &["user", "set", "2000", "--enabled", "true", "--json"],
            &["changes"],
            &["changes", "--json"],
        ] {
            told.push(base.did(arguments).all());
        }
        told.push(base.explained(&logging_in("2000")));
        told.push(base.did(&["user", "remove", "2000"]).all());
        told.push(program.log());
        for told in told {
            for secret in hashes.iter().map(String::as_str).chain([PASSWORD, PIN]) {
                assert!(!told.contains(secret), "{told}");
            }
        }
    });
}

#[test]
fn a_password_on_the_command_line_is_refused() {
    on_each(|base| {
        for arguments in [
            &["user", "add", "x", "--password", PASSWORD][..],
            &["user", "add", "x", "--password-stdin=y"],
            &["user", "add", "x", "--pin", PIN],
        ] {
            base.refuses(arguments, 64, "password-stdin");
        }
        for (param, flag) in [
            ("password=y", "--secret-param"),
            ("vm-password=1", "--secret-param"),
            ("a1-hash=0f", "--secret-param"),
            ("reverse-auth-pass=y", "--secret-param"),
        ] {
            base.refuses(&["user", "set", "1000", "--param", param], 1, flag);
        }
        base.refuses(&["global", "add", "default_password", "y"], 1, "--value-stdin");
        for (input, why) in [("", "is empty"), ("a\nb", "line break"), ("a\u{7}", "control")] {
            base.refuses_with(&["user", "set", "1000", "--password-stdin"], input, 1, why);
        }
        base.refuses_with(&["user", "set", "1000", "--pin-stdin"], "12a", 1, "a PIN is");
    });
}

#[test]
fn a_made_up_password_is_shown_once() {
    on_each(|base| {
        let added = base.did(&["user", "add", "2000", "--json"]).json();
        let (password, pin) = (added["password"].clone(), added["pin"].clone());
        let (password, pin) = (password.as_str().expect("one"), pin.as_str().expect("one"));
        assert!(password.len() >= 20 && pin.len() == 6);
        let shown = base.did(&["user", "show", "2000", "--json"]).out;
        assert!(!shown.contains(password) && !shown.contains(&format!("\"{pin}\"")), "{shown}");
        let again = base.did(&["user", "set", "2000", "--generate-password"]).out;
        assert!(again.contains("\npassword: ") && !again.contains(password), "{again}");
    });
}

#[test]
fn another_id_voids_password_and_pin_and_says_so() {
    on_each(|base| {
        let program = Program::serve(base);
        assert!(!is_closed(&program, &logging_in("1000")));
        let told = base.did(&["user", "set", "1000", "--id", "1100"]).err;
        assert!(told.contains("the password is void: nobody can log in"), "{told}");
        assert!(told.contains("the PIN is void: the mailbox is closed"), "{told}");
        assert!(told.contains("jackfield user set 1100@pbx.example.test --password-stdin"));
        assert!(is_closed(&program, &logging_in("1100")));
        base.did_with(&["user", "set", "1100", "--password-stdin"], PASSWORD);
        assert!(!is_closed(&program, &logging_in("1100")));
        let told = base.did_with(
            &["user", "set", "1100", "--id", "1200", "--password-stdin", "--no-pin"],
            PASSWORD,
        );
        assert!(!told.err.contains("void"), "{}", told.err);
        assert!(!is_closed(&program, &logging_in("1200")));
    });
}

#[test]
fn another_name_of_the_domain_voids_the_passwords_of_its_users_and_says_so() {
    on_each(|base| {
        let program = Program::serve(base);
        let rename = ["domain", "set", "pbx.example.test", "--name", "new.test"];
        base.refuses(&rename, 1, "--void-passwords");
        base.did(&["global", "add", "home", "pbx.example.test"]);
        let told = base.did(&[&rename[..], &["--void-passwords"]].concat()).err;
        assert!(told.contains("still named «pbx.example.test»: global home"), "{told}");
        assert!(told.contains("are void: 1000, 1001"), "{told}");
        assert!(told.contains("jackfield user set ID@new.test --password-stdin"), "{told}");
        let asked = logging_in("1000")
            .set("key_value", "new.test")
            .set_last("domain", "new.test")
            .set_last("sip_auth_realm", "new.test");
        assert!(is_closed(&program, &asked));
        base.did_with(&["user", "set", "1000", "--password-stdin"], PASSWORD);
        assert!(!is_closed(&program, &asked));
        let told = base.did(&["domain", "set", "new.test", "--realm", "other.test"]).err;
        assert!(told.contains("1 users cannot log in with every realm"), "{told}");
        assert!(told.contains("until they get a new password: 1000\n"), "{told}");
        let other = asked.set_last("sip_auth_realm", "other.test");
        assert!(is_closed(&program, &other));
    });
}

#[test]
fn a_secret_in_kept_xml_is_not_shown_wherever_it_stands() {
    on_each(|base| {
        for table in ["users", "domains", "profiles", "gateways"] {
            base.sql(&format!(
                "UPDATE {table} SET others = '<extra password=\"LEAK\"><token>LEAK</token></extra>'"
            ));
        }
        for noun in ["user", "domain", "profile", "gateway"] {
            let list = base.did(&[noun, "list", "--json"]);
            assert!(list.json().as_array().is_some_and(|list| !list.is_empty()), "{noun}");
            assert!(
                list.out.contains("extra") && !list.all().contains("LEAK"),
                "{noun}: {}",
                list.out
            );
            let id = format!("id:{}", list.json()[0]["id"]);
            for told in [base.did(&[noun, "show", &id]), base.did(&[noun, "show", &id, "--json"])] {
                assert!(!told.all().contains("LEAK"), "{noun}: {}", told.all());
            }
        }
    });
}

#[test]
fn a_secret_variable_is_read_from_standard_input_and_stored_as_a_variable() {
    on_each(|base| {
        let given = ["user", "set", "1000", "--variable", "sip_auth_password=hush-9"];
        base.refuses(&given, 1, "use --secret-variable sip_auth_password");
        let read = ["user", "set", "1000", "--secret-variable", "sip_auth_password"];
        let told = base.did_with(&read, "hush-9").all();
        let shown = base.did(&["user", "show", "1000", "--json"]);
        assert!(!told.contains("hush-9") && !shown.all().contains("hush-9"));
        let variables = shown.json()["variables"].to_string();
        assert!(variables.contains("\"sip_auth_password\",\"secret\":true"), "{variables}");
        let stored = base.select("SELECT variables AS it FROM users WHERE name = '1000'");
        assert!(stored[0].contains("hush-9"), "{stored:?}");
        let both = [&read[..], &["--secret-param", "x"]].concat();
        base.refuses(&both, 64, "cannot be used with");
    });
}
