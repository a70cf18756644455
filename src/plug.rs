//! What a module of the service brings along besides handlers: routes, and which of them are
//! protected.
//!
//! As with handlers, everything registers at link time and is shown in a fixed order; the built-in
//! routes register here too.

use std::sync::Arc;

use axum::routing::MethodRouter;
#[doc(hidden)]
pub use inventory;
#[doc(hidden)]
pub use jackfield_api::registry::Origin;

use crate::app::App;
use crate::fsapi::StartErrors;

/// The socket that a route is served on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The loopback socket, for the switch and Prometheus.
    Machine,
    /// The socket behind the public nginx server.
    Public,
}

/// A route of a module.
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

/// Says that a route is for this machine alone: asked from elsewhere it is an unknown path.
pub struct ProtectedPath {
    /// The route's name.
    pub route: &'static str,
    /// Where it is written.
    pub origin: Origin,
}

inventory::collect!(Route);
inventory::collect!(ProtectedPath);

/// Registers a route: `route!("weather", "/weather", Public, get(handler))`.
#[macro_export]
macro_rules! route {
    ($name:expr, $path:expr, $listener:ident, $methods:expr) => {
        $crate::plug::inventory::submit! {
            $crate::plug::Route {
                name: $name,
                path: $path,
                listener: $crate::plug::Listener::$listener,
                methods: || $methods,
                origin: $crate::origin!(),
            }
        }
    };
}

/// Protects a route by its name: `protect!("metrics")`.
#[macro_export]
macro_rules! protect {
    ($route:expr) => {
        $crate::plug::inventory::submit! {
            $crate::plug::ProtectedPath { route: $route, origin: $crate::origin!() }
        }
    };
}

/// Where a registration is written.
#[doc(hidden)]
#[macro_export]
macro_rules! origin {
    () => {
        $crate::plug::Origin {
            package: env!("CARGO_PKG_NAME"),
            module: module_path!(),
            file: file!(),
            line: line!(),
        }
    };
}

/// All routes, in a fixed order.
pub fn routes() -> Vec<&'static Route> {
    let mut routes: Vec<_> = inventory::iter::<Route>.into_iter().collect();
    routes.sort_by_key(|route| (route.path, route.origin));
    routes
}

/// Whether a route is protected.
pub fn is_protected(name: &str) -> bool {
    inventory::iter::<ProtectedPath>.into_iter().any(|path| path.route == name)
}

/// Whether routes and protected paths fit together; all contradictions are reported at once.
pub fn check() -> Result<(), StartErrors> {
    let routes = routes();
    let mut wrong = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        for other in &routes[..at] {
            let both = format!("{} and {}", other.origin, route.origin);
            if other.name == route.name {
                wrong.push(format!("two routes are named «{}»: {both}", route.name));
            } else if (other.path, other.listener) == (route.path, route.listener) {
                wrong.push(format!("two routes have the path {}: {both}", route.path));
            }
        }
        if route.listener == Listener::Public && is_protected(route.name) {
            let Route { name, origin, .. } = route;
            wrong
                .push(format!("route «{name}» ({origin}) is protected and on the public listener"));
        }
    }
    for path in inventory::iter::<ProtectedPath> {
        if !routes.iter().any(|route| route.name == path.route) {
            let ProtectedPath { route, origin } = path;
            wrong.push(format!("protected path «{route}» ({origin}) is no route"));
        }
    }
    wrong.sort();
    if wrong.is_empty() { Ok(()) } else { Err(StartErrors::Routes(wrong)) }
}
