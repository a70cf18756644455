//! How many look-ups are under way at once, and who is turned away at the door.
//!
//! Each handler has a bound of its own ([`places`](super::places)), and look-ups wait for it. What
//! stands here keeps those that wait for one section from taking what the others need: memory, and the
//! connections that the listener accepts.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use jackfield_api::{Refusal, Section};

use crate::settings::Settings;

/// Counts look-ups under way.
#[derive(Debug, Default)]
pub(super) struct Admission {
    sections: [AtomicUsize; Section::ALL.len()],
    all: AtomicUsize,
}

/// One look-up under way, until it is dropped.
pub(super) struct UnderWay<'a>([&'a AtomicUsize; 2]);

impl Admission {
    /// Lets a look-up in, if there is room for it.
    pub(super) fn enter(
        &self,
        section: Section,
        settings: &Settings,
    ) -> Result<UnderWay<'_>, Refusal> {
        let own = &self.sections[section as usize];
        let before = [own, &self.all].map(|count| count.fetch_add(1, Relaxed));
        let under_way = UnderWay([own, &self.all]);
        if before[0] >= settings.section(section).max_lookups {
            return Err(Refusal::Overloaded("too many look-ups of the section are under way"));
        }
        if before[1] >= settings.max_lookups {
            return Err(Refusal::Overloaded("too many look-ups are under way"));
        }
        Ok(under_way)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        for count in self.0 {
            count.fetch_sub(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_is_full_leaves_room_for_the_others_until_all_is_full() {
        let text = "max_lookups = 3\n[sections.dialplan]\nmax_lookups = 2";
        let settings = Settings::read(Some(("test".into(), text)), &|_| None).expect("valid");
        let admission = Admission::default();
        let enter = |section| admission.enter(section, &settings);
        let calls = [(); 2].map(|()| enter(Section::Dialplan).expect("room"));
        assert!(enter(Section::Dialplan).is_err());
        let user = enter(Section::Directory).expect("room");
        assert!(enter(Section::Directory).is_err());
        // Whoever was turned away takes no room.
        drop(calls);
        let calls = [(); 2].map(|()| enter(Section::Dialplan).expect("room"));
        assert!(enter(Section::Configuration).is_err());
        drop(user);
        assert!(enter(Section::Configuration).is_ok());
        drop(calls);
    }
}
