//! The service's own look-up: through every stage up to where a handler is asked, on the crew.
//!
//! No handler is asked, so that one that hangs is not taken for a service that does. Nothing is
//! counted or logged.

use std::sync::Arc;
use std::time::Duration;

use jackfield_api::{Form, Lookup, Refusal};

use super::crew::Crew;
use super::guard;
use super::router::Router;
use super::run::Share;

/// How long it may take, on a machine that has a lot else to do.
const PATIENCE: Duration = Duration::from_secs(2);

/// A look-up of a domain that cannot be.
const BODY: &[u8] = b"hostname=self-check&section=directory&tag_name=domain&key_name=name\
                      &key_value=self-check.invalid&domain=self-check.invalid";

/// Where it runs.
pub(super) struct SelfCheck(Share);

impl SelfCheck {
    pub(super) fn new(crew: &Crew) -> Self {
        Self(Share::new(crew))
    }

    pub(super) async fn run(&self, router: &Arc<Router>) -> Result<(), &'static str> {
        let router = Arc::clone(router);
        let ask = move || {
            let failed = || Refusal::Internal("not a look-up".into());
            let form = Form::parse(BODY.to_vec()).map_err(|_| failed())?;
            let _ = guard::check(&form);
            let lookup = Lookup::new(form).ok_or_else(failed)?;
            let _ = router.route(&lookup, &router.picture());
            Ok(())
        };
        self.0.run(PATIENCE, ask).await.map_err(|_| "look-ups do not get through to the handlers")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::SystemTime;

    use jackfield_api::snapshot::Snapshot;

    use super::*;
    use crate::metrics::Metrics;
    use crate::record::Recorder;
    use crate::settings::{InForce, Settings};

    #[tokio::test]
    async fn a_crew_that_takes_no_jobs_is_noticed() {
        let settings = Settings::read(None, &|_| None).expect("defaults");
        let settings: Arc<InForce> = settings.into();
        let metrics = Arc::new(Metrics::new());
        let recorder = Arc::new(Recorder::new(&metrics));
        let now = SystemTime::now();
        let router = Router::new(settings, metrics, recorder, Snapshot::default(), now);
        let router = Arc::new(router.unwrap_or_else(|errors| panic!("{errors}")));
        assert_eq!(router.self_check().await, Ok(()));
        let crew = Crew::new(1);
        let check = SelfCheck::new(&crew);
        assert_eq!(check.run(&router).await, Ok(()));
        let (release, held) = channel::<()>();
        crew.give(move || {
            let _ = held.recv();
        });
        crew.wake();
        assert!(check.run(&router).await.is_err());
        drop(release);
        assert_eq!(check.run(&router).await, Ok(()));
    }
}
