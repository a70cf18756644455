//! Recorded look-ups, asked again: of two versions, or over two databases, and compared.
//!
//! Both sides get the same bodies ([`bodies`]), a few at a time ([`side`]); answers are compared as
//! trees, not as text ([`canonical`]), and what differs is told line by line ([`mod@diff`]). Nothing is
//! written here for a look-up that is played; a service that is asked counts and records it as any other.

mod bodies;
mod canonical;
mod diff;
mod side;

use futures_util::stream::{self, StreamExt};
use serde::Serialize;

pub(crate) use self::bodies::{Play, Plays};
use self::canonical::lines;
pub(crate) use self::canonical::{VARYING, Varying};
use self::diff::diff;
pub(crate) use self::side::Side;
use crate::record::Seal;

/// What is compared.
pub(crate) enum Compared {
    /// Two sides with one another.
    Sides(Box<[Side; 2]>),
    /// One with what was sent when the look-up was recorded.
    Recorded(Box<Side>, Option<Seal>),
}

impl Compared {
    fn seal(&self) -> Option<&Seal> {
        match self {
            Self::Recorded(_, seal) => seal.as_ref(),
            Self::Sides(_) => None,
        }
    }
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// Look-ups that were played.
    pub(crate) played: usize,
    /// Those that were answered alike.
    pub(crate) same: usize,
    pub(crate) different: Vec<Difference>,
    /// Those that could not be asked or compared, and why.
    pub(crate) failed: Vec<Difference>,
    /// What was left out of the comparison.
    pub(crate) varying: Vec<String>,
}

/// One that differs.
#[derive(Debug, Serialize)]
pub(crate) struct Difference {
    /// Its file, or its number.
    pub(crate) name: String,
    /// What it asks.
    pub(crate) asks: String,
    pub(crate) told: Vec<String>,
    /// How many others differ in the very same.
    pub(crate) others: usize,
}

/// Plays look-ups, so many at once.
pub(crate) async fn play(
    plays: Vec<Play>,
    compared: &Compared,
    at_once: usize,
    ignored: &[String],
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut varying = Varying::new(ignored);
    let asked = stream::iter(plays).map(|play| async {
        let came = match compared {
            Compared::Sides(sides) => {
                let [one, other] = &**sides;
                tokio::try_join!(one.ask(play.body.clone()), other.ask(play.body.clone()))
                    .map(|(one, other)| (one, Some(other)))
            }
            Compared::Recorded(side, _) => side.ask(play.body.clone()).await.map(|one| (one, None)),
        };
        (play, came)
    });
    let mut asked = std::pin::pin!(asked.buffered(at_once));
    while let Some((play, came)) = asked.next().await {
        outcome.played += 1;
        let told = match came {
            Err(error) => {
                note(&mut outcome.failed, play, vec![format!("{error:#}")]);
                continue;
            }
            Ok((one, Some(other))) if one == other => Vec::new(),
            Ok((one, Some(other))) => diff(
                &lines(one.status, &one.body, &mut varying),
                &lines(other.status, &other.body, &mut varying),
            ),
            Ok((one, None)) => match (&play.seal, compared.seal()) {
                (Some(then), Some(seal)) if seal.is_of(then) => {
                    let otherwise = "it was answered otherwise when it was recorded";
                    let is_same = *then == seal.seal(&one.body);
                    (!is_same).then(|| otherwise.to_owned()).into_iter().collect()
                }
                (then, _) => {
                    let why = match then {
                        Some(_) => {
                            "not comparable: the key that its answer was sealed with is not here"
                        }
                        None => "no answer was recorded that it could be compared with",
                    };
                    note(&mut outcome.failed, play, vec![why.to_owned()]);
                    continue;
                }
            },
        };
        if told.is_empty() {
            outcome.same += 1;
        } else {
            note(&mut outcome.different, play, told);
        }
    }
    outcome.varying = varying.met.into_iter().collect();
    outcome
}

/// Many look-ups differ in the same; one of them is told.
fn note(noted: &mut Vec<Difference>, play: Play, told: Vec<String>) {
    if let Some(known) = noted.iter_mut().find(|known| known.told == told) {
        known.others += 1;
        return;
    }
    let Play { name, asks, .. } = play;
    noted.push(Difference { name, asks, told, others: 0 });
}
