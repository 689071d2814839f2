//! `GET /openapi.json`, `GET /docs` and `GET /docs/{file}`: the API description, for programs and for people.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use crate::{cacheable::Cacheable, openapi::api::Api, request_error::RequestError, swagger_ui::SwaggerUi};

/// The API description of a service: the `OpenAPI` document, and Swagger UI to read it with.
pub struct ApiDescription {
    json: Cacheable,
    page: SwaggerUi,
}

const MAX_AGE: Duration = Duration::from_mins(5);

impl ApiDescription {
    /// The description, made once.
    pub fn new(api: Api) -> Self {
        let page = SwaggerUi::new(api.title());
        Self { json: Cacheable::new(api.into_document().to_string()), page }
    }
}

/// `GET /openapi.json`: the description, as `OpenAPI` 3.1.
pub async fn show_openapi(req: HttpRequest, description: Data<ApiDescription>) -> HttpResponse {
    description.json.answer(&req, "application/json", MAX_AGE)
}

/// `GET /docs`: the page.
pub async fn show_docs(req: HttpRequest, description: Data<ApiDescription>) -> HttpResponse {
    description.page.page(&req, MAX_AGE)
}

/// `GET /docs/{file}`: a file of the page.
///
/// # Errors
/// 404 for any other name.
pub async fn show_docs_file(
    name: Path<String>,
    req: HttpRequest,
    description: Data<ApiDescription>,
) -> Result<HttpResponse, RequestError> {
    description.page.find_file(&req, &name, MAX_AGE).ok_or(RequestError::NotFound)
}
