//! The request that a thread is working on.

use std::cell::RefCell;

use actix_web::http::header::HeaderValue;
use tracing::{Span, span::Entered};

thread_local! {
    static CURRENT: RefCell<Option<HeaderValue>> = const { RefCell::new(None) };
}

/// The request that a piece of work belongs to: its id, which the logger adds to every line, and its span.
///
/// Async code of a request has it automatically. Work that moves to another thread must pass it on:
///
/// ```
/// use service_kit::RequestContext;
///
/// let context = RequestContext::current();
/// std::thread::spawn(move || {
///     let _entered = context.enter();
///     log::info!("this line has the request's id");
/// });
/// ```
#[derive(Clone, Debug)]
pub struct RequestContext {
    id: Option<HeaderValue>,
    span: Span,
}

impl RequestContext {
    /// The request that this thread is working on, if any, with the current span.
    pub fn current() -> Self {
        Self::in_span(Span::current())
    }

    /// The same with this span, which names the work that moves to another thread.
    pub fn in_span(span: Span) -> Self {
        Self { id: CURRENT.with_borrow(Clone::clone), span }
    }

    /// The id of the request, if there is one.
    pub fn request_id(&self) -> Option<&str> {
        self.id.as_ref()?.to_str().ok()
    }

    /// Makes this the current request of the thread, until the guard is dropped.
    #[must_use = "the request is current until the guard is dropped"]
    pub fn enter(&self) -> EnteredRequest<'_> {
        EnteredRequest { before: CURRENT.replace(self.id.clone()), _span: self.span.enter() }
    }
}

/// Restores the previous request of the thread when dropped.
#[derive(Debug)]
pub struct EnteredRequest<'a> {
    before: Option<HeaderValue>,
    _span: Entered<'a>,
}

impl Drop for EnteredRequest<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// Sets the thread's request id while a future is polled. The id is moved there and back, without allocation.
pub(crate) struct ThreadRequestId<'a>(&'a mut Option<HeaderValue>);

impl<'a> ThreadRequestId<'a> {
    pub(crate) fn new(id: &'a mut Option<HeaderValue>) -> Self {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, id));
        Self(id)
    }
}

impl Drop for ThreadRequestId<'_> {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
    }
}

/// Calls `f` with the id of the request that this thread is working on.
pub(crate) fn with_request_id<T>(f: impl FnOnce(Option<&str>) -> T) -> T {
    CURRENT.with_borrow(|id| f(id.as_ref().and_then(|id| id.to_str().ok())))
}
