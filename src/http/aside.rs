//! Runs the routes of modules away from the threads that serve sockets.
//!
//! A route may block, and modules will: on a thread that serves sockets it would hold up look-ups. So
//! each request of one is a task of a runtime that serves nothing else, and has a deadline.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::util::BoxCloneSyncService;
use tower::{ServiceExt, service_fn};
use tracing::Instrument;

use crate::fsapi::Outside;

/// How long a route of a module may take to begin its answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// The methods of a route, run in that runtime.
pub(super) fn aside(
    name: &'static str,
    methods: MethodRouter,
    runtime: &Arc<Outside>,
) -> BoxCloneSyncService<Request, Response, Infallible> {
    let runtime = Arc::clone(runtime);
    BoxCloneSyncService::new(service_fn(move |request| {
        let (methods, runtime) = (methods.clone(), Arc::clone(&runtime));
        async move { Ok(run(name, methods, &runtime, request, DEADLINE).await) }
    }))
}

async fn run(
    route: &'static str,
    methods: MethodRouter,
    runtime: &Outside,
    request: Request,
    deadline: Duration,
) -> Response {
    let runtime = match runtime.handle() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(route, %error, "a route could not be run");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    // Dropped with whoever asked, or at the deadline, it ends the task as soon as that yields.
    let mut task = JoinSet::new();
    task.spawn_on(methods.oneshot(request).in_current_span(), runtime);
    match timeout(deadline, task.join_next()).await {
        Ok(Some(Ok(Ok(response)))) => response,
        Ok(_) => {
            tracing::error!(route, "a route panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => {
            tracing::error!(route, "a route took too long");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    #[tokio::test]
    async fn a_route_that_does_not_answer_in_time_is_unavailable() {
        let hangs = get(std::future::pending::<()>);
        let (runtime, request) = (Outside::new("test", 1), Request::default());
        let answer = run("hangs", hangs, &runtime, request, Duration::from_millis(10)).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
