//! Handlers of our own. Each `mod` line links one.

mod example_module;
