//! Background services of modules: what runs beside the look-ups for as long as the program serves.

use std::pin::Pin;
use std::sync::Arc;

use jackfield_api::registry::Origin;

use crate::app::App;
use crate::http::Stop;

/// A background service of a module. Made by [`service!`](crate::service!).
pub struct Service {
    /// Its name in the log, in the settings and at `/health`.
    pub name: &'static str,
    /// Begins it.
    pub run: fn(Arc<App>, Stop) -> Running,
    /// Where it is written.
    pub origin: Origin,
}

/// A background service, under way.
pub type Running = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

inventory::collect!(Service);

/// Registers a background service: its name, and a function of the [`App`] and a [`Stop`] whose future
/// is the service.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use jackfield::app::App;
/// use jackfield::plug::{Stop, anyhow, tokio};
///
/// async fn run(app: Arc<App>, mut stop: Stop) -> anyhow::Result<()> {
///     loop {
///         // Asks the CRM who has changed since the last time.
///         let users = app.snapshot().user_count();
///         jackfield_api::tracing::debug!(users, "the CRM has been asked");
///         tokio::select! {
///             () = tokio::time::sleep(Duration::from_secs(60)) => {}
///             () = stop.begins() => return Ok(()),
///         }
///     }
/// }
///
/// jackfield::service!("crm-sync", run);
/// ```
///
/// It begins when look-ups are answered, and is told to end when the program stops, which waits for it
/// for up to 5 s. It has a thread to itself and a tokio runtime of that one thread, so it may block:
/// look-ups do not notice, nor do other services; what it spawns shares the thread and ends with it.
/// Ending without an error is the end of it. One that ends with an error or panics is named in the log
/// and at `/health`, which is `degraded`, and begins anew: after a second, and after twice as long each
/// time, up to a minute. The first 300 characters of its error stand in the log and at `/health`, so it
/// must hold no secret.
///
/// Its settings are `[handlers.NAME]`, read with [`App::module_settings`]; `disabled_handlers` leaves it
/// out by its name.
#[macro_export]
macro_rules! service {
    ($name:expr, $run:expr $(,)?) => {
        $crate::plug::inventory::submit! {
            $crate::plug::Service {
                name: $name,
                run: |app, stop| ::std::boxed::Box::pin(($run)(app, stop)),
                origin: $crate::plug::origin!(),
            }
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "`service!` takes a name and an `async fn(Arc<App>, Stop) -> anyhow::Result<()>`:\n  \
             service!(\"crm-sync\", run);"
        );
    };
}

/// All background services, in a fixed order.
pub(crate) fn services() -> Vec<&'static Service> {
    let mut services: Vec<_> = inventory::iter::<Service>.into_iter().collect();
    services.sort_by_key(|service| (service.name, service.origin));
    services
}
