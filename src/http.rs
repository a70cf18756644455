//! The listeners, their routes, and what is served on them.

mod fsapi;
mod health;
mod listener;
mod metrics;
mod protect;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
pub use listener::serve;

use self::protect::Protect;
use crate::app::App;
use crate::plug::{Listener, is_protected, routes};

/// The routes of one listener. A protected path asked from elsewhere, an unknown path, and a known
/// path of the other listener are answered alike.
pub fn router(app: &Arc<App>, listener: Listener) -> Router {
    let mut router = Router::new();
    for route in routes().into_iter().filter(|route| route.listener == listener) {
        let mut methods = (route.methods)();
        if is_protected(route.name) {
            // Around the methods, their 405 included, and before anything of the body is read.
            methods = methods.layer(Protect(Arc::clone(app)));
        }
        router = router.route(route.path, methods);
    }
    router.fallback(|| async { unknown_path() }).with_state(Arc::clone(app))
}

/// What every unknown path is answered with.
fn unknown_path() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::NOT_FOUND, headers, "not found\n").into_response()
}
