//! The way of a look-up, from the body of a post to the answer.
//!
//! [`form`](jackfield_api::Form) → [`guard`] → outer registry → section registry ([`registry`]) →
//! handler (`run`) → `check` → answer, or [`refusal`]. One direction, no step back; each stage
//! is one file. [`Router`] walks it, [`explain`] tells what it did.

mod check;
mod crew;
mod events;
pub mod explain;
pub mod guard;
pub mod picture;
pub mod refusal;
pub mod registry;
mod report;
mod router;
mod run;
mod self_check;
mod start;
mod store;

pub use picture::Picture;
pub use refusal::Reply;
pub use router::Router;
pub use start::StartErrors;
