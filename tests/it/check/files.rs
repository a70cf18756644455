//! Files of the operator's, each made wrong in one place by hand: what is told of it, where, and what mends it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{jackfield, run};

/// File, line, level, what it is about, and words of what is told; a file with two findings has two rows.
#[rustfmt::skip]
const PLANTED: &[(&str, u32, &str, &str, &str)] = &[
    ("acl-of-all.xml", 3, "error", "event_socket", "it listens on every address"),
    ("acl-of-network.xml", 3, "error", "event_socket", "it listens on every address"),
    ("all-before-none.conf", 6, "error", "nginx", "everybody is passed on to the machine listener"),
    ("alone.service", 1, "error", "systemd", "systemd does not wait until the service answers"),
    ("alone.service", 1, "error", "systemd", "it runs as root"),
    ("also-as-root.service", 8, "error", "systemd", "it runs as root"),
    ("another-users-number.xml", 12, "warning", "sofia", "a user may register under another one's number"),
    ("answers-cached.conf", 29, "error", "nginx", "answers to look-ups are kept, and given to others"),
    ("answers-on-disk.conf", 23, "warning", "nginx", "long answers are written to the disk"),
    ("as-root.service", 7, "error", "systemd", "it runs as root"),
    ("asked-twice.xml", 9, "error", "xml_curl", "the same URL is asked"),
    ("blind-browsers.xml", 11, "error", "verto", "with blind-reg a user needs no account"),
    ("blind-registration.xml", 11, "error", "sofia", "with accept-blind-reg a phone logs in with any password"),
    ("browsers-domain.xml", 6, "error", "verto", "the browser chooses the domain that it logs in to: there is no force-register-domain"),
    ("browsers-in-clear.xml", 8, "warning", "verto", "browsers log in at $${local_ip_v4}:8082 without TLS"),
    ("caller-believed.conf", 13, "warning", "nginx", "X-Forwarded-For is $http_x_forwarded_for"),
    ("caller-unknown.conf", 11, "error", "nginx", "the service does not get the caller's address"),
    ("calls-by-open-list.xml", 11, "error", "sofia", "everybody calls unasked, in context «default»: apply-inbound-acl is ::/0"),
    ("calls-unasked-by-default.xml", 6, "error", "sofia", "calls go to context «default»: there is no auth-calls"),
    ("calls-unasked.xml", 10, "error", "sofia", "nobody is asked who calls, and calls go to context «default»"),
    ("certificates-for-all-paths.conf", 6, "warning", "nginx", "location / passes on /metrics and /health, too"),
    ("certificates-not-everywhere.conf", 2, "error", "nginx", "port 8081 asks for no certificate"),
    ("certificates-optional.conf", 3, "error", "nginx", "everybody is passed on to the machine listener"),
    ("certificates-unasked.conf", 1, "error", "nginx", "everybody is passed on to the machine listener: no certificate is needed"),
    ("core-dumped.service", 4, "error", "systemd", "its memory may be written to the disk"),
    ("credentials-in-clear.xml", 7, "warning", "xml_curl", "credentials go over plain HTTP with every look-up"),
    ("credentials-in-url.xml", 9, "error", "xml_curl", "the URL holds credentials"),
    ("debug-to-file.xml", 5, "warning", "switch", "«all» is logged at debug"),
    ("debug.xml", 5, "warning", "switch", "the log level is debug"),
    ("digest.xml", 11, "warning", "xml_curl", "with auth-scheme =digest each look-up is asked twice"),
    ("disk-users/directory.xml", 9, "warning", "directory", "the disk behind the service holds 2 users («2000» to «2001»)"),
    ("domain-of-the-phone.xml", 6, "error", "sofia", "the phone chooses the domain that it logs in to: there is no force-register-domain"),
    ("dynamic-url.xml", 7, "error", "xml_curl", "what a look-up says is put into the URL, unescaped"),
    ("empty-pin-by-default.xml", 5, "error", "voicemail", "a mailbox without a PIN takes any PIN: there is no allow-empty-password-auth, which is true then"),
    ("empty-pin.xml", 6, "error", "voicemail", "a mailbox without a PIN takes any PIN"),
    ("event-threads.xml", 4, "error", "switch", "events are handed out by 4 threads"),
    ("every-address.xml", 4, "error", "event_socket", "it listens on every address, and no apply-inbound-acl says who may connect"),
    ("families-few.service", 11, "error", "systemd", "it may open no socket of AF_UNIX"),
    ("get.xml", 7, "error", "xml_curl", "it asks with GET"),
    ("gets-privileges.service", 4, "error", "systemd", "it may get privileges that it does not have"),
    ("half-a-name.xml", 1, "error", "document", "no module asks for «xml_curl»: the name ends with .conf"),
    ("hook-missing.xml", 2, "warning", "lua", "nothing runs at verto::login"),
    ("hook-wrong-event.xml", 4, "error", "lua", "verto::login is a subclass of the event CUSTOM alone: this is never heard"),
    ("hook-wrong-script.xml", 4, "error", "lua", "verto::login runs «log.lua», not login.lua"),
    ("hook-wrong-subclass.xml", 5, "error", "lua", "disconnect.lua hears «verto::disconnect», not verto::client_disconnect"),
    ("host-unchecked.xml", 12, "error", "xml_curl", "the certificate of any host is taken for the service's"),
    ("https-elsewhere.yml", 4, "warning", "prometheus", "the service is asked over TLS, which it does not speak"),
    ("https-metrics.yml", 4, "error", "prometheus", "the machine listener does not speak TLS"),
    ("included-unseen.conf", 3, "warning", "nginx", "«snippets/somewhere-else.conf» is included, and not looked at"),
    ("jackfield.service.d/override.conf", 2, "error", "systemd", "it runs as root"),
    ("known-password.xml", 6, "error", "event_socket", "the password is one that everybody knows, or none"),
    ("loaded-late/modules.conf.xml", 6, "warning", "modules", "mod_xml_curl is loaded after mod_event_socket"),
    ("local-file.xml", 5, "error", "xml_curl", "«file:» is no service that could be asked"),
    ("location-by-pattern.conf", 10, "error", "nginx", "/fsapi has a location of its own"),
    ("location-of-a-path.conf", 10, "error", "nginx", "/fsapi has a location of its own"),
    ("long-timeout.xml", 6, "warning", "xml_curl", "it waits 30 s, and no answer takes longer than 2"),
    ("look-ups-logged.conf", 1, "error", "nginx", "the log «bodies» has whole requests in it"),
    ("look-ups-nowhere.conf", 26, "error", "nginx", "none of these settings listens at 127.0.0.1:8081"),
    ("look-ups-on-disk.conf", 18, "warning", "nginx", "long look-ups are written to the disk: there is no client_body_buffer_size"),
    ("look-ups-refused.conf", 21, "error", "nginx", "look-ups over 8k are refused"),
    ("machine-among-others.conf", 10, "error", "nginx", "everybody is passed on to the machine listener"),
    ("machine-for-all.conf", 11, "error", "nginx", "everybody is passed on to the machine listener"),
    ("machine-forwarded.conf", 28, "error", "nginx", "X-Real-IP goes to the machine listener"),
    ("machine-on-every-address.conf", 19, "error", "nginx", "the server of this machine is reached from everywhere"),
    ("machine-on-ipv6-too.conf", 20, "error", "nginx", "the server of this machine is reached from everywhere"),
    ("machine-with-proxy-params.conf", 8, "error", "nginx", "X-Real-IP goes to the machine listener"),
    ("machine-with-proxy-params.conf", 8, "error", "nginx", "X-Forwarded-For goes to the machine listener"),
    ("machine-with-proxy-params.conf", 8, "error", "nginx", "X-Forwarded-Proto goes to the machine listener"),
    ("machine-without-host.conf", 26, "error", "nginx", "the service does not get the Host that was asked for"),
    ("mask-open.service", 11, "warning", "systemd", "others may read the files that it makes"),
    ("metrics-nowhere.yml", 5, "warning", "prometheus", "none of these settings listens at 127.0.0.1:9090"),
    ("network-of-its-own.service", 11, "error", "systemd", "it has a network of its own"),
    ("nginx-hasty.conf", 28, "error", "nginx", "nginx waits 500ms for an answer"),
    ("no-ca-check.xml", 8, "error", "xml_curl", "any certificate is taken for the service's: there is no enable-cacert-check"),
    ("no-listener.xml", 5, "warning", "xml_curl", "none of these settings listens at 127.0.0.1:8081"),
    ("no-password.xml", 2, "error", "event_socket", "there is no password: it is the one that everybody knows"),
    ("no-semicolon.conf", 28, "error", "nginx", "«proxy_read_timeout» has no semicolon"),
    ("no-timeout.xml", 4, "error", "xml_curl", "there is no timeout"),
    ("no-userauth.xml", 6, "error", "verto", "nobody's password is asked for: there is no userauth"),
    ("not-loaded/modules.conf.xml", 3, "error", "modules", "mod_xml_curl is not loaded"),
    ("not-served.service", 6, "error", "systemd", "it does not run `jackfield serve`"),
    ("not-told.service", 4, "error", "systemd", "systemd does not wait until the service answers"),
    ("not-whole.xml", 7, "error", "xml_curl", "of each look-up only «Unique-ID» and what is listed beside it is sent"),
    ("old-tls.xml", 11, "error", "xml_curl", "TLS is held down to TLSv1"),
    ("open-list/freeswitch.xml", 25, "error", "sofia", "everybody registers unasked: apply-register-acl is offices"),
    ("pages-nowhere.conf", 12, "warning", "nginx", "none of these settings listens at 127.0.0.1:8091"),
    ("passed-by-variable.conf", 9, "warning", "nginx", "where http://$behind leads is not known here"),
    ("password-in-unit.service", 11, "error", "systemd", "a password stands in the unit"),
    ("path-cleaned.conf", 11, "error", "nginx", "nginx passes on a path of its own making"),
    ("pin-guessed.xml", 12, "warning", "directory", "the PIN of user «2000» is the user's own number, or one that everybody knows"),
    ("pin-known.xml", 12, "warning", "directory", "the PIN of user «2000» is"),
    ("plain-http.xml", 5, "error", "xml_curl", "192.0.2.10:8080 is asked over plain HTTP"),
    ("realm-missing.xml", 6, "error", "sofia", "there is no challenge-realm: it is what the phone names (auto_to)"),
    ("realm-of-the-phone.xml", 14, "error", "sofia", "the realm is what the phone names (auto_from)"),
    ("realm-other.xml", 14, "warning", "sofia", "the realm «sip.example.com» is not the domain «pbx.example.com»"),
    ("registered-unasked.xml", 11, "error", "sofia", "everybody registers unasked: apply-register-acl is 0.0.0.0/0"),
    ("remote-by-its-host.conf", 8, "error", "nginx", "the machine listener is asked by the name $host"),
    ("said-twice.xml", 7, "error", "xml_curl", "a second timeout: the one before it does not count"),
    ("short-password.xml", 4, "error", "event_socket", "the password is short, and other machines may try it"),
    ("short-timeout.xml", 10, "error", "xml_curl", "a timeout of «0.5» is none"),
    ("site-old-tls.conf", 8, "warning", "nginx", "old versions of TLS are spoken"),
    ("site-without-tls.conf", 4, "error", "nginx", "port [::]:80 is served without TLS"),
    ("small-answers.xml", 11, "warning", "xml_curl", "of an answer it takes no more than 65536 bytes"),
    ("socket-open-too.socket", 2, "error", "systemd", "the machine listener's socket is 0.0.0.0:8080"),
    ("socket-open.socket", 2, "error", "systemd", "the machine listener's socket is 8080, and not `listen_machine`"),
    ("socket-unnamed.socket", 1, "error", "systemd", "the socket has no FileDescriptorName"),
    ("someone-first.xml", 5, "error", "xml_curl", "old.example.com is asked before this service"),
    ("started-twice.conf", 2, "error", "systemd", "a second ExecStart: the one before it is not taken back"),
    ("state-open.service", 11, "warning", "systemd", "others may look into its state folder"),
    ("stock-password.xml", 3, "error", "vars", "default_password is the one that everybody knows"),
    ("stock-uncommented.xml", 4, "error", "xml_curl", "xml.example.org is asked over plain HTTP"),
    ("stock-uncommented.xml", 5, "error", "xml_curl", "credentials go over plain HTTP with every look-up"),
    ("stock-uncommented.xml", 7, "warning", "xml_curl", "it waits 10 s, and no answer takes longer than 2"),
    ("stock-uncommented.xml", 9, "error", "xml_curl", "of each look-up only «Unique-ID» and what is listed beside it is sent"),
    ("stock-users/directory.xml", 4, "error", "directory", "the password of user «1000» is its own number, or one that everybody knows"),
    ("stock-users/directory.xml", 2, "error", "directory", "the disk behind the service holds user «1000», 1 without a secret of their own"),
    ("tls-to-plain.xml", 5, "error", "xml_curl", "127.0.0.1:8080 is asked over TLS, which it does not speak"),
    ("unasked-by-vars.xml", 4, "error", "vars", "internal_auth_calls is off: nobody is asked who calls"),
    ("unclosed.xml", 16, "error", "file", "</bindings> closes nothing; <binding> ("),
    ("under-home.service", 6, "error", "systemd", "/home/op/jackfield is in a folder that ProtectHome hides"),
    ("unknown-name-with-near-one.xml", 6, "error", "xml_curl", "mod_xml_curl has no parameter «time-out»"),
    ("unknown-name.xml", 12, "error", "xml_curl", "mod_xml_curl has no parameter «ssl-verifyhost»"),
    ("user-known-by-word.xml", 11, "error", "directory", "the password of user «2000» is its own number"),
    ("user-known.xml", 11, "error", "directory", "the password of user «2000» is its own number, or one that everybody knows"),
    ("user-open.xml", 16, "error", "directory", "user «2001» has no secret"),
    ("verto-debug.xml", 3, "error", "verto", "debug is 10"),
    ("words-none.xml", 5, "error", "xml_curl", "there are no bindings: it is asked for everything"),
    ("words-typo.xml", 5, "error", "xml_curl", "FreeSWITCH does not know the word «directroy» of «configuration|directroy|dialplan»"),
    ("words-unknown.xml", 5, "error", "xml_curl", "FreeSWITCH knows no word of «phrases»: it is asked for everything"),
    ("writes-anywhere.service", 8, "error", "systemd", "it may write anywhere"),
    ("wrong-metrics.yml", 3, "error", "prometheus", "«/prometheus» is asked, and there is nothing"),
    ("wrong-path.xml", 5, "error", "xml_curl", "«/gateway.xml» is not /fsapi, where look-ups are answered"),
];

pub(super) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/check").join(name)
}

/// The findings, under settings of the test's own or the defaults.
pub(super) fn checked(paths: &[&Path], settings: &str) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&file, settings).expect("writable");
    let done = jackfield()
        .env_remove("JACKFIELD_LISTEN_MACHINE")
        .args(["check", "--json", "--config"])
        .arg(file.path())
        .args(paths)
        .output()
        .expect("it runs");
    let report: Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&done.stderr)));
    let findings = report["findings"].as_array().expect("a list").clone();
    let errors = findings.iter().any(|finding| finding["level"] == "error");
    assert_eq!(done.status.code(), Some(i32::from(errors)), "{report}");
    findings
}

fn text<'v>(finding: &'v Value, key: &str) -> &'v str {
    finding[key].as_str().unwrap_or_default()
}

/// The file or folder that is given to the command for a row.
fn given(path: &str) -> PathBuf {
    folder("broken").join(path.split('/').next().expect("a name"))
}

#[test]
fn each_planted_fault_is_told_with_its_line_and_nothing_else() {
    let mut seen = Vec::new();
    for (path, ..) in PLANTED {
        let given = given(path);
        if seen.contains(&given) {
            continue;
        }
        let rows: Vec<_> = PLANTED.iter().filter(|row| self::given(row.0) == given).collect();
        let findings = checked(&[&given], "");
        assert_eq!(findings.len(), rows.len(), "{path}: {findings:#?}");
        for (path, line, level, about, words) in rows {
            let place = format!("{}:{line}", folder("broken").join(path).display());
            let told = findings.iter().any(|it| {
                text(it, "what").contains(words)
                    && [text(it, "level"), text(it, "about"), text(it, "where")]
                        == [*level, *about, place.as_str()]
            });
            assert!(told, "{path}:{line} {words}: {findings:#?}");
        }
        for finding in &findings {
            assert!(text(finding, "why").len() > 20 && text(finding, "do").len() > 5, "{finding}");
        }
        seen.push(given);
    }
    let kept = fs::read_dir(folder("broken")).expect("readable").count();
    assert_eq!((seen.len(), seen.len() >= 25), (kept, true), "each one has a row");
}

/// Does what a finding says, where that is one line.
fn mend(finding: &Value, lines: &mut Vec<String>) -> bool {
    let (_, line) = text(finding, "where").rsplit_once(':').expect("a line");
    let at = line.parse::<usize>().expect("a number") - 1;
    // A secret is made up.
    let right = finding["write"].as_str().map(|line| line.replace("...", "slow-otter-bridge-52"));
    match (text(finding, "do").split(',').next().expect("words"), right) {
        ("write in its place", Some(right)) => lines[at] = right,
        ("write above it", Some(right)) => lines.insert(at, right),
        ("write below it", Some(right)) => lines.insert(at + 1, right),
        ("remove it", None) => drop(lines.remove(at)),
        _ => return false,
    }
    true
}

#[test]
fn the_line_to_write_mends_what_is_told() {
    let work = tempfile::tempdir().expect("a folder");
    let mut mended = 0;
    for (path, ..) in PLANTED.iter().filter(|row| !row.0.contains('/')) {
        let broken = given(path);
        let mut findings = checked(&[&broken], "");
        // From below, so that lines above keep their numbers.
        findings.sort_by_key(|it| {
            let (_, line) = text(it, "where").rsplit_once(':').expect("a line");
            std::cmp::Reverse(line.parse::<u32>().expect("a number"))
        });
        let read = fs::read_to_string(&broken).expect("UTF-8");
        let mut lines: Vec<String> = read.lines().map(str::to_owned).collect();
        if !findings.iter().all(|finding| mend(finding, &mut lines)) {
            continue;
        }
        let copy = work.path().join(path);
        fs::write(&copy, lines.join("\n")).expect("writable");
        assert_eq!(checked(&[&copy], ""), [json!(null); 0], "{path}: {}", lines.join("\n"));
        mended += 1;
    }
    assert!(mended > 60, "{mended}");
}

#[test]
fn what_is_advised_closes_what_is_open_and_cuts_off_nobody() {
    for (path, remedy, line) in [
        (
            "user-open.xml",
            "write below it",
            "<param name=\"allow-empty-password\" value=\"false\"/>",
        ),
        (
            "empty-pin.xml",
            "write in its place",
            "<param name=\"allow-empty-password-auth\" value=\"false\"/>",
        ),
        ("certificates-optional.conf", "write in its place", "ssl_verify_client on;"),
        ("certificates-unasked.conf", "write below it", "ssl_verify_client on;"),
        ("all-before-none.conf", "remove it", ""),
        ("machine-on-ipv6-too.conf", "remove it", ""),
        ("machine-on-every-address.conf", "write in its place", "listen 127.0.0.1:8008;"),
        ("as-root.service", "write in its place", "User=jackfield"),
        ("also-as-root.service", "write in its place", "User=jackfield"),
    ] {
        let [finding] = &checked(&[&given(path)], "")[..] else { panic!("one: {path}") };
        assert_eq!([text(finding, "do"), text(finding, "write")], [remedy, line], "{path}");
    }
}

#[test]
fn what_a_file_is_taken_for_is_told_where_nothing_is_looked_for() {
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("any.xml");
    for (xml, words) in [
        (
            "<configuration name='conference.conf'><profiles></profiles></configuration>",
            "configuration «conference.conf»",
        ),
        // The switch drops a line with `<include>` in it, and whatever else stands there.
        ("<include>\n<extension name='a'/>\n</include>\n", "extension «a»"),
    ] {
        fs::write(&file, xml).expect("writable");
        let told = run(&["check", file.to_str().expect("UTF-8")]);
        let told = String::from_utf8(told.stdout).expect("UTF-8");
        let line =
            format!("{} (taken for: {words}; nothing is looked for in it)\n", file.display());
        assert!(told.contains(&line), "{told}");
        assert!(told.ends_with("==> it works: 0 errors, 0 warnings\n"), "{told}");
    }
}

#[test]
fn a_verdict_with_warnings_says_so() {
    let verdict = |path: &str| {
        let told = run(&["check", given(path).to_str().expect("UTF-8")]);
        String::from_utf8(told.stdout).expect("UTF-8").lines().last().map(str::to_owned)
    };
    let expected = "==> it works, with 1 warning: 0 errors, 1 warnings";
    assert_eq!(verdict("pin-known.xml").as_deref(), Some(expected));
    let expected = "==> SOMETHING DOES NOT WORK: 1 errors, 0 warnings";
    assert_eq!(verdict("user-open.xml").as_deref(), Some(expected));
}

#[test]
fn right_files_are_told_nothing_of_whatever_they_are_called() {
    let work = tempfile::tempdir().expect("a folder");
    let mut files = 0;
    for entry in fs::read_dir(folder("right")).expect("readable") {
        let path = entry.expect("readable").path();
        assert_eq!(checked(&[&path], ""), [json!(null); 0], "{}", path.display());
        let renamed = work.path().join("a-file");
        fs::copy(&path, &renamed).expect("copied");
        assert_eq!(checked(&[&renamed], ""), [json!(null); 0], "{}", path.display());
        files += 1;
    }
    assert!(files > 10);
}

#[test]
fn the_switch_of_the_readme_is_right() {
    let readme = fs::read_to_string(folder("../../../README.md")).expect("readable");
    let (_, rest) = readme.split_once("<?xml version=\"1.0\"?>").expect("it is there");
    let (switch, _) = rest.split_once("```").expect("it ends");
    let work = tempfile::tempdir().expect("a folder");
    fs::write(work.path().join("freeswitch.xml"), switch).expect("writable");
    assert_eq!(checked(&[work.path()], ""), [json!(null); 0]);
}

#[test]
fn files_are_held_against_the_settings() {
    let curl = folder("right/xml_curl.conf.xml");
    let whats = |settings: &str| -> Vec<String> {
        checked(&[&curl], settings).iter().map(|it| text(it, "what").to_owned()).collect()
    };
    assert_eq!(whats(""), [""; 0]);
    assert_eq!(whats("sections.chatplan.deadline_ms = 4000"), [""; 0], "it is not asked for that");
    assert_eq!(
        whats("sections.dialplan.deadline_ms = 2000"),
        ["it waits 2 s, and an answer may take as long"]
    );
    assert_eq!(
        whats("listen_machine = '127.0.0.1:9090'"),
        ["none of these settings listens at 127.0.0.1:8080"]
    );
    let users = folder("broken/disk-users");
    for (settings, words) in [
        ("", "while that does not answer, the switch"),
        ("unknown_domain = 'not-found'", "does not answer or does not know the domain"),
        ("sections.directory.fail = 'not-found'", "does not answer or fails"),
        ("sections.directory.fail = 'unavailable'", "does not answer or fails"),
    ] {
        let [finding] = &checked(&[&users], settings)[..] else { panic!("one: {settings}") };
        assert!(text(finding, "why").contains(words), "{finding}");
    }
}

#[test]
fn what_cannot_be_read_is_told_and_never_more() {
    let work = tempfile::tempdir().expect("a folder");
    let made = |name: &str, bytes: &[u8]| {
        let path = work.path().join(name);
        fs::write(&path, bytes).expect("writable");
        path
    };
    let deep = "<a>".repeat(1000);
    for (name, bytes, words) in [
        ("latin", b"<a>\n<b c=\"\xe4\"/></a>".as_slice(), "is not UTF-8 in line 2"),
        ("zero", b"\0\0", "zero byte"),
        ("empty", b"", "there is nothing in it"),
        ("half", b"<configuration name=\"xml_curl.conf\">\n<bindings", "no closing bracket"),
        ("deep", deep.as_bytes(), "nested deeper"),
        ("toml", b"guard = 'enforce'\n", "nothing is known of such a file"),
        ("brace", b"server {\n", "a brace is not closed"),
    ] {
        let path = made(name, bytes);
        let [finding] = &checked(&[&path], "")[..] else { panic!("one: {name}") };
        assert!(text(finding, "what").contains(words), "{finding}");
        assert!(text(finding, "where").starts_with(path.to_str().expect("UTF-8")), "{finding}");
    }
    let gone = work.path().join("gone");
    assert!(text(&checked(&[&gone], "")[0], "what").contains("cannot be read"));
    // Cut short anywhere, each file is still something that can be told of.
    for name in ["xml_curl.conf.xml", "site.conf", "directory.xml", "jackfield.service"] {
        let whole = fs::read(folder("right").join(name)).expect("readable");
        for part in (0..whole.len()).step_by(whole.len() / 12) {
            checked(&[&made("part", &whole[..part])], "");
        }
    }
}

#[test]
fn a_tree_that_cannot_be_read_as_a_whole_is_looked_at_file_by_file() {
    let work = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| fs::write(work.path().join(name), text).expect("writable");
    let include = |file: &str| format!("<X-PRE-PROCESS cmd=\"include\" data=\"{file}\"/>\n");
    let section = "<document>\n<section name=\"configuration\">\n";
    let whole = |files: &str| format!("{section}{files}</section>\n</document>\n");
    let broken = fs::read_to_string(folder("broken/known-password.xml")).expect("readable");
    put("sockets.xml", &broken);
    put("freeswitch.xml", &whole(&include("sockets.xml")));
    let place = |name: &str, line: u32| format!("{}:{line}", work.path().join(name).display());
    let wheres = |findings: &[Value]| -> Vec<String> {
        findings.iter().map(|it| text(it, "where").to_owned()).collect()
    };
    assert_eq!(wheres(&checked(&[work.path()], "")), [place("sockets.xml", 6)]);
    let root = work.path().join("freeswitch.xml");
    assert_eq!(wheres(&checked(&[&root], "")), [place("sockets.xml", 6)], "named by its root");
    put("freeswitch.xml", &whole(&format!("{}{}", include("sockets.xml"), include("gone.xml"))));
    let findings = checked(&[work.path()], "");
    assert_eq!(wheres(&findings), [place("freeswitch.xml", 4), place("sockets.xml", 6)]);
}

#[test]
fn no_secret_of_a_file_is_shown() {
    let work = tempfile::tempdir().expect("a folder");
    let file = work.path().join("all.xml");
    fs::write(
        &file,
        "<configuration name='xml_curl.conf'><bindings><binding>\n\
         <param name='gateway-url' value='http://u:hunter2@h.example/fsapi' bindings='x'/>\n\
         <param name='gateway-credentials' value='u:hunter2'/>\n\
         <param name='ssl-key-pasword' value='hunter2'/>\n\
         </binding></bindings></configuration>\n\
         <configuration name='event_socket.conf'><settings>\n\
         <param name='password' value='hunter2'/><param name='listen-ip' value='::'/></settings>\n\
         </configuration>\n\
         <user id='hunter2'><params><param name='vm-password' value='hunter2'/></params></user>\n",
    )
    .expect("writable");
    for json in [true, false] {
        let mut arguments = vec!["check", file.to_str().expect("UTF-8")];
        arguments.extend(json.then_some("--json"));
        let told = run(&arguments);
        let told = String::from_utf8(told.stdout).expect("UTF-8").replace("user «hunter2»", "");
        assert!(told.contains("credentials"), "{told}");
        let shown: Vec<_> = told.lines().filter(|line| line.contains("hunter2")).collect();
        assert!(shown.is_empty(), "{shown:#?}");
    }
}

const MARK: &str = "HUSH7391";

/// URLs with the mark in them, as somebody may write them into files of the switch.
const URLS: [&str; 7] = [
    "http://u:MARK@h.example/x",
    "http://u:MA/MARK@h.example/x",
    "u:MARK@h.example/fsapi",
    "http://h.example/fsapi?token=MARK",
    "http://127.0.0.1:8080/x?MARK#MARK",
    "http://127.0.0.1:8080/x?as=MARK@h",
    "http://h.example:80/MARK@h.example/x",
];

/// A file of the switch with the mark wherever a secret may be.
fn planted_in_xml(read: &str, url: &str) -> String {
    let plant = |line: &str| {
        let Some((before, rest)) = line.split_once(" value=\"") else {
            return line.replace("<user", "<user password=\"MARK\"");
        };
        let (_, after) = rest.split_once('"').expect("a value ends");
        let value = if before.contains("gateway-url") {
            url
        } else if ["pass", "cred", "hash", "url"].iter().any(|word| before.contains(word)) {
            "MARK"
        } else {
            return line.to_owned();
        };
        format!("{before} value=\"{value}\"{after}")
    };
    let mut lines: Vec<String> = read.lines().map(plant).collect();
    let names = ["ssl-cert-pass", "ssl-key-pasword", "gateway-credential", "api-token"];
    if let Some(first) = lines.iter().position(|line| line.contains("gateway-url")) {
        let made = names.map(|name| format!("<param name=\"{name}\" value=\"MARK\"/>"));
        lines.splice(first..first, made);
    }
    lines.join("\n")
}

/// A broken file with the mark wherever a secret may be; in more than one way.
fn planted(path: &Path) -> Vec<String> {
    let read = fs::read_to_string(path).expect("UTF-8");
    let replaced = |changes: &[(&str, &str)]| -> Vec<String> {
        changes.iter().map(|(from, to)| read.replace(from, to)).collect()
    };
    let texts = match path.extension().and_then(|ending| ending.to_str()) {
        Some("xml") => URLS.iter().map(|url| planted_in_xml(&read, url)).collect(),
        Some("conf") if read.contains("server {") => replaced(&[
            ("proxy_pass http://", "proxy_pass http://u:MARK@"),
            (":8080;", ":8080/x?token=MARK;"),
            (":8090;", ":8090/x?token=MARK;"),
            (
                "proxy_set_header ",
                "proxy_set_header X-Forwarded-For \"token=MARK\"; proxy_set_header ",
            ),
            ("server {", "server { listen 80 token=MARK; set $api_key MARK; include x?token=MARK;"),
            ("server {", "server { ssl_password_file token=MARK; password=MARK\n}\nserver {"),
        ]),
        Some("yml") => replaced(&[
            ("metrics_path: /", "metrics_path: /x?token=MARK&"),
            ("    static", "    basic_auth: { username: u, password: MARK }\n    static"),
            ("127.0.0.1:", "u:MARK@127.0.0.1:"),
        ]),
        Some("service" | "socket" | "conf") => replaced(&[
            ("]\n", "]\nEnvironment=JACKFIELD_DATABASE_URL=postgres://u:MARK@h/x\n"),
            ("]\n", "]\nEnvironment=\"API_TOKEN=MARK\" PASSWORD=MARK\nUser=password=MARK\n"),
            ("serve\n", "serve --database postgres://u:MARK@h/x\n"),
            ("FileDescriptorName=", "FileDescriptorName=token=MARK"),
            ("ListenStream=", "ListenStream=token=MARK"),
        ]),
        _ => panic!("what is {}?", path.display()),
    };
    let texts = texts.into_iter().map(|text: String| text.replace("MARK", MARK));
    let texts: Vec<_> = texts.filter(|text| text.contains(MARK)).collect();
    // One has no name and no value that could be secret.
    let has_none = path.extension().is_some_and(|ending| ending == "xml");
    assert!(has_none || !texts.is_empty(), "{}", path.display());
    texts
}

#[test]
fn a_secret_in_any_line_of_any_broken_file_is_shown_nowhere() {
    let work = tempfile::tempdir().expect("a folder");
    let (mut marks, mut kinds) = (0, std::collections::BTreeMap::<_, usize>::new());
    let look = |given: &Path, planted: &Path| {
        for arguments in [&["check"][..], &["check", "--json"]] {
            let told = run(&[arguments, &[given.to_str().expect("UTF-8")]].concat());
            let told = String::from_utf8([told.stdout, told.stderr].concat()).expect("UTF-8");
            assert!(!told.contains(MARK), "{}: {told}", planted.display());
        }
    };
    let files = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("readable");
        entries.map(|entry| entry.expect("readable").path()).collect()
    };
    for path in files(&folder("broken")) {
        // What several files say together is looked at together.
        let together = if path.is_dir() { files(&path) } else { vec![path.clone()] };
        for planted_one in &together {
            for text in planted(planted_one) {
                marks += text.matches(MARK).count();
                *kinds.entry(planted_one.extension().map(ToOwned::to_owned)).or_default() += 1;
                let to = work.path().join(path.file_name().expect("a name"));
                if !path.is_dir() {
                    fs::write(&to, text).expect("writable");
                    look(&to, planted_one);
                    continue;
                }
                fs::create_dir_all(&to).expect("writable");
                for other in &together {
                    let copy = to.join(other.file_name().expect("a name"));
                    fs::copy(other, &copy).expect("copied");
                    if other == planted_one {
                        fs::write(&copy, &text).expect("writable");
                    }
                }
                look(&to, planted_one);
            }
        }
    }
    assert!(marks > 900, "{marks}");
    assert!(kinds.len() == 5 && kinds.values().all(|count| *count > 5), "{kinds:?}");
}

#[test]
fn what_a_site_includes_is_found_as_nginx_finds_it_and_looked_at_in_its_place() {
    let work = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = work.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(&path, text).expect("writable");
        path
    };
    put("snippets/pass.conf", "# all\nlocation / {\n  proxy_pass http://127.0.0.1:8080;\n}\n");
    put("parts.d/one.conf", "include snippets/pass.conf;\n");
    put("parts.d/other", "server {\n");
    for included in ["snippets/pass.conf", "parts.d/*.conf", "../snippets/pass.conf"] {
        let site = format!("server {{\n listen 443 ssl;\n include {included};\n}}\n");
        let site = put("sites-enabled/site", &site);
        let [finding] = &checked(&[&site], "")[..] else { panic!("one: {included}") };
        assert_eq!(text(finding, "what"), "everybody is passed on to the machine listener");
        assert!(text(finding, "where").ends_with("snippets/pass.conf:3"), "{finding}");
    }
}

#[test]
fn a_part_of_a_unit_is_told_by_its_place_or_by_what_it_takes_back() {
    let work = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = work.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(&path, text).expect("writable");
        path
    };
    let start = "[Service]\nExecStart=/usr/bin/jackfield serve\n";
    let takes_back = start.replace("]\n", "]\nExecStart=\n");
    for (name, unit, of_part) in [
        ("jackfield.service", start, None),
        ("a-copy", start, None),
        // One more than the unit's own.
        ("override.conf", start, Some(1)),
        ("jackfield.service.d/a-copy", start, Some(1)),
        ("jackfield.service.d/a-copy", &takes_back, Some(0)),
        ("jackfield.service", &takes_back, Some(0)),
    ] {
        let path = put(name, unit);
        let findings = checked(&[&path], "").len();
        assert_eq!(findings, of_part.unwrap_or(5), "{name}");
        let told = run(&["check", path.to_str().expect("UTF-8")]);
        let told = String::from_utf8(told.stdout).expect("UTF-8");
        assert_eq!(told.contains("(systemd, a part of a unit)"), of_part.is_some(), "{told}");
    }
    // What it says itself counts.
    let part = put("jackfield.service.d/10.conf", "[Service]\nProtectSystem=no\nUser=jackfield\n");
    let [finding] = &checked(&[&part], "")[..] else { panic!("one") };
    assert_eq!(text(finding, "what"), "it may write anywhere");
    for other in ["nginx.service.d/10.conf", "jackfield/other.service", "jackfield.d/other.service"]
    {
        let other = put(other, "[Service]\nUser=root\nExecStart=/usr/bin/other\n");
        assert_eq!(checked(&[&other], ""), [json!(null); 0]);
    }
}

#[test]
fn the_query_of_a_gateway_url_is_left_alone() {
    let work = tempfile::tempdir().expect("a folder");
    let right = fs::read_to_string(folder("right/xml_curl.conf.xml")).expect("readable");
    for query in ["?x", "?as=north", "?as=switch@north"] {
        let file = work.path().join("xml_curl.conf.xml");
        fs::write(&file, right.replace("/fsapi", &format!("/fsapi{query}"))).expect("writable");
        assert_eq!(checked(&[&file], ""), [json!(null); 0], "{query}");
    }
}
