//! The time as channels and clients have it.

use std::time::SystemTime;

/// Seconds since 1970.
pub(crate) fn seconds() -> i64 {
    seconds_at(SystemTime::now())
}

/// Seconds since 1970 at some time.
pub(crate) fn seconds_at(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
