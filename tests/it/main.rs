//! The service from outside: real sockets, recorded bodies, the real program.
//!
//! Every answer of every test is read as a switch reads it, through [`support`].

mod bad_input;
mod captures;
mod changes;
mod check;
mod clients;
mod database;
mod demo;
mod explain;
mod export;
mod health;
mod import;
mod instances;
mod isolation;
mod journal;
mod kept;
mod limits;
mod live;
mod manual;
mod news;
mod nouns;
mod observe;
mod outside;
mod pin;
mod plugged;
mod policies;
mod pollution;
mod protected;
mod prune;
mod readme;
mod record;
mod registry;
mod request_id;
mod safe_xml;
mod scenario;
mod sessions;
mod settings;
mod shipped;
mod stalled;
mod stop;
mod storage;
mod support;
mod switches;
mod systemd;
mod tidy;
