//! `GET /openapi.json` and `GET /docs`: the API description, for programs and for people.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, HeaderValue},
    web::Data,
};
use serde_json::Value;

use crate::{
    api_page::{page, style_source},
    cacheable::Cacheable,
};

/// The API description of a service: the `OpenAPI` document, and a page generated from it.
pub struct ApiDescription {
    json: Cacheable,
    page: Cacheable,
    page_policy: HeaderValue,
}

const MAX_AGE: Duration = Duration::from_mins(5);
impl ApiDescription {
    /// The description in this `OpenAPI` 3.1 document, which is part of the program.
    ///
    /// # Panics
    /// If it is not valid JSON.
    #[expect(clippy::expect_used, reason = "what is compiled in is seen to be wrong by the first start")]
    pub fn new(openapi: &'static str) -> Self {
        let document: Value = serde_json::from_str(openapi).expect("the description is JSON");
        // The page has one inline style sheet and loads nothing.
        let page_policy = format!(
            "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            style_source()
        );
        let page_policy = HeaderValue::from_str(&page_policy).expect("a hash is ASCII");
        Self { json: Cacheable::new(openapi), page: Cacheable::new(page(&document)), page_policy }
    }
}

/// `GET /openapi.json`: the description, as `OpenAPI` 3.1.
pub async fn show_openapi(req: HttpRequest, description: Data<ApiDescription>) -> HttpResponse {
    description.json.answer(&req, "application/json", MAX_AGE)
}

/// `GET /docs`: the description as a self-contained page without scripts.
pub async fn show_docs(req: HttpRequest, description: Data<ApiDescription>) -> HttpResponse {
    let mut answer = description.page.answer(&req, "text/html; charset=utf-8", MAX_AGE);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, description.page_policy.clone());
    answer
}
