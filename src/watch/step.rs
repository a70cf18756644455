//! A step from one picture to the next: what those are told who follow the data.

use std::sync::Arc;

use crate::db::{ChangedRow, Mark};
use crate::fsapi::Picture;

/// One publication.
#[derive(Debug)]
pub struct Step {
    /// What was served before.
    pub before: Arc<Picture>,
    /// What is served now.
    pub after: Arc<Picture>,
    /// Where in the history of the database that is.
    pub mark: Mark,
    /// What makes the difference.
    pub changes: Changes,
}

/// What makes the difference between two pictures.
#[derive(Debug)]
pub enum Changes {
    /// These rows. One that is part of another, as a gateway of a profile, is told as that one.
    Rows(Vec<ChangedRow>),
    /// Whatever differs: everything was read.
    Everything,
}

/// Somebody who is told of each step, on the thread that publishes: to be noted, and done elsewhere.
/// A picture can be large, so whoever keeps a step keeps it for a short time.
pub type Follower = Box<dyn FnMut(&Arc<Step>) + Send>;
