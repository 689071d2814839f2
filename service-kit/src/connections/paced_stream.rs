//! A connection that is closed if its client is too slow.

use std::{
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, sleep_until},
};

use super::{Connections, Pace, admission::Admitted, pipeline::Pipeline};

/// A connection that ends with [`io::ErrorKind::TimedOut`] if its client is too slow.
pub(crate) struct PacedStream<S> {
    stream: S,
    pace: Rc<Pace>,
    /// Set to the deadline of the pace or before it, so that it need not be set for every request.
    check: Pin<Box<Sleep>>,
    /// While the client does not take what is written.
    stall: Option<Pin<Box<Sleep>>>,
    pipeline: Pipeline,
    connections: Arc<Connections>,
    _admitted: Admitted,
}

impl<S: Unpin> PacedStream<S> {
    /// An admitted connection.
    pub(crate) fn new(stream: S, connections: Arc<Connections>, admitted: Admitted, keep_alive: Duration) -> Self {
        let pace = Rc::new(Pace::new(connections.config(), keep_alive));
        let check = Box::pin(sleep_until(pace.next_check(Instant::now())));
        Self { stream, pace, check, stall: None, pipeline: Pipeline::default(), connections, _admitted: admitted }
    }

    /// The pace of its requests.
    pub(crate) fn pace(&self) -> &Rc<Pace> {
        &self.pace
    }

    /// Ready once a request has not arrived in time.
    fn poll_late_request<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        loop {
            ready!(self.check.as_mut().poll(context));
            let now = Instant::now();
            if self.pace.deadline().is_some_and(|deadline| deadline <= now) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.check.as_mut().reset(self.pace.next_check(now));
        }
    }

    /// Ready once the client has not taken in time what is written.
    fn poll_late_response<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let limit = self.connections.config().for_response();
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stall.as_mut().poll(context));
        self.connections.count_closed(Connections::SLOW_RESPONSE);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pace.is_idle() && self.stall.is_none() {
            self.pipeline.restart();
        }
        if self.pipeline.is_full() {
            self.pace.wait(context.waker());
            return self.poll_late_request(context);
        }
        let before = buffer.filled().len();
        if !self.pipeline.give_held(buffer) {
            let read = Pin::new(&mut self.stream).poll_read(context, buffer);
            if read.is_pending() {
                return self.poll_late_request(context);
            }
            ready!(read)?;
            self.pipeline.give_read(buffer, before);
        }
        if buffer.filled().len() > before {
            self.pace.received();
        } else if self.pipeline.is_full() {
            self.pace.wait(context.waker());
            return self.poll_late_request(context);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_pending() { self.poll_late_response(context) } else { written }
    }

    /// Called once all of a response is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_pending() {
            return self.poll_late_response(context);
        }
        if self.stall.take().is_some() {
            self.pace.wake();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        if shut.is_pending() { self.poll_late_response(context) } else { shut }
    }
}

/// Counts it whichever side has closed it: the HTTP library responds to the first request that is late.
impl<S> Drop for PacedStream<S> {
    fn drop(&mut self) {
        if self.pace.is_over(Instant::now()) {
            self.connections.count_closed(Connections::SLOW_REQUEST);
        }
    }
}
