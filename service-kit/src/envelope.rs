//! The headers of every response, and the log lines and metrics of every request.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::{
        ConnectionType,
        header::{CACHE_CONTROL, HeaderName, HeaderValue},
    },
    web::Data,
};
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tracing::{Level, Span, debug_span, level_filters::LevelFilter};

use crate::{
    client_address::TrustedProxies,
    connections::Pace,
    head_limits::check_head,
    instance::Instance,
    lifecycle::Lifecycle,
    logging::{
        request_lines::{log_access, log_error, outcome},
        settings::AccessLog,
    },
    metrics::{Metrics, request_metrics::RouteMetrics},
    request_context::ThreadRequestId,
    request_id::{REQUEST_ID, RequestIds},
    security_headers::SecurityHeaders,
};

const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");

/// Middleware: adds `X-Served-By`, `X-Request-Id` and security headers to the response, counts it, adds the request id to every log line of
/// the request, logs its error, and writes the access line. Requests whose URI or headers are too long go no further.
///
/// It runs for every request of a service, so it takes no lock and allocates only the request id.
#[derive(Clone)]
pub struct Envelope {
    instance: HeaderValue,
    metrics: Data<Metrics>,
    lifecycle: Lifecycle,
    proxies: Data<TrustedProxies>,
    access: AccessLog,
    security: SecurityHeaders,
}

impl Envelope {
    /// For the service of that name.
    pub fn new(
        instance: &Instance,
        metrics: Data<Metrics>,
        lifecycle: Lifecycle,
        proxies: Data<TrustedProxies>,
    ) -> Self {
        let (instance, access, security) = (instance.header_value(), AccessLog::default(), SecurityHeaders::default());
        Self { instance, metrics, lifecycle, proxies, access, security }
    }

    /// With access lines for these requests.
    #[must_use]
    pub fn access_log(self, access: AccessLog) -> Self {
        Self { access, ..self }
    }

    /// Sends `Strict-Transport-Security` with this `max-age`, or not at all if it is zero. For services whose clients use TLS.
    #[must_use]
    pub fn transport_security(self, max_age: Duration) -> Self {
        Self { security: SecurityHeaders::with_transport_security(max_age), ..self }
    }

    /// Called while the thread still has the request id.
    fn observe<B>(&self, res: &ServiceResponse<B>, began: Instant, no_route: &RouteMetrics) {
        let (req, status, took) = (res.request(), res.status(), began.elapsed());
        let route = req.app_data::<RouteMetrics>().unwrap_or(no_route);
        route.count(self.metrics.requests(), req.method(), status, took);
        if let Some(outcomes) = route.outcomes() {
            outcomes.count(outcome(status, res.response().error()));
        }
        log_error(req, route.route(), status, res.response().error());
        log_access(self.access, req, (route.route(), status, took), &self.proxies);
        if let Some(pace) = req.conn_data::<Rc<Pace>>() {
            pace.end_request(began + took);
        }
    }

    fn finish<B>(&self, res: &mut ServiceResponse<B>, id: HeaderValue) {
        if self.lifecycle.is_draining() {
            res.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        let headers = res.headers_mut();
        headers.insert(SERVED_BY, self.instance.clone());
        headers.insert(REQUEST_ID, id);
        self.security.add_to(headers);
        // What belongs to a user is the rule, what caches may keep the exception, which says so.
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Envelope
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = InEnvelope<S>;
    type Future = Ready<Result<InEnvelope<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let worker = Rc::new(Worker { envelope: self.clone(), no_route: RouteMetrics::new("none") });
        ready(Ok(InEnvelope { service, ids: RequestIds::new(), worker }))
    }
}

/// The routes of a worker, wrapped.
pub struct InEnvelope<S> {
    service: S,
    ids: RequestIds,
    worker: Rc<Worker>,
}

struct Worker {
    envelope: Envelope,
    /// Requests that match no route.
    no_route: RouteMetrics,
}

impl<S, B> Service<ServiceRequest> for InEnvelope<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let began = Instant::now();
        if let Some(pace) = req.request().conn_data::<Rc<Pace>>() {
            pace.begin_request();
        }
        let mut id = Some(self.ids.id_of(req.headers()));
        let span = if is_traced() { request_span(&req, id.as_ref()) } else { Span::none() };
        let answer = {
            let _guard = ThreadRequestId::new(&mut id);
            match check_head(&req) {
                Ok(()) => Answer::OfRoute { future: span.in_scope(|| self.service.call(req)) },
                Err(refused) => Answer::Refused { response: Some(req.error_response(refused)) },
            }
        };
        Answering { answer, id, span, began, worker: Rc::clone(&self.worker) }
    }
}

/// Whether a span of debug level reaches a subscriber or, without one, the log. Otherwise there is no span: the fields of a
/// disabled one are computed all the same, which would be a search for the route (decision 0021).
fn is_traced() -> bool {
    LevelFilter::current() >= Level::DEBUG || log::max_level() >= log::LevelFilter::Debug
}

fn request_span(req: &ServiceRequest, id: Option<&HeaderValue>) -> Span {
    debug_span!(
        "request",
        request_id = id.and_then(|id| id.to_str().ok()),
        method = req.method().as_str(),
        route = req.match_pattern(),
    )
}

pin_project! {
    #[project = AnswerNow]
    enum Answer<F> {
        OfRoute { #[pin] future: F },
        Refused { response: Option<ServiceResponse> },
    }
}

impl<F, B> Future for Answer<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            AnswerNow::OfRoute { future } => future.poll(context).map_ok(ServiceResponse::map_into_left_body),
            AnswerNow::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map_into_right_body())),
                None => Poll::Pending,
            },
        }
    }
}

pin_project! {
    /// A request in progress.
    pub struct Answering<F> {
        #[pin]
        answer: Answer<F>,
        id: Option<HeaderValue>,
        span: Span,
        began: Instant,
        worker: Rc<Worker>,
    }
}

impl<F, B> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (worker, span, began) = (this.worker, this.span, *this.began);
        let answer = {
            let _guard = ThreadRequestId::new(this.id);
            let _entered = span.enter();
            let answer = std::task::ready!(this.answer.poll(context));
            if let Ok(res) = &answer {
                worker.envelope.observe(res, began, &worker.no_route);
            }
            answer
        };
        Poll::Ready(answer.map(|mut res| {
            let id = this.id.take().unwrap_or(HeaderValue::from_static("none"));
            worker.envelope.finish(&mut res, id);
            res
        }))
    }
}
