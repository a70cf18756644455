//! How many files the service may have open, and how many of them are for connections.
//!
//! Who connects must not take the descriptors that the database and the control socket need.

use rlimit::Resource;

/// Connections that a listener serves at once.
const MOST: usize = 4096;
/// Descriptors that are not for connections: the database, writes of look-ups, the control socket,
/// the log, connections to the outside.
const RESERVE: u64 = 256;

/// Takes as many descriptors as the system gives; how many that are, where it tells.
pub(crate) fn raise() -> Option<u64> {
    let (soft, hard) = rlimit::getrlimit(Resource::NOFILE).ok()?;
    let raised = soft < hard && rlimit::setrlimit(Resource::NOFILE, hard, hard).is_ok();
    Some(if raised { hard } else { soft })
}

/// How many connections each of these listeners serves at once.
pub(crate) fn places(limit: Option<u64>, listeners: usize) -> usize {
    let Some(limit) = limit else { return MOST };
    let listeners = listeners.max(1);
    let left = limit - RESERVE.min(limit / 2);
    let each = usize::try_from(left).unwrap_or(usize::MAX) / listeners;
    if each < MOST {
        tracing::warn!(
            limit,
            connections = each,
            needed = MOST * listeners + usize::try_from(RESERVE).unwrap_or_default(),
            "few files may be open at once, so fewer connections are served at once; raise \
             `LimitNOFILE` of the unit, or `ulimit -n`"
        );
    }
    each.clamp(1, MOST)
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(places(None, 2), 4096);
        assert_eq!(places(Some(65536), 2), 4096);
        assert_eq!(places(Some(u64::MAX), 1), 4096);
        assert_eq!(places(Some(1024), 1), 768);
        assert_eq!(places(Some(1024), 2), 384);
        assert_eq!(places(Some(64), 1), 32);
        assert_eq!(places(Some(1), 2), 1);
    }
}
