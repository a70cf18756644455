//! Requests that no switch makes: each gets a clear answer or a closed socket, and holds up nobody.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::support::{
    DOMAIN, Metrics, PATIENCE, Program, Server, body, encoded, exchange, find, parse_reply, post,
    request, shared, tree,
};

/// Posts bytes with this head and no more; the status, or none where the socket was only closed.
fn status(to: SocketAddr, head: &str, body: &[u8]) -> Option<u16> {
    let request = format!("{head}Host: {to}\r\n\r\n");
    let back = exchange(to, &[request.as_bytes(), body].concat());
    (!back.is_empty()).then(|| parse_reply(&back).status)
}

fn posted(to: SocketAddr, body: &[u8]) -> Option<u16> {
    let back = exchange(to, &request(&to, body));
    (!back.is_empty()).then(|| parse_reply(&back).status)
}

/// That the next look-up of a switch is answered, and at once.
#[track_caller]
fn serves(to: SocketAddr) {
    let started = Instant::now();
    let reply = post(to, body(22).bytes());
    let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
    assert!(find(&tree(&reply.body), user).is_some(), "{}", reply.text());
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn an_empty_body_is_a_bad_request() {
    let to = shared().machine;
    for empty in ["", "&", "&&&"] {
        assert_eq!(posted(to, empty.as_bytes()), Some(400), "{empty:?}");
    }
    assert_eq!(status(to, "POST /fsapi HTTP/1.1\r\n", b""), Some(400), "without a length");
    serves(to);
}

#[test]
fn a_body_of_10_mb_is_too_large() {
    let to = shared().machine;
    let large = [body(22).bytes(), vec![b'x'; 10 * 1024 * 1024]].concat();
    assert!(matches!(posted(to, &large), Some(413) | None));
    let fields = "a=b&".repeat(10 * 1024 * 1024 / 4);
    assert!(matches!(posted(to, fields.as_bytes()), Some(413) | None));
    assert_eq!(posted(to, &vec![b'x'; 256 * 1024 + 1]), Some(413), "one byte too many");
    serves(to);
}

#[test]
fn a_body_of_5000_fields_is_a_bad_request_and_one_of_1024_is_not() {
    let to = shared().machine;
    let clean = body(22).text();
    let with = |more: usize| format!("{clean}{}", "&a=b".repeat(more));
    assert_eq!(posted(to, with(5000).as_bytes()), Some(400));
    let fields = clean.split('&').count();
    assert_eq!(posted(to, with(1024 - fields).as_bytes()), Some(200));
    assert_eq!(posted(to, with(1025 - fields).as_bytes()), Some(400));
    serves(to);
}

#[test]
fn bytes_that_are_no_utf8_are_taken_as_they_are() {
    let to = shared().machine;
    let junk: Vec<u8> = (0..=255).collect();
    for bytes in [
        junk.clone(),
        [&body(22).bytes()[..], b"&x=\xff\xfe%FF%C3%28&\xf0\x28=1&=&=x&%&%%&%4=%4"].concat(),
        body(22).text().replace("user=1000", "user=\u{fffd}").into_bytes(),
        [
            b"hostname=\xff&section=directory&tag_name=domain&key_name=name&key_value=\xff",
            &junk[..],
        ]
        .concat(),
    ] {
        assert_eq!(post(to, &bytes).status, 200, "{}", String::from_utf8_lossy(&bytes));
    }
    serves(to);
}

#[test]
fn other_methods_are_not_allowed_and_their_query_is_not_read() {
    let server = Server::start("");
    let to = server.machine;
    let query = body(22).text();
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ["/fsapi".to_owned(), format!("/fsapi?{query}")] {
            let head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
            assert_eq!(status(to, &head, b""), Some(405), "{method} {path}");
        }
    }
    let counted = Metrics::of(to).sum("jackfield_lookups_total", &[]);
    assert!(counted.abs() < 0.5, "no handler ran");
    serves(to);
}

#[test]
fn the_content_type_does_not_matter() {
    let to = shared().machine;
    let body = body(22).bytes();
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        let length = body.len();
        let head =
            format!("POST /fsapi HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
        assert_eq!(status(to, &head, &body), Some(200), "{kind}");
    }
    serves(to);
}

#[test]
fn a_sender_of_a_byte_a_second_is_told_so_and_closed() {
    let to = shared().machine;
    for stage in ["head", "body"] {
        let head = format!("POST /fsapi HTTP/1.1\r\nHost: {to}\r\nContent-Length: 9999\r\n\r\n");
        let (at_once, slowly) = match stage {
            "head" => head.split_at(20),
            _ => (head.as_str(), "hostname=vm&section=directory"),
        };
        let mut stream = TcpStream::connect(to).expect("a socket");
        stream.write_all(at_once.as_bytes()).expect("taken");
        let started = Instant::now();
        let mut writer = stream.try_clone().expect("a second handle");
        let slowly = slowly.to_owned();
        std::thread::spawn(move || {
            for byte in slowly.bytes() {
                if writer.write_all(&[byte]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        let mut back = Vec::new();
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        // A reset after the answer is a closed socket, too.
        let _ = stream.read_to_end(&mut back);
        let took = started.elapsed();
        assert!(took < Duration::from_millis(3500), "{stage}: closed after {took:?}");
        assert!(took > Duration::from_millis(1500), "{stage}: {took:?} is no chance");
        if !back.is_empty() {
            assert_eq!(parse_reply(&back).status, 408, "{stage}");
        }
        serves(to);
    }
}

#[test]
fn a_head_that_is_too_large_or_no_http_is_refused() {
    let to = shared().machine;
    let large = format!("POST /fsapi HTTP/1.1\r\nX-Large: {}\r\n", "x".repeat(20 * 1024));
    assert!(matches!(status(to, &large, b""), Some(400 | 431) | None));
    let many = format!("POST /fsapi HTTP/1.1\r\n{}", "X: y\r\n".repeat(500));
    assert!(matches!(status(to, &many, b""), Some(400 | 431) | None));
    for garbage in ["\r\n\r\n\r\n", "hello\r\n\r\n", "POST\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0"] {
        let back = exchange(to, garbage.as_bytes());
        assert!(back.is_empty() || parse_reply(&back).status == 400, "{garbage:?}");
    }
    serves(to);
}

#[test]
fn a_body_in_chunks_is_a_body() {
    let to = shared().machine;
    let body = body(22).text();
    let (one, two) = body.split_at(500);
    let head = "POST /fsapi HTTP/1.1\r\nTransfer-Encoding: chunked\r\n";
    let chunked = format!("{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
    assert_eq!(status(to, head, chunked.as_bytes()), Some(200));
    for broken in ["zz\r\nhostname=vm", "ffffffffffffffffff\r\nx", "-1\r\nx"] {
        let answered = status(to, head, broken.as_bytes());
        assert!(matches!(answered, Some(400) | None), "{broken}: {answered:?}");
    }
    let endless = format!("{:x}\r\n{}\r\n", 400 * 1024, "a=b&".repeat(100 * 1024));
    assert!(matches!(status(to, head, endless.as_bytes()), Some(413) | None));
    serves(to);
}

#[test]
fn a_body_that_is_cut_short_is_no_look_up() {
    let server = Server::start("");
    let to = server.machine;
    let whole = request(&to, &body(22).bytes());
    for cut in [whole.len() - 1, whole.len() - 500, 60] {
        let mut stream = TcpStream::connect(to).expect("a socket");
        stream.write_all(&whole[..cut]).expect("taken");
        stream.shutdown(std::net::Shutdown::Write).expect("half closed");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        let mut back = Vec::new();
        let _ = stream.read_to_end(&mut back);
        assert!(back.is_empty() || parse_reply(&back).status == 400, "{cut}");
    }
    let counted = Metrics::of(to).sum("jackfield_lookups_total", &[]);
    assert!(counted.abs() < 0.5, "half a look-up is none");
    serves(to);
}

#[test]
fn garbage_behind_a_look_up_harms_only_its_own_connection() {
    for setting in ["connection_close = true", "connection_close = false"] {
        let server = Server::start(setting);
        let to = server.machine;
        let long = vec![b'x'; 100_000];
        for garbage in [&b"\0\xff\r\n\r\n"[..], b"POST /fsapi HTTP/9\r\n\r\n", &long] {
            let back = exchange(to, &[&request(&to, &body(22).bytes())[..], garbage].concat());
            if !back.is_empty() {
                assert_eq!(parse_reply(&back).status, 200);
            }
        }
        serves(to);
    }
}

#[test]
fn look_ups_on_one_connection_are_answered_in_order_where_it_is_kept() {
    let server = Server::start("connection_close = false");
    let to = server.machine;
    let two = [request(&to, &body(22).bytes()), request(&to, &body(1).bytes())].concat();
    let mut stream = TcpStream::connect(to).expect("a socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
    stream.write_all(&two).expect("taken");
    let (mut back, mut part) = (String::new(), [0; 4096]);
    while back.matches("</document>").count() < 2 {
        let size = stream.read(&mut part).expect("answers");
        assert!(size > 0, "closed after {back}");
        back.push_str(&String::from_utf8_lossy(&part[..size]));
    }
    assert_eq!(back.matches("HTTP/1.1 200 OK").count(), 2, "{back}");
    let at = |word: &str| back.find(word).unwrap_or_else(|| panic!("no {word} in {back}"));
    assert!(at("a1-hash") < at("curl.conf"));
}

#[test]
fn odd_bodies_of_a_switch_are_answered() {
    let to = shared().machine;
    let found = |body: String, path: &str| {
        let reply = post(to, &body);
        assert!(find(&tree(&reply.body), path).is_some(), "{body}\n{}", reply.text());
    };
    let user = "section/domain/users/user[id=1000]/params/param[name=a1-hash]";
    let context = "section[name=dialplan]/context[name=default]/extension";
    found(body(43).set("user", "%31000").text(), user);
    found(body(43).set("user", "%31%30%30%30").text(), user);
    found(body(43).set_last("domain", &encoded(DOMAIN)).text(), user);
    found(body(43).and("lower", "a%2cb%3a").and("broken", "%4%zz%").text(), user);
    found(body(43).and("a name with spaces", "x").and("", "").and("no value", "").text(), user);
    found(body(43).and("list", "ARRAY::a|:b").and("list[0]", "a").text(), user);
    found(body(23).and("variable_long", &"a%0D%0A".repeat(2000)).text(), context);
    let reduced = body(43).reduced_to(&["key", "user", "domain"]);
    found(reduced.text(), user);
    found(body(43).reduced_to(&["user", "domain"]).text(), user);
    found(body(23).reduced_to(&["Hunt-Context"]).text(), context);
    found(body(23).reduced_to(&["Caller-Context"]).text(), context);
    found(
        body(32).reduced_to(&["Menu-Name"]).text(),
        "section/configuration/menus/menu[name=demo]",
    );
    found(body(11).reduced_to(&[]).text(), "section/configuration[name=sofia.conf]");
    serves(to);
}

#[test]
fn base_fields_that_were_cut_are_answered_clearly() {
    let to = shared().machine;
    let long = "a".repeat(600);
    let base =
        format!("hostname=vm&section=directory&tag_name=domain&key_name=name&key_value={long}");
    let cut = &base[..511];
    let reply = post(to, format!("{cut}&Event-Name=REQUEST_PARAMS&key=id&user=1&domain={long}"));
    let tree = tree(&reply.body);
    let closed = format!("section[name=directory]/domain[name={long}]");
    assert!(find(&tree, &closed).is_some_and(|domain| domain.children.is_empty()));
    // A long switch name leaves no room for the rest.
    for cut in [500, 505, 511] {
        let base = format!("hostname={long}&section=directory");
        let reply = post(to, format!("{}&Event-Name=REQUEST_PARAMS", &base[..cut]));
        assert_eq!(reply.status, 200);
    }
    serves(to);
}

/// How many connections this process may hold for one test: what it may open, less what the other
/// tests need.
fn connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let soft = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    soft.map_or(1000, |soft: usize| soft.saturating_sub(500).min(1000))
}

#[test]
fn a_thousand_connections_that_say_nothing_hold_up_nobody_and_are_closed() {
    let count = connections();
    if count < 1000 {
        eprintln!("only {count} connections: the limit of open files is low");
    }
    let state = tempfile::tempdir().expect("a folder");
    let program = Program::demo(state.path(), &[]);
    let to = program.machine;
    let mut idle: Vec<_> =
        (0..count).map(|_| TcpStream::connect(to).expect("a connection")).collect();
    for _ in 0..20 {
        serves(to);
    }
    let open = Metrics::of(to).sum("jackfield_connections", &[]);
    assert!(open > 1.0, "{open} connections are open");
    let started = Instant::now();
    for stream in &mut idle {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        let mut back = Vec::new();
        let _ = stream.read_to_end(&mut back);
        assert!(back.is_empty() || parse_reply(&back).status == 408);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    serves(to);
}
