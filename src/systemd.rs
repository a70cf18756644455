//! The service manager: what it is told, and the sockets that it holds for the service.
//!
//! The protocols are those of `sd_notify(3)` and `sd_listen_fds(3)`. Without such a manager all of this
//! does nothing.

mod inherited;
mod notify;
mod pulse;

pub(crate) use self::inherited::{Inherited, InheritedError};
pub(crate) use self::notify::{Starting, ready, reloading, stopping};
pub(crate) use self::pulse::pulse;
