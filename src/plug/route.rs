//! Routes, and which of them are protected.

use std::fmt;
use std::sync::Arc;

use axum::routing::MethodRouter;
use jackfield_api::registry::Origin;

use crate::app::App;

/// The socket that a route is served on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The loopback socket, for the switch and Prometheus.
    Machine,
    /// The socket behind the public nginx server.
    Public,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Machine => "machine",
            Self::Public => "public",
        })
    }
}

/// A route of a module. Made by [`route!`](crate::route!).
pub struct Route {
    /// Its name: what protected paths refer to.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// Where it is served.
    pub listener: Listener,
    /// Makes its methods.
    pub methods: fn() -> MethodRouter<Arc<App>>,
    /// Where it is written.
    pub origin: Origin,
}

impl Route {
    /// Whether a module has brought it along, rather than the service itself.
    pub(crate) fn is_of_a_module(&self) -> bool {
        // Not by its package: that of the service has programs with modules, too.
        !self.origin.module.starts_with("jackfield::")
    }
}

/// Says that a route is for this machine alone: asked from elsewhere it is an unknown path. Made by
/// [`protect!`](crate::protect!).
pub struct ProtectedPath {
    /// The route's name.
    pub route: &'static str,
    /// Where it is written.
    pub origin: Origin,
}

inventory::collect!(Route);
inventory::collect!(ProtectedPath);

/// Registers a route: its name, its path, the listener that serves it (`Machine` or `Public`), and its
/// methods, which are axum's and have the [`App`] as their state.
///
/// ```
/// use std::sync::Arc;
///
/// use jackfield::app::App;
/// use jackfield::plug::axum::extract::State;
/// use jackfield::plug::axum::routing::get;
///
/// async fn users(State(app): State<Arc<App>>) -> String {
///     app.snapshot().user_count().to_string()
/// }
///
/// jackfield::route!("acme-users", "/acme/users", Machine, get(users));
/// ```
///
/// Routes of modules run in a tokio runtime that serves nothing else, with two threads for those of a
/// listener. So one that blocks holds up other routes, but no look-up. One that has not begun its answer
/// after 30 s is answered with 503, and one that panics with 500; the log names it. A body that is sent
/// bit by bit (a stream) is asked for its parts where sockets are served, so that one must not block.
#[macro_export]
macro_rules! route {
    ($name:expr, $path:expr, $listener:ident, $methods:expr $(,)?) => {
        $crate::plug::inventory::submit! {
            $crate::plug::Route {
                name: $name,
                path: $path,
                listener: $crate::plug::Listener::$listener,
                methods: || $methods,
                origin: $crate::plug::origin!(),
            }
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "`route!` takes a name, a path, `Machine` or `Public`, and axum's methods:\n  \
             route!(\"acme-users\", \"/acme/users\", Machine, get(users));"
        );
    };
}

/// Protects a route by its name. A route of the listener `Machine` is protected as it is; this says of one
/// that it must never be served anywhere else: such a program does not start.
///
/// ```
/// # use jackfield::plug::axum::routing::get;
/// jackfield::route!("acme-users", "/acme/users", Machine, get(async || "2"));
/// jackfield::protect!("acme-users");
/// ```
#[macro_export]
macro_rules! protect {
    ($route:expr $(,)?) => {
        $crate::plug::inventory::submit! {
            $crate::plug::ProtectedPath { route: $route, origin: $crate::plug::origin!() }
        }
    };
}

/// All routes, in a fixed order.
pub fn routes() -> Vec<&'static Route> {
    let mut routes: Vec<_> = inventory::iter::<Route>.into_iter().collect();
    routes.sort_by_key(|route| (route.path, route.origin));
    routes
}

/// All protected paths, in a fixed order.
pub(crate) fn protected() -> Vec<&'static ProtectedPath> {
    let mut paths: Vec<_> = inventory::iter::<ProtectedPath>.into_iter().collect();
    paths.sort_by_key(|path| (path.route, path.origin));
    paths
}

/// Whether a route is protected.
pub fn is_protected(name: &str) -> bool {
    inventory::iter::<ProtectedPath>.into_iter().any(|path| path.route == name)
}
