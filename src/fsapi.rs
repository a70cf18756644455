//! The way of a look-up, from the body of a post to the answer.
//!
//! [`form`](jackfield_api::Form) → `admission` → [`guard`] → outer registry → section registry
//! ([`registry`]) → handler (`run`, or `flights` for one that needs the outside) → `Document::check` →
//! answer, or [`refusal`]. One direction, no step back; each stage is one file. [`Router`] walks it, [`explain`] tells what it did.

mod admission;
mod crew;
mod events;
pub mod explain;
mod flights;
pub mod guard;
mod kept_answers;
mod last_good;
mod outside;
pub mod picture;
mod places;
pub mod refusal;
pub mod registry;
mod report;
mod router;
mod run;
mod runner;
mod self_check;
mod start;
mod store;

pub(crate) use outside::Outside;
pub use picture::Picture;
pub use refusal::Reply;
pub use router::{Asked, Router};
pub use start::StartErrors;
