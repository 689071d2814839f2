//! An HTTP client for tests.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

use std::{
    fmt::Display,
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use actix_web::rt::{task::spawn_blocking, time::sleep};
use reqwest::{Certificate, Client, Method, RequestBuilder, tls::TlsInfo};
use serde_json::Value;
use tokio::time::Instant;

use super::certificates::AUTHORITY;

/// How long tests wait for something, unless they say otherwise.
const LIMIT: Duration = Duration::from_secs(20);

/// An HTTP client for a running service.
#[derive(Clone)]
pub struct Api {
    client: Client,
    url: String,
}

/// A response with its complete body.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Status and code of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// The HTTP status.
    pub status: u16,
    /// The value of `error`.
    pub code: String,
}

impl PartialEq<(u16, &str)> for ErrorCode {
    fn eq(&self, (status, code): &(u16, &str)) -> bool {
        (self.status, &*self.code) == (*status, *code)
    }
}

impl Api {
    /// A client for the service at this URL.
    pub fn at(url: impl Into<String>) -> Self {
        let authority = Certificate::from_pem(AUTHORITY.as_bytes()).expect("the authority is a certificate");
        let builder = Client::builder().tls_certs_only([authority]).tls_info(true).no_proxy();
        Self { client: builder.build().expect("the client can be built"), url: url.into() }
    }

    /// The certificate of the connection that a request uses, in DER.
    ///
    /// # Panics
    /// Without TLS.
    pub async fn certificate(&self) -> Vec<u8> {
        let response = self.request("GET", "/health/live").send().await.expect("the service responds");
        let info = response.extensions().get::<TlsInfo>().expect("the connection has TLS");
        info.peer_certificate().expect("the server has a certificate").to_owned()
    }

    /// The URL of the service.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET` without a token.
    pub async fn get(&self, path: &str) -> Response {
        send(self.request("GET", path)).await
    }

    /// `GET` with this token.
    pub async fn get_as(&self, token: &str, path: &str) -> Response {
        send(self.request("GET", path).bearer_auth(token)).await
    }

    /// `GET` with one header.
    pub async fn get_with(&self, name: &str, value: &str, path: &str) -> Response {
        send(self.request("GET", path).header(name, value)).await
    }

    /// `POST` of this JSON without a token.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        send(self.request("POST", path).json(body)).await
    }

    /// `POST` of this JSON with this token.
    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> Response {
        send(self.request("POST", path).bearer_auth(token).json(body)).await
    }

    /// Any other request, for [`send`].
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("the method is valid");
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends exactly these bytes over a new connection, then reads to the end. They should ask for `Connection: close`.
    pub async fn send_raw(&self, request: impl Into<Vec<u8>>) -> Response {
        let (address, request) = (self.url.trim_start_matches("http://").to_owned(), request.into());
        let exchange = move || {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.write_all(&request)?;
            stream.shutdown(Shutdown::Write)?;
            let mut response = Vec::new();
            stream.read_to_end(&mut response)?;
            io::Result::Ok(response)
        };
        let response = spawn_blocking(exchange).await.expect("the thread ends").expect("the service responds");
        parse(&String::from_utf8(response).expect("the response is text"))
    }

    /// Requests `path` until the response has this status.
    ///
    /// # Panics
    /// If that takes longer than 20 seconds.
    pub async fn until(&self, path: &str, status: u16) -> Response {
        self.poll(|| self.request("GET", path), |response| response.status == status).await
    }

    /// Requests `path` with this token until the response has this status.
    ///
    /// # Panics
    /// If that takes longer than 20 seconds.
    pub async fn until_as(&self, token: &str, path: &str, status: u16) -> Response {
        self.poll(|| self.request("GET", path).bearer_auth(token), |response| response.status == status).await
    }

    /// Requests `path` until the response matches.
    ///
    /// # Panics
    /// If that takes longer than 20 seconds.
    pub async fn until_matching(&self, path: &str, matches: impl Fn(&Response) -> bool) -> Response {
        self.poll(|| self.request("GET", path), matches).await
    }

    async fn poll(&self, request: impl Fn() -> RequestBuilder, matches: impl Fn(&Response) -> bool) -> Response {
        eventually_within(LIMIT, async || {
            let response = read(request().send().await.map_err(|error| error.to_string())?).await;
            if matches(&response) { Ok(response) } else { Err(format!("{response:?}")) }
        })
        .await
    }
}

/// Tries until there is a result.
///
/// # Panics
/// If that takes longer than 20 seconds.
pub async fn eventually<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
    eventually_within(LIMIT, async || attempt().await.ok_or("no result")).await
}

/// Tries until an attempt succeeds.
///
/// # Panics
/// With the last error, if that takes longer than `limit`.
pub async fn eventually_within<T, E: Display>(limit: Duration, attempt: impl AsyncFn() -> Result<T, E>) -> T {
    const PAUSE: Duration = Duration::from_millis(10);
    let began = Instant::now();
    loop {
        match attempt().await {
            Ok(result) => return result,
            Err(error) => assert!(began.elapsed() < limit, "not within {limit:?}: {error}"),
        }
        sleep(PAUSE).await;
    }
}

impl Response {
    /// The body, which must be JSON and declared as such.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value of a header; the name is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The headers that tell browsers what not to do with the response, except the content security policy and HSTS.
    ///
    /// # Panics
    /// If one of them is missing or lenient.
    pub fn assert_browser_rules(&self) {
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
        {
            assert_eq!(self.header(name), Some(value), "{self:?}");
        }
        let policy = self.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{self:?}");
        assert!(!policy.contains("unsafe"), "{self:?}");
    }

    /// The value of a sample of `/metrics`, by its name and labels as they are written there.
    pub fn sample(&self, name: &str) -> Option<&str> {
        self.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    }

    /// The lines of all samples with this name, sorted.
    pub fn samples(&self, name: &str) -> Vec<&str> {
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let mut lines: Vec<_> = self.body.lines().filter(of_name).collect();
        lines.sort_unstable();
        lines
    }

    /// Status and code of an error, for comparison with `(status, "code")`.
    pub fn code(&self) -> ErrorCode {
        let (status, code, _) = self.error();
        ErrorCode { status, code }
    }

    /// Status, code and message of an error, whose body has nothing else and must not be cached.
    pub fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let members = body.as_object().unwrap_or_else(|| panic!("{self:?}"));
        assert_eq!(members.keys().collect::<Vec<_>>(), ["error", "message"], "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned();
        (self.status, text("error"), text("message"))
    }
}

/// An expected error, for comparison with [`Response::error`].
pub fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

/// Sends a request and reads the response.
pub async fn send(request: RequestBuilder) -> Response {
    read(request.send().await.expect("the service responds")).await
}

async fn read(response: reqwest::Response) -> Response {
    let status = response.status().as_u16();
    let headers = response.headers();
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = response.text().await.expect("the body is text");
    Response { status, headers, body }
}

pub(super) fn parse(response: &str) -> Response {
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("not an HTTP response: {response:?}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Response {
        status: status.unwrap_or_else(|| panic!("no HTTP status: {response:?}")),
        headers: headers.collect(),
        body: body.to_owned(),
    }
}
