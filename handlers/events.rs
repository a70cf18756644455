//! Channel events: what the hook scripts of a switch post.
//!
//! [`login`] and [`disconnect`] hear of clients of channels, who log in over verto; [`who`] tells a
//! client from a user of the PBX.

mod disconnect;
mod login;
mod who;
