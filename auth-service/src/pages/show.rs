//! `GET /`, `GET /pages/style.css` and `GET /pages/logo`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};

use super::{page::Page, pages::Pages};

/// `GET /`: says what this service is, where there is no playground.
pub async fn show_home(req: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.answer(&req, StatusCode::OK, &Page::Home, None)
}

/// `GET /pages/style.css`: the style sheet of the pages.
pub async fn show_style(req: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.look.style(&req)
}

/// `GET /pages/logo`: the logo of the pages.
pub async fn show_logo(req: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.look.logo(&req)
}
