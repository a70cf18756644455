//! The CRM: who looks after a customer.
//!
//! ```text
//! GET /agents?number=0301234567  ->  200 {"agent": "1000"}, or 404
//! ```

use std::time::Duration;

use jackfield_api::registry::{BuildError, Settings};
use jackfield_api::{Refusal, counter};
use reqwest::{Client, StatusCode};
use serde::Deserialize;

counter!(
    pub ANSWERS,
    "acme_crm_answers_total",
    "Answers of the CRM.",
    outcome = ["found", "unknown", "failed"]
);

/// The table `[handlers.crm]` of the settings file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrmSettings {
    /// Where it is, as in `http://crm.acme.example`.
    url: String,
    /// How long it may take, in milliseconds.
    #[serde(default = "timeout_ms")]
    timeout_ms: u64,
    /// How long its answers are kept, in seconds.
    #[serde(default = "keep_s")]
    keep_s: u64,
}

const fn timeout_ms() -> u64 {
    500
}

const fn keep_s() -> u64 {
    60
}

/// A CRM that can be asked.
pub struct Crm {
    client: Client,
    agents: reqwest::Url,
    /// How long its answers are kept.
    pub keep: Duration,
}

#[derive(Deserialize)]
struct Found {
    agent: String,
}

impl Crm {
    /// A CRM as the settings have it.
    pub fn new(settings: &Settings<'_>) -> Result<Self, BuildError> {
        Self::of(settings.read()?)
    }

    /// The same of settings that have been read.
    pub fn of(CrmSettings { url, timeout_ms, keep_s }: CrmSettings) -> Result<Self, BuildError> {
        let wrong = |why: String| {
            BuildError::new(format!(
                "url: {why}; write where the CRM is, as in «http://crm.acme.example»"
            ))
        };
        let url: reqwest::Url = url.parse().map_err(|error| wrong(format!("{error}")))?;
        if url.scheme() != "http" {
            return Err(wrong(format!("«{}» is not spoken here", url.scheme())));
        }
        let agents = url.join("/agents").map_err(|error| wrong(error.to_string()))?;
        let client = Client::builder().timeout(Duration::from_millis(timeout_ms)).no_proxy();
        let client = client.build().map_err(|error| BuildError::new(error.to_string()))?;
        Ok(Self { client, agents, keep: Duration::from_secs(keep_s) })
    }

    /// Who looks after the customer with this number; `None` for one whom nobody knows.
    pub async fn agent_of(&self, number: &str) -> Result<Option<String>, Refusal> {
        let found = self.ask(number).await;
        ANSWERS.add(match &found {
            Ok(Some(_)) => "found",
            Ok(None) => "unknown",
            Err(_) => "failed",
        });
        // Without the URL: it has the customer's number in it.
        found.map_err(|error| Refusal::Internal(format!("the CRM: {}", error.without_url())))
    }

    async fn ask(&self, number: &str) -> reqwest::Result<Option<String>> {
        let mut url = self.agents.clone();
        url.query_pairs_mut().append_pair("number", number);
        let answer = self.client.get(url).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let Found { agent } = answer.error_for_status()?.json().await?;
        Ok(Some(agent))
    }
}
