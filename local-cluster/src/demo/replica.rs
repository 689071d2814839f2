//! The service that the demo application calls.

use std::time::Duration;

use reqwest::{Client, redirect::Policy};
use shared::Secret;

/// A resource-service.
pub struct Replica {
    client: Client,
    dashboard: String,
}

impl Replica {
    /// The one at this URL.
    ///
    /// # Errors
    /// If no HTTP client can be built.
    pub fn at(url: &str) -> reqwest::Result<Self> {
        let client = Client::builder().redirect(Policy::none()).no_proxy().timeout(Duration::from_secs(3)).build()?;
        Ok(Self { client, dashboard: format!("{url}/dashboard") })
    }

    /// The URL that is called.
    pub fn url(&self) -> &str {
        &self.dashboard
    }

    /// The status and body of a call with this token, or why there are none.
    pub async fn dashboard(&self, token: &Secret) -> String {
        let sent = self.client.get(&self.dashboard).bearer_auth(token.expose()).send().await;
        match sent {
            Ok(response) => {
                let status = response.status();
                let body = response.text().await.unwrap_or_default();
                format!("{status}\n{}", body.chars().take(2000).collect::<String>())
            }
            Err(_) => "The service does not respond.".to_owned(),
        }
    }
}
