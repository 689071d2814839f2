//! `GET /openapi.json` and `GET /docs`: what a service offers, for programs and for people.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, HeaderValue},
    web::Data,
};
use serde_json::Value;

use crate::{api_page::page, cacheable::Cacheable};

/// What a service offers: its `OpenAPI` description, and a page made of it.
pub struct ApiDescription {
    json: Cacheable,
    page: Cacheable,
}

const MAX_AGE: Duration = Duration::from_mins(5);
/// The page has one style sheet, which stands in it, and nothing else.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

impl ApiDescription {
    /// Of an `OpenAPI` 3.1 document, which is part of the program.
    ///
    /// # Panics
    /// If it is not valid JSON.
    #[expect(clippy::expect_used, reason = "what is compiled in is seen to be wrong by the first start")]
    pub fn new(openapi: &'static str) -> Self {
        let document: Value = serde_json::from_str(openapi).expect("the description is JSON");
        Self { json: Cacheable::new(openapi), page: Cacheable::new(page(&document)) }
    }
}

/// `GET /openapi.json`: the description, as `OpenAPI` 3.1.
pub async fn show_openapi(req: HttpRequest, description: Data<ApiDescription>) -> HttpResponse {
    description.json.answer(&req, "application/json", MAX_AGE)
}

/// `GET /docs`: the description as a page, without scripts and whole in itself.
pub async fn show_docs(req: HttpRequest, description: Data<ApiDescription>) -> HttpResponse {
    let mut answer = description.page.answer(&req, "text/html; charset=utf-8", MAX_AGE);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    answer
}
