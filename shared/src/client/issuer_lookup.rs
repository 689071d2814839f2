//! User lookups at the issuer (`GET /me`).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, Shared, ready};
use reqwest::{Client, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::{
    http::{FetchError, IssuerUrl, read_body},
    issuer::Issuer,
    setup_error::SetupError,
};
use crate::{
    claims::Claims,
    errors::{AuthError, ErrorBody, Flaw},
    users::{User, UserLookup},
};

/// Looks up the user at the issuer, so that the role is current.
///
/// Results are cached for a short time, and concurrent requests with the same token share one request to the issuer.
/// Failures are shared too, but not cached.
pub struct IssuerLookup {
    client: Client,
    me: Url,
    ttl: Duration,
    /// By raw token, since a `jti` is unique per issuer only.
    cached: Mutex<HashMap<String, CachedLookup>>,
}

type Found = Result<Option<User>, AuthError>;

struct CachedLookup {
    requested_at: Instant,
    found: Shared<BoxFuture<'static, Found>>,
}

/// Looks up the user at the issuer of the request's token.
pub struct IssuerLookups(Vec<(String, IssuerLookup)>);

impl IssuerLookups {
    /// Lookups for these issuers, with results cached for `ttl`.
    pub(crate) fn of(issuers: &[Issuer], ttl: Duration) -> Result<Self, SetupError> {
        let lookup = |issuer: &Issuer| Ok((issuer.name().to_owned(), IssuerLookup::new(&issuer.base_url()?, ttl)?));
        issuers.iter().map(lookup).collect::<Result<_, SetupError>>().map(Self)
    }
}

impl UserLookup for IssuerLookups {
    type User = User;

    fn find<'a>(&'a self, claims: &'a Claims, token: &'a str) -> BoxFuture<'a, Found> {
        // A verified token comes from one of them.
        match self.0.iter().find(|(issuer, _)| *issuer == claims.iss) {
            Some((_, lookup)) => lookup.find(claims, token),
            None => ready(Err(AuthError::LookupUnavailable)).boxed(),
        }
    }
}

impl IssuerLookup {
    /// The default cache time.
    pub const CACHE_TTL: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(2);
    const MAX_CACHED: usize = 10_000;
    const MAX_LEN: usize = 64 * 1024;

    /// A lookup at `<issuer>/me` that caches results for `ttl`.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    pub fn new(issuer: &IssuerUrl, ttl: Duration) -> Result<Self, reqwest::Error> {
        let client = issuer.client(Some(Self::TIMEOUT))?;
        let me = issuer.at(&format!("{}/me", issuer.url().path().trim_end_matches('/')));
        Ok(Self { client, me, ttl, cached: Mutex::default() })
    }

    fn lookup(&self, token: &str) -> Shared<BoxFuture<'static, Found>> {
        let now = Instant::now();
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = cached.get(token)
            && lookup.is_valid(now, self.ttl)
        {
            return lookup.found.clone();
        }
        if cached.len() >= Self::MAX_CACHED {
            cached.retain(|_, lookup| lookup.is_valid(now, self.ttl));
        }
        if cached.len() >= Self::MAX_CACHED {
            cached.clear();
        }
        let found = fetch_or_log(self.client.clone(), self.me.clone(), token.to_owned()).boxed().shared();
        cached.insert(token.to_owned(), CachedLookup { requested_at: now, found: found.clone() });
        found
    }
}

impl CachedLookup {
    fn is_valid(&self, now: Instant, ttl: Duration) -> bool {
        match self.found.peek() {
            // If all requests that share the fetch were cancelled, nothing polls it, and later requests must not wait
            // for it.
            None => now.duration_since(self.requested_at) < IssuerLookup::TIMEOUT,
            Some(Ok(_)) => now.duration_since(self.requested_at) < ttl,
            Some(Err(_)) => false,
        }
    }
}

impl UserLookup for IssuerLookup {
    type User = User;

    fn find<'a>(&'a self, _: &'a Claims, token: &'a str) -> BoxFuture<'a, Found> {
        self.lookup(token).boxed()
    }
}

async fn fetch_or_log(client: Client, me: Url, token: String) -> Found {
    fetch(&client, me, token).await.unwrap_or_else(|error| {
        log::warn!("user lookup failed: {error}");
        Err(AuthError::LookupUnavailable)
    })
}

async fn fetch(client: &Client, me: Url, token: String) -> Result<Found, FetchError> {
    let url = me.to_string();
    let response = client
        .get(me)
        .bearer_auth(token)
        .send()
        .await
        .map_err(|source| FetchError::NoResponse { url: url.clone(), source })?;
    let status = response.status();
    let body = read_body(response, IssuerLookup::MAX_LEN).await?;
    if status == StatusCode::OK {
        return serde_json::from_slice(&body)
            .map(|user| Ok(Some(user)))
            .map_err(|error| FetchError::Document { url, reason: error.to_string() });
    }
    let code = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error).unwrap_or_default();
    match (status, &*code) {
        (StatusCode::UNAUTHORIZED, "user_not_found") => Ok(Ok(None)),
        // The token has expired or been revoked since it was verified locally.
        (StatusCode::UNAUTHORIZED, "token_expired") => Ok(Err(AuthError::Expired)),
        (StatusCode::UNAUTHORIZED, "token_revoked") => Ok(Err(AuthError::Revoked)),
        (StatusCode::UNAUTHORIZED, "claims_stale") => Ok(Err(AuthError::ClaimsStale)),
        (StatusCode::UNAUTHORIZED, "invalid_token") => Ok(Err(AuthError::Invalid(Flaw::RefusedByIssuer))),
        _ => Err(FetchError::Status { url, status: status.as_u16() }),
    }
}
