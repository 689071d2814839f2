//! Response bodies in portions.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use pin_project_lite::pin_project;

pin_project! {
    /// A body that is handed to the HTTP library in portions. The library stops between two of them once its write buffer is full;
    /// given a whole document, it copies it there, and those of 15 pipelined requests too, for a client that may never read them.
    pub(crate) struct Portions<B> {
        #[pin]
        body: B,
        rest: Bytes,
    }
}

impl<B> Portions<B> {
    /// The size of a portion, in bytes: the library's write buffer is full at twice as many.
    const SIZE: usize = 16 * 1024;

    /// This body.
    pub(crate) fn new(body: B) -> Self {
        Self { body, rest: Bytes::new() }
    }
}

impl<B: MessageBody> MessageBody for Portions<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        if this.rest.is_empty() {
            match ready!(this.body.poll_next(context)) {
                Some(Ok(bytes)) => *this.rest = bytes,
                end_or_error => return Poll::Ready(end_or_error),
            }
        }
        let portion = this.rest.split_to(Self::SIZE.min(this.rest.len()));
        Poll::Ready(Some(Ok(portion)))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin};

    use super::*;

    #[actix_web::test]
    async fn a_long_body_comes_in_portions_and_a_short_one_whole() {
        for (length, expected) in
            [(0_u32, vec![]), (5, vec![5]), (16_384, vec![16_384]), (40_000, vec![16_384, 16_384, 7_232])]
        {
            let bytes: Vec<u8> = (0..length).map(|number| number.to_le_bytes()[0]).collect();
            let mut body = pin!(Portions::new(Bytes::from(bytes.clone())));
            let (mut lengths, mut read) = (Vec::new(), Vec::new());
            assert_eq!(body.size(), Bytes::from(bytes.clone()).size());

            while let Some(portion) = poll_fn(|context| body.as_mut().poll_next(context)).await {
                let portion = portion.unwrap();
                lengths.push(portion.len());
                read.extend_from_slice(&portion);
            }

            assert_eq!((lengths, read), (expected, bytes));
        }
    }
}
