//! The operator's chapters of the README: every command in them is run here, on a folder that stands for the machine.

mod backup;
mod errors;
mod machine;
mod switches;
