//! `GET /`, `GET /playground.json` and `GET /playground/{file}`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use service_kit::RequestError;

use super::playground::Playground;

/// `GET /`: the playground.
pub async fn show_page(req: HttpRequest, playground: Data<Playground>) -> HttpResponse {
    playground.page(&req)
}

/// `GET /playground.json`: what the page needs to know of the settings.
pub async fn show_settings(req: HttpRequest, playground: Data<Playground>) -> HttpResponse {
    playground.settings(&req)
}

/// `GET /playground/{file}`: a file of the page.
///
/// # Errors
/// 404 for any other name.
pub async fn show_file(
    name: Path<String>,
    req: HttpRequest,
    playground: Data<Playground>,
) -> Result<HttpResponse, RequestError> {
    playground.find_file(&req, &name).ok_or(RequestError::NotFound)
}
