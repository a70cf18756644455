//! The listeners, their routes, and what is served on them.

mod aside;
pub(crate) mod body;
mod drain;
mod fsapi;
mod health;
mod listener;
mod metrics;
mod protect;
mod request_id;
mod socket;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
pub use drain::{Drain, Stop};
pub(crate) use fsapi::BAD_REQUESTS;
pub use listener::{Serving, serve};
pub(crate) use protect::REFUSED_SOURCES;
pub use socket::Socket;
use tower::Layer;

use self::aside::aside;
pub(crate) use self::protect::FORWARDING;
use self::protect::Protect;
use crate::app::App;
use crate::fsapi::Outside;
use crate::plug::{Listener, is_protected, routes};

/// The routes of one listener. All of the machine listener are protected, named so or not. A protected path asked from elsewhere, an unknown path, and a known
/// path of the other listener are answered alike.
///
/// Those of modules run in a runtime of the listener's own.
pub fn router(app: &Arc<App>, listener: Listener) -> Router {
    let mut router = Router::new();
    let outside = Arc::new(Outside::new("routes", 0));
    for route in routes().into_iter().filter(|route| route.listener == listener) {
        let methods = (route.methods)().with_state(Arc::clone(app));
        let is_protected = listener == Listener::Machine || is_protected(route.name);
        // Around the methods as a whole, their 405 and its `Allow` included, and before anything of
        // the body is read.
        let protect = || Protect(Arc::clone(app));
        router = match (route.is_of_a_module(), is_protected) {
            (true, true) => {
                let methods = protect().layer(aside(route.name, methods, &outside));
                router.route_service(route.path, methods)
            }
            (true, false) => router.route_service(route.path, aside(route.name, methods, &outside)),
            (false, true) => router.route_service(route.path, protect().layer(methods)),
            (false, false) => router.route_service(route.path, methods),
        };
    }
    router.fallback(|| async { unknown_path() }).with_state(Arc::clone(app))
}

/// What every unknown path is answered with.
pub(crate) fn unknown_path() -> Response {
    const BODY: &str = "not found\n";
    // The length is said here, because who adds it later decides about the order of the headers.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_LENGTH, HeaderValue::from(BODY.len())),
    ];
    (StatusCode::NOT_FOUND, headers, BODY).into_response()
}
