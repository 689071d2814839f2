//! What every answer carries.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::{
        ConnectionType,
        header::{HeaderName, HeaderValue},
    },
    web::Data,
};
use log::Level;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use crate::{
    Instance, Lifecycle, Metrics, TrustedProxies,
    request_figures::RouteFigures,
    request_id::{REQUEST_ID, RequestIds},
};

const SERVED_BY: HeaderName = HeaderName::from_static("x-served-by");

/// Middleware: puts `X-Served-By` and `X-Request-Id` on the answer, counts it, and writes the line in the log (target
/// `access`, level debug; without the query string, which may hold a token).
///
/// It is around every request of a service, so it takes no lock and allocates nothing but the request's id.
#[derive(Clone)]
pub struct Envelope {
    instance: HeaderValue,
    metrics: Data<Metrics>,
    lifecycle: Lifecycle,
    proxies: Data<TrustedProxies>,
}

impl Envelope {
    /// Around the service of that name.
    pub fn new(
        instance: &Instance,
        metrics: Data<Metrics>,
        lifecycle: Lifecycle,
        proxies: Data<TrustedProxies>,
    ) -> Self {
        Self { instance: instance.header_value(), metrics, lifecycle, proxies }
    }

    fn finish<B>(&self, res: &mut ServiceResponse<B>, id: HeaderValue, began: Instant, elsewhere: &RouteFigures) {
        let (req, status, took) = (res.request(), res.status(), began.elapsed());
        let route = req.app_data::<RouteFigures>().unwrap_or(elsewhere);
        route.count(self.metrics.requests(), req.method(), status, took);
        if log::log_enabled!(target: "access", Level::Debug) {
            let client = self.proxies.client_address(req).map(|address| address.to_string()).unwrap_or_default();
            let (method, path) = (req.method(), req.path());
            log::debug!(target: "access", "{client} {method} {path:?} {} in {took:?}, request {id:?}", status.as_u16());
        }
        if self.lifecycle.is_draining() {
            res.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        let headers = res.headers_mut();
        headers.insert(SERVED_BY, self.instance.clone());
        headers.insert(REQUEST_ID, id);
    }
}

impl<S, B> Transform<S, ServiceRequest> for Envelope
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type InitError = ();
    type Transform = InEnvelope<S>;
    type Future = Ready<Result<InEnvelope<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let worker = Rc::new(Worker { envelope: self.clone(), elsewhere: RouteFigures::new("none") });
        ready(Ok(InEnvelope { service, ids: RequestIds::new(), worker }))
    }
}

/// A worker's routes in their [`Envelope`].
pub struct InEnvelope<S> {
    service: S,
    ids: RequestIds,
    worker: Rc<Worker>,
}

struct Worker {
    envelope: Envelope,
    /// Requests for addresses that there are not.
    elsewhere: RouteFigures,
}

impl<S, B> Service<ServiceRequest> for InEnvelope<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let began = Instant::now();
        let id = Some(self.ids.id_of(req.headers()));
        Answering { answer: self.service.call(req), id, began, worker: Rc::clone(&self.worker) }
    }
}

pin_project! {
    /// A request that is being answered.
    pub struct Answering<F> {
        #[pin]
        answer: F,
        id: Option<HeaderValue>,
        began: Instant,
        worker: Rc<Worker>,
    }
}

impl<F, B> Future for Answering<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = std::task::ready!(this.answer.poll(context));
        Poll::Ready(answer.map(|mut res| {
            let id = this.id.take().unwrap_or(HeaderValue::from_static("none"));
            this.worker.envelope.finish(&mut res, id, *this.began, &this.worker.elsewhere);
            res
        }))
    }
}
