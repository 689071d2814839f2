//! Responses to logins that fail.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, RETRY_AFTER, X_FRAME_OPTIONS},
    },
    web::Data,
};
use url::form_urlencoded::byte_serialize;

use super::{login_error::LoginError, oidc_login::OidcLogin, page_view::is_page_view};
use crate::errors::{CustomResponse, ErrorBody};

/// A rejected request: a redirect to the login, a page, or JSON, whichever its sender can use.
pub struct LoginRejection {
    error: LoginError,
    response: Rendered,
}

/// The look of the page, in the browser's own colors, light or dark.
const STYLE: &str = "body{margin:0;background:Canvas;color:CanvasText;font:1rem/1.5 system-ui,sans-serif}\
                     a{color:inherit}main{max-width:26rem;margin:12vh auto 0;padding:0 1.25rem}h1{margin:0 0 1.25rem;font-size:1.5rem;line-height:1.25}";
/// Allows that style, by its hash, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'sha256-iwyV48WTUqapXQueySu5LwuSTa7IektLZTiWRGlHghw='; \
                      base-uri 'none'; frame-ancestors 'none'";

enum Rendered {
    Redirect(String),
    Custom(CustomResponse),
    /// With the path of the login.
    Page(String),
    Json,
}

/// A redirect after which browsers send GET, and which nobody caches.
pub(super) fn see_other(location: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    response
}

impl OidcLogin {
    /// The response to a request for one of the login's own pages.
    pub(super) fn respond_to(&self, error: &LoginError, req: &HttpRequest) -> HttpResponse {
        error.log();
        self.rendered(error, req).response(error)
    }

    fn rendered(&self, error: &LoginError, req: &HttpRequest) -> Rendered {
        if let Some(custom) = self.0.error_hook.as_ref().and_then(|hook| hook(error)) {
            return Rendered::Custom(custom);
        }
        let log_in = self.0.url.path_of("/login");
        let is_page = is_page_view(req.method(), req.headers());
        match error {
            LoginError::NotSignedIn if is_page => {
                let page = req.uri().path_and_query().map_or("/", |page| page.as_str());
                let page: String = byte_serialize(page.as_bytes()).collect();
                Rendered::Redirect(format!("{log_in}?return_to={page}"))
            }
            LoginError::NotSignedIn => Rendered::Json,
            _ if is_page || matches!(error, LoginError::OtherOrigin) => Rendered::Page(log_in),
            _ => Rendered::Json,
        }
    }
}

impl LoginRejection {
    pub(super) fn of(error: LoginError, req: &HttpRequest) -> Self {
        error.log();
        let login = req.app_data::<Data<OidcLogin>>();
        let response = login.map_or(Rendered::Json, |login| login.rendered(&error, req));
        Self { error, response }
    }
}

impl Rendered {
    fn response(&self, error: &LoginError) -> HttpResponse {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut builder = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            builder.insert_header((RETRY_AFTER, "1"));
        }
        match self {
            Self::Redirect(location) => see_other(location).finish(),
            Self::Json => ErrorBody::new(error.code(), error.to_string()).to_response_with(&mut builder),
            Self::Custom(custom) => {
                builder.status(StatusCode::from_u16(custom.status()).unwrap_or(status));
                builder.insert_header((CACHE_CONTROL, "no-store"));
                for header in custom.headers() {
                    builder.insert_header(header);
                }
                builder.body(custom.body().to_vec())
            }
            Self::Page(log_in) => builder
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                .insert_header((X_FRAME_OPTIONS, "DENY"))
                .insert_header((REFERRER_POLICY, "no-referrer"))
                .content_type("text/html; charset=utf-8")
                .body(page(error, log_in)),
        }
    }
}

/// Nothing in it comes from the request: messages are our own, and the path is a setting.
fn page(error: &LoginError, log_in: &str) -> String {
    let log_in = log_in.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{error}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{error}</h1>
<p><a href="{log_in}">Log in</a></p>
</main>
</body>
</html>
"#
    )
}

impl fmt::Debug for LoginRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginRejection({:?})", self.error)
    }
}

impl fmt::Display for LoginRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for LoginRejection {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response.response(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::{Engine, engine::general_purpose::STANDARD};

    #[test]
    fn the_policy_allows_the_style_by_its_hash() {
        let hash = STANDARD.encode(digest(&SHA256, super::STYLE.as_bytes()));

        assert!(super::POLICY.contains(&format!("style-src 'sha256-{hash}'")), "{hash}");
    }
}
