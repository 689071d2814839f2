//! Requests of which the last byte is held back.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use actix_web::rt::task::spawn_blocking;
use serde_json::Value;

use super::{
    Response,
    api::{Api, parse},
};

/// A request whose last byte has not been sent yet.
pub struct HeldRequest {
    stream: TcpStream,
    last: u8,
}

impl Api {
    /// Sends a request with this token and JSON over a new connection, all but the last byte of the body.
    pub fn hold(&self, method: &str, path: &str, token: &str, body: &Value) -> HeldRequest {
        let body = body.to_string();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len(),
        );
        let (last, begun) = body.as_bytes().split_last().expect("JSON is not empty");
        let mut stream = TcpStream::connect(self.url().trim_start_matches("http://")).expect("the service listens");
        stream.set_nodelay(true).expect("the option exists");
        stream.write_all(&[head.as_bytes(), begun].concat()).expect("the service reads");
        HeldRequest { stream, last: *last }
    }
}

impl HeldRequest {
    /// Sends the last byte, and reads the response.
    pub async fn finish(self) -> Response {
        let Self { mut stream, last } = self;
        let exchange = move || {
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.write_all(&[last])?;
            let mut response = Vec::new();
            stream.read_to_end(&mut response).map(|_| response)
        };
        let response = spawn_blocking(exchange).await.expect("the thread ends").expect("the service responds");
        parse(&String::from_utf8(response).expect("the response is text"))
    }
}
