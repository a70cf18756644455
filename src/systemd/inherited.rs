//! Sockets that the service manager listens on, so that nobody is refused while the service is
//! started anew: who connects meanwhile waits in their queue.

use std::net::TcpListener;

use listenfd::ListenFd;
use socket2::SockRef;

use crate::plug::Listener;

/// How systemd names them: `FileDescriptorName=` of a socket unit.
const NAMES: [(&str, Listener); 2] = [("machine", Listener::Machine), ("public", Listener::Public)];

/// Sockets that were passed on at the start.
#[derive(Debug, Default)]
pub(crate) struct Inherited(Vec<(Listener, TcpListener)>);

/// Why one of them cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InheritedError {
    /// Its name says nothing.
    #[error(
        "the socket «{name}» that was passed on is neither `machine` nor `public`; \
         write `FileDescriptorName=machine` into its unit"
    )]
    Name {
        /// Its name.
        name: String,
    },
    /// It is no listening TCP socket.
    #[error(
        "the socket «{name}» that was passed on cannot be used: {why}; write `ListenStream=` with \
         an address and a port, and `Accept=no`, into its unit"
    )]
    Kind {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Inherited {
    /// Takes them, as the environment tells. To be called before there is a second thread, because
    /// it removes what it read.
    pub(crate) fn take() -> Result<Self, InheritedError> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut passed = ListenFd::from_env();
        let mut names = names.split(':').filter(|name| !name.is_empty()).map(str::to_owned);
        let mut sockets = Vec::new();
        for at in 0..passed.len() {
            let name = names.next();
            let kind = match &name {
                Some(name) => NAMES.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind),
                None => None,
            };
            // A single one needs no name: it is what a service has at the least.
            let only = passed.len() == 1 && kind.is_none();
            let kind = kind.or(only.then_some(Listener::Machine));
            let name = name.unwrap_or_else(|| format!("{at}"));
            let Some(kind) = kind else { return Err(InheritedError::Name { name }) };
            let wrong = |why: String| InheritedError::Kind { name: name.clone(), why };
            let socket = passed.take_tcp_listener(at).map_err(|error| wrong(error.to_string()))?;
            let socket = socket.ok_or_else(|| wrong("it is taken already".to_owned()))?;
            if !SockRef::from(&socket).is_listener().unwrap_or(true) {
                return Err(wrong("nobody listens on it".to_owned()));
            }
            sockets.push((kind, socket));
        }
        Ok(Self(sockets))
    }

    /// Those of a listener, which are taken out.
    pub(crate) fn of(&mut self, listener: Listener) -> Vec<TcpListener> {
        let (taken, left) =
            std::mem::take(&mut self.0).into_iter().partition(|(kind, _)| *kind == listener);
        self.0 = left;
        Vec::into_iter(taken).map(|(_, socket)| socket).collect()
    }
}
