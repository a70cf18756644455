//! Many users from a CSV file: all of them, or none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Base, Program, body, jackfield, on_each, post};

fn count(base: &crate::support::Base) -> usize {
    base.did(&["user", "list", "--json"]).json().as_array().expect("a list").len()
}

#[test]
fn a_file_of_users_is_taken_as_a_whole() {
    on_each(|base| {
        let program = Program::serve(base);
        let before = count(base);
        let file = base.file_of(
            "users.csv",
            "id,number_alias,password,pin,caller_id_name,context,variable:toll_allow,enabled\n\
             2000,72000,secret-of-2000,4711,\"Doe, Jane\",default,domestic,true\n\
             2001,,,,Roe,default,,false\n",
        );
        let told = base.did(&["user", "add", "--from", &file]);
        assert!(told.out.contains("added 2 users"), "{}", told.out);
        assert!(told.err.contains("1 of them have no password"), "{}", told.err);
        assert_eq!(count(base), before + 2);
        let asked = body(42).set("user", "2000").set_last("sip_auth_username", "2000");
        let answer = post(program.machine, asked.bytes());
        for words in ["Doe, Jane", "toll_allow", "\"a1-hash\""] {
            assert!(answer.text().contains(words), "{words}: {}", answer.text());
        }
        let all = format!("{}{}", told.all(), base.did(&["user", "show", "2000"]).all());
        assert!(!all.contains("secret-of-2000") && !all.contains("4711"), "{all}");
    });
}

#[test]
fn of_a_file_with_bad_rows_each_is_told_by_its_line_and_nothing_is_written() {
    on_each(|base| {
        let file = base.file_of(
            "users.csv",
            "id,number_alias,cidr,pin,enabled,domain\n\
             2000,,,,,\n\
             a%41,,,,,\n\
             2000,,,,,\n\
             1000,,,,,\n\
             2001,1001,,,,\n\
             2002,,300.0.0.0/8,,,\n\
             2003,,,12a,,\n\
             2004,,,,maybe,\n\
             2005,,,,,nowhere.test\n\
             ,,,,,\n",
        );
        let arguments = ["user", "add", "--from", &*file];
        base.refuses(&arguments, 1, "9 rows cannot be taken, so none was");
        for words in [
            "line 3: the switch sends «%41» decoded",
            "line 4: user «2000@pbx.example.test»: «2000» is a name of user «2000» already",
            "line 5: user «1000@pbx.example.test»: «1000» is a name",
            "line 6: user «2001@pbx.example.test»: «1001» is a name of user «1001»",
            "line 7: user «2002@pbx.example.test»: «300.0.0.0/8» is no network",
            "line 8: a PIN is 1 to 20 digits",
            "line 9: enabled is true or false",
            "line 10: there is no domain «nowhere.test»",
            "line 11: the id is empty",
        ] {
            base.refuses(&arguments, 1, words);
        }
        for (text, words) in [
            ("name\nx\n", "line 1: there is no column «name»"),
            ("domain\nx\n", "there is no column id"),
            ("id,id\nx,y\n", "is there twice"),
            ("id,param:password\nx,y\n", "parameters that hold secrets"),
            ("id,domain\nx\n", "line: 2"),
        ] {
            let file = base.file_of("bad.csv", text);
            base.refuses(&["user", "add", "--from", &file], 1, words);
        }
        base.refuses(&["user", "add", "--from", "/nonexistent"], 1, "/nonexistent");
        base.refuses(&["user", "add", "x", "--from", &file], 64, "--from");
    });
}

#[test]
fn made_up_passwords_go_into_a_new_file_for_its_owner_alone() {
    on_each(|base| {
        let file = base.file_of("users.csv", "id,password\n2000,\n2001,own password\n2002,\n");
        let made = base.folder.path().join("made.csv");
        let path = made.to_str().expect("UTF-8");
        let arguments = ["user", "add", "--from", &file, "--passwords-to", path];
        let told = base.did(&arguments).all();
        let allowed = fs::metadata(&made).expect("made").permissions().mode();
        assert_eq!(allowed & 0o777, 0o600);
        let text = fs::read_to_string(&made).expect("readable");
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows[0], ["id", "domain", "password", "pin"]);
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[2][2], "", "that one had its own");
        for row in &rows[1..] {
            assert!(row[2].is_empty() || row[2].len() >= 20);
            assert!(row[3].len() == 6 && !told.contains(row[3]));
            assert!(row[2].is_empty() || !told.contains(row[2]));
        }
        let again = base.file_of("more.csv", "id\n2003\n");
        let arguments = ["user", "add", "--from", &again, "--passwords-to", path];
        base.refuses(&arguments, 1, "made.csv is there already");
        assert_eq!(fs::read_to_string(&made).expect("readable"), text);
    });
}

#[test]
fn passwords_that_were_not_stored_are_in_no_file() {
    on_each(|base| {
        let made = base.folder.path().join("made.csv");
        let path = made.to_str().expect("UTF-8");
        let bad = base.file_of("users.csv", "id\n2000\n1000\n");
        let arguments = ["user", "add", "--from", &bad, "--passwords-to", path];
        base.refuses(&arguments, 1, "line 3");
        assert!(!made.exists());
        let good = base.file_of("users.csv", "id\n2000\n");
        let nowhere = ["user", "add", "--from", &good, "--passwords-to", "/nonexistent/x"];
        base.refuses(&nowhere, 1, "/nonexistent/x cannot be made");
        let elsewhere = jackfield().args(arguments).output().expect("the program runs");
        assert!(!elsewhere.status.success() && !made.exists(), "its database is not there");
        base.sql(if base.is_postgres() {
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'no commit'; END $$; \
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION fail()"
        } else {
            "CREATE TRIGGER late BEFORE UPDATE ON revision \
             WHEN old.writer IS NOT NULL AND new.writer IS NULL \
             BEGIN SELECT RAISE(ABORT, 'no commit'); END"
        });
        let arguments = ["user", "add", "--from", &good, "--passwords-to", path];
        base.refuses(&arguments, 1, "no commit");
        assert!(!made.exists());
    });
}

#[test]
fn many_users_are_changed_by_a_file_and_what_no_column_names_stays() {
    on_each(|base| {
        let file =
            base.file_of("set.csv", "id,caller_id_name,password\n1000,New,new one\n1001,,\n");
        let told = base.did(&["user", "set", "--from", &file]);
        assert!(told.out.contains("changed 2 users"), "{}", told.out);
        let user = base.did(&["user", "show", "1000", "--json"]).json();
        let text = user.to_string();
        assert!(text.contains("\"New\"") && text.contains("someone@example.test"), "{text}");
        let other = base.did(&["user", "show", "1001", "--json"]).json().to_string();
        assert!(other.contains("Ext 1001"), "an empty cell says nothing: {other}");
        let bad = base.file_of("bad.csv", "id\n1000\n9999\n");
        base.refuses(&["user", "set", "--from", &bad], 1, "line 3: there is no user «9999»");
    });
}

#[test]
fn a_secret_among_the_arguments_is_refused_and_not_repeated() {
    let base = Base::sqlite();
    for flag in ["--password", "--pin"] {
        let told = base.run_with(&["user", "add", "7000", flag, "h7unt8er9"], "");
        assert!(told.code != Some(0) && told.err.contains("--password-stdin"), "{}", told.all());
        assert!(!told.all().contains("h7unt8er9"), "{}", told.all());
    }
    let told = base.did_with(&["user", "set", "1000", "--password-stdin"], "1234\n");
    assert!(told.err.contains("everybody"), "{}", told.err);
    let same = base.did(&["user", "set", "1000", "--enabled", "true"]);
    assert!(same.err.contains("nothing was changed"), "{}", same.err);
    assert!(same.out.starts_with("unchanged user «1000"), "{}", same.out);
    for id in ["a b", "a@b@pbx.example.test"] {
        base.refuses(&["user", "add", id], 1, "no blank and no @");
    }
}

#[test]
fn a_name_is_taken_by_whichever_name_of_its_domain_a_row_says_so() {
    on_each(|base| {
        base.did(&["domain", "set", "pbx.example.test", "--alias", "other.test"]);
        let file = base.file_of(
            "users.csv",
            "id,number_alias,domain\n2000,,pbx.example.test\n2000,,PBX.example.test\n\
             2001,2000,other.test\n2000,,\n",
        );
        let arguments = ["user", "add", "--from", &*file];
        for line in [3, 4, 5] {
            let words = format!("line {line}: user «");
            base.refuses(&arguments, 1, &words);
        }
        base.refuses(&arguments, 1, "3 rows cannot be taken");
        base.refuses(&arguments, 1, "«2000» is a name of user «2000» already");
    });
}

#[test]
fn blanks_around_a_password_are_part_of_it() {
    on_each(|base| {
        let file = base.file_of(
            "users.csv",
            " id , password , context \n 2000 , blank  , default \n2001,  ,default\n",
        );
        let told = base.did(&["user", "add", "--from", &file]);
        assert!(told.err.contains("1 of them have no password"), "{}", told.err);
        let shown = base.did(&["user", "show", "2000"]).out;
        assert!(shown.contains("user_context=default\n"), "{shown}");
        let hashes = |user: &str| {
            let query = format!("SELECT secrets AS it FROM users WHERE name = '{user}'");
            base.select(&query)
        };
        let of_file = hashes("2000");
        base.did_with(&["user", "set", "2000", "--password-stdin"], " blank  ");
        assert_eq!(hashes("2000"), of_file);
        base.did_with(&["user", "set", "2000", "--password-stdin"], "blank");
        assert_ne!(hashes("2000"), of_file);
    });
}

#[test]
fn an_empty_cell_leaves_what_is_there_and_a_dash_takes_it_away() {
    on_each(|base| {
        base.did(&["user", "set", "1000", "--param", "p=1", "--variable", "v=1"]);
        base.did(&["user", "set", "1000", "--cidr", "10.0.0.0/8", "--enabled", "false"]);
        let shown = || base.did(&["user", "show", "1000", "--json"]).json();
        let before = shown();
        assert!(before["enabled"] == false && before["number_alias"].is_string(), "{before}");
        let titles = "id,enabled,number_alias,cidr,password,pin,caller_id_name,param:p,variable:v";
        let file = base.file_of("empty.csv", &format!("{titles}\n1000,,,,,,,,\n"));
        base.did(&["user", "set", "--from", &file]);
        assert_eq!(shown(), before);
        let file = base.file_of("none.csv", &format!("{titles}\n1000,,-,-,,,-,-,-\n"));
        base.did(&["user", "set", "--from", &file]);
        let after = shown();
        assert!(after["number_alias"].is_null() && after["cidr"].is_null(), "{after}");
        let text = format!("{}{}", after["params"], after["variables"]);
        for gone in ["\"p\"", "\"v\"", "effective_caller_id_name"] {
            assert!(before.to_string().contains(gone) && !text.contains(gone), "{gone}: {text}");
        }
        for (column, words) in [
            ("enabled", "enabled is true or false"),
            ("password", "«-» is no password"),
            ("pin", "«-» is no PIN"),
        ] {
            let file = base.file_of("bad.csv", &format!("id,{column}\n1000,-\n"));
            base.refuses(&["user", "set", "--from", &file], 1, words);
        }
    });
}

#[test]
fn a_file_and_flags_for_one_user_do_not_go_together() {
    on_each(|base| {
        let file = base.file_of("users.csv", "id\n1000\n");
        for flags in [
            &["--id", "x"][..],
            &["--number-alias", "x"],
            &["--enabled", "false"],
            &["--cidr", "10.0.0.0/8"],
            &["--caller-id-name", "x"],
            &["--caller-id-number", "1"],
            &["--context", "public"],
            &["--password-stdin"],
            &["--generate-password"],
            &["--no-password"],
            &["--pin-stdin"],
            &["--generate-pin"],
            &["--no-pin"],
            &["--param", "a=b"],
            &["--unset-param", "a"],
            &["--secret-param", "a"],
            &["--variable", "a=b"],
            &["--unset-variable", "a"],
            &["--secret-variable", "a"],
        ] {
            for verb in ["add", "set"] {
                let arguments = [&["user", verb, "--from", &*file], flags].concat();
                base.refuses(&arguments, 64, "cannot be used with");
            }
        }
    });
}

#[test]
fn who_loses_a_password_or_a_way_to_log_in_by_a_file_is_told() {
    on_each(|base| {
        base.did_with(&["user", "set", "1000", "--password-stdin"], "some password");
        base.did(&["user", "set", "1001", "--no-password"]);
        let file = base.file_of("set.csv", "id,number_alias\n1000,7000\n1001,7001\n");
        let told = base.did(&["user", "set", "--from", &file]).err;
        assert!(told.contains("1 of them have no password"), "{told}");
        let lacking = "1 of them cannot log in by every name and realm until they get a new \
                       password: 1000@pbx.example.test\n";
        assert!(told.contains(lacking), "{told}");
        assert!(!told.contains("void"), "{told}");

        // What is left of it is for a name that the next file takes away.
        let stored = base.select("SELECT secrets AS it FROM users WHERE name = '1000'");
        let moved = stored[0].replace("\"1000\"", "\"7000\"");
        base.sql(&format!("UPDATE users SET secrets = '{moved}' WHERE name = '1000'"));
        let file = base.file_of("set.csv", "id,number_alias\n1000,-\n");
        let set = ["user", "set", "--from", &*file, "--json"];
        let told = base.did(&set);
        let void = "the passwords of 1 of them fit their names no more and are void: \
                    1000@pbx.example.test\n";
        assert!(told.err.contains(void), "{}", told.err);
        assert_eq!(told.json()["void"][0], "1000@pbx.example.test");
        assert!(!base.did(&set).err.contains("void"), "that is told once");
    });
}
