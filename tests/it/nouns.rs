//! The commands for nouns, over the real program and a service that runs.

mod callcenter;
mod channels;
mod dialplan;
mod documents;
mod every;
mod hosts;
mod passwords;
mod profiles;
mod refused;
mod together;
mod users;
