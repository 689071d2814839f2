//! What every answer carries.

use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        ConnectionType,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use log::Level;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Instance, Lifecycle, Metrics, TrustedProxies};

const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware: puts `X-Served-By` and `X-Request-Id` on the answer, counts it, and writes the line in the log (target
/// `access`, level debug; without the query string, which may hold a token).
///
/// # Errors
/// Those of the service inside.
pub async fn envelope<B: MessageBody>(
    instance: Data<Instance>,
    metrics: Data<Metrics>,
    lifecycle: Data<Lifecycle>,
    proxies: Data<TrustedProxies>,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let began = Instant::now();
    let id = request_id(req.headers());
    let mut res = next.call(req).await?;
    let (method, path, status, took) = (res.request().method(), res.request().path(), res.status(), began.elapsed());
    metrics.count(res.request().match_pattern(), method, status, took);
    if log::log_enabled!(target: "access", Level::Debug) {
        let client = proxies.client_address(res.request()).map(|address| address.to_string()).unwrap_or_default();
        log::debug!(target: "access", "{client} {method} {path:?} {} in {took:?}, request {id:?}", status.as_u16());
    }
    if lifecycle.is_draining() {
        res.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = res.headers_mut();
    headers.insert(SERVED_BY, instance.header_value());
    headers.insert(REQUEST_ID, id);
    Ok(res)
}

/// The id that a balancer or client gave, if it is short and plain; a new one otherwise.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|id| {
        (1..=128).contains(&id.len())
            && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
    });
    given.cloned().unwrap_or_else(|| {
        let mut text = Uuid::encode_buffer();
        let id = Uuid::now_v7().simple().encode_lower(&mut text);
        HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none"))
    })
}
