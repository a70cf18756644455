//! How often one caller may ask.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, MonotonicClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;
use quick_cache::sync::Cache;

/// How many callers are remembered, a hundred bytes each. Strangers who come from more push out one
/// another; who is forgotten begins anew.
const CALLERS: usize = 16 * 1024;

/// Callers, and how often each has asked lately.
pub(super) struct Pace {
    quota: Quota,
    callers: Cache<IpNet, Arc<DefaultDirectRateLimiter>>,
}

impl Pace {
    /// So often in a minute, all of it at once if need be.
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        Self { quota: Quota::per_minute(per_minute), callers: Cache::new(CALLERS) }
    }

    /// Lets a caller ask, or says for how many seconds it has to wait.
    pub(super) fn admit(&self, caller: IpNet) -> Result<(), u64> {
        let new = || Ok::<_, u64>(Arc::new(RateLimiter::direct(self.quota)));
        let limiter = self.callers.get_or_insert_with(&caller, new)?;
        limiter.check().map_err(|until| {
            let wait = until.wait_time_from(MonotonicClock.now());
            wait.as_secs() + 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: u32) -> IpNet {
        std::net::IpAddr::from(number.to_be_bytes()).into()
    }

    #[test]
    fn a_caller_that_has_asked_often_waits_and_others_do_not() {
        let pace = Pace::new(NonZeroU32::new(3).expect("not 0"));
        assert!((0..3).all(|_| pace.admit(caller(1)).is_ok()));
        let wait = pace.admit(caller(1)).expect_err("the fourth time");
        assert!((1..=20).contains(&wait), "{wait}");
        assert_eq!(pace.admit(caller(2)), Ok(()));
    }

    #[test]
    fn however_many_come_only_so_many_are_remembered() {
        let pace = Pace::new(NonZeroU32::MIN);
        let callers = u32::try_from(CALLERS * 4).expect("small");
        assert!((0..callers).all(|number| pace.admit(caller(number)).is_ok()));
        assert!(pace.callers.len() <= CALLERS, "{}", pace.callers.len());
    }
}
