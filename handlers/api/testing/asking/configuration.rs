//! Section `configuration`.

use super::Asking;

fn file(name: &str) -> Asking {
    Asking::base("configuration", ["configuration", "name", name])
}

/// A module asks for its whole document, as in `sofia.conf`: the base fields alone.
pub fn configuration(name: &str) -> Asking {
    file(name)
}

/// A SIP profile starts (`launch_sofia_worker_thread`).
pub fn profile(name: &str) -> Asking {
    file("sofia.conf")
        .by("REQUEST_PARAMS", "sofia.c", "launch_sofia_worker_thread")
        .and("profile", name)
}

/// A call enters a menu of `ivr.conf` (`ivr_application_function`).
pub fn menu(name: &str) -> Asking {
    file("ivr.conf")
        .by("REQUEST_PARAMS", "mod_dptools.c", "ivr_application_function")
        .and("Menu-Name", name)
}

/// A queue of `callcenter.conf` is loaded (`load_queue`).
pub fn queue(name: &str) -> Asking {
    file("callcenter.conf")
        .by("REQUEST_PARAMS", "mod_callcenter.c", "load_queue")
        .and("CC-Queue", name)
}

/// A caller joins a room of `conference.conf` (`conference_function`).
pub fn join(room: &str, profile: &str) -> Asking {
    file("conference.conf")
        .by("COMMAND", "mod_conference.c", "conference_function")
        .and("conference_name", room)
        .and("profile_name", profile)
        .and("Fetch-Call-UUID", "11111111-2222-4333-8444-000000000002")
}

/// A member of a conference asks for its keys (`conference_member_bind_controls`).
pub fn controls(room: &str, profile: &str, group: &str) -> Asking {
    file("conference.conf")
        .by("REQUEST_PARAMS", "conference_member.c", "conference_member_bind_controls")
        .and("Conf-Name", room)
        .and("Conf-Profile", profile)
        .and("Action", "request-controls")
        .and("Controls", group)
        .and("Fetch-Call-UUID", "11111111-2222-4333-8444-000000000002")
}
