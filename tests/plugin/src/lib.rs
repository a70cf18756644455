//! The handlers of Acme, a made-up company that routes its customers' calls by what its CRM knows.
//!
//! - [`agents`]: a call from a customer goes to the agent who knows it (an asynchronous dialplan)
//! - [`cdr`]: where the switch posts its call records (a configuration document)
//! - [`callbacks`]: callers who want to be called back (a channel event, and a route that lists them)
//! - [`crm`]: the CRM itself: settings, questions, counters
//! - [`upkeep`]: looks whether the CRM is there (a background service, and a command)

mod agents;
mod callbacks;
mod cdr;
mod crm;
mod upkeep;
