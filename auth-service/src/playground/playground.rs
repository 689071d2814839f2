//! The page with its files, settings and content security policy.

use std::{iter, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, HeaderValue},
};
use serde_json::json;
use service_kit::{Cacheable, Origin, StartError};

use super::assets::{FILES, PAGE};
use crate::config::{Config, SETTINGS};

/// Always validated, so that no page of an earlier release calls this one.
const MAX_AGE: Duration = Duration::ZERO;

/// The page with its files, settings and content security policy.
pub struct Playground {
    page: Cacheable,
    policy: HeaderValue,
    settings: Cacheable,
    files: Vec<File>,
}

struct File {
    name: &'static str,
    content_type: &'static str,
    content: Cacheable,
}

impl Playground {
    /// With the replicas in the settings.
    ///
    /// # Errors
    /// [`StartError`] for a replica that is not an origin.
    pub fn open(config: &Config) -> Result<Self, StartError> {
        let replicas = SETTINGS.origins("playground_replicas", &config.playground_replicas)?;
        let control = config.playground_control.as_ref();
        let settings = json!({
            "replicas": replicas.iter().map(Origin::as_str).collect::<Vec<_>>(),
            "control": control.map(Origin::as_str),
            "sample_users": config.sample_users,
        });
        let file = |(name, content_type, content)| File { name, content_type, content: Cacheable::new(content) };
        Ok(Self {
            page: Cacheable::new(PAGE),
            policy: policy(replicas.iter().chain(control)),
            settings: Cacheable::new(settings.to_string()),
            files: FILES.map(file).into(),
        })
    }

    /// The page.
    pub fn page(&self, req: &HttpRequest) -> HttpResponse {
        let mut answer = self.page.answer(req, "text/html; charset=utf-8", MAX_AGE);
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        answer
    }

    /// What the page needs to know of the settings.
    pub fn settings(&self, req: &HttpRequest) -> HttpResponse {
        self.settings.answer(req, "application/json", MAX_AGE)
    }

    /// A file of the page.
    pub fn find_file(&self, req: &HttpRequest, name: &str) -> Option<HttpResponse> {
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(file.content.answer(req, file.content_type, MAX_AGE))
    }
}

/// Scripts, style and icon are files of this service, and requests go to these servers only.
fn policy<'a>(servers: impl Iterator<Item = &'a Origin>) -> HeaderValue {
    let sources: Vec<_> = iter::once("'self'").chain(servers.map(Origin::as_str)).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        sources.join(" ")
    );
    // Without a policy of its own, the page would get that of all other responses, which lets it load nothing.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
