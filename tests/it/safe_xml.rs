//! No text that anybody can choose becomes markup, a variable or a command of the switch.
//!
//! A value either stands in the answer as it was given, as the switch reads it, even after it has
//! encoded and parsed it once more; or there is no answer with it.

mod builders;
mod globals;
mod nasty;
mod service;
