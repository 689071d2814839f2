//! Requests that a client sends without waiting for responses.

use std::mem;

use memchr::memchr_iter;
use tokio::io::ReadBuf;

/// How many requests the HTTP library has been given and may not have responded to yet, counted by their first lines.
///
/// It decodes all that it is given: a request of 20 bytes then takes 5 KiB, and a client that reads no responses could make it
/// decode thousands.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    given: usize,
    line: Line,
    /// What was read beyond the limit.
    held: Vec<u8>,
}

/// The last bytes of a line so far.
#[derive(Debug, Default)]
struct Line(Vec<u8>);

impl Pipeline {
    /// The maximum number of requests.
    pub(super) const MAX: usize = 64;

    /// The library has responded to all that it was given.
    pub(super) fn restart(&mut self) {
        self.given = 0;
    }

    /// Whether more has been read than may be given now.
    pub(super) fn is_full(&self) -> bool {
        self.given >= Self::MAX && !self.held.is_empty()
    }

    /// Gives what was held back, as far as the limit allows. Whether there was anything.
    pub(super) fn give_held(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        if self.held.is_empty() {
            return false;
        }
        let mut held = mem::take(&mut self.held);
        let rest = held.split_off(held.len().min(buffer.remaining()));
        let given = self.give(&held);
        let (given, kept) = held.split_at(given);
        buffer.put_slice(given);
        self.held = [kept, &rest].concat();
        true
    }

    /// Gives what was read into the buffer after `before`, and holds back what is beyond the limit.
    pub(super) fn give_read(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        let read = buffer.filled().get(before..).unwrap_or_default();
        let given = self.give(read);
        if given < read.len() {
            self.held = read.get(given..).unwrap_or_default().to_vec();
            buffer.set_filled(before + given);
        }
    }

    /// How many of these bytes may be given: all, or those before the end of the first line of a request too many, since a body
    /// may end on the same line.
    fn give(&mut self, bytes: &[u8]) -> usize {
        let mut begins_at = 0;
        for end in memchr_iter(b'\n', bytes) {
            self.line.extend(bytes.get(begins_at..end).unwrap_or_default());
            if self.line.is_request_line() {
                if self.given >= Self::MAX {
                    return end;
                }
                self.given += 1;
            }
            self.line.0.clear();
            begins_at = end + 1;
        }
        self.line.extend(bytes.get(begins_at..).unwrap_or_default());
        bytes.len()
    }
}

impl Line {
    /// "HTTP/1.1" and a carriage return.
    const KEPT: usize = 9;

    fn extend(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes.get(bytes.len().saturating_sub(Self::KEPT)..).unwrap_or_default());
        self.0.drain(..self.0.len().saturating_sub(Self::KEPT));
    }

    /// Without such a line nothing is decoded (RFC 9112, section 3).
    fn is_request_line(&self) -> bool {
        let line = self.0.strip_suffix(b"\r").unwrap_or(&self.0);
        line.ends_with(b"HTTP/1.1") || line.ends_with(b"HTTP/1.0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is given at once of these reads, with room for `room` bytes each time.
    fn given(pipeline: &mut Pipeline, reads: &[&[u8]], room: usize) -> Vec<u8> {
        let mut given = Vec::new();
        for read in reads {
            let mut memory = vec![0; read.len().max(room)];
            let mut buffer = ReadBuf::new(&mut memory);
            buffer.put_slice(read);
            pipeline.give_read(&mut buffer, 0);
            given.extend_from_slice(buffer.filled());
        }
        given
    }

    fn held(pipeline: &mut Pipeline, room: usize) -> Vec<u8> {
        let mut memory = vec![0; room];
        let mut buffer = ReadBuf::new(&mut memory);
        pipeline.give_held(&mut buffer);
        buffer.filled().to_vec()
    }

    #[test]
    fn requests_are_given_up_to_the_limit_and_the_rest_later() {
        for request in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.0\nHost: x\n\n"] {
            let sent = request.repeat(Pipeline::MAX * 2 + 1).into_bytes();
            let mut pipeline = Pipeline::default();

            let first = given(&mut pipeline, &[&sent], 0);
            let was_full = pipeline.is_full();
            pipeline.restart();
            let second = held(&mut pipeline, sent.len());
            pipeline.restart();
            let third = held(&mut pipeline, sent.len());

            assert!(was_full && !pipeline.is_full());
            // The first line of the next request without its end.
            let (whole, begun) = (request.len() * Pipeline::MAX, request.find('\n').unwrap());
            assert_eq!((first.len(), second.len(), third.len()), (whole + begun, whole, request.len() - begun));
            assert_eq!([first, second, third].concat(), sent);
        }
    }

    #[test]
    fn requests_are_counted_wherever_reads_are_split() {
        let sent = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(Pipeline::MAX) + "GET / HTTP/1.1\r\n";
        for size in 1..40 {
            let mut pipeline = Pipeline::default();

            let reads: Vec<_> = sent.as_bytes().chunks(size).collect();
            let mut all = given(&mut pipeline, &reads, 0);
            let is_full = pipeline.is_full();
            pipeline.restart();
            all.extend(held(&mut pipeline, sent.len()));

            assert!(is_full, "{size}");
            assert_eq!(all, sent.as_bytes());
        }
    }

    #[test]
    fn the_body_of_the_last_request_is_given() {
        let body = "{\"text\":\n1}";
        let sent = format!("{}{body}GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n".repeat(Pipeline::MAX));
        let mut pipeline = Pipeline::default();

        let all = given(&mut pipeline, &[sent.as_bytes()], 0);

        assert!(String::from_utf8(all).unwrap().contains(body));
    }

    #[test]
    fn what_is_held_is_given_in_order_into_a_small_buffer() {
        let sent = "GET / HTTP/1.1\r\n\r\n".repeat(Pipeline::MAX + 3).into_bytes();
        let mut pipeline = Pipeline::default();
        let mut all = given(&mut pipeline, &[&sent], 0);
        pipeline.restart();

        loop {
            let part = held(&mut pipeline, 7);
            if part.is_empty() {
                break;
            }
            all.extend(part);
        }

        assert_eq!(all, sent);
    }

    #[test]
    fn a_body_is_given_whole() {
        let sent = format!("POST / HTTP/1.1\r\n\r\n{}", "{\r\n\r\n \"a\":\n\n1,\r}".repeat(500)).into_bytes();
        let mut pipeline = Pipeline::default();

        assert_eq!(given(&mut pipeline, &[&sent], 0), sent);
        assert!(!pipeline.is_full());
    }
}
