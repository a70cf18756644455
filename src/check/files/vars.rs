//! `vars.xml`: globals that everything else is made of.

use super::fault::{Fault, Mend, OF_YOUR_OWN, is_known_to_all};
use crate::import::{Looked, is_true};

pub(super) fn faults(looked: &Looked) -> Vec<Fault> {
    let line = |name: &str, value: &str| {
        Mend::Instead(format!("<X-PRE-PROCESS cmd=\"set\" data=\"{name}={value}\"/>"))
    };
    let mut faults = Vec::new();
    if let Some((password, place)) = looked.set("default_password")
        && is_known_to_all(password)
    {
        let what = "default_password is the one that everybody knows";
        let why = "users on the disk have it, 1000 to 1019 of the stock files among them, and strangers try it first; \
                   with it each call of theirs waits 10 s";
        faults.push(Fault::error(place, what, why, line("default_password", OF_YOUR_OWN)));
    }
    if let Some((calls, place)) = looked.set("internal_auth_calls")
        && !is_true(calls)
    {
        let what = "internal_auth_calls is off: nobody is asked who calls";
        let why = "whoever reaches the internal profile can dial what the users can";
        faults.push(Fault::error(place, what, why, line("internal_auth_calls", "true")));
    }
    if let Some((level, place)) = looked.set("console_loglevel")
        && level.starts_with("debug")
    {
        let what = "console_loglevel is debug";
        let why = "at debug the switch logs passwords that verto clients typed";
        faults.push(Fault::warning(place, what, why, line("console_loglevel", "info")));
    }
    faults
}
