//! Requests from web pages of other origins (CORS, the Fetch standard, section 3.3).

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
            HeaderValue, ORIGIN, VARY,
        },
    },
    middleware::Next,
    web::Data,
};
use serde::{Deserialize, Serialize};

use crate::{list::List, origin::Origin};

/// Environment: `AUTH__CORS__ORIGINS`, `RESOURCE__CORS__ORIGINS`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// Origins whose web pages may read responses; exact, such as `https://app.example.com`. They send tokens in `Authorization`;
    /// cookies are not allowed. Default: none.
    pub origins: List,
}

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type");
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("Retry-After, WWW-Authenticate, X-Request-Id, X-Served-By");
/// How long a browser may keep the response to a preflight request: ten minutes.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins whose pages may read responses. They send tokens in `Authorization`; cookies are not allowed.
#[derive(Debug)]
pub struct Cors {
    origins: Vec<Origin>,
}

impl Cors {
    /// For exactly these origins.
    pub fn new(origins: Vec<Origin>) -> Self {
        Self { origins }
    }

    /// Whether no other origin is allowed, so that the middleware is not needed.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// Whether a request comes from a page of an allowed origin.
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        self.allowed(headers).is_some()
    }

    /// The value of `Origin`, if it is allowed.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.origins.iter().any(|allowed| allowed.is(origin)).then(|| origin.clone())
    }
}

/// Middleware: answers preflight requests of the allowed origins, and lets their pages read responses. Other requests are
/// handled as if there was no CORS.
///
/// # Errors
/// Those of the inner service.
pub async fn allow_origins<B: MessageBody>(
    cors: Data<Cors>,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let origin = cors.allowed(req.headers());
    answer_origin(origin, req, next).await
}

/// Answers a request of a page of this origin, if it is allowed; otherwise as if there was no CORS.
///
/// # Errors
/// Those of the inner service.
pub async fn answer_origin<B: MessageBody>(
    origin: Option<HeaderValue>,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let is_preflight = req.method() == Method::OPTIONS && req.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut res = if is_preflight && origin.is_some() {
        req.into_response(preflight()).map_into_right_body()
    } else {
        next.call(req).await?.map_into_left_body()
    };
    let headers = res.headers_mut();
    // Caches must not give one origin's response to another.
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
    Ok(res)
}

fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
        .insert_header((ACCESS_CONTROL_MAX_AGE, MAX_AGE))
        .finish()
}
