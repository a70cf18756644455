//! A ring is bounded, and whatever the disk does, look-ups are answered.

use std::fs;
use std::io::Write;
use std::time::Duration;

use super::{files, recorded, recording, told, tool};
use crate::support::{Metrics, PATIENCE, body, post, until};

fn counted(service: std::net::SocketAddr, outcome: &str) -> f64 {
    Metrics::of(service).sum("jackfield_recorded_lookups_total", &[("outcome", outcome)])
}

#[test]
fn of_a_second_no_more_are_recorded_than_said_and_the_others_are_counted_and_told() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[("JACKFIELD_RECORD_PER_SECOND", "3")]);
    for _ in 0..60 {
        post(service.machine, body(20).bytes());
    }
    std::thread::sleep(Duration::from_millis(1100));
    post(service.machine, body(20).bytes());
    let shown = recorded(state.path());
    let lost: u64 = shown.iter().filter_map(|it| it["lost"].as_u64()).sum();
    assert!(shown.len() < 61 && lost + shown.len() as u64 == 61, "{lost} and {}", shown.len());
    let beyond = counted(service.machine, "rate");
    assert!((beyond - f64::from(u32::try_from(lost).expect("few"))).abs() < 0.1, "{beyond}");
    let lines = told(&tool(state.path(), "lookups", &[]));
    assert!(lines.contains("look-ups were not recorded"), "{lines}");
}

#[test]
fn the_files_stay_within_their_bound_and_keep_what_is_newest() {
    let state = tempfile::tempdir().expect("a folder");
    let settings = [("JACKFIELD_RECORD_MAX_MIB", "1"), ("JACKFIELD_RECORD_PER_SECOND", "1000000")];
    let service = recording(state.path(), &settings);
    let long = body(23).set("Hunt-Caller-ID-Name", &"x".repeat(500));
    for _ in 0..1500 {
        post(service.machine, long.bytes());
    }
    let shown = recorded(state.path());
    let size = files(&state.path().join("record")).len();
    assert!((600_000..=1 << 20).contains(&size), "{size}");
    assert_eq!(shown.last().expect("some")["id"], 1500);
    assert!(shown.len() > 400 && shown.len() < 1500, "{}", shown.len());
}

#[test]
fn a_disk_that_takes_nothing_stops_recording_alone_and_it_goes_on_by_itself() {
    let state = tempfile::tempdir().expect("a folder");
    let in_the_way = state.path().join("way");
    fs::write(&in_the_way, "").expect("writable");
    let folder = in_the_way.join("record");
    let folder = folder.to_str().expect("UTF-8");
    let service = recording(state.path(), &[("JACKFIELD_RECORD_FOLDER", folder)]);
    let asked = || assert_eq!(post(service.machine, body(42).bytes()).status, 200);
    asked();
    service.logged("look-ups are not recorded: ");
    until("it is counted", PATIENCE, || counted(service.machine, "failed") > 0.5);
    fs::remove_file(&in_the_way).expect("removable");
    until("it is recorded again", PATIENCE, || {
        asked();
        std::thread::sleep(Duration::from_millis(100));
        counted(service.machine, "written") > 0.5
    });
    service.logged("look-ups are recorded again");
    let log = service.log();
    assert_eq!(log.matches("look-ups are not recorded").count(), 1, "{log}");
}

#[test]
fn a_killed_service_leaves_what_it_has_written_and_a_torn_line_is_passed_over() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    post(service.machine, body(42).bytes());
    assert_eq!(recorded(state.path()).len(), 1);
    service.signal("KILL");
    service.ended();
    let file = state.path().join("record/lookups-00000000000000000001.jsonl");
    let mut torn = fs::OpenOptions::new().append(true).open(file).expect("there");
    torn.write_all(b"{\"id\":2,\"at\":\"2026-").expect("room");
    let service = recording(state.path(), &[]);
    post(service.machine, body(23).bytes());
    let ids: Vec<_> = recorded(state.path()).iter().map(|it| it["id"].as_u64()).collect();
    assert_eq!(ids, [Some(1), Some(3)]);
    let (_, log) = service.terminate();
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn a_file_that_was_moved_or_removed_is_made_anew_and_its_numbers_go_on() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    let folder = state.path().join("record");
    let file = folder.join("lookups-00000000000000000001.jsonl");
    let ask = || {
        post(service.machine, body(42).bytes());
        recorded(state.path()).iter().map(|it| it["id"].as_u64().expect("one")).collect::<Vec<_>>()
    };
    assert_eq!(ask(), [1]);
    let moved = state.path().join("moved");
    fs::rename(&file, &moved).expect("movable");
    assert_eq!(ask(), [2]);
    assert_eq!(fs::read_to_string(&moved).expect("readable").lines().count(), 1);
    fs::remove_file(&file).expect("removable");
    assert_eq!(ask(), [3]);
    fs::remove_dir_all(&folder).expect("removable");
    assert_eq!(ask(), [4]);
    assert_eq!(ask(), [4, 5]);
    assert!((counted(service.machine, "written") - 5.0).abs() < 0.1);
}

#[test]
fn a_look_up_after_a_pause_is_on_the_disk_within_a_second_whoever_asks_next() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[]);
    for expected in 1..=3 {
        // The thread that writes waits for longer now.
        std::thread::sleep(Duration::from_millis(700));
        post(service.machine, body(42).bytes());
        let folder = state.path().join("record");
        until("it is on the disk", Duration::from_secs(1), || {
            folder.exists() && files(&folder).lines().count() == expected
        });
    }
}

#[test]
fn somebody_who_follows_and_does_not_read_holds_up_no_stop() {
    let state = tempfile::tempdir().expect("a folder");
    let service = recording(state.path(), &[("JACKFIELD_RECORD_PER_SECOND", "1000000")]);
    let socket = state.path().join("control.sock");
    let mut follower = std::os::unix::net::UnixStream::connect(socket).expect("a socket");
    follower.write_all(b"{\"do\":\"follow\"}\n").expect("room");
    let long = body(23).set("Hunt-Caller-ID-Name", &"x ".repeat(250));
    for _ in 0..1500 {
        post(service.machine, long.bytes());
    }
    std::thread::sleep(Duration::from_millis(400));
    let started = std::time::Instant::now();
    service.terminate();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn recording_is_turned_on_and_off_without_a_restart() {
    let state = tempfile::tempdir().expect("a folder");
    let file = state.path().join("jackfield.toml");
    fs::write(&file, "").expect("writable");
    let config = file.to_str().expect("UTF-8");
    let service = crate::support::Program::demo(state.path(), &[("JACKFIELD_CONFIG", config)]);
    let reload = |text: &str, words: &str| {
        fs::write(&file, text).expect("writable");
        service.signal("HUP");
        service.logged(words);
    };
    post(service.machine, body(42).bytes());
    reload("[record]\non = true\nsections = ['dialplan']", "record.on: false -> true");
    post(service.machine, body(42).bytes());
    post(service.machine, body(23).bytes());
    until("one is written", PATIENCE, || counted(service.machine, "written") > 0.5);
    reload("[record]\non = false\nsections = ['dialplan']", "record.on: true -> false");
    post(service.machine, body(23).bytes());
    let shown = tool(state.path(), "lookups", &["--json"]);
    assert_eq!(told(&shown).lines().count(), 1, "the dialplan's alone, while it was on");
    assert!(String::from_utf8_lossy(&shown.stderr).contains("recording is off"));
}
