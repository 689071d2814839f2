//! What the issuer's metadata says about logins.

use reqwest::Client;
use url::Url;

use crate::client::{FetchError, Issuer, IssuerUrl, Metadata, SetupError, fetch_openid_metadata, reachable};

/// Where to find an issuer's metadata, and how to reach its endpoints.
pub(super) struct ProviderSource {
    pub(super) issuer: String,
    fetch_from: IssuerUrl,
    pub(super) client: Client,
}

/// The endpoints of an issuer.
#[derive(Debug)]
pub(super) struct Provider {
    /// For the browser, so not through an internal address.
    pub(super) authorization: Url,
    /// For the browser.
    pub(super) end_session: Option<Url>,
    pub(super) token: Url,
    pub(super) userinfo: Option<Url>,
    /// Whether every authorization response has `iss` (RFC 9207).
    pub(super) sends_iss: bool,
}

impl ProviderSource {
    pub(super) fn of(issuer: &Issuer) -> Result<Self, SetupError> {
        let fetch_from = issuer.base_url()?;
        let client = fetch_from.client(None)?;
        Ok(Self { issuer: issuer.name().to_owned(), fetch_from, client })
    }

    pub(super) async fn fetch(&self) -> Result<Provider, FetchError> {
        let (metadata, url) = fetch_openid_metadata(&self.client, &self.issuer, &self.fetch_from).await?;
        let missing =
            |member: &str| FetchError::Document { url: url.to_string(), reason: format!("it has no {member}") };
        let Metadata { authorization_endpoint, token_endpoint, userinfo_endpoint, end_session_endpoint, .. } = metadata;
        let authorization = authorization_endpoint.ok_or_else(|| missing("authorization_endpoint"))?;
        let token = token_endpoint.ok_or_else(|| missing("token_endpoint"))?;
        let public = |named: &str| self.fetch_from.named(named).map(|url| url.url().clone());
        let inside = |named: &str| reachable(named, &self.issuer, &self.fetch_from);
        Ok(Provider {
            authorization: public(&authorization)?,
            end_session: end_session_endpoint.as_deref().map(public).transpose()?,
            token: inside(&token)?,
            userinfo: userinfo_endpoint.as_deref().map(inside).transpose()?,
            sends_iss: metadata.authorization_response_iss_parameter_supported == Some(true),
        })
    }
}
