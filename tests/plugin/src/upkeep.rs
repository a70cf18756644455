//! Whether the CRM is there: looked for each minute in the background, and on the command line.
//!
//! ```sh
//! acme-pbx crm-ask 0301234567
//! ```

use std::sync::Arc;
use std::time::Duration;

use jackfield::app::App;
use jackfield::plug::clap::{ArgMatches, arg};
use jackfield::plug::{Opened, Stop, anyhow, tokio};
use jackfield_api::{counter, tracing};

use crate::crm::{Crm, CrmSettings};

counter!(
    LOOKED,
    "acme_crm_looked_for_total",
    "Times the CRM was looked for.",
    found = ["there", "away"]
);

/// How often it is looked for.
const PERIOD: Duration = Duration::from_mins(1);
/// A number that no customer has.
const NOBODY: &str = "0";

async fn watch(app: Arc<App>, mut stop: Stop) -> anyhow::Result<()> {
    let crm = Crm::of(app.module_settings::<CrmSettings>("crm")?)?;
    let mut was_there = true;
    loop {
        let is_there = crm.agent_of(NOBODY).await.is_ok();
        LOOKED.add(if is_there { "there" } else { "away" });
        if is_there != was_there {
            tracing::warn!(is_there, "the CRM has gone, or is back");
        }
        was_there = is_there;
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = stop.begins() => return Ok(()),
        }
    }
}

fn ask(arguments: &ArgMatches, opened: &Opened) -> anyhow::Result<()> {
    let number = arguments.get_one::<String>("NUMBER").expect("clap asks for it");
    let crm = Crm::of(opened.module_settings::<CrmSettings>("crm")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(crm.agent_of(number))? {
        Some(agent) => println!("{number}: agent {agent}"),
        None => println!("{number}: nobody knows it"),
    }
    Ok(())
}

jackfield::service!("crm-watch", watch);
jackfield::command!(
    "crm-ask",
    "Asks the CRM about one number",
    |command| command.arg(arg!(<NUMBER> "The caller's number")),
    ask
);
