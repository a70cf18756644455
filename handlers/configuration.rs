//! Answers in section `configuration`: the documents that the switch's modules ask for.
//!
//! A file here is a document, and [`documents`] is for all the rest. What is stored is answered.
//! Where a part is asked for that is not stored, the document is answered without it: a not-found
//! would send the switch to the document of the same name on its disk, where something else of that
//! name may stand. (Conferences are the exception; their file says why.) A module that lives by its
//! profiles and has none stored at all is left to the switch, which may keep them on its disk.
//!
//! Where a stored document has the name of one that there are tables for, it is the frame around them:
//! the settings and whatever else the operator wrote there, in place of what a handler would choose.

mod acl;
mod callcenter;
mod conference;
mod documents;
mod fifo;
mod ivr;
mod local_stream;
mod lua;
#[cfg(test)]
mod recorded;
mod sofia;
mod stock;
mod verto;
mod voicemail;
mod zones;

use jackfield_api::document::Configuration;
use jackfield_api::lookup::ConfigurationLookup;
use jackfield_api::snapshot::{OnSwitch, Profile, ProfileKind};
use jackfield_api::{Answer, Facts, Refusal};

pub use self::lua::HOOKS;

/// The profiles of a module that is nothing without one; not found where there are none at all.
fn profiles(pbx: OnSwitch<'_>, kind: ProfileKind) -> Result<Vec<&Profile>, Refusal> {
    let profiles: Vec<_> = pbx.profiles(kind).collect();
    if profiles.is_empty() {
        return Err(Refusal::NotFound("no profile of this module"));
    }
    Ok(profiles)
}

/// The document of a module whose profiles have what every answer completes them with.
fn completed(
    lookup: ConfigurationLookup<'_>,
    facts: Facts<'_>,
    file: &str,
    kind: ProfileKind,
) -> Answer {
    let host = lookup.base().hostname();
    let pbx = facts.snapshot.on(&host);
    let completed: Vec<_> = profiles(pbx, kind)?
        .into_iter()
        .map(|profile| profile.completed(|param| pbx.text_of(param)))
        .collect();
    let frame = pbx.document(file);
    let mut document = Configuration::new(file).framed(frame);
    if frame.is_none() {
        document = document.settings([("debug", "0")]);
    }
    document.profiles(completed.iter().map(AsRef::as_ref)).answer()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_api::snapshot::Snapshot;

    #[test]
    fn a_module_without_any_stored_profile_is_left_to_the_switch() {
        use ProfileKind::{Conference, Sofia, Verto, Voicemail};
        for kind in [Conference, Sofia, Verto, Voicemail] {
            assert!(matches!(
                profiles(Snapshot::default().on("vm"), kind),
                Err(Refusal::NotFound(_))
            ));
        }
    }
}
