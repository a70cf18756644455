//! Each rule of the switch, against a server that answers as it is told to.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::*;
use crate::testing::{asking, recorded};

/// Answers each connection with these bytes, and hands on what it was asked.
fn server(answer: impl Into<Vec<u8>>) -> (SocketAddr, Receiver<String>) {
    let answer = answer.into();
    serving(move |mut stream| {
        // Whoever has heard enough may have closed.
        let _ = stream.write_all(&answer);
    })
}

fn serving(answer: impl Fn(TcpStream) + Send + 'static) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (asked, hear) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            // Not every test wants to know.
            let _ = asked.send(request(&mut stream));
            answer(stream);
        }
    });
    (address, hear)
}

fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut part) = (String::new(), [0; 4096]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            if length.and_then(|length| length.parse().ok()) == Some(body.len()) {
                return text;
            }
        }
        let size = stream.read(&mut part).expect("readable");
        assert!(size > 0, "{text}");
        text.push_str(std::str::from_utf8(&part[..size]).expect("ASCII"));
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn users(domain: &str, users: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<document type=\"freeswitch/xml\">\n<section name=\"directory\">\n\
         <domain name=\"{domain}\">\n<users>\n{users}\n</users>\n</domain>\n</section>\n</document>\n"
    )
}

fn good() -> (SocketAddr, Receiver<String>) {
    server(ok(&users("pbx.example.test", "<user id=\"1000\"/>")))
}

const NOT_FOUND: &str = "<document>\n<section name=\"result\">\n<result status=\"not found\"/>\n\
                         </section>\n</document>\n";

/// What a switch does that has a good binding behind this one, and a disk behind both.
fn behind(first: SocketAddr) -> (Told, Receiver<String>) {
    let (second, asked) = good();
    let disk = users("pbx.example.test", "<user id=\"disk\"/>");
    let disk =
        disk.split_once('\n').map_or("", |(_, behind_the_declaration)| behind_the_declaration);
    let switch = Switch::at(first).or_at(second).with_disk(disk);
    let told = switch.waiting(Duration::from_millis(400)).asks(recorded::SIP_AUTH_REGISTER);
    (told, asked)
}

#[test]
fn each_look_up_is_a_post_on_a_connection_of_its_own() {
    let (address, asked) = good();
    let switch = Switch::at(address);
    for _ in 0..2 {
        let told = switch.asks(recorded::SIP_AUTH_REGISTER);
        assert_eq!((told.by, told.passed_over.len()), (By::Binding(0), 0));
        assert_eq!(told.document().names("user"), ["1000"]);
    }
    for request in asked.iter().take(2) {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        assert_eq!(
            head,
            format!(
                "POST /fsapi HTTP/1.1\r\nHost: {address}\r\nUser-Agent: freeswitch-xml/1.0\r\n\
                 Accept: */*\r\nContent-Length: {}\r\n\
                 Content-Type: application/x-www-form-urlencoded",
                body.len()
            )
        );
        assert_eq!(body, recorded::SIP_AUTH_REGISTER.text());
    }
}

#[test]
fn whatever_is_no_answer_has_the_next_binding_asked() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let (told, _asked) = behind(closed);
    assert!(matches!(told.passed_over[..], [Why::Gone(_)]), "{:?}", told.passed_over);
    assert_eq!(told.by, By::Binding(1));
    let body = users("pbx.example.test", "");
    let one_line = body.replace('\n', " ");
    let cut = ok(&body).replace("</document>\n", "");
    let broken = body.replace("</users>", "");
    for (answer, why) in [
        (ok(&body).replace("200 OK", "204 No Content"), "the status is 204"),
        (ok(&body).replace("200 OK", "404 Not Found"), "the status is 404"),
        (ok(&body).replace("200 OK", "500 Oops"), "the status is 500"),
        (ok(NOT_FOUND), "not found"),
        (ok(&one_line), "the switch cannot read it"),
        (ok(&broken), "the switch cannot read it"),
        (ok(""), "the switch cannot read it"),
        (cut, "no answer: it ended after"),
        (String::new(), "no answer"),
        (ok(&" ".repeat(MAX_BYTES + 1)), "more than 1048576 bytes"),
        (format!("HTTP/1.0 200 OK\r\n\r\n{}", " ".repeat(MAX_BYTES + 1)), "more than 1048576"),
    ] {
        let (told, _asked) = behind(server(answer.clone()).0);
        let [passed_over] = &told.passed_over[..] else { panic!("{why}: {told:?}") };
        assert!(passed_over.to_string().starts_with(why), "{passed_over} is not {why}");
        assert_eq!(told.by, By::Binding(1), "{why}");
        assert_eq!(told.document().names("user"), ["1000"], "{why}");
    }
}

#[test]
fn whoever_is_late_is_not_waited_for() {
    let (slow, _asked) = serving(|stream| {
        thread::spawn(move || {
            // Byte after byte, each in time.
            for byte in ok(&users("pbx.example.test", "")).into_bytes() {
                thread::sleep(Duration::from_millis(50));
                if (&stream).write_all(&[byte]).is_err() {
                    return;
                }
            }
        });
    });
    let (told, _asked) = behind(slow);
    assert_eq!((told.passed_over, told.by), (vec![Why::Late], By::Binding(1)));
}

#[test]
fn an_answer_about_something_else_ends_the_chain_and_the_disk_is_read() {
    for other in
        [users("other.test", ""), "<document><section name=\"dialplan\"/></document>\n".into()]
    {
        let (told, asked) = behind(server(ok(&other)).0);
        assert_eq!((&told.passed_over[..], told.by), (&[Why::Elsewhere][..], By::Disk));
        assert_eq!(told.document().names("user"), ["disk"]);
        assert!(asked.try_recv().is_err(), "the second binding is not asked");
    }
}

#[test]
fn the_domain_without_the_user_is_an_answer_and_the_disk_is_not_read() {
    let (told, _asked) = behind(server(ok(&users("PBX.example.test", ""))).0);
    assert_eq!((told.passed_over.len(), told.by), (0, By::Binding(0)));
    assert!(!told.document().has("user", "disk"));
}

#[test]
fn where_nobody_answers_there_is_no_document() {
    let switch = Switch::at(server(ok(NOT_FOUND)).0);
    let told = switch.clone().with_disk("<document/>\n").asks(asking::dialplan("default"));
    assert_eq!((told.passed_over, told.by), (vec![Why::NotFound], By::Nobody));
    let told = switch.asks(asking::dialplan("default"));
    let panic = std::panic::catch_unwind(|| drop(told.document().clone())).expect_err("none");
    let complaint = panic.downcast::<String>().expect("a text");
    assert_eq!(*complaint, "nobody has an answer: [NotFound]");
}

#[test]
fn globals_are_put_in_and_chunks_are_put_together() {
    let body = "<document><section name=\"configuration\"><configuration name=\"a.conf\" \
                at=\"$${dir}/x$${unset}\"/></section></document>\n";
    let (one, two) = body.split_at(20);
    let chunked = format!(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
         {:x};a=b\r\n{one}\r\n{:X}\r\n{two}\r\n0\r\n\r\n",
        one.len(),
        two.len()
    );
    let switch = Switch::at(server(chunked).0).with_global("dir", "/etc");
    let told = switch.asks(asking::configuration("A.conf"));
    assert_eq!(told.document().the("configuration", "a.conf").attribute("at"), Some("/etc/x"));
}

#[test]
#[should_panic(expected = "the switch would run a command")]
fn an_answer_with_a_command_ends_the_test() {
    let body = "<document>\n<X-PRE-PROCESS cmd=\"exec\" data=\"id\"/>\n</document>\n";
    Switch::at(server(ok(body)).0).asks(recorded::ACL_CONF);
}

#[test]
fn a_hook_is_told_words() {
    let (address, asked) = server(ok("punt\n"));
    let switch = Switch::at(format!("http://{address}/elsewhere/fsapi"));
    assert_eq!(switch.posts(asking::login("x", "y")), "punt\n");
    let request = asked.recv().expect("a request");
    assert!(request.starts_with("POST /elsewhere/fsapi HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("&client_id=x&session_id=y&"), "{request}");
}
